import type { Report } from "../diagnostic.ts";
import type { ArrayType, ListTopology } from "../model/model.ts";
import type { Applied } from "./apply-tags.ts";
import type { DraftObject, DraftType } from "./draft.ts";
import { didYouMean } from "../nearest.ts";
import type { OrderedRule } from "./rule-groups.ts";
import type { Tag } from "./tag.ts";

/** How a list's items are told apart, and the rule that they are unique where this comment demands it. */
export interface ListTags {
  readonly topology: Pick<ArrayType, "list" | "identity">;
  readonly unique: readonly OrderedRule[];
}

const atomic: ListTopology = { kind: "atomic" };

/** Reads the list tags of one comment; undefined where it has none, so that those of an alias count. */
export function readListTags(
  { settings }: Applied,
  items: DraftType,
  label: string,
  report: Report,
): ListTags | undefined {
  const listType = settings.get("k8s:listType")?.[0];
  const unique = settings.get("k8s:unique")?.[0];
  const keyTags = settings.get("k8s:listMapKey") ?? [];
  const first = listType ?? unique ?? keyTags[0];
  if (first === undefined) return undefined;
  if (unique !== undefined && listType?.value !== "atomic") {
    const message = "+k8s:unique goes with +k8s:listType=atomic: other list types tell items apart already";
    report("contradiction", unique.at, message);
  }
  const keys = keyTags.map(({ value }) => String(value));
  const list = topologyOf(listType, keys);
  const identity = unique === undefined ? undefined : topologyOf(unique, keys);
  const byKeys = [listType, unique].find((tag) => tag?.value === "map");
  if (byKeys !== undefined) checkKeys(byKeys, keyTags, items, label, report);
  else if (keyTags[0] !== undefined) {
    report("contradiction", keyTags[0].at, `+${keyTags[0].written} needs +k8s:listType=map`);
  }
  if (list.kind === "set") checkSet(first, items, label, report);
  const isUnique = !settings.has("k8s:customUnique") && (identity ?? list).kind !== "atomic";
  return {
    topology: { list, ...(identity !== undefined && { identity }) },
    unique: isUnique ? [{ order: "k8s:listType", rule: { kind: "unique" } }] : [],
  };
}

function topologyOf(tag: Tag | undefined, keys: readonly string[]): ListTopology {
  if (tag?.value === "map") return { kind: "map", keys };
  return tag?.value === "set" ? { kind: "set" } : atomic;
}

function checkKeys(byKeys: Tag, keyTags: readonly Tag[], items: DraftType, label: string, report: Report): void {
  if (items.shape.kind !== "object") {
    const message = `+${byKeys.written}=map needs a list of objects, which ${label} is not (did you mean =set?)`;
    report("tagOnWrongType", byKeys.at, message);
    return;
  }
  const { object } = items.shape;
  if (keyTags.length === 0) {
    const guess = object.fields.find(({ name }) => name === "name") ?? object.fields[0];
    report("listMapKey", byKeys.at, `+${byKeys.written}=map needs +k8s:listMapKey=${guess?.name ?? "name"}`);
  }
  for (const tag of keyTags) checkKey(tag, object, report);
}

function checkKey(tag: Tag, object: DraftObject, report: Report): void {
  const name = String(tag.value);
  const field = object.fields.find((each) => each.name === name);
  if (field === undefined) {
    const names = object.fields.map((each) => each.name);
    report("listMapKey", tag.at, `${object.name} has no field ${name}${didYouMean(name, names)}`);
    return;
  }
  if (!isScalar(field.type)) {
    report("listMapKey", tag.at, `${object.name}.${name} cannot be a key: keys are strings, integers or booleans`);
    return;
  }
  const hasDefault = [...field.comment.tags, ...field.type.tags].some((each) => each.name === "default");
  if (field.optional && !hasDefault) {
    report("listMapKey", tag.at, `${object.name}.${name} is a key: declare it without ?, or give it a +default`);
  }
}

function isScalar({ shape }: DraftType): boolean {
  return shape.kind === "string" || shape.kind === "integer" || shape.kind === "boolean";
}

function checkSet(tag: Tag, items: DraftType, label: string, report: Report): void {
  if (isScalar(items) || items.shape.kind === "number") return;
  const isAtomic =
    items.shape.kind === "object" &&
    [...items.shape.object.comment.tags, ...items.tags].some(
      ({ name, value }) => name === "structType" && value === "atomic",
    );
  if (isAtomic) return;
  report(
    "tagOnWrongType",
    tag.at,
    `+${tag.written}=set needs items that are compared as a whole, but those of ${label} are not (did you mean =map?)`,
  );
}

/** Tells of `+k8s:item` whose keys are not those of its list. */
export function checkItemTags(
  tags: readonly Tag[],
  type: Pick<ArrayType, "list" | "identity">,
  label: string,
  report: Report,
): void {
  const identity = type.identity ?? type.list;
  for (const tag of tags.flatMap(withInner)) {
    if (tag.name !== "k8s:item") continue;
    if (identity.kind !== "map") {
      report("contradiction", tag.at, `+k8s:item needs +k8s:listType=map on ${label}`);
      continue;
    }
    const given = [...tag.args.keys()];
    const same = given.length === identity.keys.length && given.every((key) => identity.keys.includes(key));
    if (!same)
      report("tagPayload", tag.at, `+k8s:item selects by all map keys of ${label}: ${identity.keys.join(", ")}`);
  }
}

function withInner(tag: Tag): Tag[] {
  const conditions = ["k8s:ifEnabled", "k8s:ifDisabled", "k8s:alpha", "k8s:beta"];
  return tag.inner !== undefined && conditions.includes(tag.name) ? withInner(tag.inner) : [tag];
}
