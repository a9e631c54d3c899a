import { goQuote } from "../meta/field-error.ts";
import { parseInt64 } from "../meta/int64.ts";
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

/** The whole number of a parameter; undefined if it is not there. Throws 400 for what is no number of 64 bits. */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = parseInt64(text);
  if (value !== undefined) return Number(value);
  const why = /^[-+]?\d+$/.test(text) ? "value out of range" : "invalid syntax";
  throw badRequest(`strconv.ParseInt: parsing ${goQuote(text)}: ${why}`);
}
