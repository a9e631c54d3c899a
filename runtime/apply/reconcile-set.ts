import { emptySet, fieldSetOf, subtractTree, unionSets, type FieldSet } from "./field-set.ts";
import type { Path, PathElement } from "./path-element.ts";
import { TypedError } from "./typed-errors.ts";
import { visitShape, type ResolvedList, type ResolvedMap, type SchemaIndex, type TypeRef } from "./typed-schema.ts";

/**
 * Brings a set that was written under an earlier schema in line with the present one: what has become atomic is owned
 * as a whole by whoever owned a part. Undefined where nothing changes.
 */
export function reconcileSet(schema: SchemaIndex, ref: TypeRef, set: FieldSet): FieldSet | undefined {
  const atomicNow: Path[] = [];
  new Reconciliation(schema, atomicNow).node(ref, set, false, []);
  if (atomicNow.length === 0) return undefined;
  const roots = fieldSetOf(atomicNow);
  return unionSets(subtractTree(set, roots), roots);
}

class Reconciliation {
  readonly #schema: SchemaIndex;
  readonly #atomicNow: Path[];

  constructor(schema: SchemaIndex, atomicNow: Path[]) {
    this.#schema = schema;
    this.#atomicNow = atomicNow;
  }

  /** `isWhole`: the set already owns the node as a whole, with nothing below. */
  node(ref: TypeRef, below: FieldSet, isWhole: boolean, path: Path): void {
    const atom = this.#schema.resolve(ref);
    if (atom === undefined)
      throw new TypedError(`errors reconciling field set with schema: could not resolve ${ref.namedType ?? ""}`);
    visitShape<void>(atom, ref, {
      scalar: () => undefined,
      list: (list) => this.#list(list, below, isWhole, path),
      map: (map) => this.#map(map, below, isWhole, path),
      broken: (message) => {
        throw new TypedError(`errors reconciling field set with schema: ${message}`);
      },
    });
  }

  #list(list: ResolvedList, below: FieldSet, isWhole: boolean, path: Path): void {
    if (list.atomic && !isWhole) {
      this.#atomicNow.push(path);
      return;
    }
    this.#children(below, path, () => list.elementType);
  }

  #map(map: ResolvedMap, below: FieldSet, isWhole: boolean, path: Path): void {
    if (map.fields.size === 0 && isUntyped(map.elementType)) return;
    if (map.atomic && !isWhole) {
      if (below.size > 0) this.#atomicNow.push(path);
      return;
    }
    this.#children(below, path, (element) => {
      const field = element.kind === "field" ? map.fields.get(element.name) : undefined;
      return field?.type ?? map.elementType;
    });
  }

  #children(below: FieldSet, path: Path, typeOf: (element: PathElement) => TypeRef | undefined): void {
    for (const { element, member, children } of below.values()) {
      const type = typeOf(element);
      if (type !== undefined) this.node(type, children ?? emptySet, member && children.size === 0, [...path, element]);
    }
  }
}

/** Maps of any content have no say in what is atomic. */
function isUntyped(ref: TypeRef | undefined): boolean {
  if (ref === undefined) return false;
  return ref.namedType === undefined ? ref.scalar === "untyped" : ref.namedType === "__untyped_deduced_";
}
