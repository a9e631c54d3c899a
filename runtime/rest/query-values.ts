import { goQuote } from "../meta/field-error.ts";
import { badRequest } from "../meta/status-error.ts";

/**
 * The values of a URL's query as Kubernetes converts them: a parameter that is there more than once has its first value,
 * and parameters that no one asks for are no error.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/runtime#Convert_Slice_string_To_bool and its neighbours.
 */

/** The text of a parameter; empty if it is not there. */
export function textOf(query: URLSearchParams, name: string): string {
  return query.get(name) ?? "";
}

/** False for `0` and `false`, true for everything else, even the empty text; undefined if it is not there. */
export function booleanOf(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  return text === null ? undefined : text !== "0" && text.toLowerCase() !== "false";
}

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
/** As many digits, leading zeros aside, as a number of 64 bits can have. */
const digitsMax = 19;

/** The whole number of a parameter; undefined if it is not there. Throws 400 for what is no number of 64 bits. */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const [, sign, digits] = /^([-+]?)0*(\d+)$/.exec(text) ?? [];
  if (digits === undefined) throw numberError(text, "invalid syntax");
  if (digits.length > digitsMax) throw numberError(text, "value out of range");
  const value = sign === "-" ? -BigInt(digits) : BigInt(digits);
  if (value < int64Min || value > int64Max) throw numberError(text, "value out of range");
  return Number(value);
}

function numberError(text: string, why: string): Error {
  return badRequest(`strconv.ParseInt: parsing ${goQuote(text)}: ${why}`);
}
