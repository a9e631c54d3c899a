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
  /** Every object type that a kind reaches, kinds included: by file, then in order of declaration; meta types last. */
  readonly types: readonly ObjectType[];
}

/** What `+k8s:<name>-gen=false` can switch off. */
export type Generator = "openapi" | "deepcopy" | "defaulter" | "validation" | "conversion";

/** A served kind. The object type of the same name holds its fields. */
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
  readonly scale?: ScalePaths;
  readonly columns: readonly Column[];
  /** Paths without the leading dot, such as `spec.breed`. */
  readonly selectableFields: readonly string[];
  readonly lifecycle?: Lifecycle;
  /** The module with the strategy, relative to `apis/`, such as `animal/v1alpha1/cat_strategy.ts`. */
  readonly strategy?: string;
  /** The module with the conversion to and from the storage version, likewise. */
  readonly conversion?: string;
}

/** Where the scale subresource finds its numbers, such as `.spec.replicas`. */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** A column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  /** With the leading dot, such as `.spec.lives`. */
  readonly jsonPath: string;
  readonly description: string;
  readonly format: string;
  readonly priority: number;
}

/** When a version came (`1.0` unless told), is to be left, and goes. */
export interface Lifecycle {
  readonly introduced: string;
  readonly deprecated?: string;
  readonly removed?: string;
  readonly replacement?: { readonly group: string; readonly version: string; readonly kind: string };
  readonly warning?: string;
}

/** Objects are always named: the parser names inline literals after their path, so emitters never nest. */
export interface ObjectType {
  /** Unique among the types of a group version. */
  readonly name: string;
  readonly source: TypeSource;
  readonly doc: string;
  /** Owned as a whole by one field manager. */
  readonly atomic: boolean;
  /**
   * Declared as a union of objects. Its fields are those of all variants, and TypeScript refuses to read or to set
   * one of them before the variant is known; generated code needs a looser view of such an object.
   */
  readonly union: boolean;
  /** In order of declaration, inherited ones first. A kind's `apiVersion`, `kind` and `metadata` are left out. */
  readonly fields: readonly Field[];
  /** Rules on the object as a whole, in the order they run. */
  readonly rules: readonly Rule[];
  readonly at: Position;
}

/** How generated code names a type. */
export interface TypeSource {
  /** `animal/v1alpha1/cat_types.ts` below `apis/`, or the package's `apiserver-ts/meta/v1`. */
  readonly module: string;
  /** What to import from there. */
  readonly symbol: string;
  /** The type in terms of the symbol: the symbol itself, or `NonNullable<CatSpec["home"]>` for a type without a name. */
  readonly text: string;
}

/** One field of an object. */
export interface Field {
  readonly name: string;
  readonly doc: string;
  readonly presence: Presence;
  /** JSON null is kept and published as nullable; elsewhere null is the same as absent. */
  readonly nullable: boolean;
  readonly default?: Json;
  /** How a strategic merge patch treats the field. A list with one map key has `merge` by that key unless told. */
  readonly patch?: { readonly strategy: PatchStrategy; readonly mergeKey?: string };
  readonly type: Type;
  /** Rules on the field, in the order they run; those of the type (`Type.rules`) run after them, apart. */
  readonly rules: readonly Rule[];
  readonly at: Position;
}

/**
 * What an absent field means.
 * - `optional`: declared with `?`; code sees undefined, and no rule runs.
 * - `required`: it must be given, and a string, list or map must not be empty; published as required.
 * - `emptyAllowed`: a string, list or map without `?` that may be empty: absent is empty; published as required.
 * - `defaulted`: no `?`, but clients may leave it out: absent is `default` if there is one, else the zero value
 *   (`{}` for an object). Not published as required.
 */
export type Presence = "optional" | "required" | "emptyAllowed" | "defaulted";

/** https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch */
export type PatchStrategy = "merge" | "replace" | "retainKeys" | "merge,retainKeys";

/** What a value may be. */
export type Type = (
  | { readonly kind: "string"; readonly enum?: readonly EnumValue[]; readonly format?: StringFormat }
  | { readonly kind: "integer"; readonly format: "int32" | "int64" }
  | { readonly kind: "number"; readonly format: "float" | "double" }
  | { readonly kind: "boolean" }
  | ArrayType
  | { readonly kind: "map"; readonly values: Type; readonly atomic: boolean }
  /** An object type of the same group version; `atomic` and `opaque` where this use of it is tagged so. */
  | { readonly kind: "ref"; readonly name: string; readonly atomic?: true; readonly opaque?: true }
  /** `embedded`: a RawExtension that holds a whole Kubernetes object. */
  | { readonly kind: "wellKnown"; readonly name: WellKnown; readonly embedded?: true }
) & {
  /**
   * Rules of the aliases that the value was declared through, in the order they run. An object's own are in
   * `ObjectType.rules`; an opaque type's are left out, and emitters must not run those of an opaque ref.
   */
  readonly rules?: readonly Rule[];
};

/** A list. */
export interface ArrayType {
  readonly kind: "array";
  readonly items: Type;
  /** How apply merges it. */
  readonly list: ListTopology;
  /** How validation matches items with those of the old object, where that is not as in `list` (`+k8s:unique`). */
  readonly identity?: ListTopology;
}

/** One member of a literal union. */
export interface EnumValue {
  readonly value: string;
  readonly doc: string;
  /** The value is not allowed when any of these holds. Values that are never allowed are not in the model. */
  readonly excludedIf?: readonly OptionState[];
}

/** Whether an option of the server is on. */
export interface OptionState {
  readonly option: string;
  readonly enabled: boolean;
}

/** Branded strings of `apiserver-ts/meta/v1`. */
export type StringFormat = "date-time" | "micro-time" | "duration" | "byte" | "quantity";

/** Types with a JSON form of their own. */
export type WellKnown = "ObjectMeta" | "IntOrString" | "RawExtension" | "Json";

/** How a list's items are told apart, for apply and for validation. */
export type ListTopology =
  { readonly kind: "atomic" } | { readonly kind: "set" } | { readonly kind: "map"; readonly keys: readonly string[] };

/**
 * A check that a tag demands, on the value it stands on. Rules are listed in the order they run: those that end the
 * check (`endsCheck` in rule-order.ts) first, then by tag name as validation-gen does, then `subfield` and `item`.
 */
export type Rule = ValueRule | ObjectRule | NestedRule;

/** A check of one value. Which types each applies to is in the tag table. */
export type ValueRule =
  | { readonly kind: "required" | "optional" | "forbidden" | "immutable" | "monotonic" }
  | { readonly kind: "minimum" | "maximum"; readonly value: number }
  | { readonly kind: "minLength" | "maxLength" | "maxBytes"; readonly value: number }
  | { readonly kind: "minItems" | "maxItems" | "minProperties" | "maxProperties"; readonly value: number }
  /** A regular expression, to be compiled with the `u` flag, that some part of the string must match; safe to run. */
  | { readonly kind: "pattern"; readonly value: string }
  | { readonly kind: "format"; readonly value: ValueFormat }
  | { readonly kind: "neq"; readonly value: string | number | boolean }
  | { readonly kind: "update"; readonly value: readonly UpdateLimit[] }
  /** Items are unique by the list's identity. */
  | { readonly kind: "unique" }
  /** A function that the author exports: `(path, value, old) => readonly FieldError[]`. `module` as in TypeSource. */
  | { readonly kind: "custom"; readonly module: string; readonly symbol: string };

/** A check of how the fields of one object go together; it stands on the object, or on a field that holds it. */
export type ObjectRule =
  /** With a discriminator: just the member that it names is set. Without: exactly one, or at most one. */
  | {
      readonly kind: "union";
      readonly count: "exactlyOne" | "atMostOne";
      readonly discriminator?: string;
      readonly members: readonly UnionMember[];
    }
  /** What each field must bear for each value of the discriminator; a field that has no case for it is forbidden. */
  | {
      readonly kind: "modes";
      readonly discriminator: string;
      readonly fields: readonly { readonly field: string; readonly cases: readonly ModeCase[] }[];
    }
  | { readonly kind: "dependentRequired" | "dependentForbidden"; readonly field: string; readonly sibling: string };

/** A field, or one item of a list field, that counts in a union. */
export interface UnionMember {
  readonly field: string;
  readonly item?: readonly KeyMatch[];
  /** The value of the discriminator that names it. */
  readonly memberName: string;
}

/** The rules of a field while the discriminator has one value (`"true"` and `"false"` for a boolean). */
export interface ModeCase {
  readonly mode: string;
  readonly rules: readonly Rule[];
}

/** A rule for something inside the value, or under a condition. */
export type NestedRule =
  /** For each item of a list or each value of a map; errors stand at the item. */
  | { readonly kind: "eachVal"; readonly rule: Rule }
  /** For each key of a map; errors stand at the map. */
  | { readonly kind: "eachKey"; readonly rule: Rule }
  /** For one field of the object; a failed one ends only this list. */
  | { readonly kind: "subfield"; readonly field: string; readonly rules: readonly Rule[] }
  /** For the item with these keys, if there is one; a failed one ends only this list. */
  | { readonly kind: "item"; readonly match: readonly KeyMatch[]; readonly rules: readonly Rule[] }
  | { readonly kind: "ifOption"; readonly option: string; readonly enabled: boolean; readonly rule: Rule }
  /** Not (yet) enforced as others are: alpha is told but never refuses, beta refuses while its gate is on. */
  | { readonly kind: "stability"; readonly level: "alpha" | "beta"; readonly since?: string; readonly rule: Rule };

/** A map key of a list and the value that selects an item. */
export interface KeyMatch {
  readonly key: string;
  readonly value: string | number | boolean;
}

/** What `+k8s:format` may demand of a string. */
export type ValueFormat =
  | "k8s-short-name"
  | "k8s-long-name"
  | "k8s-long-name-caseless"
  | "k8s-label-key"
  | "k8s-prefixed-label-key"
  | "k8s-label-value"
  | "k8s-path-segment-name"
  | "k8s-uuid"
  | "k8s-resource-pool-name"
  | "k8s-resource-fully-qualified-name"
  | "k8s-extended-resource-name";

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
