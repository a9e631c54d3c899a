import { goQuote } from "../meta/field-error.ts";
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

/** Orders strings by their UTF-8 bytes, as Go does; UTF-16 order differs beyond the basic plane. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    // Surrogates stand for code points above all others.
    const leftHigh = isSurrogate(left);
    if (leftHigh !== isSurrogate(right)) return leftHigh ? 1 : -1;
    return left < right ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** Whether two JSON values are the same, whatever the order of keys. */
export function equalValues(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => equalValues(item, b[i] ?? null));
  }
  return isObject(a) && isObject(b) && equalMaps(a, b);
}

function equalMaps(a: JsonObject, b: JsonObject): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => {
    const right = member(b, key);
    return right !== undefined && equalValues(a[key] ?? null, right);
  });
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

/** JSON with the keys of maps in order, as Go writes it into field sets. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return escapeHtml(JSON.stringify(value));
  const keys = Object.keys(value).sort(compareBytes);
  return `{${keys.map((key) => `${escapeHtml(JSON.stringify(key))}:${canonicalJson(value[key] ?? null)}`).join(",")}}`;
}

// Go's encoder escapes these so that JSON can stand in HTML; field sets must match it to the byte.
function escapeHtml(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Sets an own member, whatever its name: assigning to `__proto__` would change the object's prototype instead. */
export function setMember(object: { [key: string]: Json }, name: string, value: Json): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
  } else {
    object[name] = value;
  }
}
