import type { Json } from "../meta/v1.ts";
import { FieldSetBuilder, type FieldSet } from "./field-set.ts";
import { listElement } from "./list-element.ts";
import { indexElement, keyElement, type PathElement, type Step } from "./path-element.ts";
import { Misfits } from "./typed-errors.ts";
import {
  brokenAtom,
  noType,
  shapeFor,
  typeOfKey,
  type ResolvedList,
  type ResolvedMap,
  type SchemaIndex,
  type TypeRef,
} from "./typed-schema.ts";
import { isObject, member } from "./value.ts";

/** The set of everything that a value says: its leaves, the items of its lists, its own keys of maps. */
export function pathsOfValue(schema: SchemaIndex, ref: TypeRef, value: Json): FieldSet {
  const walk = new PathWalk(schema);
  walk.value(ref, value);
  return walk.finish();
}

class PathWalk {
  readonly #schema: SchemaIndex;
  readonly #builder = new FieldSetBuilder();
  readonly #misfits = new Misfits();
  /** Where the walk stands. */
  readonly #path: Step[] = [];

  constructor(schema: SchemaIndex) {
    this.#schema = schema;
  }

  finish(): FieldSet {
    this.#misfits.throwIfAny();
    return this.#builder.build();
  }

  value(ref: TypeRef, value: Json): void {
    const atom = this.#schema.resolve(ref);
    if (atom === undefined) {
      this.#misfits.add([], `schema error: no type found matching: ${ref.namedType ?? "inlined type"}`);
      return;
    }
    const shape = shapeFor(atom, value);
    if (shape.map !== undefined) this.#map(shape.map, value);
    else if (shape.scalar !== undefined) this.#builder.add(this.#path);
    else if (shape.list !== undefined) this.#list(shape.list, value);
    else this.#misfits.add([], brokenAtom(ref));
  }

  /** An item that stands in the list more than once is owned as a whole. */
  #list(list: ResolvedList, value: Json): void {
    if (list.atomic) return this.#builder.add(this.#path);
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
      this.#path.push(element);
      if (counts.get(element.text) === 1) this.value(list.elementType, item);
      this.#builder.add(this.#path);
      this.#path.pop();
    }
  }

  #map(map: ResolvedMap, value: Json): void {
    if (map.atomic) return this.#builder.add(this.#path);
    if (!isObject(value)) return;
    for (const key of Object.keys(value)) {
      const item = value[key] ?? null;
      this.#path.push(key);
      this.value(typeOfKey(map, key) ?? noType, item);
      if (!map.fields.has(key) || isEmpty(item)) this.#builder.add(this.#path);
      this.#path.pop();
    }
  }
}

function isEmpty(value: Json): boolean {
  return value === null || (isObject(value) && Object.keys(value).length === 0);
}

/** Fields that are taken for keys where no schema tells. */
const likelyKeys = ["id", "key", "name"];

/** The set of a value's leaves where there is no schema: list items by what looks like their key, else by index. */
export function leavesOfValue(value: Json): FieldSet {
  const builder = new FieldSetBuilder();
  addLeaves(builder, value, []);
  return builder.build();
}

function addLeaves(builder: FieldSetBuilder, value: Json, path: Step[]): void {
  const below = (step: Step, inner: Json): void => {
    path.push(step);
    addLeaves(builder, inner, path);
    path.pop();
  };
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly Json[]).entries()) below(guessElement(index, item), item);
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) below(key, value[key] ?? null);
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
