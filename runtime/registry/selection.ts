import { exactFieldValue, matchesFields, type FieldRequirement } from "../meta/field-selector.ts";
import { matchesLabels, type LabelRequirement } from "../meta/label-selector.ts";
import { checkDnsLabel, checkPathSegment } from "../meta/names.ts";
import type { KubeObject } from "../meta/v1.ts";
import { valueAt } from "./field-path.ts";
import { keysIn, type StoredKind } from "./stored-kind.ts";

/** Which objects a request is about, as its selectors say. */
interface Selection {
  readonly labels: readonly LabelRequirement[];
  readonly fields: readonly FieldRequirement[];
}

/** Whether every object is selected. */
export function selectsAll({ labels, fields }: Selection): boolean {
  return labels.length === 0 && fields.length === 0;
}

/** Whether an object is selected. A field that it does not have is as an empty one. */
export function selects({ labels, fields }: Selection, object: KubeObject): boolean {
  if (labels.length > 0 && !matchesLabels(labels, object.metadata.labels)) return false;
  return fields.length === 0 || matchesFields(fields, (field) => fieldText(object, field));
}

/** Where the objects that a request is about can be: one key, or all that start with a prefix. */
export type KeyRange =
  { readonly kind: "key"; readonly key: string } | { readonly kind: "prefix"; readonly prefix: string };

/** The narrowest range in which all selected objects are. `namespace` is that of the request. */
export function keyRange(stored: StoredKind, namespace: string, { fields }: Selection): KeyRange {
  const within = namespace === "" ? selectedNamespace(fields) : namespace;
  const prefix = keysIn(stored, within);
  const name = exactFieldValue(fields, "metadata.name");
  const complete = stored.descriptor.scope === "Cluster" || within !== "";
  if (name === undefined || name === "" || !complete || checkPathSegment(name).length > 0)
    return { kind: "prefix", prefix };
  return { kind: "key", key: prefix + name };
}

function selectedNamespace(fields: readonly FieldRequirement[]): string {
  const namespace = exactFieldValue(fields, "metadata.namespace") ?? "";
  return namespace !== "" && checkDnsLabel(namespace).length === 0 ? namespace : "";
}

/** The text that field selectors compare: of the field at a path such as `metadata.name` or `spec.color`. */
function fieldText(object: KubeObject, path: string): string {
  if (path === "metadata.name") return object.metadata.name ?? "";
  if (path === "metadata.namespace") return object.metadata.namespace ?? "";
  const value = valueAt(object, path);
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
