/**
 * The one intermediate form between reading sources and writing files. Plain JSON, shaped like the wire rather than
 * like TypeScript: aliases, generics, mapped types and `extends` are resolved in `parse/`, so emitters see only this.
 * `apiserver-boot model` prints it.
 */
export interface ApiModel {
  /** Sorted by group, then by version priority. */
  readonly groupVersions: readonly GroupVersion[];
}

/** One folder `apis/<group>/<version>`. */
export interface GroupVersion {
  /** The full group, such as `animal.skai.io`. */
  readonly group: string;
  readonly version: string;
  /** The folder below `apis/` and `generated/`, such as `animal/v1alpha1`. */
  readonly folder: string;
  /** What comes before a type's name in definition names, such as `io.skai.animal.v1alpha1`. */
  readonly modelPackage: string;
  readonly doc: string;
  /** Which generators the package tags switch off; all are on by default. */
  readonly off: readonly Generator[];
  readonly kinds: readonly Kind[];
  /** Every object type that a kind reaches, in order of declaration; kinds included. */
  readonly types: readonly ObjectType[];
}

/** What `+k8s:<name>-gen=false` can switch off. */
export type Generator = "openapi" | "deepcopy" | "defaulter" | "validation" | "conversion";

/** A served kind. Its fields, `metadata` left out, are the object type of the same name. */
export interface Kind {
  readonly name: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly scope: "Namespaced" | "Cluster";
  readonly storageVersion: string;
  readonly status: boolean;
  readonly scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  readonly columns: readonly Column[];
  readonly selectableFields: readonly string[];
  readonly lifecycle?: Lifecycle;
  /** The module with the strategy, relative to `apis/`, such as `animal/v1alpha1/cat_strategy.ts`. */
  readonly strategy?: string;
  /** The module with the conversion to and from the storage version, likewise. */
  readonly conversion?: string;
}

/** A column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly jsonPath: string;
  readonly description: string;
  readonly format: string;
  readonly priority: number;
}

/** When a version came, is to be left, and goes. */
export interface Lifecycle {
  readonly introduced: string;
  readonly deprecated?: string;
  readonly removed?: string;
  readonly replacement?: { group: string; version: string; kind: string };
  readonly warning?: string;
}

/** Objects are always named: the parser names inline literals after their path, so emitters never nest. */
export interface ObjectType {
  readonly name: string;
  /** Where TypeScript code imports the type from; `text` instead where an inline type has no name to import. */
  readonly source: TypeSource;
  readonly doc: string;
  readonly atomic: boolean;
  readonly fields: readonly Field[];
  /** Rules on the object as a whole. */
  readonly rules: readonly Rule[];
  readonly at: Position;
}

/** How generated code names a type: an export of a module, or an indexed access such as `CatSpec["home"]`. */
export interface TypeSource {
  /** `animal/v1alpha1/cat_types.ts` below `apis/`, or the package's `apiserver-ts/meta/v1`. */
  readonly module: string;
  readonly symbol: string;
  /** What follows the symbol where the type is inline, such as `["home"]`. */
  readonly access: string;
}

/** One field of an object. */
export interface Field {
  readonly name: string;
  readonly doc: string;
  /** Declared with `?`. */
  readonly optional: boolean;
  readonly nullable: boolean;
  readonly default?: Json;
  readonly type: Type;
  /** Rules on the field beyond its type, in the order they run. */
  readonly rules: readonly Rule[];
  readonly at: Position;
}

/** What a value may be. */
export type Type =
  | { readonly kind: "string"; readonly enum?: readonly EnumValue[]; readonly format?: StringFormat }
  | { readonly kind: "integer"; readonly format: "int32" | "int64" }
  | { readonly kind: "number"; readonly format: "float" | "double" }
  | { readonly kind: "boolean" }
  | { readonly kind: "array"; readonly items: Type; readonly list: ListTopology; readonly itemRules: readonly Rule[] }
  | {
      readonly kind: "map";
      readonly values: Type;
      readonly atomic: boolean;
      readonly keyRules: readonly Rule[];
      readonly valueRules: readonly Rule[];
    }
  /** An object type of the same group version, or of the meta package. */
  | { readonly kind: "ref"; readonly name: string }
  | { readonly kind: "wellKnown"; readonly name: WellKnown };

/** One member of a literal union. */
export interface EnumValue {
  readonly value: string;
  readonly doc: string;
}

/** Branded strings of `apiserver-ts/meta/v1`. */
export type StringFormat = "date-time" | "micro-time" | "duration" | "byte" | "quantity";

/** Types with a JSON form of their own. */
export type WellKnown = "ObjectMeta" | "IntOrString" | "RawExtension" | "Json";

/** How a list's items are told apart, for apply and for validation. */
export type ListTopology =
  | { readonly kind: "atomic" }
  | { readonly kind: "set" }
  | { readonly kind: "map"; readonly keys: readonly string[] };

/** A check that a tag demands; which values they bear is as the tag's own. */
export type Rule =
  | { readonly kind: "minimum" | "maximum"; readonly value: number }
  | { readonly kind: "minLength" | "maxLength" | "maxBytes"; readonly value: number }
  | { readonly kind: "minItems" | "maxItems" | "minProperties" | "maxProperties"; readonly value: number }
  | { readonly kind: "pattern"; readonly value: string }
  | { readonly kind: "format"; readonly value: string }
  | { readonly kind: "neq"; readonly value: string | number | boolean }
  | { readonly kind: "immutable" }
  | { readonly kind: "update"; readonly value: readonly UpdateLimit[] }
  | { readonly kind: "forbidden" };

/** What `+k8s:update` refuses. */
export type UpdateLimit = "NoSet" | "NoUnset" | "NoModify" | "NoAddItem" | "NoRemoveItem";

/** Where something was declared; `file` is relative to the project. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
