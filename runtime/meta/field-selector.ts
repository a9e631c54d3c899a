import { compareBytes } from "./byte-text.ts";
import { SelectorError } from "./selector-error.ts";

/** One condition of a field selector: a field's value is, or is not, this text. */
export interface FieldRequirement {
  /** The field's path, such as `metadata.name`. */
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/**
 * Reads a field selector such as `metadata.name=tom,status.phase!=Asleep`; the requirements come in order of their
 * text. Throws a SelectorError.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text).toSorted(compareBytes)) {
    if (term === "") continue;
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
    if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = "", operator, escaped = ""] = match;
    const value = unescapeFieldValue(escaped);
    // A nameless field without a value selects everything.
    if (field !== "" || value !== "") requirements.push({ field, operator: operator === "!=" ? "!=" : "=", value });
  }
  return requirements;
}

/** The terms between commas; a backslash keeps the character after it, so an escaped comma splits nothing. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "\\") at++;
    if (character !== ",") continue;
    terms.push(text.slice(start, at));
    start = at + 1;
  }
  terms.push(text.slice(start));
  return terms;
}

/** Whether an object meets all of the requirements; `valueOf` gives its fields' values, empty for those it lacks. */
export function matchesFields(requirements: readonly FieldRequirement[], valueOf: (field: string) => string): boolean {
  for (const { field, operator, value } of requirements) {
    if ((valueOf(field) === value) !== (operator === "=")) return false;
  }
  return true;
}

/** The value that an object must have in `field` to match: undefined if the selector leaves it open. */
export function exactFieldValue(requirements: readonly FieldRequirement[], field: string): string | undefined {
  return requirements.find((requirement) => requirement.field === field && requirement.operator === "=")?.value;
}

/** The text of a selector, as a URL's query has it once decoded. */
export function formatFieldSelector(requirements: readonly FieldRequirement[]): string {
  return requirements.map(({ field, operator, value }) => `${field}${operator}${escapeFieldValue(value)}`).join(",");
}

/** Makes any text fit to be a value in a field selector. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, "\\$&");
}

/** The text that a value of a field selector stands for. Throws a SelectorError. */
export function unescapeFieldValue(value: string): string {
  if (!/[\\,=]/.test(value)) return value;
  return value.replace(/\\(.?)|[,=]/gsu, (match: string, escaped: string | undefined) => {
    if (escaped === undefined) {
      throw new SelectorError(`invalid field selector: unescaped character in value: ${match.charCodeAt(0)}`);
    }
    if (escaped !== "" && "\\,=".includes(escaped)) return escaped;
    throw new SelectorError(`invalid field selector: invalid escape sequence: ${match}`);
  });
}
