import type { UpdateLimit, ValueFormat, ValueRule } from "../model/model.ts";
import type { DraftType } from "./draft.ts";
import type { Tag } from "./tag.ts";
import { updateLimits, valueFormats, type TagName } from "./tag-table.ts";
import { describeType } from "./value-kind.ts";

/** A rule, nothing where a tag demands nothing, or what is wrong with the tag's value for this type. */
export type MadeRule = { readonly rule: ValueRule } | { readonly wrong: string } | undefined;

const plainRules: { readonly [name in TagName]?: ValueRule } = {
  "k8s:required": { kind: "required" },
  "k8s:optional": { kind: "optional" },
  "k8s:forbidden": { kind: "forbidden" },
  "k8s:immutable": { kind: "immutable" },
  "k8s:monotonic": { kind: "monotonic" },
};

const sizeRules = {
  "k8s:minLength": "minLength",
  "k8s:maxLength": "maxLength",
  "k8s:maxBytes": "maxBytes",
  "k8s:minItems": "minItems",
  "k8s:maxItems": "maxItems",
  "k8s:minProperties": "minProperties",
  "k8s:maxProperties": "maxProperties",
} as const;

/** Makes the rule of a tag that checks a value by itself; the tag has been found to apply to the type. */
export function valueRule(tag: Tag, type: DraftType): MadeRule {
  const plain = plainRules[tag.name];
  if (plain !== undefined) return { rule: plain };
  if (typeof tag.value === "number" && tag.name in sizeRules) {
    const kind = sizeRules[tag.name as keyof typeof sizeRules];
    // A least size of 0 demands nothing.
    return kind.startsWith("min") && tag.value === 0 ? undefined : { rule: { kind, value: tag.value } };
  }
  switch (tag.name) {
    case "k8s:minimum":
      return widthRule("minimum", tag, type);
    case "k8s:maximum":
      return widthRule("maximum", tag, type);
    case "k8s:format":
      return formatRule(tag);
    case "kubebuilder:validation:Pattern":
      return { rule: { kind: "pattern", value: String(tag.value) } };
    case "k8s:neq":
      return neqRule(tag, type);
    case "k8s:update":
      return updateRule(tag, type);
    default:
      return undefined;
  }
}

function widthRule(kind: "minimum" | "maximum", { value }: Tag, { shape }: DraftType): MadeRule {
  if (typeof value !== "number") return undefined;
  const fits = shape.kind !== "integer" || shape.format === "int64" || (value | 0) === value;
  return fits ? { rule: { kind, value } } : { wrong: "is out of the range of an Int32" };
}

function formatRule(tag: Tag): MadeRule {
  const value = valueFormats.find((name) => name === tag.value) satisfies ValueFormat | undefined;
  return value === undefined ? undefined : { rule: { kind: "format", value } };
}

function neqRule({ value }: Tag, type: DraftType): MadeRule {
  const { kind } = type.shape;
  const fits = typeof value === (kind === "integer" ? "number" : kind);
  if (fits && (typeof value === "string" || typeof value === "number" || typeof value === "boolean")) {
    return { rule: { kind: "neq", value } };
  }
  return {
    wrong: `needs ${describeType(type)} to compare with, as in ${kind === "string" ? '="none"' : kind === "integer" ? "=0" : "=true"}`,
  };
}

function updateRule(tag: Tag, { shape }: DraftType): MadeRule {
  const limit = updateLimits.find((name) => name === tag.value) satisfies UpdateLimit | undefined;
  const collection = shape.kind === "list" || shape.kind === "map";
  if (limit === undefined) return undefined;
  if (limit === "NoModify" && collection) {
    return { wrong: "has no NoModify for lists and maps: say +k8s:eachVal=+k8s:update=NoModify, or +k8s:immutable" };
  }
  if ((limit === "NoAddItem" || limit === "NoRemoveItem") && !collection) {
    return { wrong: `has ${limit} for lists and maps only` };
  }
  return { rule: { kind: "update", value: [limit] } };
}
