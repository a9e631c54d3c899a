import { fieldErrorMessage, invalid, notSupportedInOrder, type FieldError } from "./field-error.ts";
import { parseInt64 } from "./int64.ts";
import { checkLabelKey, checkLabelValue } from "./names.ts";
import { SelectorError } from "./selector-error.ts";
import { aggregate } from "./status-error.ts";

const operators = ["in", "notin", "=", "==", "!=", "gt", "lt", "exists", "!"] as const;

/** How a requirement compares; `exists` and `!` look at the key alone, `gt` and `lt` at whole numbers. */
export type LabelOperator = (typeof operators)[number];

/** The operators that have values, as error texts list them. */
export const binaryOperators: readonly LabelOperator[] = operators.slice(0, 7);

/** One condition of a label selector. Made by `labelRequirement`, so its parts fit together. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted and without duplicates where they come from a selector's text. */
  readonly values: readonly string[];
}

/**
 * A requirement whose parts fit together. Throws a SelectorError where they do not.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/labels#NewRequirement
 */
export function labelRequirement(key: string, operator: string, values: readonly string[]): LabelRequirement {
  const known = operators.find((candidate) => candidate === operator);
  const errors: FieldError[] = [];
  for (const error of labelKeyErrors("key", key)) errors.push(error);
  if (known === undefined) errors.push(notSupportedInOrder("operator", operator, operators));
  else errors.push(...valueCountErrors(known, values));
  for (let i = 0; i < values.length; i++) errors.push(...labelValueErrors(`values[${i}]`, key, values[i] ?? ""));
  if (known !== undefined && errors.length === 0) return { key, operator: known, values };
  throw new SelectorError(aggregate(errors.map(fieldErrorMessage)));
}

function valueCountErrors(operator: LabelOperator, values: readonly string[]): readonly FieldError[] {
  const refuse = (detail: string): FieldError[] => [invalid("values", values.length === 0 ? null : values, detail)];
  switch (operator) {
    case "in":
    case "notin":
      return values.length === 0 ? refuse("for 'in', 'notin' operators, values set can't be empty") : [];
    case "=":
    case "==":
    case "!=":
      return values.length === 1 ? [] : refuse("exact-match compatibility requires one single value");
    case "exists":
    case "!":
      return values.length === 0 ? [] : refuse("values set must be empty for exists and does not exist");
    case "gt":
    case "lt":
      return [
        ...(values.length === 1 ? [] : refuse("for 'Gt', 'Lt' operators, exactly one value is required")),
        ...values.flatMap((value, i) =>
          parseInt64(value) === undefined
            ? [invalid(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer")]
            : [],
        ),
      ];
  }
}

/** What is wrong with a selector's key: one error at most. */
export function labelKeyErrors(field: string, key: string): readonly FieldError[] {
  const problems = checkLabelKey(key);
  return problems.length === 0 ? [] : [invalid(field, key, problems.join("; "))];
}

/** What is wrong with a value that a selector compares `key` with: one error at most. */
export function labelValueErrors(field: string, key: string, value: string): readonly FieldError[] {
  const problems = checkLabelValue(value);
  return problems.length === 0 ? [] : [invalid(`${field}[${key}]`, value, problems.join("; "))];
}

/** Whether an object with these labels meets all of the requirements. */
export function matchesLabels(
  requirements: readonly LabelRequirement[],
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  for (const requirement of requirements) if (!matches(requirement, labels)) return false;
  return true;
}

function matches(requirement: LabelRequirement, labels: Readonly<Record<string, string>> | undefined): boolean {
  const { key, operator, values } = requirement;
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "in":
    case "=":
    case "==":
      return value !== undefined && values.includes(value);
    case "notin":
    case "!=":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
    case "lt":
      return value !== undefined && compares(operator, parseInt64(value), parseInt64(values[0] ?? ""));
  }
}

function compares(operator: "gt" | "lt", left: bigint | undefined, right: bigint | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  return operator === "gt" ? left > right : left < right;
}

/** The text of a selector, in the normal form that Kubernetes prints. */
export function formatLabelSelector(requirements: readonly LabelRequirement[]): string {
  return requirements.map(formatRequirement).join(",");
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  const list = values.length < 2 ? (values[0] ?? "") : values.toSorted().join(",");
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${list})`;
    case "gt":
      return `${key}>${list}`;
    case "lt":
      return `${key}<${list}`;
    case "=":
    case "==":
    case "!=":
      return `${key}${operator}${list}`;
  }
}
