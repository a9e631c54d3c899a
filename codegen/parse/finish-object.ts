import type { Report } from "../diagnostic.ts";
import { placeKey } from "../model/places.ts";
import type { Field, Json, ModeCase, ObjectType, Position, Presence, Rule } from "../model/model.ts";
import { applyTags, inRunOrder, type Applied } from "./apply-tags.ts";
import type { DraftField, DraftObject, DraftUnion } from "./draft.ts";
import { finishType } from "./finish-type.ts";
import { readListTags } from "./list-tags.ts";
import { didYouMean } from "../nearest.ts";
import { pascalCase } from "./names.ts";
import { emptyGroups, groupRules, type OrderedRule, type RuleGroups } from "./rule-groups.ts";
import type { Tag } from "./tag.ts";
import { presenceOf } from "./presence.ts";

/** What finishing objects needs at hand. */
export interface Finishing {
  readonly report: Report;
  /** The texts of the authors' files below `apis/`, by module, such as `animal/v1alpha1/cat_validation.ts`. */
  readonly texts: ReadonlyMap<string, string>;
  /** Where tags of fields and types stand, by `placeKey`. */
  readonly places: Map<string, Position>;
  readonly folder: string;
}

/** The fields that the server keeps for every kind. */
const kindFields: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

/** An object type with its tags applied. `tags` are those of its comment that speak of it as a type. */
export function finishObject(
  draft: DraftObject,
  tags: readonly Tag[],
  isKind: boolean,
  finishing: Finishing,
): ObjectType {
  const { report, places, folder } = finishing;
  const around = emptyGroups();
  const self = { shape: { kind: "object" as const, object: draft }, tags: [] };
  const applied = applyTags(tags, { type: self, place: "type", label: draft.name, around: emptyGroups() }, report);
  notePlaces(tags, folder, draft.name, places);
  const drafts = isKind ? draft.fields.filter(({ name }) => !kindFields.has(name)) : draft.fields;
  const fields = drafts.map((field) => finishField(field, draft, around, finishing));
  const listed = listedUnions(applied, draft, report);
  const rules: OrderedRule[] = [
    ...applied.rules,
    ...unionRules(draft.union, around, report),
    ...listed,
    ...groupRules(around, draft, report),
    ...customRule(applied, draft, undefined, finishing),
  ];
  return {
    name: draft.name,
    source: draft.source,
    doc: draft.comment.doc,
    atomic: applied.settings.get("structType")?.[0]?.value === "atomic",
    union: draft.union !== undefined,
    fields,
    rules: inRunOrder(rules),
    at: draft.at,
  };
}

function finishField(draft: DraftField, object: DraftObject, around: RuleGroups, finishing: Finishing): Field {
  const { name, type, comment } = draft;
  const { report, places, folder } = finishing;
  const target = { type, place: "field" as const, label: name, field: { name, object }, around };
  const applied = applyTags(comment.tags, target, report);
  notePlaces([...type.tags, ...comment.tags], folder, `${object.name}.${name}`, places);
  const list = type.shape.kind === "list" ? readListTags(applied, type.shape.items, name, report) : undefined;
  const finished = finishType(type, { label: name, report, outer: applied, outerList: list, outerTags: comment.tags });
  const fallback = defaultOf(applied.settings.get("default")?.[0] ?? type.tags.find((tag) => tag.name === "default"));
  const presence: Presence = presenceOf(draft, fallback !== undefined, report);
  const patch = patchOf(applied, finished);
  const rules = [
    ...applied.rules.filter(({ rule }) => rule.kind !== "required" && rule.kind !== "optional"),
    ...(list?.unique ?? []),
    ...customRule(applied, object, name, finishing),
  ];
  const [nullable] = applied.settings.get("nullable") ?? [];
  if (nullable !== undefined && !draft.nullable) {
    report("contradiction", nullable.at, `+nullable is said by the type: declare ${name} with | null`);
  }
  return {
    name,
    doc: comment.doc,
    presence,
    nullable: draft.nullable,
    ...(fallback !== undefined && { default: fallback }),
    ...(patch !== undefined && { patch }),
    type: finished,
    rules: inRunOrder(rules),
    at: draft.at,
  };
}

function notePlaces(tags: readonly Tag[], folder: string, owner: string, places: Map<string, Position>): void {
  for (const tag of tags) {
    for (let each: Tag | undefined = tag; each !== undefined; each = each.inner) {
      places.set(placeKey(folder, owner, each.name), each.at);
    }
  }
}

function defaultOf(tag: Tag | undefined): Json | undefined {
  return tag === undefined || tag.value instanceof Map ? undefined : (tag.value as Json);
}

function patchOf({ settings }: Applied, type: Field["type"]): Field["patch"] {
  const strategy = settings.get("patchStrategy")?.[0]?.value as NonNullable<Field["patch"]>["strategy"] | undefined;
  const mergeKey = settings.get("patchMergeKey")?.[0]?.value;
  const [onlyKey, ...moreKeys] = type.kind === "array" && type.list.kind === "map" ? type.list.keys : [];
  const implied = onlyKey !== undefined && moreKeys.length === 0;
  if (strategy === undefined && mergeKey === undefined)
    return implied ? { strategy: "merge", mergeKey: onlyKey } : undefined;
  const key = mergeKey === undefined ? (implied && strategy === "merge" ? onlyKey : undefined) : String(mergeKey);
  return { strategy: strategy ?? "merge", ...(key !== undefined && { mergeKey: key }) };
}

/** The rule of `+k8s:customValidation`: a function that the author writes beside the types. */
function customRule(
  { settings }: Applied,
  object: DraftObject,
  field: string | undefined,
  { texts, report }: Finishing,
): OrderedRule[] {
  const [tag] = settings.get("k8s:customValidation") ?? [];
  if (tag === undefined) return [];
  const module = object.source.module.replace(/(_types)?\.ts$/, "_validation.ts");
  const symbol = `validate${object.name}${field === undefined ? "" : pascalCase(field)}`;
  const text = texts.get(module);
  if (text === undefined || !new RegExp(`export (async )?(function|const) ${symbol}\\b`).test(text)) {
    const at = text === undefined ? `write apis/${module}, and in it` : `write in apis/${module}:`;
    report("companionFile", tag.at, `${at} export function ${symbol}(path, value, old) that returns the errors`);
  }
  return [{ order: tag.name, rule: { kind: "custom", module, symbol } }];
}

/** The rules that a union of object types stands for. Tags may not say the same again. */
function unionRules(union: DraftUnion | undefined, around: RuleGroups, report: Report): OrderedRule[] {
  if (union === undefined || union.kind === "plain") return [];
  for (const { at } of [...around.unions.values(), ...around.modes.values()]) {
    report("contradiction", at, "the union of types already says which fields go together: remove the tag");
  }
  around.unions.clear();
  around.modes.clear();
  return [{ order: union.kind === "modes" ? "k8s:ifMode" : "k8s:unionMember", rule: unionRule(union) }];
}

function unionRule(union: Exclude<DraftUnion, { kind: "plain" }>): Rule {
  switch (union.kind) {
    case "exactlyOne":
    case "atMostOne": {
      const members = union.members.map((field) => ({ field, memberName: pascalCase(field) }));
      return { kind: "union", count: union.kind, members };
    }
    case "discriminated":
      return { kind: "union", count: "exactlyOne", discriminator: union.discriminator, members: union.members };
    case "modes": {
      const fields = union.fields.map(({ field, cases }) => ({
        field,
        cases: cases.map(({ mode, optional }): ModeCase => ({
          mode,
          rules: [{ kind: optional ? "optional" : "required" }],
        })),
      }));
      return { kind: "modes", discriminator: union.discriminator, fields };
    }
  }
}

/** kubebuilder's `ExactlyOneOf=a;b` and `AtMostOneOf=a;b`. */
function listedUnions({ settings }: Applied, object: DraftObject, report: Report): OrderedRule[] {
  const counts = [
    ["kubebuilder:validation:ExactlyOneOf", "exactlyOne"],
    ["kubebuilder:validation:AtMostOneOf", "atMostOne"],
  ] as const;
  return counts.flatMap(([name, count]) =>
    (settings.get(name) ?? []).map((tag): OrderedRule => {
      const fields = Array.isArray(tag.value) ? tag.value.map(String) : [];
      const names = object.fields.map((field) => field.name);
      for (const field of fields.filter((each) => !names.includes(each))) {
        report("unknownField", tag.at, `${object.name} has no field ${field}${didYouMean(field, names)}`);
      }
      const members = fields.map((field) => ({ field, memberName: pascalCase(field) }));
      return { order: name, rule: { kind: "union", count, members } };
    }),
  );
}
