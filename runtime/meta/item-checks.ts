import type { Validation } from "./checks.ts";
import { duplicate, forbidden } from "./field-error.ts";

/** What tells the items of a list apart. */
export type ItemKey = string | number | boolean | null | undefined;

/** The key of items that are told apart by what they are. */
export function itself<T>(item: T): T {
  return item;
}

/** The items of the old list by key, the first of each. */
export function indexBy<T>(list: readonly T[] | undefined, keyOf: (item: T) => ItemKey): ReadonlyMap<ItemKey, T> {
  const index = new Map<ItemKey, T>();
  if (list === undefined) return index;
  for (const item of list) {
    const key = keyOf(item);
    if (!index.has(key)) index.set(key, item);
  }
  return index;
}

/** The value that a map has for a key of its own. */
export function valueAt<T>(map: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Each item of which the list has the same before is a duplicate. */
export function checkUnique<T>(
  path: string,
  list: readonly T[],
  keyOf: (item: T) => ItemKey,
  { errors }: Validation,
): void {
  const seen = new Set<ItemKey>();
  for (const [index, item] of list.entries()) {
    const key = keyOf(item);
    if (seen.has(key)) errors.push(duplicate(`${path}[${index}]`, item));
    seen.add(key);
  }
}

/** On update, no item may be new. */
export function checkNoItemAdded<T>(
  path: string,
  list: readonly T[] | undefined,
  old: readonly T[] | undefined,
  keyOf: (item: T) => ItemKey,
  { errors, update }: Validation,
): void {
  if (!update) return;
  const known = new Set(old?.map(keyOf));
  for (const [index, item] of (list ?? []).entries()) {
    if (!known.has(keyOf(item))) errors.push(forbidden(`${path}[${index}]`, "item may not be added"));
  }
}

/** On update, no item may be gone. */
export function checkNoItemRemoved<T>(
  path: string,
  list: readonly T[] | undefined,
  old: readonly T[] | undefined,
  keyOf: (item: T) => ItemKey,
  { errors, update }: Validation,
): void {
  if (!update) return;
  const present = new Set(list?.map(keyOf));
  for (const item of old ?? []) {
    if (!present.has(keyOf(item))) errors.push(forbidden(path, "item may not be removed"));
  }
}

/** On update, no key of a map may be new. */
export function checkNoKeyAdded(
  path: string,
  map: object | undefined,
  old: object | undefined,
  { errors, update }: Validation,
): void {
  if (!update) return;
  for (const key of Object.keys(map ?? {})) {
    if (!Object.hasOwn(old ?? {}, key)) errors.push(forbidden(`${path}[${key}]`, "item may not be added"));
  }
}

/** On update, no key of a map may be gone. */
export function checkNoKeyRemoved(
  path: string,
  map: object | undefined,
  old: object | undefined,
  { errors, update }: Validation,
): void {
  if (!update) return;
  for (const key of Object.keys(old ?? {})) {
    if (!Object.hasOwn(map ?? {}, key)) errors.push(forbidden(`${path}[${key}]`, "item may not be removed"));
  }
}
