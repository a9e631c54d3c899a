import type { Json } from "../meta/v1.ts";
import { listElement } from "./list-element.ts";
import { elementString, fieldElement, indexElement, type Path } from "./path-element.ts";
import { goSyntax, goTypeName, goWrapped, Misfits } from "./typed-errors.ts";
import {
  shapeFor,
  typeOfKey,
  visitShape,
  type Atom,
  type ResolvedList,
  type ResolvedMap,
  type SchemaIndex,
  type TypeRef,
} from "./typed-schema.ts";
import { isObject } from "./value.ts";

/** How strictly a value is held to its schema. */
export interface ValidateOptions {
  /** Whether sets and associative lists may have the same item twice, as objects in storage may. */
  readonly allowDuplicates: boolean;
}

/** Throws a TypedError unless the value fits its type. */
export function validateTyped(schema: SchemaIndex, ref: TypeRef, value: Json, options: ValidateOptions): void {
  const misfits = new Misfits();
  new Validation(schema, options.allowDuplicates, misfits).value(ref, value, []);
  misfits.throwIfAny();
}

class Validation {
  readonly #schema: SchemaIndex;
  readonly #allowDuplicates: boolean;
  readonly #misfits: Misfits;

  constructor(schema: SchemaIndex, allowDuplicates: boolean, misfits: Misfits) {
    this.#schema = schema;
    this.#allowDuplicates = allowDuplicates;
    this.#misfits = misfits;
  }

  value(ref: TypeRef, value: Json, path: Path): void {
    const atom = this.#schema.resolve(ref);
    if (atom === undefined) {
      this.#misfits.add(path, `schema error: no type found matching: ${ref.namedType ?? "inlined type"}`);
      return;
    }
    visitShape(shapeFor(atom, value), ref, {
      scalar: (scalar) => {
        const problem = scalarProblem(scalar, value);
        if (problem !== undefined) this.#misfits.add(path, problem);
      },
      list: (list) => this.#list(list, value, path),
      map: (map) => this.#map(map, value, path),
      broken: (message) => this.#misfits.add(path, message),
    });
  }

  #list(list: ResolvedList, value: Json, path: Path): void {
    if (value === null) return;
    if (!Array.isArray(value)) {
      this.#misfits.add(path, `expected list, got ${goWrapped(value)}`);
      return;
    }
    const seen = new Set<string>();
    for (const [index, item] of (value as readonly Json[]).entries()) {
      if (!list.associative) {
        this.value(list.elementType, item, [...path, indexElement(index)]);
        continue;
      }
      const element = listElement(this.#schema, list, item);
      if ("problem" in element) {
        this.#misfits.add(path, `element ${index}: ${element.problem}`);
        return;
      }
      if (seen.has(element.text) && !this.#allowDuplicates) {
        this.#misfits.add(path, `duplicate entries for key ${elementString(element)}`);
      }
      seen.add(element.text);
      this.value(list.elementType, item, [...path, element]);
    }
  }

  #map(map: ResolvedMap, value: Json, path: Path): void {
    if (value === null) return;
    if (!isObject(value)) {
      this.#misfits.add(path, `expected map, got ${goWrapped(value)}`);
      return;
    }
    for (const [key, item] of Object.entries(value)) {
      const below = [...path, fieldElement(key)];
      const type = typeOfKey(map, key);
      if (type === undefined) {
        this.#misfits.add(below, "field not declared in schema");
        return;
      }
      this.value(type, item, below);
    }
  }
}

/** What keeps a value from being this scalar; null and absent ones always may. */
export function scalarProblem(scalar: NonNullable<Atom["scalar"]>, value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  const kind = typeof value;
  switch (scalar) {
    case "numeric":
      return kind === "number" ? undefined : `expected numeric (int or float), got ${goTypeName(value)}`;
    case "string":
      return kind === "string" ? undefined : `expected string, got ${goSyntax(value)}`;
    case "boolean":
      return kind === "boolean" ? undefined : `expected boolean, got ${goWrapped(value)}`;
    case "untyped":
      return kind === "object" ? `expected any scalar, got ${goWrapped(value)}` : undefined;
    default:
      return `unexpected scalar type in schema: ${String(scalar)}`;
  }
}
