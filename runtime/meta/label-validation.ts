import { byteLength } from "./byte-text.ts";
import { invalid, tooLongBytes, type FieldError } from "./field-error.ts";
import { checkLabelKey, checkLabelValue } from "./names.ts";

/** Largest sum of the keys and values of an object's annotations, in bytes. */
const annotationsBytesMax = 256 * 1024;

/** What is wrong with the key of a label, or another text that follows its rules. */
export function validateLabelKey(field: string, key: string): FieldError[] {
  return checkLabelKey(key).map((problem) => invalid(field, key, problem));
}

/** What is wrong with a set of labels; every error is at the field of the whole set. */
export function validateLabels(field: string, labels: Readonly<Record<string, string>> | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (labels === undefined) return errors;
  for (const key of Object.keys(labels)) {
    const value = labels[key] ?? "";
    for (const problem of checkLabelKey(key)) errors.push(invalid(field, key, problem));
    for (const problem of checkLabelValue(value)) errors.push(invalid(field, value, problem));
  }
  return errors;
}

/** What is wrong with a set of annotations: keys like those of labels, in any case, and 256 KiB in all. */
export function validateAnnotations(
  field: string,
  annotations: Readonly<Record<string, string>> | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  if (annotations === undefined) return errors;
  let bytes = 0;
  for (const key of Object.keys(annotations)) {
    for (const problem of checkLabelKey(key.toLowerCase())) errors.push(invalid(field, key, problem));
    bytes += byteLength(key) + byteLength(annotations[key] ?? "");
  }
  if (bytes > annotationsBytesMax) errors.push(tooLongBytes(field, annotationsBytesMax));
  return errors;
}
