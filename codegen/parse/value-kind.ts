import type { DraftType } from "./draft.ts";
import type { Tag } from "./tag.ts";
import { tagSpecs, type Place, type ValueKind } from "./tag-table.ts";

/** What a tag sees of a type. */
export function valueKindOf({ shape }: DraftType): ValueKind {
  switch (shape.kind) {
    case "string":
      return shape.format === undefined ? "string" : "formatted";
    case "integer":
    case "number":
    case "boolean":
    case "list":
    case "map":
    case "object":
      return shape.kind;
    case "wellKnown":
      if (shape.name === "IntOrString") return "intOrString";
      return shape.name === "ObjectMeta" ? "object" : "raw";
  }
}

/** `a string`, in messages about what a value is. */
export function describeType(type: DraftType): string {
  const { shape } = type;
  if (shape.kind === "string" && shape.format !== undefined) return formatNames[shape.format];
  if (shape.kind === "wellKnown") return `${shape.name === "IntOrString" ? "an" : "a"} ${shape.name}`;
  return shape.kind === "integer" || shape.kind === "object" ? `an ${shape.kind}` : `a ${shape.kind}`;
}

const formatNames = {
  "date-time": "a Time",
  "micro-time": "a MicroTime",
  duration: "a Duration",
  byte: "Base64Bytes",
  quantity: "a Quantity",
} as const;

const plurals: { readonly [kind in ValueKind]: string } = {
  string: "strings",
  integer: "integers",
  number: "numbers",
  boolean: "booleans",
  list: "lists",
  map: "maps",
  object: "objects",
  formatted: "times and quantities",
  intOrString: "IntOrString",
  raw: "RawExtension",
};

const placeNames: { readonly [place in Place]: string } = {
  package: "a package (doc.ts)",
  kind: "a kind",
  type: "a type",
  field: "a field",
  item: "a list item",
  value: "a map value",
  key: "a map key",
  member: "a member of a union of literals",
};

/** `a kind or a field`, in messages about where a tag may stand. */
export function describePlaces(places: readonly Place[]): string {
  return enumerate(places.map((place) => placeNames[place]));
}

/** `strings, lists or maps`, in messages about what a tag applies to. */
export function describeKinds(kinds: readonly ValueKind[]): string {
  return enumerate(kinds.map((kind) => plurals[kind]));
}

function enumerate(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

const sameMeaning: readonly { readonly [kind in ValueKind]?: string }[] = [
  { integer: "k8s:minimum", string: "k8s:minLength", list: "k8s:minItems", map: "k8s:minProperties" },
  { integer: "k8s:maximum", string: "k8s:maxLength", list: "k8s:maxItems", map: "k8s:maxProperties" },
  { map: "mapType", object: "structType", list: "k8s:listType" },
];

/** ` (did you mean +k8s:minLength?)`: the tag that means for this type what the given one means for others. */
export function counterpart(tag: Tag, type: DraftType): string {
  const family = sameMeaning.find((names) => Object.values(names).includes(tag.name));
  const name = family?.[valueKindOf(type)];
  return name === undefined || !tagSpecs.has(name) ? "" : ` (did you mean +${name}?)`;
}
