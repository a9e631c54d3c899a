import { fieldErrorMessage } from "./field-error.ts";
import {
  binaryOperators,
  labelKeyErrors,
  labelRequirement,
  labelValueErrors,
  type LabelOperator,
  type LabelRequirement,
} from "./label-requirement.ts";
import { tokensOf, type Token } from "./label-selector-lexer.ts";
import { SelectorError } from "./selector-error.ts";

export { formatLabelSelector, labelRequirement, matchesLabels, type LabelRequirement } from "./label-requirement.ts";

/**
 * Reads a label selector such as `app=web,tier in (front,back),!canary`; the requirements come sorted by key.
 * Throws a SelectorError.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export function parseLabelSelector(text: string): readonly LabelRequirement[] {
  if (text === "") return [];
  const requirements = readRequirements({ tokens: tokensOf(text), next: 0 });
  return requirements.toSorted(byKey);
}

function byKey(a: LabelRequirement, b: LabelRequirement): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

/** Where reading stands. */
interface Cursor {
  readonly tokens: readonly Token[];
  next: number;
}

const end: Token = { kind: "end", text: "" };
const keyStart = new Set<Token["kind"]>(["word", "!"]);

/** The next piece; `in` and `notin` are words wherever no operator is due. */
function peek(cursor: Cursor): Token {
  const token = cursor.tokens[cursor.next] ?? end;
  return token.kind === "in" || token.kind === "notin" ? { kind: "word", text: token.text } : token;
}

function take(cursor: Cursor): Token {
  const token = peek(cursor);
  cursor.next++;
  return token;
}

function readRequirements(cursor: Cursor): LabelRequirement[] {
  const requirements: LabelRequirement[] = [];
  const first = peek(cursor);
  if (first.kind === "end") return requirements;
  if (!keyStart.has(first.kind)) fail(`found '${first.text}', expected: !, identifier, or 'end of string'`);
  for (;;) {
    requirements.push(readRequirement(cursor));
    const after = take(cursor);
    if (after.kind === "end") return requirements;
    if (after.kind !== ",") fail(`found '${after.text}', expected: ',' or 'end of string'`);
    const following = peek(cursor);
    if (!keyStart.has(following.kind)) fail(`found '${following.text}', expected: identifier after ','`);
  }
}

function readRequirement(cursor: Cursor): LabelRequirement {
  try {
    return readKeyOperatorValues(cursor);
  } catch (error) {
    if (error instanceof SelectorError) fail(`unable to parse requirement: ${error.message}`);
    throw error;
  }
}

function readKeyOperatorValues(cursor: Cursor): LabelRequirement {
  const negated = peek(cursor).kind === "!";
  if (negated) take(cursor);
  const key = take(cursor);
  if (key.kind !== "word") fail(`found '${key.text}', expected: identifier`);
  for (const error of labelKeyErrors("", key.text)) fail(fieldErrorMessage(error));
  if (negated) return labelRequirement(key.text, "!", []);
  const { kind } = peek(cursor);
  if (kind === "end" || kind === ",") return labelRequirement(key.text, "exists", []);
  const operator = readOperator(cursor);
  const values = operator === "in" || operator === "notin" ? readValues(cursor) : [readExactValue(cursor)];
  return labelRequirement(key.text, operator, [...new Set(values)].toSorted());
}

function readOperator(cursor: Cursor): LabelOperator {
  const { kind, text } = cursor.tokens[cursor.next++] ?? end;
  switch (kind) {
    case "in":
    case "notin":
    case "=":
    case "==":
    case "!=":
      return kind;
    case ">":
      return "gt";
    case "<":
      return "lt";
    case "end":
    case "word":
    case "(":
    case ")":
    case ",":
    case "!":
      return fail(`found '${text}', expected: ${binaryOperators.join(", ")}`);
  }
}

function readExactValue(cursor: Cursor): string {
  const { kind } = peek(cursor);
  if (kind === "end" || kind === ",") return "";
  const value = take(cursor);
  return value.kind === "word" ? value.text : fail(`found '${value.text}', expected: identifier`);
}

/** The values between parentheses; each may be empty, and so may the whole, which then is one empty value. */
function readValues(cursor: Cursor): readonly string[] {
  const open = take(cursor);
  if (open.kind !== "(") fail(`found '${open.text}' expected: '('`);
  const first = peek(cursor);
  if (first.kind !== ")" && first.kind !== "word" && first.kind !== ",") {
    fail(`found '${first.text}', expected: ',', ')' or identifier`);
  }
  const values: string[] = [];
  let pending = true;
  for (;;) {
    const { kind, text } = take(cursor);
    if (kind === ")") return pending ? [...values, ""] : values;
    if (kind === ",") {
      if (pending) values.push("");
      pending = true;
    } else if (kind === "word" && pending) {
      values.push(text);
      pending = false;
    } else {
      fail(`found '${text}', expected: ${pending ? "',', or identifier" : "',' or ')'"}`);
    }
  }
}

/**
 * Reads a selector that has nothing but `key=value` terms, as a map. Throws a SelectorError.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/labels#ConvertSelectorToLabelsMap
 */
export function parseLabelMap(text: string): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  if (text === "") return labels;
  for (const term of text.split(",")) {
    const sides = term.split("=");
    const [key = "", value] = sides.map((side) => side.trim());
    if (value === undefined || sides.length !== 2) fail(`invalid selector: [${sides.join(" ")}]`);
    for (const error of [...labelKeyErrors("", key), ...labelValueErrors("", key, value)])
      fail(fieldErrorMessage(error));
    labels.set(key, value);
  }
  return labels;
}

function fail(message: string): never {
  throw new SelectorError(message);
}
