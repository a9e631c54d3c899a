import type { Json } from "../meta/v1.ts";
import {
  fieldOf,
  goKind,
  listOf,
  patchStrategy,
  type PatchNode,
  type PatchSchema,
  type PatchTypes,
} from "./patch-schema.ts";
import { malformedList, noMergeKey, StrategicMergeError, unknownPatchType } from "./strategic-error.ts";
import {
  asList,
  asMap,
  elementKind,
  KeyedItems,
  mergeKeyOf,
  partitionByPresence,
  withoutRepeats,
} from "./strategic-lists.ts";
import { inOrder, isDeletion } from "./strategic-order.ts";
import { goPlain, goTypeName } from "./typed-errors.ts";
import { sameJson } from "../meta/equality.ts";
import { setMember } from "../meta/set-member.ts";
import { isObject, member, type JsonObject } from "./value.ts";

/** The key that replaces or deletes the object it stands in. */
export const patchDirective = "$patch";
/** The key that lists the fields of its object which remain. */
export const retainKeysDirective = "$retainKeys";
/** What a key begins with that lists values to be taken out of the list named after the slash. */
export const deleteListPrefix = "$deleteFromPrimitiveList";
/** What a key begins with that gives the list named after the slash its order. */
export const elementOrderPrefix = "$setElementOrder";

/**
 * The object that a strategic merge patch makes of another. The inputs stay as they are; the result may share parts
 * with them. Throws a StrategicMergeError where the patch does not fit the type.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
export function strategicMerge(schema: PatchSchema, original: JsonObject, patch: JsonObject): JsonObject {
  return mergeObjects({ types: schema.types, target: "object" }, schema.root, original, patch);
}

/** One patch that does what the first and then the second does; its own directives stay in it. */
export function mergePatches(schema: PatchSchema, first: JsonObject, second: JsonObject): JsonObject {
  return mergeObjects({ types: schema.types, target: "patch" }, schema.root, first, second);
}

interface Merge {
  readonly types: PatchTypes;
  /** What the patch is merged into: a patch keeps nulls and directives, which an object has no use for. */
  readonly target: "object" | "patch";
}

type Fields = { [name: string]: Json };

function mergeObjects(merge: Merge, node: PatchNode, original: JsonObject, patch: JsonObject): JsonObject {
  const directive = member(patch, patchDirective);
  if (directive !== undefined) return directed(directive, patch);
  const out: Fields = { ...original };
  const rest: Fields = { ...patch };
  retainKeys(merge, out, rest);
  for (const key of Object.keys(rest)) {
    if (key.startsWith(elementOrderPrefix)) orderList(merge, node, { out, rest }, key);
  }
  for (const [key, value] of Object.entries(rest)) mergeField(merge, node, out, key, value);
  return out;
}

function directed(directive: Json, patch: JsonObject): JsonObject {
  if (directive === "delete") return {};
  if (directive !== "replace") throw unknownPatchType(directive, patch);
  const { [patchDirective]: _, ...replacement } = patch;
  return replacement;
}

function retainKeys({ target }: Merge, out: Fields, rest: Fields): void {
  const retained = member(rest, retainKeysDirective);
  if (retained === undefined) return;
  delete rest[retainKeysDirective];
  if (target === "patch") {
    const before = member(out, retainKeysDirective);
    if (before !== undefined && !sameJson(before, retained)) {
      const both = `${goPlain(before)} and ${goPlain(retained)}`;
      const why = "this may happen when calculating the 3-way diff patch";
      throw new StrategicMergeError("internal", `${both} are not deep equal: ${why}`);
    }
    out[retainKeysDirective] = retained;
    return;
  }
  if (!Array.isArray(retained)) throw malformedList("retainKeys");
  const names = new Set<Json>(retained);
  for (const [key, value] of Object.entries(rest)) {
    const isList = key.startsWith(deleteListPrefix) || key.startsWith(elementOrderPrefix);
    if (value !== null && !isList && !names.has(key)) throw malformedList("retainKeys");
  }
  for (const key of Object.keys(out)) if (!names.has(key)) delete out[key];
}

/** Merges the list that an order is given for, and puts it in that order. Takes both out of what rests to be merged. */
function orderList(merge: Merge, node: PatchNode, { out, rest }: { out: Fields; rest: Fields }, key: string): void {
  const given = rest[key] ?? null;
  if (merge.target === "patch") {
    const before = member(out, key);
    if (before !== undefined && !sameJson(before, given)) throw malformedList("setElementOrder list");
    setMember(out, key, given);
  }
  delete rest[key];
  const order = asList(given);
  const name = listName(key, elementOrderPrefix);
  const original = optionalList(out, name);
  const patched = optionalList(rest, name);
  const { element, mergeKey, strategy } = listOf(merge.types, node, name);
  checkOrder(patched ?? [], order, mergeKey);
  if (original === undefined && patched === undefined) return;
  const { merged, serverOrder } = combined(merge, { element, mergeKey, method: strategy.method }, original, patched);
  const { present, absent } = partitionByPresence(merged, order, mergeKey);
  const kind = elementKind(original ?? [], patched ?? []);
  const unordered = { patchItems: present, patchOrder: order, serverItems: absent, serverOrder };
  setMember(out, name, inOrder(unordered, { kind, mergeKey }));
  delete rest[name];
}

function optionalList(fields: Fields, name: string): readonly Json[] | undefined {
  const value = member(fields, name);
  return value === undefined ? undefined : asList(value);
}

function combined(
  merge: Merge,
  list: MergedList,
  original: readonly Json[] | undefined,
  patched: readonly Json[] | undefined,
): { merged: readonly Json[]; serverOrder: readonly Json[] } {
  if (original === undefined) return { merged: withoutDirectives(patched ?? []) as Json[], serverOrder: [] };
  if (patched === undefined) return { merged: original, serverOrder: original };
  if (list.method !== "merge") return { merged: patched, serverOrder: original };
  return mergeLists(merge, list, original, patched);
}

/** The items of a patch must be among those of the order, in that order. */
function checkOrder(patched: readonly Json[], order: readonly Json[], mergeKey: string): void {
  if (order.length === 0 || patched.length === 0) return;
  const items = mergeKey === "" ? patched : patched.filter((item) => !isDeletion(item));
  let at = 0;
  let place = 0;
  while (at < items.length && place < order.length) {
    const item = items[at] ?? null;
    if (isObject(item) && member(item, patchDirective) !== undefined) at++;
    else if (sameItem(item, order[place++] ?? null, mergeKey)) at++;
  }
  if (at < items.length) {
    const texts = [goPlain(patched), ` doesn't match ${elementOrderPrefix} list:`, goPlain(order), ""];
    throw new StrategicMergeError("internal", `The order in patch list:\n${texts.join("\n")}`);
  }
}

function sameItem(a: Json, b: Json, mergeKey: string): boolean {
  return mergeKey === "" ? a === b : mergeKeyOf(a, mergeKey) === mergeKeyOf(b, mergeKey);
}

/** The name after the slash of a key such as `$setElementOrder/containers`. */
function listName(key: string, prefix: string): string {
  if (key.startsWith(`${prefix}/`)) return key.slice(prefix.length + 1);
  throw malformedList(prefix === elementOrderPrefix ? "setElementOrder list" : "primitive list");
}

function mergeField(merge: Merge, node: PatchNode, out: Fields, key: string, value: Json): void {
  const isDeleteList = key.startsWith(deleteListPrefix);
  if (isDeleteList && merge.target === "patch") return setMember(out, key, value);
  const name = (isDeleteList ? listName(key, deleteListPrefix) : key) || key;
  if (value === null) {
    delete out[name];
    if (merge.target === "object") return;
  }
  const before = member(out, name);
  if (before === undefined || goTypeName(before) !== goTypeName(value)) {
    if (!isDeleteList) take(out, name, merge.target === "object" ? withoutNulls(value) : value);
  } else if (isObject(before) && isObject(value)) {
    setMember(out, name, mergeMember(merge, fieldOf(merge.types, node, name), before, value));
  } else if (Array.isArray(before) && Array.isArray(value)) {
    const { element, mergeKey, strategy } = listOf(merge.types, node, name);
    setMember(out, name, mergeList(merge, { element, mergeKey, method: strategy.method, isDeleteList }, before, value));
  } else {
    take(out, name, value);
  }
}

function mergeMember(merge: Merge, field: PatchNode, before: JsonObject, value: JsonObject): JsonObject {
  return patchStrategy(field).method === "replace" ? value : mergeObjects(merge, field, before, value);
}

function take(out: Fields, name: string, value: Json): void {
  const kept = withoutDirectives(value);
  if (kept === undefined) delete out[name];
  else setMember(out, name, kept);
}

/** The value without objects that have a `$patch`; undefined where it is one. */
function withoutDirectives(value: Json): Json | undefined {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (member(value, patchDirective) !== undefined) return undefined;
  const out: Fields = {};
  for (const [key, item] of Object.entries(value)) {
    const kept = withoutDirectives(item);
    if (kept !== undefined) setMember(out, key, kept);
  }
  return out;
}

/** The value without fields that are null, at any depth. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const out: Fields = {};
  for (const [key, item] of Object.entries(value)) if (item !== null) setMember(out, key, withoutNulls(item));
  return out;
}

interface MergedList {
  readonly element: PatchNode;
  readonly mergeKey: string;
  /** `merge`, `replace` or nothing. */
  readonly method: string;
}

function mergeList(
  merge: Merge,
  list: MergedList & { readonly isDeleteList: boolean },
  original: readonly Json[],
  patch: readonly Json[],
): readonly Json[] {
  if (list.isDeleteList && (original.length > 0 || patch.length > 0) && elementKind(original, patch) === "scalar") {
    const gone = new Set(patch);
    return original.filter((item) => !gone.has(item));
  }
  return list.method === "merge" || list.isDeleteList ? mergeLists(merge, list, original, patch).merged : patch;
}

/** Merges two lists. `serverOrder` is the order of the original as it is seen when the result is put in order again. */
function mergeLists(
  merge: Merge,
  { element, mergeKey }: MergedList,
  original: readonly Json[],
  patch: readonly Json[],
): { merged: readonly Json[]; serverOrder: readonly Json[] } {
  if (original.length === 0 && patch.length === 0) return { merged: original, serverOrder: original };
  const kind = elementKind(original, patch);
  if (kind === "scalar") {
    const both = withoutRepeats([...original, ...patch]);
    const { present, absent } = partitionByPresence(both, patch, mergeKey);
    const unordered = { patchItems: present, patchOrder: patch, serverItems: absent, serverOrder: original };
    return { merged: inOrder(unordered, { kind, mergeKey }), serverOrder: original };
  }
  if (mergeKey === "") {
    throw new StrategicMergeError("internal", `cannot merge lists without merge key for ${goKind(element)}`);
  }
  const { before, changes, replaces } = withSpecialItems(original, patch, mergeKey);
  const items = mergeItems(merge, { element, mergeKey }, before, changes);
  const { present, absent } = partitionByPresence(items, changes, mergeKey);
  const unordered = { patchItems: present, patchOrder: changes, serverItems: absent, serverOrder: before };
  // Upstream deletes and appends in place, so that what was appended has taken the places of what was deleted.
  const serverOrder = replaces ? original : items.slice(0, original.length);
  return { merged: inOrder(unordered, { kind, mergeKey }), serverOrder };
}

/** Carries out the items of a patch that are directives, and gives what is left of both lists. */
function withSpecialItems(
  original: readonly Json[],
  patch: readonly Json[],
  mergeKey: string,
): { before: readonly Json[]; changes: readonly Json[]; replaces: boolean } {
  const gone = new Set<Json>();
  const changes: Json[] = [];
  let replaces = false;
  for (const item of patch) {
    const map = asMap(item);
    const directive = member(map, patchDirective);
    if (directive === undefined) changes.push(item);
    else if (directive === "delete") gone.add(mergeKeyOf(map, mergeKey));
    else if (directive === "replace") replaces = true;
    else if (directive === "merge") {
      throw new StrategicMergeError("internal", "merging lists cannot yet be specified in the patch");
    } else throw unknownPatchType(directive, map);
  }
  if (replaces) return { before: changes, changes: [], replaces };
  const isGone = (item: Json): boolean => {
    const key = member(asMap(item), mergeKey);
    return key !== undefined && gone.has(key);
  };
  return { before: gone.size === 0 ? original : original.filter((item) => !isGone(item)), changes, replaces };
}

function mergeItems(
  merge: Merge,
  { element, mergeKey }: { element: PatchNode; mergeKey: string },
  before: readonly Json[],
  changes: readonly Json[],
): Json[] {
  const out = [...before];
  const known = new KeyedItems(before, mergeKey);
  for (const item of changes) {
    const map = asMap(item);
    const key = member(map, mergeKey);
    if (key === undefined) throw noMergeKey(map, mergeKey);
    const position = known.find(key);
    if (position === undefined) {
      known.add(key, out.length);
      out.push(item);
    } else {
      out[position] = mergeObjects(merge, element, asMap(out[position] ?? null), map);
    }
  }
  return out;
}
