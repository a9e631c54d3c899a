import type { ReadOptions } from "../storage/storage.ts";
import { goQuote, invalid, type FieldError } from "../meta/field-error.ts";

const uint64Max = 2n ** 64n - 1n;

/**
 * The revision that a resourceVersion names: 0 if it is empty or "0". What is wrong with it where it is no number of
 * 64 bits.
 */
export function parseResourceVersion(text: string): bigint | FieldError {
  if (text === "" || text === "0") return 0n;
  const revision = /^\d+$/.test(text) ? BigInt(text) : undefined;
  if (revision !== undefined && revision <= uint64Max) return revision;
  return invalid("resourceVersion", text, numberProblem(text));
}

/** Reads that need no more than some state, and those that need the newest. */
const anyState: ReadOptions = { notOlderThan: 0 };
const newestState: ReadOptions = {};

/**
 * How fresh a read is to be where the client names this resourceVersion: unset is the newest, "0" any, else not older.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
 */
export function freshnessOf(text: string, revision: bigint): ReadOptions {
  if (text === "") return newestState;
  return revision === 0n ? anyState : { notOlderThan: Number(revision) };
}

/** What Go says of a text that is no unsigned number of 64 bits. */
export function numberProblem(text: string): string {
  const why = /^\d+$/.test(text) ? "value out of range" : "invalid syntax";
  return `strconv.ParseUint: parsing ${goQuote(text)}: ${why}`;
}

/**
 * -1, 0 or 1 as the first resourceVersion of a resource is older than, the same as, or newer than the second. Throws an
 * Error where either is not a whole number above 0 without leading zeros; they may be of any length.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/resourceversion#CompareResourceVersion
 */
export function compareResourceVersions(a: string, b: string): -1 | 0 | 1 {
  for (const text of [a, b]) {
    if (!/^[1-9]\d*$/.test(text)) throw new Error(`resource version is not well formed: ${text}`);
  }
  if (a === b) return 0;
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  return a < b ? -1 : 1;
}
