import { parseDuration } from "./duration.ts";
import type { Validation } from "./checks.ts";
import { depthMax, isFields, reportType, type DecodeReport, type Decoder } from "./decode.ts";
import { invalid } from "./field-error.ts";
import { compareQuantities, normalizeQuantity, parseQuantity, QuantityError } from "./quantity.ts";
import { TimeFormatError } from "./time-format-error.ts";
import { normalizeMicroTime, normalizeTime, parseMicroTime, parseTime } from "./time.ts";

/**
 * Values whose form JSON does not know. Decoding brings them into the form in which Kubernetes writes them, and leaves
 * those of a wrong form as they are; validation then says where they stand and what is wrong.
 */
function textDecoder(normalize: (text: string) => string): Decoder {
  return {
    goType: "string",
    decode(value, report) {
      if (typeof value === "string") return orAsItIs(value, normalize);
      reportType(report, value, report.struct, "", "string");
      return value;
    },
    zero: () => "",
  };
}

// The zero of a time reads as nothing, and is kept as the client wrote it.
function orAsItIs(text: string, normalize: (text: string) => string): string {
  try {
    return normalize(text) || text;
  } catch (error) {
    if (isFormError(error)) return text;
    throw error;
  }
}

function isFormError(error: unknown): error is Error {
  return error instanceof TimeFormatError || error instanceof QuantityError;
}

/** Reads a Time, in UTC and to the second. */
export const timeDecoder = textDecoder(normalizeTime);
/** Reads a MicroTime, in UTC and to the microsecond. */
export const microTimeDecoder = textDecoder(normalizeMicroTime);
/** Reads a Duration, in the notation that it has. */
export const durationDecoder = textDecoder((text) => text);

/** Reads bytes in base64. */
export const bytesDecoder: Decoder = { ...textDecoder((text) => text), goType: "[]uint8" };

/** Reads a Quantity, which JSON may have as a number, in its canonical form. */
export const quantityDecoder: Decoder = {
  goType: "resource.Quantity",
  decode(value, report) {
    if (typeof value === "string" || typeof value === "number") return orAsItIs(String(value), normalizeQuantity);
    reportType(report, value, report.struct, "", "resource.Quantity");
    return value;
  },
  zero: () => "0",
};

/** Reads any JSON value as it is. */
export const jsonDecoder: Decoder = {
  goType: "interface {}",
  decode: boundDepth,
  zero: () => null,
};

/** Reads a JSON object as it is. */
export const rawExtensionDecoder: Decoder = {
  goType: "runtime.RawExtension",
  decode(value, report) {
    if (isFields(value)) return boundDepth(value, report);
    reportType(report, value, report.struct, "", "map[string]interface {}");
    return value;
  },
  zero: () => ({}),
};

// Later steps walk such values by recursion.
function boundDepth(value: unknown, report: DecodeReport): unknown {
  if (isDeeperThan(value, depthMax)) report.typeError ??= "json: exceeded max depth";
  return value;
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeperThan(inner, depth - 1));
}

/** The value must be a time. */
export function checkTime(path: string, value: string, validation: Validation): void {
  checkForm(path, value, validation, parseTime);
}

/** The value must be a time with microseconds. */
export function checkMicroTime(path: string, value: string, validation: Validation): void {
  checkForm(path, value, validation, parseMicroTime);
}

/** The value must be a length of time in Go's notation. */
export function checkDuration(path: string, value: string, validation: Validation): void {
  checkForm(path, value, validation, parseDuration);
}

/** The value must be a quantity. */
export function checkQuantity(path: string, value: string, validation: Validation): void {
  checkForm(path, value, validation, parseQuantity);
}

function checkForm(path: string, value: string, { errors }: Validation, parse: (text: string) => unknown): void {
  try {
    parse(value);
  } catch (error) {
    if (!isFormError(error)) throw error;
    errors.push(invalid(path, value, error.message));
  }
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The value must be base64. */
export function checkBytes(path: string, value: string, { errors }: Validation): void {
  if (!base64.test(value)) errors.push(invalid(path, value, "must be base64 as RFC 4648 has it"));
}

/** Whether two quantities are the same amount, in whatever notation. */
export function sameQuantity(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  try {
    return compareQuantities(parseQuantity(a), parseQuantity(b)) === 0;
  } catch (error) {
    if (isFormError(error)) return false;
    throw error;
  }
}
