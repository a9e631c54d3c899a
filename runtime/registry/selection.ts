import { exactFieldValue, matchesFields, type FieldRequirement } from "../meta/field-selector.ts";
import { matchesLabels, type LabelRequirement } from "../meta/label-selector.ts";
import { checkDnsLabel, checkPathSegment } from "../meta/names.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { IndexSelection } from "../storage/storage.ts";
import { selectableText } from "./field-path.ts";
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
  return fields.length === 0 || matchesFields(fields, (field) => selectableText(object, field));
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

/**
 * What a storage with indexes needs to look at to find all that is selected, and little else; undefined where it has to
 * look at everything. Of the selectors one is chosen that is likely to leave few objects.
 */
export function indexSelection({ indexes }: StoredKind, { labels, fields }: Selection): IndexSelection | undefined {
  for (const { field, operator, value } of fields) {
    const index = operator === "=" ? indexes.ofField(field) : undefined;
    if (index !== undefined) return { index, values: [value] };
  }
  let best: LabelRequirement | undefined;
  for (const requirement of labels) {
    if (!isEquality(requirement)) continue;
    if (best === undefined || requirement.values.length < best.values.length) best = requirement;
  }
  return best === undefined ? undefined : { index: indexes.ofLabel(best.key), values: best.values };
}

function isEquality({ operator }: LabelRequirement): boolean {
  return operator === "=" || operator === "==" || operator === "in";
}
