import { forbidden, goQuote, invalid, required, type FieldError } from "./field-error.ts";
import { labelRequirement, type LabelOperator, type LabelRequirement } from "./label-requirement.ts";
import { validateLabelKey, validateLabels } from "./label-validation.ts";
import { checkLabelValue } from "./names.ts";
import { SelectorError } from "./selector-error.ts";
import type { LabelSelector, LabelSelectorRequirement } from "./v1.ts";

const operators: ReadonlyMap<string, LabelOperator> = new Map([
  ["In", "in"],
  ["NotIn", "notin"],
  ["Exists", "exists"],
  ["DoesNotExist", "!"],
]);

/**
 * The requirements of a LabelSelector that an object carries, sorted by key; an absent selector selects nothing, an
 * empty one everything. Throws a SelectorError.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#LabelSelectorAsSelector
 */
export function labelSelectorRequirements(
  selector: LabelSelector | null | undefined,
): readonly LabelRequirement[] | "nothing" {
  if (selector === null || selector === undefined) return "nothing";
  const requirements = Object.entries(selector.matchLabels ?? {}).map(([key, value]) =>
    labelRequirement(key, "=", [value]),
  );
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = operators.get(operator);
    if (known === undefined) throw new SelectorError(`${goQuote(operator)} is not a valid label selector operator`);
    requirements.push(labelRequirement(key, known, [...(values ?? [])]));
  }
  return requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Whether values that no label can have are let through, for selectors that were stored with one. */
interface LabelSelectorValidation {
  readonly allowInvalidValues: boolean;
}

/** What is wrong with a LabelSelector that an object carries. */
export function validateLabelSelector(
  field: string,
  selector: LabelSelector | undefined,
  options: LabelSelectorValidation = { allowInvalidValues: false },
): FieldError[] {
  if (selector === undefined) return [];
  return [
    ...validateLabels(`${field}.matchLabels`, selector.matchLabels),
    ...(selector.matchExpressions ?? []).flatMap((requirement, i) =>
      validateRequirement(`${field}.matchExpressions[${i}]`, requirement, options),
    ),
  ];
}

function validateRequirement(
  field: string,
  { key, operator, values = [] }: LabelSelectorRequirement,
  { allowInvalidValues }: LabelSelectorValidation,
): FieldError[] {
  const errors = validateOperator(field, operator, values.length);
  errors.push(...validateLabelKey(`${field}.key`, key));
  if (allowInvalidValues) return errors;
  for (const [i, value] of values.entries()) {
    for (const problem of checkLabelValue(value)) errors.push(invalid(`${field}.values[${i}]`, value, problem));
  }
  return errors;
}

function validateOperator(field: string, operator: string, valueCount: number): FieldError[] {
  const known = operators.get(operator);
  if (known === undefined) return [invalid(`${field}.operator`, operator, "not a valid selector operator")];
  if (known === "in" || known === "notin") {
    const detail = "must be specified when `operator` is 'In' or 'NotIn'";
    return valueCount > 0 ? [] : [required(`${field}.values`, detail)];
  }
  const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
  return valueCount === 0 ? [] : [forbidden(`${field}.values`, detail)];
}
