import type { Json } from "../meta/v1.ts";
import { hasElement, listElement } from "./list-element.ts";
import { elementString, indexElement, type Step } from "./path-element.ts";
import { goSyntax, goTypeName, goWrapped, Misfits } from "./typed-errors.ts";
import {
  brokenAtom,
  shapeFor,
  typeOfKey,
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
  // Nearly all values do, so that only the others are walked by one who knows where it stands.
  if (fits(schema, ref, value, options)) return;
  const misfits = new Misfits();
  new Validation(schema, options.allowDuplicates, misfits).value(ref, value);
  misfits.throwIfAny();
}

/** Whether a value fits its type: what the walk below finds nothing wrong with. */
function fits(schema: SchemaIndex, ref: TypeRef, value: Json, options: ValidateOptions): boolean {
  const atom = schema.resolve(ref);
  if (atom === undefined) return false;
  const { map, scalar, list } = shapeFor(atom, value);
  if (map !== undefined) return fitsMap(schema, map, value, options);
  if (scalar !== undefined) return fitsScalar(scalar, value);
  return list !== undefined && fitsList(schema, list, value, options);
}

function fitsMap(schema: SchemaIndex, map: ResolvedMap, value: Json, options: ValidateOptions): boolean {
  if (value === null) return true;
  if (!isObject(value)) return false;
  for (const key of Object.keys(value)) {
    const type = typeOfKey(map, key);
    if (type === undefined || !fits(schema, type, value[key] ?? null, options)) return false;
  }
  return true;
}

function fitsList(schema: SchemaIndex, list: ResolvedList, value: Json, options: ValidateOptions): boolean {
  if (value === null) return true;
  if (!Array.isArray(value)) return false;
  const seen = list.associative && !options.allowDuplicates ? new Set<string>() : undefined;
  for (const item of value as readonly Json[]) {
    if (list.associative && !isTold(schema, list, item, seen)) return false;
    if (!fits(schema, list.elementType, item, options)) return false;
  }
  return true;
}

/** Whether an item can be told apart from the others, of which `seen` has the elements if there must not be two alike. */
function isTold(schema: SchemaIndex, list: ResolvedList, item: Json, seen: Set<string> | undefined): boolean {
  if (seen === undefined && hasElement(list, item)) return true;
  const element = listElement(schema, list, item);
  if ("problem" in element || seen?.has(element.text) === true) return false;
  seen?.add(element.text);
  return true;
}

function fitsScalar(scalar: NonNullable<Atom["scalar"]>, value: Json): boolean {
  if (value === null) return true;
  const kind = typeof value;
  switch (scalar) {
    case "numeric":
      return kind === "number";
    case "string":
    case "boolean":
      return kind === scalar;
    case "untyped":
      return kind !== "object";
    default:
      return false;
  }
}

class Validation {
  readonly #schema: SchemaIndex;
  readonly #allowDuplicates: boolean;
  readonly #misfits: Misfits;
  /** Where the walk stands. */
  readonly #path: Step[] = [];

  constructor(schema: SchemaIndex, allowDuplicates: boolean, misfits: Misfits) {
    this.#schema = schema;
    this.#allowDuplicates = allowDuplicates;
    this.#misfits = misfits;
  }

  value(ref: TypeRef, value: Json): void {
    const atom = this.#schema.resolve(ref);
    if (atom === undefined) {
      this.#misfit(`schema error: no type found matching: ${ref.namedType ?? "inlined type"}`);
      return;
    }
    const shape = shapeFor(atom, value);
    if (shape.map !== undefined) this.#map(shape.map, value);
    else if (shape.scalar !== undefined) this.#scalar(shape.scalar, value);
    else if (shape.list !== undefined) this.#list(shape.list, value);
    else this.#misfit(brokenAtom(ref));
  }

  #misfit(message: string): void {
    this.#misfits.add(this.#path, message);
  }

  #below(step: Step, ref: TypeRef, value: Json): void {
    this.#path.push(step);
    this.value(ref, value);
    this.#path.pop();
  }

  #scalar(scalar: NonNullable<Atom["scalar"]>, value: Json): void {
    const problem = scalarProblem(scalar, value);
    if (problem !== undefined) this.#misfit(problem);
  }

  #list(list: ResolvedList, value: Json): void {
    if (value === null) return;
    if (!Array.isArray(value)) {
      this.#misfit(`expected list, got ${goWrapped(value)}`);
      return;
    }
    const seen = new Set<string>();
    for (const [index, item] of (value as readonly Json[]).entries()) {
      if (!list.associative) {
        this.#below(indexElement(index), list.elementType, item);
        continue;
      }
      const element = listElement(this.#schema, list, item);
      if ("problem" in element) {
        this.#misfit(`element ${index}: ${element.problem}`);
        return;
      }
      if (seen.has(element.text) && !this.#allowDuplicates) {
        this.#misfit(`duplicate entries for key ${elementString(element)}`);
      }
      seen.add(element.text);
      this.#below(element, list.elementType, item);
    }
  }

  #map(map: ResolvedMap, value: Json): void {
    if (value === null) return;
    if (!isObject(value)) {
      this.#misfit(`expected map, got ${goWrapped(value)}`);
      return;
    }
    for (const key of Object.keys(value)) {
      const type = typeOfKey(map, key);
      if (type === undefined) {
        this.#misfits.add([...this.#path, key], "field not declared in schema");
        return;
      }
      this.#below(key, type, value[key] ?? null);
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
