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

const leaf = { member: true, children: emptySet };

function readNode(value: Json): { readonly member: boolean; readonly children: FieldSet } {
  if (value === null) return leaf;
  if (!isObject(value)) throw new Error(`fieldsV1 wants an object, not ${JSON.stringify(value)}`);
  if (isEmpty(value)) return leaf;
  const children = new Map<string, FieldNode>();
  let member = false;
  for (const key of Object.keys(value)) {
    if (key === ".") {
      member = true;
      continue;
    }
    const element = parsePathElement(key);
    if (element === undefined) continue;
    const node = readNode(value[key] ?? null);
    children.set(element.text, { element, member: node.member, children: node.children });
  }
  return { member: member || children.size === 0, children };
}

// There can be very many leaves, for which a list of no keys is too much.
function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** What leaves are written as; shared, since there can be very many of them. */
const nothing: Json = Object.freeze({});

/** Writes fieldsV1, keys in order. */
export function fieldsV1(set: FieldSet): { [key: string]: Json } {
  return writeChildren({}, set);
}

function writeChildren(out: { [key: string]: Json }, set: FieldSet): { [key: string]: Json } {
  for (const { element, member, children } of sortedNodes(set)) {
    if (children.size === 0) out[element.text] = nothing;
    else out[element.text] = writeChildren(member ? { ".": nothing } : {}, children);
  }
  return out;
}
