import type { Json } from "../meta/v1.ts";
import { noMergeKey, StrategicMergeError, wrongType } from "./strategic-error.ts";
import { goPlain, goTypeName } from "./typed-errors.ts";
import { compareBytes } from "../meta/byte-text.ts";
import { isObject, member, type JsonObject } from "./value.ts";

/** What a list that is merged has: objects told apart by a key, or values that stand for themselves. */
export type ElementKind = "map" | "scalar";

/** What all items of the lists are. Throws a StrategicMergeError where there are none, or of several types. */
export function elementKind(...lists: readonly (readonly Json[])[]): ElementKind {
  let type: string | undefined;
  for (const list of lists) {
    for (const item of list) {
      if (type === undefined) type = firstType(item);
      else if (type !== goTypeName(item)) {
        throw internal(`list element types are not identical: ${goPlain(lists)}`);
      }
    }
  }
  if (type === undefined) throw internal("no elements in any of the given slices");
  return type === goTypeName({}) ? "map" : "scalar";
}

function firstType(item: Json): string {
  if (Array.isArray(item)) throw new StrategicMergeError("unprocessable", "lists of lists are not supported");
  if (item === null) throw internal("list elements must not be null");
  return goTypeName(item);
}

function internal(message: string): StrategicMergeError {
  return new StrategicMergeError("internal", message);
}

/** The item as an object. Throws a StrategicMergeError where it is none. */
export function asMap(item: Json): JsonObject {
  if (!isObject(item)) throw wrongType("map", item);
  return item;
}

/** The value as a list. Throws a StrategicMergeError where it is none. */
export function asList(value: Json): readonly Json[] {
  if (!Array.isArray(value)) throw wrongType("list", value);
  return value;
}

/** What tells an item apart. Throws a StrategicMergeError where it has no such field, or is no object. */
export function mergeKeyOf(item: Json, mergeKey: string): Json {
  const map = asMap(item);
  const value = member(map, mergeKey);
  if (value === undefined) throw noMergeKey(map, mergeKey);
  return value;
}

/** Finds items by their key: the first of those that share one. */
export class KeyedItems {
  readonly #positions = new Map<Json, number>();
  readonly #firstOther: number;

  constructor(items: readonly Json[], mergeKey: string) {
    const other = items.findIndex((item) => !isObject(item));
    this.#firstOther = other;
    for (const [position, item] of (other < 0 ? items : items.slice(0, other)).entries()) {
      const key = member(item as JsonObject, mergeKey);
      if (key !== undefined && !this.#positions.has(key)) this.#positions.set(key, position);
    }
  }

  /** Where the item is. Throws a StrategicMergeError where something that is no object comes before it. */
  find(key: Json): number | undefined {
    const position = this.#positions.get(key);
    if (position === undefined && this.#firstOther >= 0) {
      throw internal(`value for key ${this.#firstOther} is not a map`);
    }
    return position;
  }

  /** Notes an item that was put at the end. */
  add(key: Json, position: number): void {
    if (!this.#positions.has(key)) this.#positions.set(key, position);
  }
}

/** Splits a list into what the other one has too, by value or by key, and the rest. */
export function partitionByPresence(
  list: readonly Json[],
  other: readonly Json[],
  mergeKey: string,
): { present: Json[]; absent: Json[] } {
  const values = mergeKey === "" ? new Set(other) : undefined;
  const items = mergeKey === "" ? undefined : new KeyedItems(other, mergeKey);
  const present: Json[] = [];
  const absent: Json[] = [];
  for (const item of list) {
    const found = values?.has(item) ?? items?.find(mergeKeyOf(item, mergeKey)) !== undefined;
    (found ? present : absent).push(item);
  }
  return { present, absent };
}

/** The list without repeated values. As upstream, the last item takes the place of each that goes. */
export function withoutRepeats(list: readonly Json[]): Json[] {
  const out = [...list];
  const seen = new Set<Json>();
  for (let i = 0; i < out.length;) {
    const item = out[i] ?? null;
    if (seen.has(item)) {
      const last = out.pop();
      if (i < out.length) out[i] = last ?? null;
    } else {
      seen.add(item);
      i++;
    }
  }
  return out;
}

/** The values in the order of their text. */
export function sortedScalars(list: readonly Json[]): Json[] {
  return list.toSorted((a, b) => compareBytes(goPlain(a), goPlain(b)));
}

/** The items in the order of their key's text; those with the same come in the opposite order, as upstream has them. */
export function sortedByKey(list: readonly Json[], mergeKey: string): Json[] {
  return list
    .map((item) => ({ item, text: goPlain(member(asMap(item), mergeKey) ?? null) }))
    .reverse()
    .sort((a, b) => compareBytes(a.text, b.text))
    .map(({ item }) => item);
}
