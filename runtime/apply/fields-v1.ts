import type { Json } from "../meta/v1.ts";
import { emptySet, sortedNodes, type FieldNode, type FieldSet } from "./field-set.ts";
import { parsePathElement } from "./path-element.ts";
import { isObject } from "./value.ts";

/**
 * Field sets in the form that managedFields has them: keys are path elements, `.` marks the node itself as a member
 * beside its children, a leaf is `{}`.
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#fieldsv1-v1-meta
 */

/** Reads fieldsV1; elements of unknown kinds are dropped. Throws on what is no field set. */
export function parseFieldsV1(value: Json): FieldSet {
  return readNode(value).children;
}

function readNode(value: Json): { member: boolean; children: FieldSet } {
  if (value === null) return { member: true, children: emptySet };
  if (!isObject(value)) throw new Error(`fieldsV1 wants an object, not ${JSON.stringify(value)}`);
  const children = new Map<string, FieldNode>();
  let member = false;
  for (const [key, below] of Object.entries(value)) {
    if (key === ".") {
      member = true;
      continue;
    }
    const element = parsePathElement(key);
    if (element !== undefined) children.set(element.text, { element, ...readNode(below) });
  }
  return { member: member || children.size === 0, children };
}

/** Writes fieldsV1, keys in order. */
export function fieldsV1(set: FieldSet): { [key: string]: Json } {
  const out: { [key: string]: Json } = {};
  for (const { element, member, children } of sortedNodes(set)) {
    const below = fieldsV1(children);
    out[element.text] = member && children.size > 0 ? { ".": {}, ...below } : below;
  }
  return out;
}
