import type { Json } from "../meta/v1.ts";
import { FieldSetBuilder, type FieldSet } from "./field-set.ts";
import { listElement } from "./list-element.ts";
import { fieldElement, indexElement, keyElement, type Path, type PathElement } from "./path-element.ts";
import { Misfits } from "./typed-errors.ts";
import {
  shapeFor,
  typeOfKey,
  visitShape,
  type ResolvedList,
  type ResolvedMap,
  type SchemaIndex,
  type TypeRef,
} from "./typed-schema.ts";
import { isObject, member } from "./value.ts";

/** The set of everything that a value says: its leaves, the items of its lists, its own keys of maps. */
export function pathsOfValue(schema: SchemaIndex, ref: TypeRef, value: Json): FieldSet {
  const walk = new PathWalk(schema);
  walk.value(ref, value, []);
  return walk.finish();
}

class PathWalk {
  readonly #schema: SchemaIndex;
  readonly #builder = new FieldSetBuilder();
  readonly #misfits = new Misfits();

  constructor(schema: SchemaIndex) {
    this.#schema = schema;
  }

  finish(): FieldSet {
    this.#misfits.throwIfAny();
    return this.#builder.build();
  }

  value(ref: TypeRef, value: Json, path: Path): void {
    const atom = this.#schema.resolve(ref);
    if (atom === undefined) {
      this.#misfits.add([], `schema error: no type found matching: ${ref.namedType ?? "inlined type"}`);
      return;
    }
    visitShape(shapeFor(atom, value), ref, {
      scalar: () => this.#builder.add(path),
      list: (list) => this.#list(list, value, path),
      map: (map) => this.#map(map, value, path),
      broken: (message) => this.#misfits.add([], message),
    });
  }

  /** An item that stands in the list more than once is owned as a whole. */
  #list(list: ResolvedList, value: Json, path: Path): void {
    if (list.atomic) return this.#builder.add(path);
    if (!Array.isArray(value)) return;
    const elements = (value as readonly Json[]).map((item) => ({
      item,
      element: listElement(this.#schema, list, item),
    }));
    const counts = new Map<string, number>();
    for (const { element } of elements) {
      if ("text" in element) counts.set(element.text, (counts.get(element.text) ?? 0) + 1);
    }
    for (const { item, element } of elements) {
      if (!("text" in element)) continue;
      const below = [...path, element];
      if (counts.get(element.text) === 1) this.value(list.elementType, item, below);
      this.#builder.add(below);
    }
  }

  #map(map: ResolvedMap, value: Json, path: Path): void {
    if (map.atomic) return this.#builder.add(path);
    if (!isObject(value)) return;
    for (const [key, item] of Object.entries(value)) {
      const below = [...path, fieldElement(key)];
      this.value(typeOfKey(map, key) ?? {}, item, below);
      const empty = item === null || (isObject(item) && Object.keys(item).length === 0);
      if (empty || !map.fields.has(key)) this.#builder.add(below);
    }
  }
}

/** Fields that are taken for keys where no schema tells. */
const likelyKeys = ["id", "key", "name"];

/** The set of a value's leaves where there is no schema: list items by what looks like their key, else by index. */
export function leavesOfValue(value: Json): FieldSet {
  const builder = new FieldSetBuilder();
  addLeaves(builder, value, []);
  return builder.build();
}

function addLeaves(builder: FieldSetBuilder, value: Json, path: Path): void {
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly Json[]).entries()) {
      addLeaves(builder, item, [...path, guessElement(index, item)]);
    }
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) addLeaves(builder, item, [...path, fieldElement(key)]);
  } else {
    builder.add(path);
  }
}

function guessElement(index: number, item: Json): PathElement {
  if (!isObject(item)) return indexElement(index);
  const fields = likelyKeys.flatMap((name) => {
    const value = member(item, name);
    return value === undefined || value === null || typeof value === "object" ? [] : [{ name, value }];
  });
  return fields.length > 0 ? keyElement(fields) : indexElement(index);
}
