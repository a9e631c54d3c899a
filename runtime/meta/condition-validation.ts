import { byteLength } from "./byte-text.ts";
import { duplicate, invalid, notSupported, required, tooLongBytes, type FieldError } from "./field-error.ts";
import { validateLabelKey } from "./label-validation.ts";
import { regexProblem } from "./names.ts";
import type { Condition } from "./v1.ts";

const statuses = ["True", "False", "Unknown"];
const reasonBytesMax = 1024;
const messageBytesMax = 32 * 1024;
const reasonFormat = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
const reasonPattern = new RegExp(`^${reasonFormat}$`);
const reasonProblem = regexProblem(
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric " +
    "characters or '_,:', and must end with an alphanumeric character or '_'",
  reasonFormat,
  ["my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"],
);

/**
 * What is wrong with a list of conditions: each by itself, and types that occur twice. For authors' validation.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1/validation#ValidateConditions
 */
export function validateConditions(field: string, conditions: readonly Condition[]): FieldError[] {
  const types = new Set<string>();
  return conditions.flatMap((condition, i) => {
    const errors = validateCondition(`${field}[${i}]`, condition);
    if (types.has(condition.type)) errors.unshift(duplicate(`${field}[${i}].type`, condition.type));
    types.add(condition.type);
    return errors;
  });
}

function validateCondition(field: string, condition: Condition): FieldError[] {
  const { type, status, observedGeneration = 0, lastTransitionTime, reason, message } = condition;
  const errors = validateLabelKey(`${field}.type`, type);
  if (!statuses.includes(status)) errors.push(notSupported(`${field}.status`, status, statuses));
  if (observedGeneration < 0) {
    errors.push(invalid(`${field}.observedGeneration`, observedGeneration, "must be greater than or equal to zero"));
  }
  // A client's JSON may have null where the type has none.
  if ((lastTransitionTime ?? "") === "") errors.push(required(`${field}.lastTransitionTime`));
  if (reason === "") errors.push(required(`${field}.reason`));
  else if (!reasonPattern.test(reason)) errors.push(invalid(`${field}.reason`, reason, reasonProblem));
  if (byteLength(reason) > reasonBytesMax) errors.push(tooLongBytes(`${field}.reason`, reasonBytesMax));
  if (byteLength(message) > messageBytesMax) errors.push(tooLongBytes(`${field}.message`, messageBytesMax));
  return errors;
}
