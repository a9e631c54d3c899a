import { isFields } from "./decode.ts";

/**
 * When a value counts as unchanged, so that an update does not check it again: absent and empty lists and maps are
 * the same. As https://pkg.go.dev/k8s.io/apimachinery/pkg/api/equality has it.
 */
export type Same<T> = (a: T | undefined, b: T | undefined) => boolean;

/** Whether two values without parts are the same. */
export function sameScalar<T extends string | number | boolean | null>(a: T | undefined, b: T | undefined): boolean {
  return a === b;
}

/** Whether two lists have the same items in the same order. */
export function sameList<T>(a: readonly T[] | undefined, b: readonly T[] | undefined, same: Same<T>): boolean {
  if (a === b) return true;
  const length = a?.length ?? 0;
  if (length !== (b?.length ?? 0)) return false;
  for (let index = 0; index < length; index++) if (!same(a?.[index], b?.[index])) return false;
  return true;
}

type StringMap<T> = Readonly<Record<string, T>>;

/** Whether two maps have the same values by the same keys. */
export function sameMap<T>(a: StringMap<T> | undefined, b: StringMap<T> | undefined, same: Same<T>): boolean {
  if (a === b) return true;
  const keys = Object.keys(a ?? {});
  if (keys.length !== Object.keys(b ?? {}).length) return false;
  return keys.every((key) => b !== undefined && Object.hasOwn(b, key) && same(a?.[key], b[key]));
}

/** Whether two JSON values are the same. A field that is undefined is as one that is absent; the order of keys is nothing. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && sameList(a, b, sameJson);
  return isFields(a) && isFields(b) && sameFields(a, b, noNames);
}

const noNames: ReadonlySet<string> = new Set();

/** `sameJson` of two objects, leaving out the fields named. */
export function sameFields(a: object, b: object, without: ReadonlySet<string>): boolean {
  if (!isFields(a) || !isFields(b)) return false;
  let shared = 0;
  for (const name of Object.keys(a)) {
    const value = a[name];
    if (value === undefined || without.has(name)) continue;
    const other = b[name];
    // What is not an object's own may still be there, by a name such as `constructor`.
    if (value !== other && !(Object.hasOwn(b, name) && sameJson(value, other))) return false;
    shared++;
  }
  for (const name of Object.keys(b)) if (b[name] !== undefined && !without.has(name)) shared--;
  return shared === 0;
}

/** A text that JSON values have in common just when they are the same; the order of keys does not count. */
export function canonicalKey(value: unknown): string {
  return JSON.stringify(value, withSortedKeys) ?? "";
}

function withSortedKeys(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  // Entries made of an object's own keys: even `__proto__` becomes a key of the result's own.
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
