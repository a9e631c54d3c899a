import { compareBytes } from "../meta/byte-text.ts";
import { goQuote } from "../meta/field-error.ts";
import { goJson } from "../meta/go-json.ts";
import type { Json } from "../meta/v1.ts";

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A JSON object's own member; never one that every object inherits. */
export function member(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Whether a value has more than `max` members and items in it, at all depths. Looks at no more than that. */
export function isLargerThan(value: Json, max: number): boolean {
  return countParts(value, 0, max) > max;
}

function countParts(value: Json, before: number, max: number): number {
  if (typeof value !== "object" || value === null) return before;
  let count = before;
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) {
      count = countParts(item, count + 1, max);
      if (count > max) break;
    }
  } else if (isObject(value)) {
    for (const key in value) {
      count = countParts(value[key] ?? null, count + 1, max);
      if (count > max) break;
    }
  }
  return count;
}

const ranks = { number: 0, string: 1, boolean: 2, list: 3, map: 4, null: 5 };

function rankOf(value: Json): number {
  if (value === null) return ranks.null;
  if (typeof value === "object") return Array.isArray(value) ? ranks.list : ranks.map;
  return ranks[typeof value as "number" | "string" | "boolean"];
}

/**
 * A total order over JSON values: numbers, strings, booleans, lists, maps, null; within a type by value.
 * https://pkg.go.dev/sigs.k8s.io/structured-merge-diff/v6/value#Compare
 */
export function compareValues(a: Json, b: Json): number {
  const byRank = rankOf(a) - rankOf(b);
  if (byRank !== 0) return Math.sign(byRank);
  if (Array.isArray(a) && Array.isArray(b)) return compareLists(a, b);
  if (isObject(a) && isObject(b)) return compareMaps(a, b);
  return comparePrimitives(a, b);
}

function comparePrimitives(a: Json, b: Json): number {
  if (typeof a === "string" && typeof b === "string") return compareBytes(a, b);
  if (a === b) return 0;
  return Number(a) < Number(b) ? -1 : 1;
}

function compareLists(a: readonly Json[], b: readonly Json[]): number {
  for (let i = 0; ; i++) {
    const left = a[i];
    const right = b[i];
    if (left === undefined) return right === undefined ? 0 : -1;
    if (right === undefined) return 1;
    const order = compareValues(left, right);
    if (order !== 0) return order;
  }
}

function compareMaps(a: JsonObject, b: JsonObject): number {
  const left = Object.keys(a).sort(compareBytes);
  const right = Object.keys(b).sort(compareBytes);
  for (let i = 0; ; i++) {
    const leftKey = left[i];
    const rightKey = right[i];
    if (leftKey === undefined) return rightKey === undefined ? 0 : -1;
    if (rightKey === undefined) return 1;
    const order = compareBytes(leftKey, rightKey) || compareValues(a[leftKey] ?? null, b[rightKey] ?? null);
    if (order !== 0) return order;
  }
}

/** A value as paths for people show it: strings in quotes, maps as `key=value`. */
export function valueText(value: Json): string {
  if (typeof value === "string") return goQuote(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(",")}]`;
  if (isObject(value)) {
    return Object.entries(value)
      .map(([key, item]) => `${key}=${valueText(item)}`)
      .join("");
  }
  return String(value);
}

/** Texts that are the same in JSON, whoever writes it. */
const plainText = /^[\w .:/+=,;@-]*$/;

/** JSON with the keys of maps in order, as Go writes it into field sets. */
export function canonicalJson(value: Json): string {
  if (typeof value === "string") return plainText.test(value) ? `"${value}"` : goJson(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return goJson(value);
  const keys = Object.keys(value).sort(compareBytes);
  return `{${keys.map((key) => `${goJson(key)}:${canonicalJson(value[key] ?? null)}`).join(",")}}`;
}
