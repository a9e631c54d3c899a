import type { Report } from "../diagnostic.ts";
import type { ArrayType, EnumValue, OptionState, Rule, Type } from "../model/model.ts";
import { applyTags, inRunOrder, type Applied } from "./apply-tags.ts";
import type { DraftEnumValue, DraftType, Shape } from "./draft.ts";
import { checkItemTags, readListTags, type ListTags } from "./list-tags.ts";
import { emptyGroups } from "./rule-groups.ts";
import type { Tag } from "./tag.ts";
import { describePlaces } from "./value-kind.ts";

/** What the comment of a field says of the field's type, over what aliases say. */
export interface TypeContext {
  readonly label: string;
  readonly report: Report;
  readonly outer?: Applied | undefined;
  readonly outerList?: ListTags | undefined;
  readonly outerTags?: readonly Tag[];
  readonly opaque?: boolean;
}

/** A type with its tags applied. */
export function finishType(type: DraftType, context: TypeContext): Type {
  const { label, report, outer } = context;
  const applied = applyTags(type.tags, { type, place: "type", label, around: emptyGroups() }, report);
  const list = type.shape.kind === "list" ? readListTags(applied, type.shape.items, label, report) : undefined;
  const has = (name: Tag["name"]): boolean => (outer?.settings.has(name) ?? false) || applied.settings.has(name);
  const opaque = context.opaque === true || has("k8s:opaqueType");
  const shaped = finishShape(type, applied, { ...context, opaque }, list);
  if (opaque) return shaped;
  const rules = [...(shaped.rules ?? []), ...inRunOrder([...applied.rules, ...(list?.unique ?? [])])];
  return { ...shaped, ...(rules.length > 0 && { rules }) };
}

function finishShape(type: DraftType, applied: Applied, context: TypeContext, list: ListTags | undefined): Type {
  const { shape } = type;
  const setting = (name: Tag["name"]): Tag | undefined =>
    context.outer?.settings.get(name)?.[0] ?? applied.settings.get(name)?.[0];
  switch (shape.kind) {
    case "string":
      return finishString(shape, setting("kubebuilder:validation:Enum"), context.report);
    case "integer":
    case "number":
    case "boolean":
      return shape;
    case "list":
      return finishList(shape, type, applied, context, list);
    case "map":
      return finishMap(shape, applied, context, setting("mapType")?.value === "atomic");
    case "object":
      return finishRef(shape.object.name, setting("structType")?.value === "atomic", context.opaque === true);
    case "wellKnown": {
      const embedded = setting("kubebuilder:validation:EmbeddedResource")?.value === true;
      return { kind: "wellKnown", name: shape.name, ...(embedded && { embedded: true as const }) };
    }
  }
}

function finishMap(
  { keys, values }: Extract<Shape, { kind: "map" }>,
  applied: Applied,
  { label, report, outer, opaque }: TypeContext,
  atomic: boolean,
): Type {
  const opaqueItems = applied.itemSettings.size > 0 || (outer?.itemSettings.size ?? 0) > 0;
  const ofKeys = finishType(keys, { label: `a key of ${label}`, report }).rules ?? [];
  const finished = finishType(values, { label: `a value of ${label}`, report, opaque: opaqueItems });
  const rules = opaque === true ? [] : ofKeys.map((rule): Rule => ({ kind: "eachKey", rule }));
  return { kind: "map", values: finished, atomic, ...(rules.length > 0 && { rules }) };
}

function finishRef(name: string, atomic: boolean, opaque: boolean): Type {
  return { kind: "ref", name, ...(atomic && { atomic: true as const }), ...(opaque && { opaque: true as const }) };
}

function finishList(
  shape: Extract<Shape, { kind: "list" }>,
  type: DraftType,
  applied: Applied,
  context: TypeContext,
  list: ListTags | undefined,
): Type {
  const { label, report, outer } = context;
  const topology = context.outerList?.topology ??
    list?.topology ?? { list: { kind: "atomic" } satisfies ArrayType["list"] };
  const opaque = (outer?.itemSettings.has("k8s:opaqueType") ?? false) || applied.itemSettings.has("k8s:opaqueType");
  checkItemTags([...type.tags, ...(context.outerTags ?? [])], topology, label, report);
  return {
    kind: "array",
    items: finishType(shape.items, { label: `an item of ${label}`, report, opaque }),
    ...topology,
  };
}

function finishString(shape: Extract<Shape, { kind: "string" }>, listed: Tag | undefined, report: Report): Type {
  const given = Array.isArray(listed?.value)
    ? listed.value.map((value) => ({ value: String(value), doc: "", tags: [] }))
    : undefined;
  if (listed !== undefined && shape.enum !== undefined) {
    report("contradiction", listed.at, `+${listed.written} repeats what the union of literals says: remove the tag`);
  }
  const values = (shape.enum ?? given)?.flatMap((value) => finishEnumValue(value, report));
  return {
    kind: "string",
    ...(values !== undefined && { enum: values }),
    ...(shape.format !== undefined && { format: shape.format }),
  };
}

/** A value that is never allowed is left out. */
function finishEnumValue({ value, doc, tags }: DraftEnumValue, report: Report): EnumValue[] {
  const excludedIf: OptionState[] = [];
  for (const tag of tags) {
    if (
      !(tag.spec.places as readonly string[]).includes("member") ||
      (tag.inner && tag.inner.name !== "k8s:enumExclude")
    ) {
      const wrong = tag.inner ?? tag;
      report(
        "misplacedTag",
        wrong.at,
        `+${wrong.written} may not stand on ${describePlaces(["member"])}: it goes on ${describePlaces(wrong.spec.places)}`,
      );
    } else if (tag.name === "k8s:enumExclude") return [];
    else excludedIf.push({ option: String(tag.args.get("option")), enabled: tag.name === "k8s:ifEnabled" });
  }
  return [{ value, doc, ...(excludedIf.length > 0 && { excludedIf }) }];
}
