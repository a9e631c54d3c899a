import { FieldSetBuilder, subtractTree, unionSets, type FieldSet } from "./field-set.ts";
import { elementOfText, fieldName } from "./path-element.ts";
import { TypedError } from "./typed-errors.ts";
import { brokenAtom, type ResolvedList, type ResolvedMap, type SchemaIndex, type TypeRef } from "./typed-schema.ts";

// The sets that were found to be in line with a type: those of one update are those that the next begins with.
const inLine = new WeakMap<FieldSet, { readonly schema: SchemaIndex; readonly ref: TypeRef }>();

/**
 * Brings a set that was written under an earlier schema in line with the present one: what has become atomic is owned
 * as a whole by whoever owned a part. Undefined where nothing changes.
 */
export function reconcileSet(schema: SchemaIndex, ref: TypeRef, set: FieldSet): FieldSet | undefined {
  const known = inLine.get(set);
  if (known?.schema === schema && known.ref === ref) return undefined;
  const reconciliation = new Reconciliation(schema);
  reconciliation.node(ref, set, false);
  const roots = reconciliation.atomicNow.build();
  if (roots.size > 0) return unionSets(subtractTree(set, roots), roots);
  inLine.set(set, { schema, ref });
  return undefined;
}

class Reconciliation {
  readonly #schema: SchemaIndex;
  readonly atomicNow = new FieldSetBuilder();
  /** Where the walk stands, by the texts of the elements. */
  readonly #path: string[] = [];

  constructor(schema: SchemaIndex) {
    this.#schema = schema;
  }

  /** `isWhole`: the set already owns the node as a whole, with nothing below. */
  node(ref: TypeRef, below: FieldSet, isWhole: boolean): void {
    const atom = this.#schema.resolve(ref);
    if (atom === undefined) throw irreconcilable(`could not resolve ${ref.namedType ?? ""}`);
    const { map, scalar, list } = atom;
    if (map !== undefined) this.#map(map, below, isWhole);
    else if (scalar !== undefined) return;
    else if (list !== undefined) this.#list(list, below, isWhole);
    else throw irreconcilable(brokenAtom(ref));
  }

  #list(list: ResolvedList, below: FieldSet, isWhole: boolean): void {
    if (list.atomic && !isWhole) this.#isAtomicNow();
    else this.#children(below, () => list.elementType);
  }

  #map(map: ResolvedMap, below: FieldSet, isWhole: boolean): void {
    if (map.fields.size === 0 && isUntyped(map.elementType)) return;
    if (map.atomic && !isWhole) {
      if (below.size > 0) this.#isAtomicNow();
      return;
    }
    this.#children(below, (text) => {
      const name = fieldName(text);
      const field = name === undefined ? undefined : map.fields.get(name);
      return field?.type ?? map.elementType;
    });
  }

  #isAtomicNow(): void {
    this.atomicNow.add(this.#path.map(elementOfText));
  }

  #children(below: FieldSet, typeOf: (text: string) => TypeRef | undefined): void {
    for (const [text, { member, children }] of below) {
      const type = typeOf(text);
      if (type === undefined) continue;
      this.#path.push(text);
      this.node(type, children, member && children.size === 0);
      this.#path.pop();
    }
  }
}

function irreconcilable(why: string): TypedError {
  return new TypedError(`errors reconciling field set with schema: ${why}`);
}

/** Maps of any content have no say in what is atomic. */
function isUntyped(ref: TypeRef | undefined): boolean {
  if (ref === undefined) return false;
  return ref.namedType === undefined ? ref.scalar === "untyped" : ref.namedType === "__untyped_deduced_";
}
