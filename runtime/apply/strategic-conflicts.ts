import type { Json } from "../meta/v1.ts";
import { fieldOf, listOf, patchStrategy, type PatchNode, type PatchSchema, type PatchTypes } from "./patch-schema.ts";
import { StrategicMergeError } from "./strategic-error.ts";
import { elementKind, sortedScalars, withoutRepeats } from "./strategic-lists.ts";
import { patchDirective, retainKeysDirective } from "./strategic-merge.ts";
import { goPlain } from "./typed-errors.ts";
import { sameJson } from "../meta/equality.ts";
import { isObject, member, type JsonObject } from "./value.ts";

/**
 * Whether two strategic merge patches change the same in different ways.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/strategicpatch#MergingMapsHaveConflicts
 */
export function haveConflicts(schema: PatchSchema, left: JsonObject, right: JsonObject): boolean {
  return valuesConflict(schema.types, { node: schema.root, method: "", mergeKey: "" }, left, right);
}

/** Where two values stand, and how a patch treats what is there. */
interface Place {
  readonly node: PatchNode;
  /** `merge`, `replace` or nothing. */
  readonly method: string;
  readonly mergeKey: string;
}

const scalar: Place = { node: { kind: "scalar" }, method: "", mergeKey: "" };

function valuesConflict(types: PatchTypes, place: Place, left: Json, right: Json): boolean {
  if (Array.isArray(left)) return !Array.isArray(right) || listsConflict(types, place, left, right);
  if (isObject(left)) return !isObject(right) || objectsConflict(types, place, left, right);
  return !sameJson(left, right);
}

function objectsConflict(types: PatchTypes, { node, method }: Place, left: JsonObject, right: JsonObject): boolean {
  // A directive is about the whole object: it clashes with everything but the same one.
  if (member(left, patchDirective) !== member(right, patchDirective)) return true;
  if (method === "replace") return false;
  for (const [key, value] of Object.entries(left)) {
    if (key === patchDirective || key === retainKeysDirective) continue;
    const other = member(right, key);
    if (other !== undefined && valuesConflict(types, placeOf(types, node, key, value), value, other)) return true;
  }
  return false;
}

function placeOf(types: PatchTypes, node: PatchNode, key: string, value: Json): Place {
  if (Array.isArray(value)) {
    const { element, mergeKey, strategy } = listOf(types, node, key);
    return { node: element, mergeKey, method: strategy.method };
  }
  if (!isObject(value)) return scalar;
  const field = fieldOf(types, node, key);
  return { node: field, mergeKey: field.patchMergeKey ?? "", method: patchStrategy(field).method };
}

function listsConflict(types: PatchTypes, place: Place, left: readonly Json[], right: readonly Json[]): boolean {
  const kind = elementKind(left, right);
  const element: Place = { node: place.node, method: "", mergeKey: "" };
  if (place.method === "merge") {
    if (kind === "scalar") return false;
    const others = byMergeKey(right, place.mergeKey);
    return [...byMergeKey(left, place.mergeKey)].some(([key, item]) => {
      const other = others.get(key);
      return other !== undefined && valuesConflict(types, element, item, other);
    });
  }
  if (left.length !== right.length) return true;
  const [a, b] = kind === "map" ? [left, right] : [distinctSorted(left), distinctSorted(right)];
  return a.some((item, i) => {
    const other = b[i];
    return other === undefined || valuesConflict(types, element, item, other);
  });
}

function distinctSorted(list: readonly Json[]): Json[] {
  return sortedScalars(withoutRepeats(list));
}

/** The items by their key; the last of those that share one. */
function byMergeKey(list: readonly Json[], mergeKey: string): Map<Json, JsonObject> {
  const out = new Map<Json, JsonObject>();
  for (const item of list) {
    if (!isObject(item))
      throw new StrategicMergeError("internal", `invalid element type in merging list:${goPlain(list)}`);
    const key = member(item, mergeKey);
    if (key === undefined) {
      const where = `merging list element:${goPlain(item)}`;
      throw new StrategicMergeError("internal", `cannot find merge key \`${mergeKey}\` in ${where}`);
    }
    out.set(key, item);
  }
  return out;
}
