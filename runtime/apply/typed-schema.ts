import type { Json } from "../meta/v1.ts";

/**
 * What structured merge knows of a type: which parts stand for themselves, how list items are told apart.
 * https://pkg.go.dev/sigs.k8s.io/structured-merge-diff/v6/schema
 */
export interface TypedSchema {
  readonly types: readonly TypeDefinition[];
}

/** A type with a name. */
export interface TypeDefinition extends Atom {
  readonly name: string;
}

/** Which shapes a value may have; its own kind picks the member. */
export interface Atom {
  readonly scalar?: "numeric" | "string" | "boolean" | "untyped";
  readonly list?: ListShape;
  readonly map?: MapShape;
}

/** A list: atomic, or associative by value or by key fields. */
export interface ListShape {
  readonly elementType: TypeRef;
  readonly elementRelationship?: "atomic" | "associative" | "separable";
  readonly keys?: readonly string[];
}

/** A map or object: named fields, and the type of all other keys. */
export interface MapShape {
  readonly fields?: readonly StructField[];
  readonly elementType?: TypeRef;
  readonly elementRelationship?: "atomic" | "associative" | "separable";
}

/** A named field; `default` supplies it where it is a list key that an item lacks. */
export interface StructField {
  readonly name: string;
  readonly type: TypeRef;
  readonly default?: Json;
}

/** A reference to a named type, or a type on the spot; may override how the elements relate. */
export interface TypeRef extends Atom {
  readonly namedType?: string;
  readonly elementRelationship?: "atomic" | "associative" | "separable";
  readonly nullable?: boolean;
}

/** An atom ready for use. */
export interface ResolvedAtom extends ResolvedShape {
  /** The parts that values of one kind take. */
  readonly scalarAlone: ResolvedShape;
  readonly listAlone: ResolvedShape;
  readonly mapAlone: ResolvedShape;
}

/** The shapes that a value may have. */
export interface ResolvedShape {
  readonly scalar: Atom["scalar"];
  readonly list: ResolvedList | undefined;
  readonly map: ResolvedMap | undefined;
}

/** A list shape with its override applied. */
export interface ResolvedList {
  readonly elementType: TypeRef;
  readonly atomic: boolean;
  readonly associative: boolean;
  readonly keys: readonly string[];
}

/** A map shape with its override applied and its fields indexed. */
export interface ResolvedMap {
  readonly fields: ReadonlyMap<string, StructField>;
  /** Undefined: keys that are no fields are not allowed. */
  readonly elementType: TypeRef | undefined;
  readonly atomic: boolean;
}

/** Finds types, remembering what it found. One for each schema, made at start. */
export class SchemaIndex {
  readonly #byName: ReadonlyMap<string, TypeDefinition>;
  readonly #resolved = new Map<TypeRef, ResolvedAtom | undefined>();

  constructor(schema: TypedSchema) {
    this.#byName = new Map(schema.types.map((type) => [type.name, type]));
  }

  /** The atom behind a reference; undefined where there is none, or where an override does not fit it. */
  resolve(ref: TypeRef): ResolvedAtom | undefined {
    const known = this.#resolved.get(ref);
    if (known !== undefined || this.#resolved.has(ref)) return known;
    const atom = this.#resolve(ref);
    this.#resolved.set(ref, atom);
    return atom;
  }

  #resolve(ref: TypeRef): ResolvedAtom | undefined {
    const atom = ref.namedType === undefined ? ref : this.#byName.get(ref.namedType);
    if (atom === undefined) return undefined;
    const override = ref.elementRelationship;
    if (override !== undefined && atom.map === undefined && atom.list === undefined) return undefined;
    // An override speaks of the map where the type may be both.
    const forMap = atom.map === undefined ? undefined : override;
    const forList = atom.map === undefined ? override : undefined;
    const { scalar } = atom;
    const list = atom.list === undefined ? undefined : resolveList(atom.list, forList);
    const map = atom.map === undefined ? undefined : resolveMap(atom.map, forMap);
    return {
      scalar,
      list,
      map,
      scalarAlone: { ...noShape, scalar },
      listAlone: { ...noShape, list },
      mapAlone: { ...noShape, map },
    };
  }
}

function resolveList(list: ListShape, override: TypeRef["elementRelationship"]): ResolvedList {
  const relationship = override ?? list.elementRelationship;
  return {
    elementType: list.elementType,
    atomic: relationship === "atomic",
    associative: relationship === "associative",
    keys: list.keys ?? [],
  };
}

function resolveMap(map: MapShape, override: TypeRef["elementRelationship"]): ResolvedMap {
  return {
    fields: new Map((map.fields ?? []).map((field) => [field.name, field])),
    elementType: isEmptyRef(map.elementType) ? undefined : map.elementType,
    atomic: (override ?? map.elementRelationship) === "atomic",
  };
}

function isEmptyRef(ref: TypeRef | undefined): boolean {
  return ref === undefined || Object.keys(ref).length === 0;
}

/** The type of what a map does not allow; no value has it. */
export const noType: TypeRef = {};

/** The type of a key of a map: its field's, or that of the map's elements. */
export function typeOfKey(map: ResolvedMap, key: string): TypeRef | undefined {
  return map.fields.get(key)?.type ?? map.elementType;
}

/** The part of an atom that a value of this kind takes; the whole of it where none fits, or the value is null or absent. */
export function shapeFor(atom: ResolvedAtom, value: Json | undefined): ResolvedShape {
  if (value === undefined || value === null) return atom;
  if (typeof value !== "object") return atom.scalar === undefined ? atom : atom.scalarAlone;
  if (Array.isArray(value)) return atom.list === undefined ? atom : atom.listAlone;
  return atom.map === undefined ? atom : atom.mapAlone;
}

const noShape: ResolvedShape = { scalar: undefined, list: undefined, map: undefined };

/** What is wrong with a schema that has a type of no shape. */
export function brokenAtom({ namedType }: TypeRef): string {
  return `schema error: invalid atom: ${namedType === undefined ? "inlined" : `named type: ${namedType}`}`;
}
