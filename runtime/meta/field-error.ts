import { goJson } from "./go-json.ts";
import type { StatusCause } from "./v1.ts";

/** The kinds of field error, spelt as the `reason` of a Status cause spells them. */
export type FieldErrorType =
  | "FieldValueNotFound"
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooShort"
  | "FieldValueTooMany"
  | "FieldValueTooFew"
  | "InternalError"
  | "FieldValueTypeInvalid";

/**
 * One thing wrong with one field.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation/field#Error
 */
export interface FieldError {
  readonly type: FieldErrorType;
  /** The path, such as `spec.toys[0].name`; empty for the object itself. */
  readonly field: string;
  readonly badValue?: unknown;
  readonly detail: string;
}

const titles: Record<FieldErrorType, string> = {
  FieldValueNotFound: "Not found",
  FieldValueRequired: "Required value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueForbidden: "Forbidden",
  FieldValueTooLong: "Too long",
  FieldValueTooShort: "Too short",
  FieldValueTooMany: "Too many",
  FieldValueTooFew: "Too few",
  InternalError: "Internal error",
  FieldValueTypeInvalid: "Invalid value",
};

const withoutValue: ReadonlySet<FieldErrorType> = new Set<FieldErrorType>([
  "FieldValueRequired",
  "FieldValueForbidden",
  "FieldValueTooLong",
  "FieldValueTooShort",
  "InternalError",
]);

/** The value is not acceptable, for the reason that `detail` gives. */
export function invalid(field: string, badValue: unknown, detail: string): FieldError {
  return { type: "FieldValueInvalid", field, badValue, detail };
}

/** The value has the wrong JSON type. */
export function typeInvalid(field: string, badValue: unknown, detail: string): FieldError {
  return { type: "FieldValueTypeInvalid", field, badValue, detail };
}

/** The field must be set. */
export function required(field: string, detail = ""): FieldError {
  return { type: "FieldValueRequired", field, badValue: "", detail };
}

/** The field must not be set, or may not change. */
export function forbidden(field: string, detail = ""): FieldError {
  return { type: "FieldValueForbidden", field, badValue: "", detail };
}

/** The value stands elsewhere in the same list. */
export function duplicate(field: string, badValue: unknown): FieldError {
  return { type: "FieldValueDuplicate", field, badValue, detail: "" };
}

/** What the value names does not exist. */
export function fieldNotFound(field: string, badValue: unknown): FieldError {
  return { type: "FieldValueNotFound", field, badValue, detail: "" };
}

/** The value is not one of those allowed, which are named in sorted order. */
export function notSupported(field: string, badValue: unknown, supported: readonly string[]): FieldError {
  return notSupportedInOrder(field, badValue, supported.toSorted());
}

/** The value is not one of those allowed, which are named in the order given. */
export function notSupportedInOrder(field: string, badValue: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length === 0 ? "" : `supported values: ${supported.map(goQuote).join(", ")}`;
  return { type: "FieldValueNotSupported", field, badValue, detail };
}

/** The string has more than `max` bytes. */
export function tooLongBytes(field: string, max: number): FieldError {
  return { type: "FieldValueTooLong", field, badValue: "", detail: `may not be more than ${count(max, "byte")}` };
}

/** The string has more than `max` characters. */
export function tooLongCharacters(field: string, max: number): FieldError {
  return { type: "FieldValueTooLong", field, badValue: "", detail: `may not be more than ${count(max, "character")}` };
}

/** The string has fewer than `min` characters. */
export function tooShort(field: string, min: number): FieldError {
  return { type: "FieldValueTooShort", field, badValue: "", detail: `must be at least ${count(min, "character")}` };
}

/** The list or map has more than `max` items. */
export function tooMany(field: string, actual: number, max: number): FieldError {
  return { type: "FieldValueTooMany", field, badValue: actual, detail: `must have at most ${count(max, "item")}` };
}

/** The list or map has fewer than `min` items. */
export function tooFew(field: string, actual: number, min: number): FieldError {
  return { type: "FieldValueTooFew", field, badValue: actual, detail: `must have at least ${count(min, "item")}` };
}

/** The server could not judge the field; `detail` says why. */
export function internalFieldError(field: string, detail: string): FieldError {
  return { type: "InternalError", field, badValue: "", detail };
}

/** The whole text, `field: Kind: value: detail`, as kubectl prints it. */
export function fieldErrorMessage(error: FieldError): string {
  return `${error.field === "" ? "<nil>" : error.field}: ${fieldErrorBody(error)}`;
}

/** The Status cause that a field error becomes. */
export function fieldErrorCause(error: FieldError): StatusCause {
  return {
    reason: error.type,
    message: fieldErrorBody(error),
    field: error.field === "" ? "<nil>" : error.field,
  };
}

/** The text without the field, as the message of a Status cause has it. */
function fieldErrorBody(error: FieldError): string {
  const value = withoutValue.has(error.type) ? "" : `: ${formatBadValue(error.badValue)}`;
  const detail = error.detail === "" ? "" : `: ${error.detail}`;
  return `${titles[error.type]}${value}${detail}`;
}

function formatBadValue(value: unknown): string {
  if (typeof value === "string") return goQuote(value);
  if (typeof value === "number") return formatNumber(value);
  return goJson(value);
}

// Go writes exponents for smaller numbers than JavaScript does, and with two digits at least.
function formatNumber(value: number): string {
  const small = value !== 0 && Math.abs(value) < 1e-4;
  return small ? value.toExponential().replace(/e-(\d)$/, "e-0$1") : String(value);
}

function count(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n} ${noun}s`;
}

const goEscapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** Quotes a string as Go's `%q` does. */
export function goQuote(text: string): string {
  return `"${text.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, escapeRune)}"`;
}

function escapeRune(rune: string): string {
  const named = goEscapes[rune];
  if (named !== undefined) return named;
  const code = rune.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
