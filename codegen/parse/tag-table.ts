/**
 * The vocabulary: every tag, where it may stand, what it applies to, and what it takes. Reading, checking and the
 * messages about tags all go by this table.
 * https://kubernetes.io/docs/reference/using-api/declarative-validation and
 * https://book.kubebuilder.io/reference/markers give the meanings.
 */
export interface TagSpec {
  /** The spelling that is taught. */
  readonly name: string;
  /** Other spellings with the same argument and value. */
  readonly aliases?: readonly string[];
  /** The taught spelling, where this one means the same but is written otherwise. */
  readonly as?: string;
  readonly places: readonly Place[];
  /** Any value, unless given. */
  readonly appliesTo?: readonly ValueKind[];
  readonly payload: Payload;
  readonly args?: Args;
  readonly repeats?: true;
}

/** Where a tag stands: in which comment, or inside which chaining tag (`item`, `value` and `key`). */
export type Place = "package" | "kind" | "type" | "field" | "item" | "value" | "key" | "member";

/** What tags tell apart among values. */
export type ValueKind =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "list"
  | "map"
  | "object"
  /** Time, Quantity and the like. */
  | "formatted"
  | "intOrString"
  | "raw";

/** What follows the `=`. */
export type Payload =
  | { readonly kind: "none" }
  | { readonly kind: "integer"; readonly min?: number; readonly max?: number }
  | { readonly kind: "scalar" }
  | { readonly kind: "word"; readonly oneOf?: readonly string[]; readonly form?: RegExp; readonly like?: string }
  | { readonly kind: "json" }
  /** kubebuilder's free form: JSON, or a bare word. */
  | { readonly kind: "loose" }
  | { readonly kind: "tag" }
  /** Absent, `true` or `false`. */
  | { readonly kind: "switch" }
  /** `a;b;c` or `{a,b,c}`. */
  | { readonly kind: "list" }
  /** kubebuilder's `:key=value,key=value`. */
  | { readonly kind: "keys"; readonly keys: { readonly [key: string]: "required" | "optional" } };

/** What the parentheses hold. */
export interface Args {
  readonly named: { readonly [name: string]: "required" | "optional" };
  /** Which of them a single value without a name is. */
  readonly positional?: string;
  /** Any names: map keys of a list. */
  readonly anyNames?: true;
}

const everywhere: readonly Place[] = ["type", "field", "item", "key", "value"];
const none: Payload = { kind: "none" };
const tag: Payload = { kind: "tag" };
const size: Payload = { kind: "integer", min: 0 };
const bound: Payload = { kind: "integer" };
const entries: Payload = { kind: "integer", min: 0, max: 100_000 };
const word: Payload = { kind: "word" };
const release: Payload = { kind: "word", form: /^\d+\.\d+$/, like: "1.36" };
const union: Args = { named: { union: "optional", memberName: "optional" } };

/** The names of `+k8s:format`. */
export const valueFormats = [
  "k8s-short-name",
  "k8s-long-name",
  "k8s-long-name-caseless",
  "k8s-label-key",
  "k8s-prefixed-label-key",
  "k8s-label-value",
  "k8s-path-segment-name",
  "k8s-uuid",
  "k8s-resource-pool-name",
  "k8s-resource-fully-qualified-name",
  "k8s-extended-resource-name",
] as const;

/** What `+k8s:update` takes. */
export const updateLimits = ["NoSet", "NoUnset", "NoModify", "NoAddItem", "NoRemoveItem"] as const;

const table = [
  // Is there a value?
  {
    name: "k8s:required",
    aliases: ["required", "kubebuilder:validation:Required"],
    places: ["field"],
    payload: none,
  },
  {
    name: "k8s:optional",
    aliases: ["optional", "kubebuilder:validation:Optional"],
    places: ["field"],
    payload: none,
  },
  { name: "k8s:forbidden", places: ["field"], payload: none },
  { name: "nullable", places: ["field"], payload: none },
  { name: "default", places: ["type", "field"], payload: { kind: "json" } },
  { name: "kubebuilder:default", as: "default", places: ["type", "field"], payload: { kind: "loose" } },

  // Sizes and forms
  {
    name: "k8s:minimum",
    aliases: ["kubebuilder:validation:Minimum", "k8s:validation:minimum"],
    places: everywhere,
    appliesTo: ["integer"],
    payload: bound,
  },
  {
    name: "k8s:maximum",
    aliases: ["kubebuilder:validation:Maximum", "k8s:validation:maximum"],
    places: everywhere,
    appliesTo: ["integer"],
    payload: bound,
  },
  {
    name: "k8s:minLength",
    aliases: ["kubebuilder:validation:MinLength", "k8s:validation:minLength"],
    places: everywhere,
    appliesTo: ["string"],
    payload: size,
  },
  {
    name: "k8s:maxLength",
    aliases: ["kubebuilder:validation:MaxLength", "k8s:validation:maxLength"],
    places: everywhere,
    appliesTo: ["string"],
    payload: size,
  },
  { name: "k8s:maxBytes", places: everywhere, appliesTo: ["string"], payload: size },
  {
    name: "k8s:minItems",
    aliases: ["kubebuilder:validation:MinItems", "k8s:validation:minItems"],
    places: ["type", "field", "item", "value"],
    appliesTo: ["list"],
    payload: size,
  },
  {
    name: "k8s:maxItems",
    aliases: ["kubebuilder:validation:MaxItems", "k8s:validation:maxItems"],
    places: ["type", "field", "item", "value"],
    appliesTo: ["list"],
    payload: size,
  },
  {
    name: "k8s:minProperties",
    aliases: ["kubebuilder:validation:MinProperties", "k8s:validation:minProperties"],
    places: ["type", "field"],
    appliesTo: ["map"],
    payload: entries,
  },
  {
    name: "k8s:maxProperties",
    aliases: ["kubebuilder:validation:MaxProperties", "k8s:validation:maxProperties"],
    places: ["type", "field"],
    appliesTo: ["map"],
    payload: entries,
  },
  {
    name: "k8s:format",
    places: everywhere,
    appliesTo: ["string"],
    payload: { kind: "word", oneOf: valueFormats },
  },
  {
    name: "kubebuilder:validation:Pattern",
    aliases: ["k8s:validation:pattern"],
    places: everywhere,
    appliesTo: ["string"],
    payload: { kind: "loose" },
  },
  { name: "k8s:enum", aliases: ["enum"], places: ["type"], appliesTo: ["string"], payload: none },
  {
    name: "kubebuilder:validation:Enum",
    places: ["type", "field"],
    appliesTo: ["string"],
    payload: { kind: "list" },
  },
  { name: "k8s:enumExclude", places: ["member"], payload: none },
  { name: "k8s:neq", places: everywhere, appliesTo: ["string", "integer", "boolean"], payload: { kind: "scalar" } },

  // Changes
  { name: "k8s:immutable", places: ["type", "field", "item", "value"], payload: none },
  {
    name: "k8s:update",
    places: ["field", "item", "value"],
    payload: { kind: "word", oneOf: updateLimits },
    repeats: true,
  },
  { name: "k8s:monotonic", places: ["type", "field"], appliesTo: ["integer"], payload: none },

  // Lists, maps, objects
  {
    name: "k8s:listType",
    aliases: ["listType"],
    places: ["type", "field"],
    appliesTo: ["list"],
    payload: { kind: "word", oneOf: ["atomic", "set", "map"] },
  },
  {
    name: "k8s:listMapKey",
    aliases: ["listMapKey"],
    places: ["type", "field"],
    appliesTo: ["list"],
    payload: word,
    repeats: true,
  },
  {
    name: "k8s:unique",
    places: ["type", "field"],
    appliesTo: ["list"],
    payload: { kind: "word", oneOf: ["set", "map"] },
  },
  { name: "k8s:customUnique", places: ["type", "field"], appliesTo: ["list"], payload: none },
  {
    name: "mapType",
    places: ["type", "field"],
    appliesTo: ["map"],
    payload: { kind: "word", oneOf: ["atomic", "granular"] },
  },
  {
    name: "structType",
    places: ["type", "field"],
    appliesTo: ["object"],
    payload: { kind: "word", oneOf: ["atomic", "granular"] },
  },
  {
    name: "patchStrategy",
    places: ["field"],
    appliesTo: ["list", "map", "object"],
    payload: { kind: "word", oneOf: ["merge", "replace", "retainKeys", "merge,retainKeys"] },
  },
  { name: "patchMergeKey", places: ["field"], appliesTo: ["list"], payload: word },
  { name: "k8s:eachVal", places: everywhere, appliesTo: ["list", "map"], payload: tag, repeats: true },
  { name: "k8s:eachKey", places: everywhere, appliesTo: ["map"], payload: tag, repeats: true },
  {
    name: "k8s:subfield",
    places: everywhere,
    appliesTo: ["object"],
    payload: tag,
    args: { named: { field: "required" }, positional: "field" },
    repeats: true,
  },
  {
    name: "k8s:item",
    places: everywhere,
    appliesTo: ["list"],
    payload: tag,
    args: { named: {}, anyNames: true },
    repeats: true,
  },
  { name: "k8s:opaqueType", places: everywhere, payload: none },
  { name: "k8s:customValidation", places: ["type", "field"], payload: none },
  {
    name: "kubebuilder:validation:EmbeddedResource",
    places: ["field"],
    appliesTo: ["raw"],
    payload: { kind: "switch" },
  },
  {
    name: "kubebuilder:pruning:PreserveUnknownFields",
    aliases: ["kubebuilder:validation:XPreserveUnknownFields"],
    places: ["type", "field"],
    appliesTo: ["raw"],
    payload: { kind: "switch" },
  },
  {
    name: "kubebuilder:validation:XIntOrString",
    places: ["type", "field"],
    appliesTo: ["intOrString"],
    payload: { kind: "switch" },
  },

  // Fields that go together
  { name: "k8s:unionMember", places: ["field", "item"], payload: none, args: union, repeats: true },
  {
    name: "k8s:unionDiscriminator",
    places: ["field"],
    appliesTo: ["string"],
    payload: none,
    args: { named: { union: "optional" } },
  },
  { name: "k8s:zeroOrOneOfMember", places: ["field", "item"], payload: none, args: union, repeats: true },
  { name: "kubebuilder:validation:ExactlyOneOf", places: ["type"], appliesTo: ["object"], payload: { kind: "list" } },
  { name: "kubebuilder:validation:AtMostOneOf", places: ["type"], appliesTo: ["object"], payload: { kind: "list" } },
  {
    name: "k8s:modeDiscriminator",
    places: ["field"],
    appliesTo: ["string", "boolean"],
    payload: none,
    args: { named: { modality: "optional" } },
  },
  {
    name: "k8s:ifMode",
    places: ["field"],
    payload: tag,
    args: { named: { mode: "required", modality: "optional" }, positional: "mode" },
    repeats: true,
  },
  {
    name: "k8s:dependentRequired",
    places: ["field"],
    payload: none,
    args: { named: { sibling: "required" }, positional: "sibling" },
    repeats: true,
  },
  {
    name: "k8s:dependentForbidden",
    places: ["field"],
    payload: none,
    args: { named: { sibling: "required" }, positional: "sibling" },
    repeats: true,
  },

  // Conditions
  {
    name: "k8s:ifEnabled",
    places: [...everywhere, "member"],
    payload: tag,
    args: { named: { option: "required" }, positional: "option" },
    repeats: true,
  },
  {
    name: "k8s:ifDisabled",
    places: [...everywhere, "member"],
    payload: tag,
    args: { named: { option: "required" }, positional: "option" },
    repeats: true,
  },
  { name: "k8s:alpha", places: everywhere, payload: tag, args: { named: { since: "optional" } }, repeats: true },
  { name: "k8s:beta", places: everywhere, payload: tag, args: { named: { since: "optional" } }, repeats: true },

  // Kinds
  { name: "kubebuilder:object:root", places: ["kind"], payload: { kind: "switch" } },
  {
    name: "kubebuilder:resource",
    places: ["kind"],
    payload: {
      kind: "keys",
      keys: {
        path: "optional",
        singular: "optional",
        shortName: "optional",
        categories: "optional",
        scope: "optional",
      },
    },
  },
  { name: "kubebuilder:storageversion", places: ["kind"], payload: none },
  { name: "kubebuilder:subresource:status", places: ["kind"], payload: none },
  {
    name: "kubebuilder:subresource:scale",
    places: ["kind"],
    payload: {
      kind: "keys",
      keys: { specpath: "required", statuspath: "required", selectorpath: "optional" },
    },
  },
  {
    name: "k8s:supportsSubresource",
    places: ["kind"],
    payload: { kind: "word", oneOf: ["/status", "/scale"] },
    repeats: true,
  },
  {
    name: "kubebuilder:printcolumn",
    places: ["kind"],
    payload: {
      kind: "keys",
      keys: {
        name: "required",
        type: "required",
        JSONPath: "required",
        description: "optional",
        format: "optional",
        priority: "optional",
      },
    },
    repeats: true,
  },
  {
    name: "kubebuilder:selectablefield",
    places: ["kind"],
    payload: { kind: "keys", keys: { JSONPath: "required" } },
    repeats: true,
  },
  { name: "kubebuilder:deprecatedversion", places: ["kind"], payload: { kind: "keys", keys: { warning: "optional" } } },
  { name: "k8s:prerelease-lifecycle-gen:introduced", places: ["kind"], payload: release },
  { name: "k8s:prerelease-lifecycle-gen:deprecated", places: ["kind"], payload: release },
  { name: "k8s:prerelease-lifecycle-gen:removed", places: ["kind"], payload: release },
  {
    name: "k8s:prerelease-lifecycle-gen:replacement",
    places: ["kind"],
    payload: { kind: "word", form: /^[a-z0-9.-]*,v[a-z0-9]+,[A-Z]\w*$/, like: "apps,v1,Deployment" },
  },
  { name: "genclient", places: ["kind"], payload: none },
  { name: "genclient:nonNamespaced", places: ["kind"], payload: none },

  // Packages
  { name: "groupName", places: ["package"], payload: word },
  { name: "versionName", places: ["package"], payload: word },
  { name: "k8s:openapi-model-package", places: ["package"], payload: word },
  { name: "k8s:openapi-gen", places: ["package"], payload: word },
  { name: "k8s:deepcopy-gen", places: ["package"], payload: word },
  { name: "k8s:defaulter-gen", places: ["package"], payload: word, repeats: true },
  { name: "k8s:validation-gen", places: ["package"], payload: word, repeats: true },
  { name: "k8s:conversion-gen", places: ["package"], payload: { kind: "word", form: /./ }, repeats: true },
  { name: "k8s:prerelease-lifecycle-gen", places: ["package"], payload: word },
] as const satisfies readonly TagSpec[];

/** The taught name of a tag. */
export type TagName = Exclude<(typeof table)[number], { readonly as: string }>["name"];

/** By every spelling. */
export const tagSpecs: ReadonlyMap<string, TagSpec> = new Map(
  table.flatMap((spec: TagSpec) => [spec.name, ...(spec.aliases ?? [])].map((name) => [name, spec] as const)),
);

/** The taught name of a spelling that the table has. */
export function taughtName(spec: TagSpec): TagName {
  return (spec.as ?? spec.name) as TagName; // The table's own names; `as` names one of them.
}
