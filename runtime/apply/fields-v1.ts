import { depthMax } from "../meta/decode.ts";
import { badRequest } from "../meta/status-error.ts";
import type { Json } from "../meta/v1.ts";
import { leaf, sortedTexts, type FieldNode, type FieldSet } from "./field-set.ts";
import { isField, parsePathElement } from "./path-element.ts";
import { isObject } from "./value.ts";

/**
 * Field sets in the form that managedFields has them: keys are path elements, `.` marks the node itself as a member
 * beside its children, a leaf is `{}`.
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#fieldsv1-v1-meta
 */

// An update reads what the last one wrote, and writes again what it does not change. Both forms of a set are frozen.
const setsOf = new WeakMap<object, FieldSet>();
const formsOf = new WeakMap<FieldSet, { readonly [key: string]: Json }>();

/** Reads fieldsV1; elements of unknown kinds are dropped. Throws on what is no field set. */
export function parseFieldsV1(value: Json): FieldSet {
  return (isObject(value) ? setsOf.get(value) : undefined) ?? readNode(value).children;
}

function readNode(value: Json): FieldNode {
  if (value === null) return leaf;
  if (!isObject(value)) throw new Error(`fieldsV1 wants an object, not ${JSON.stringify(value)}`);
  const keys = Object.keys(value);
  if (keys.length === 0) return leaf;
  const children = new Map<string, FieldNode>();
  let member = false;
  for (const key of keys) {
    if (key === ".") {
      member = true;
      continue;
    }
    const text = isField(key) ? key : parsePathElement(key)?.text;
    if (text !== undefined) children.set(text, readNode(value[key] ?? null));
  }
  return children.size === 0 ? leaf : { member, children };
}

/** What leaves are written as; shared, since there can be very many of them. */
const nothing: Json = Object.freeze({});

/** What fieldsV1 stand in, which counts as well: the object, its metadata, managedFields and an entry. */
const depthAbove = 4;

/**
 * Writes fieldsV1, keys in order; the same for the same set, and frozen. Throws 400 for paths so long that nobody could
 * send back what they are written as.
 */
export function fieldsV1(set: FieldSet): { readonly [key: string]: Json } {
  let form = formsOf.get(set);
  if (form === undefined) {
    form = writeChildren({}, set, depthAbove + 1);
    formsOf.set(set, form);
    setsOf.set(form, set);
  }
  return form;
}

function writeChildren(out: { [key: string]: Json }, set: FieldSet, depth: number): { readonly [key: string]: Json } {
  if (set.size > 0 && depth >= depthMax) throw badRequest("the owned fields exceed the maximum depth");
  for (const text of sortedTexts(set)) {
    const { member, children } = set.get(text) ?? leaf;
    if (children.size === 0) out[text] = nothing;
    else out[text] = writeChildren(member ? { ".": nothing } : {}, children, depth + 1);
  }
  return Object.freeze(out);
}
