import { internalFieldError, invalid, notSupported, type FieldError } from "./field-error.ts";

/**
 * What generated `validate` functions need beyond plain comparisons, with the words of
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/api/validate.
 */
export interface Validation {
  /** What was found wrong so far. */
  readonly errors: FieldError[];
  /** Whether the object replaces another; then some fields may not change. */
  readonly update: boolean;
  readonly options: ValidationOptions;
}

/** The options that `+k8s:ifEnabled` and `+k8s:ifDisabled` ask for, by name; an option that is not there is an error. */
export type ValidationOptions = ReadonlyMap<string, boolean>;

const noOptions: ValidationOptions = new Map();

/** A validation that has found nothing yet. */
export function newValidation(update: boolean, options = noOptions): Validation {
  return { errors: [], update, options };
}

/** Whether the option is in that state; one that is not defined is an error at `path`, and in neither state. */
export function optionIs(validation: Validation, option: string, enabled: boolean, path: string): boolean {
  const state = validation.options.get(option);
  if (state === undefined) {
    validation.errors.push(internalFieldError(path, `undefined validation option ${JSON.stringify(option)}`));
  }
  return state === enabled;
}

/** The characters of a string: code points, as Go counts runes. */
export function characterCount(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const isPair = unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(index + 1));
    if (isPair) index++;
    count++;
  }
  return count;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

/** The entries of a map. */
export function entryCount(map: object | undefined): number {
  return map === undefined ? 0 : Object.keys(map).length;
}

/** The value is less than `+k8s:minimum` allows. */
export function belowMinimum(path: string, value: number, minimum: number): FieldError {
  return invalid(path, value, `must be greater than or equal to ${minimum}`);
}

/** The value is more than `+k8s:maximum` allows. */
export function aboveMaximum(path: string, value: number, maximum: number): FieldError {
  return invalid(path, value, `must be less than or equal to ${maximum}`);
}

/** The value is the one that `+k8s:neq` excludes. */
export function excludedValue(path: string, value: string | number | boolean): FieldError {
  return invalid(path, value, `must not be equal to ${JSON.stringify(value)}`);
}

/** The value does not match its pattern. */
export function patternMismatch(path: string, value: string, pattern: string): FieldError {
  return invalid(path, value, `must match the pattern ${pattern}`);
}

/** The value changed though it is immutable. */
export function immutable(path: string): FieldError {
  return invalid(path, null, "field is immutable");
}

/** The value was set though `+k8s:update=NoSet`. */
export function setLater(path: string): FieldError {
  return invalid(path, null, "field cannot be set once created");
}

/** The value was cleared though `+k8s:update=NoUnset`. */
export function clearedLater(path: string): FieldError {
  return invalid(path, null, "field cannot be cleared once set");
}

/** The value was changed though `+k8s:update=NoModify`. */
export function modifiedLater(path: string): FieldError {
  return invalid(path, null, "field cannot be modified once set");
}

/** The value went down though it is monotonic. */
export function decreased(path: string, value: number, old: number): FieldError {
  return invalid(path, value, `may not be decreased from ${old}`);
}

/** A value of a literal union, some of whose members are excluded while options are in some state. */
export interface ConditionalValue {
  readonly value: string;
  readonly excludedIf: readonly { readonly option: string; readonly enabled: boolean }[];
}

/** Checks a value of a literal union some of whose members depend on options. */
export function checkConditionalValues(
  path: string,
  value: string,
  values: readonly ConditionalValue[],
  { errors, options }: Validation,
): void {
  const supported: string[] = [];
  for (const { value: member, excludedIf } of values) {
    const undefinedOption = excludedIf.find(({ option }) => !options.has(option));
    if (undefinedOption !== undefined) {
      const name = JSON.stringify(undefinedOption.option);
      errors.push(internalFieldError(path, `undefined validation option ${name}`));
      return;
    }
    if (!excludedIf.some(({ option, enabled }) => options.get(option) === enabled)) supported.push(member);
  }
  if (!supported.includes(value)) errors.push(notSupported(path, value, supported));
}
