import type { Json } from "../meta/v1.ts";
import { fieldOf, listOf, patchStrategy, type PatchNode, type PatchSchema, type PatchTypes } from "./patch-schema.ts";
import { haveConflicts } from "./strategic-conflicts.ts";
import { StrategicMergeError } from "./strategic-error.ts";
import { asMap, elementKind, mergeKeyOf, sortedByKey, sortedScalars, withoutRepeats } from "./strategic-lists.ts";
import {
  deleteListPrefix,
  elementOrderPrefix,
  mergePatches,
  patchDirective,
  retainKeysDirective,
} from "./strategic-merge.ts";
import { sortedLike } from "./strategic-order.ts";
import { compareBytes } from "../meta/byte-text.ts";
import { sameJson } from "../meta/equality.ts";
import { setMember } from "../meta/set-member.ts";
import { canonicalJson, isObject, member, type JsonObject } from "./value.ts";
import { goPlain, goTypeName } from "./typed-errors.ts";

/**
 * The strategic merge patch that makes the modified object of the original one.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/strategicpatch#CreateTwoWayMergePatch
 */
export function createTwoWay(schema: PatchSchema, original: JsonObject, modified: JsonObject): JsonObject {
  return diffObjects({ types: schema.types, ...everything }, schema.root, original, modified);
}

/** The three objects that a client-side apply knows. */
export interface ThreeWay {
  /** What was applied last. */
  readonly original: JsonObject;
  /** What is to be applied. */
  readonly modified: JsonObject;
  /** What is there. */
  readonly current: JsonObject;
}

/**
 * The strategic merge patch that brings the current object to what is to be applied, and takes out what was applied
 * before and is no more. Throws a StrategicMergeError of fault `conflict` where others changed the same, unless that is
 * to be overwritten.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/strategicpatch#CreateThreeWayMergePatch
 */
export function createThreeWay(
  schema: PatchSchema,
  objects: ThreeWay,
  { overwrite }: { overwrite: boolean },
): JsonObject {
  const { original, modified, current } = objects;
  const { types, root } = schema;
  const additions = diffObjects({ types, ...everything, deletions: false }, root, current, modified);
  const deletions = diffObjects({ types, ...everything, additions: false }, root, original, modified);
  const patch = mergePatches(schema, deletions, additions);
  if (overwrite) return patch;
  const changed = diffObjects({ types, ...everything, elementOrder: false }, root, original, current);
  if (!haveConflicts(schema, patch, changed)) return patch;
  const both = `${canonicalJson(patch)}\nconflicts with changes made from original to current:\n${canonicalJson(changed)}`;
  throw new StrategicMergeError("conflict", `patch:\n${both}\n`);
}

interface Diff {
  readonly types: PatchTypes;
  /** Whether what the modified object has anew or otherwise is of interest. */
  readonly additions: boolean;
  /** Whether what the modified object lacks is of interest. */
  readonly deletions: boolean;
  /** Whether the order of merged lists is noted. */
  readonly elementOrder: boolean;
  /** Whether the object at hand says which of its fields remain. */
  readonly retainKeys: boolean;
}

const everything = { additions: true, deletions: true, elementOrder: true, retainKeys: false } as const;

type Fields = { [name: string]: Json };

function diffObjects(diff: Diff, node: PatchNode, original: JsonObject, modified: JsonObject): JsonObject {
  const patch: Fields = {};
  for (const [key, value] of Object.entries(modified)) {
    const before = member(original, key);
    if (before === undefined) {
      if (diff.additions) setMember(patch, key, value);
    } else diffField(diff, node, patch, { key, before, value });
  }
  if (diff.deletions) {
    for (const key of Object.keys(original)) if (!Object.hasOwn(modified, key)) setMember(patch, key, null);
  }
  if (diff.retainKeys) noteRetainedKeys(patch, original, modified);
  return patch;
}

function noteRetainedKeys(patch: Fields, original: JsonObject, modified: JsonObject): void {
  const retained = Object.keys(modified).filter((key) => modified[key] !== null);
  const clears = Object.keys(original).some((key) => original[key] !== null && !Object.hasOwn(modified, key));
  if (retained.length > 0 && (Object.keys(patch).length > 0 || clears)) {
    patch[retainKeysDirective] = sortedScalars(retained);
  }
}

interface Change {
  readonly key: string;
  readonly before: Json;
  readonly value: Json;
}

function diffField(diff: Diff, node: PatchNode, patch: Fields, change: Change): void {
  const { key, before, value } = change;
  if (key === patchDirective) diffDirective(patch, before, value);
  else if (isObject(before) && isObject(value)) diffMembers(diff, node, patch, { key, before, value });
  else if (Array.isArray(before) && Array.isArray(value)) diffListField(diff, node, patch, { key, before, value });
  else replaceIfChanged(diff, patch, change);
}

function diffDirective(patch: Fields, before: Json, value: Json): void {
  if (typeof before !== "string" || typeof value !== "string") {
    throw new StrategicMergeError("internal", `invalid value for special key: ${patchDirective}`);
  }
  if (before !== value) patch[patchDirective] = value;
}

function replaceIfChanged(diff: Diff, patch: Fields, { key, before, value }: Change): void {
  if (diff.additions && (goTypeName(before) !== goTypeName(value) || !sameJson(before, value))) {
    setMember(patch, key, value);
  }
}

function diffMembers(
  diff: Diff,
  node: PatchNode,
  patch: Fields,
  { key, before, value }: { key: string; before: JsonObject; value: JsonObject },
): void {
  const field = ifChanged(before, value, () => fieldOf(diff.types, node, key));
  if (field === undefined) return;
  const { method, retainKeys } = patchStrategy(field);
  if (method === "replace") {
    if (diff.additions) setMember(patch, key, value);
    return;
  }
  const changes = diffObjects({ ...diff, retainKeys }, field, before, value);
  if (Object.keys(changes).length > 0) setMember(patch, key, changes);
}

/** What is found in the schema; what is not there does not matter where nothing has changed. */
function ifChanged<Found>(before: Json, value: Json, find: () => Found): Found | undefined {
  try {
    return find();
  } catch (error) {
    if (sameJson(before, value)) return undefined;
    throw error;
  }
}

function diffListField(
  diff: Diff,
  node: PatchNode,
  patch: Fields,
  { key, before, value }: { key: string; before: readonly Json[]; value: readonly Json[] },
): void {
  const list = ifChanged(before, value, () => listOf(diff.types, node, key));
  if (list === undefined) return;
  const { element, mergeKey, strategy } = list;
  if (strategy.method !== "merge") return replaceIfChanged(diff, patch, { key, before, value });
  const own = { ...diff, retainKeys: strategy.retainKeys };
  const { changes, deletions, order } = diffLists(own, { element, mergeKey }, before, value);
  if (changes.length > 0) setMember(patch, key, changes);
  if (deletions.length > 0) patch[`${deleteListPrefix}/${key}`] = deletions;
  if (order.length > 0) patch[`${elementOrderPrefix}/${key}`] = order;
}

interface ListDiff {
  readonly changes: readonly Json[];
  /** Values to be taken out. */
  readonly deletions: readonly Json[];
  readonly order: readonly Json[];
}

interface MergedList {
  readonly element: PatchNode;
  readonly mergeKey: string;
}

function diffLists(diff: Diff, list: MergedList, original: readonly Json[], modified: readonly Json[]): ListDiff {
  if (original.length === 0) return { changes: diff.additions ? modified : [], deletions: [], order: [] };
  if (elementKind(original, modified) === "scalar") return diffScalars(diff, list.mergeKey, original, modified);
  const { mergeKey } = list;
  const { changes, deletions } = diffItems(diff, list, original, modified);
  const all = [...sortedLike(changes, modified, { kind: "map", mergeKey }), ...deletions];
  const sameOrder = haveSameKeys(original, modified, mergeKey);
  const matters = (diff.additions && (all.length > 0 || !sameOrder)) || (diff.deletions && all.length > 0);
  const order =
    diff.elementOrder && matters ? modified.map((item) => ({ [mergeKey]: mergeKeyOf(item, mergeKey) })) : [];
  return { changes: all, deletions: [], order };
}

function haveSameKeys(original: readonly Json[], modified: readonly Json[], mergeKey: string): boolean {
  if (original.length !== modified.length) return false;
  return modified.every((item, i) => mergeKeyOf(original[i] ?? null, mergeKey) === mergeKeyOf(item, mergeKey));
}

function diffScalars(diff: Diff, mergeKey: string, original: readonly Json[], modified: readonly Json[]): ListDiff {
  const before = sortedScalars(original);
  const changes: Json[] = [];
  const gone: Json[] = [];
  walkSorted(before, sortedScalars(modified), goPlain, (old, item) => {
    if (old === undefined && item !== undefined && diff.additions) changes.push(item);
    if (old !== undefined && item === undefined && diff.deletions) gone.push(old);
  });
  // Upstream has sorted the original by now, and compares it so.
  const changed = gone.length > 0 || (diff.additions && !sameJson(before, modified));
  return {
    changes: sortedLike(changes, modified, { kind: "scalar", mergeKey }),
    deletions: withoutRepeats(gone),
    order: diff.elementOrder && changed ? modified : [],
  };
}

function diffItems(
  diff: Diff,
  { element, mergeKey }: MergedList,
  original: readonly Json[],
  modified: readonly Json[],
): { changes: Json[]; deletions: Json[] } {
  const keyText = (item: Json): string => goPlain(mergeKeyOf(item, mergeKey));
  const changes: Json[] = [];
  const deletions: Json[] = [];
  walkSorted(sortedByKey(original, mergeKey), sortedByKey(modified, mergeKey), keyText, (old, item) => {
    if (old !== undefined && item !== undefined) {
      const patch = diffObjects(diff, element, asMap(old), asMap(item));
      if (Object.keys(patch).length > 0) changes.push({ ...patch, [mergeKey]: mergeKeyOf(item, mergeKey) });
    } else if (item !== undefined) {
      if (diff.additions) changes.push(item);
    } else if (old !== undefined && diff.deletions) {
      deletions.push({ [mergeKey]: mergeKeyOf(old, mergeKey), [patchDirective]: "delete" });
    }
  });
  return { changes, deletions };
}

/** Goes through two sorted lists in step, and visits what both have, or only one of them, by its text. */
function walkSorted(
  before: readonly Json[],
  after: readonly Json[],
  textOf: (item: Json) => string,
  visit: (old: Json | undefined, item: Json | undefined) => void,
): void {
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const old = before[i];
    const item = after[j];
    const order = old === undefined ? 1 : item === undefined ? -1 : compareBytes(textOf(old), textOf(item));
    visit(order > 0 ? undefined : old, order < 0 ? undefined : item);
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
}
