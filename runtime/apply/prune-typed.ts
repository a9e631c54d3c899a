import type { Json } from "../meta/v1.ts";
import { hasPath, pathsOf, unionSets, FieldSetBuilder, emptySet, type FieldSet } from "./field-set.ts";
import { listElement } from "./list-element.ts";
import { fieldElement, fieldText } from "./path-element.ts";
import {
  noType,
  shapeFor,
  typeOfKey,
  type ResolvedList,
  type ResolvedMap,
  type SchemaIndex,
  type TypeRef,
} from "./typed-schema.ts";
import { setMember } from "../meta/set-member.ts";
import { isObject } from "./value.ts";
import { pathsOfValue } from "./value-paths.ts";

/** The value without the list and map items of the set; null where nothing is left. */
export function removeItems(schema: SchemaIndex, ref: TypeRef, value: Json, items: FieldSet): Json {
  return select(schema, ref, value, items, "remove");
}

/** The list and map items of the set alone; null where there are none of them. */
export function extractItems(schema: SchemaIndex, ref: TypeRef, value: Json, items: FieldSet): Json {
  return select(schema, ref, value, items, "extract");
}

/** The set with the key fields of those list items that it reaches into, as far as the value has them. */
export function withKeyFields(schema: SchemaIndex, ref: TypeRef, value: Json, items: FieldSet): FieldSet {
  const present = pathsOfValue(schema, ref, value);
  const keys = new FieldSetBuilder();
  for (const path of pathsOf(items)) {
    if (!hasPath(present, path)) continue;
    for (const [index, element] of path.entries()) {
      if (element.kind !== "key") continue;
      for (const { name } of element.fields) keys.add([...path.slice(0, index + 1), fieldElement(name)]);
    }
  }
  return unionSets(items, keys.build());
}

type Mode = "remove" | "extract";

function select(schema: SchemaIndex, ref: TypeRef, value: Json, items: FieldSet, mode: Mode): Json {
  const atom = schema.resolve(ref);
  if (atom === undefined) return null;
  const { map, scalar, list } = shapeFor(atom, value);
  if (map !== undefined) return selectFromMap(schema, map, value, items, mode);
  if (scalar !== undefined) return value;
  return list === undefined ? null : selectFromList(schema, list, value, items, mode);
}

function selectFromList(schema: SchemaIndex, list: ResolvedList, value: Json, items: FieldSet, mode: Mode): Json {
  if (!Array.isArray(value)) return null;
  if (value.length === 0 || list.atomic) return mode === "extract" ? value : null;
  const out: Json[] = [];
  for (const item of value as readonly Json[]) {
    const element = listElement(schema, list, item);
    const node = "text" in element ? items.get(element.text) : undefined;
    const isMember = node?.member ?? false;
    const below = node?.children ?? emptySet;
    if (mode === "remove" ? isMember : !isMember && below.size === 0) continue;
    out.push(below.size === 0 ? item : select(schema, list.elementType, item, below, mode));
  }
  return out.length === 0 ? null : out;
}

function selectFromMap(schema: SchemaIndex, map: ResolvedMap, value: Json, items: FieldSet, mode: Mode): Json {
  if (!isObject(value)) return null;
  if (Object.keys(value).length === 0 || map.atomic) return mode === "extract" ? value : null;
  const out: { [key: string]: Json } = {};
  for (const key of Object.keys(value)) {
    const item = value[key] ?? null;
    const node = items.get(fieldText(key));
    const type = typeOfKey(map, key) ?? noType;
    if (node?.member === true) {
      // Upstream looks below an extracted member with the set of the level above; what it finds there is what it keeps.
      if (mode === "extract") setMember(out, key, select(schema, type, item, items, mode));
    } else if (node !== undefined) {
      setMember(out, key, select(schema, type, item, node.children, mode));
    } else if (mode === "remove") {
      setMember(out, key, item);
    }
  }
  return Object.keys(out).length === 0 ? null : out;
}
