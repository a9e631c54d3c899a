import type { Json } from "../meta/v1.ts";
import { keyElement, valueElement, type KeyField, type PathElement } from "./path-element.ts";
import type { ResolvedList, SchemaIndex } from "./typed-schema.ts";
import { isObject, member } from "./value.ts";

/** Why a list item cannot be told apart from the others. */
export interface NoElement {
  readonly problem: string;
}

/** The path element of an item of an associative list: its key fields, defaults filled in, or its value. */
export function listElement(schema: SchemaIndex, list: ResolvedList, item: Json): PathElement | NoElement {
  if (!list.associative) return { problem: "invalid indexing of non-associative list" };
  return list.keys.length > 0 ? keyedElement(schema, list, item) : setElement(item);
}

/** Whether an item surely has an element. Some that do not have all keys may have one too, by defaults. */
export function hasElement({ associative, keys }: ResolvedList, item: Json): boolean {
  if (!associative) return false;
  const [first] = keys;
  if (first === undefined) return typeof item !== "object";
  return isObject(item) && Object.hasOwn(item, first);
}

function keyedElement(schema: SchemaIndex, list: ResolvedList, item: Json): PathElement | NoElement {
  if (item === null) return { problem: "associative list with keys may not have a null element" };
  if (!isObject(item)) return { problem: "associative list with keys may not have non-map elements" };
  const fields: KeyField[] = [];
  for (const name of list.keys) {
    const value = member(item, name);
    if (value !== undefined) {
      fields.push({ name, value });
      continue;
    }
    const map = schema.resolve(list.elementType)?.map;
    if (map === undefined) {
      const why = schema.resolve(list.elementType) === undefined ? "invalid elementType for list" : mapsOnly;
      return { problem: `couldn't find default value for ${name}: ${why}` };
    }
    const fallback = map.fields.get(name)?.default;
    if (fallback !== undefined && fallback !== null) fields.push({ name, value: fallback });
  }
  if (fields.length > 0) return keyElement(fields);
  const names = list.keys.map((name) => JSON.stringify(name)).join(" ");
  return {
    problem:
      `associative list with keys has an element that omits all key fields [${names}] ` +
      "(and doesn't have default values for any key fields)",
  };
}

const mapsOnly = "associative list may not have non-map types";

function setElement(item: Json): PathElement | NoElement {
  if (isObject(item)) return { problem: "associative list without keys has an element that's a map type" };
  if (Array.isArray(item)) return { problem: "not supported: associative list with lists as elements" };
  if (item === null) return { problem: "associative list without keys has an element that's an explicit null" };
  return valueElement(item);
}
