import { sameFields, sameJson } from "../meta/equality.ts";
import type { KubeObject, ManagedFieldsEntry } from "../meta/v1.ts";

/**
 * Takes back the times in managedFields where nothing else has changed, so that a request that changes nothing writes
 * nothing. Managers that were added or removed are a change.
 */
export function keepManagedTimes(object: KubeObject, old: KubeObject): void {
  const entries = object.metadata.managedFields ?? [];
  const oldEntries = old.metadata.managedFields ?? [];
  if (entries.length === 0 || entries.length !== oldEntries.length) return;
  if (entries.every(({ time }, i) => time === oldEntries[i]?.time)) return;
  if (!entries.every((entry, i) => equalButTime(entry, oldEntries[i]))) return;
  if (!sameFields(object, old, metadataField)) return;
  if (!sameFields(object.metadata, old.metadata, managedFieldsField)) return;
  object.metadata.managedFields = [...oldEntries];
}

const metadataField: ReadonlySet<string> = new Set(["metadata"]);
const managedFieldsField: ReadonlySet<string> = new Set(["managedFields"]);

function equalButTime(entry: ManagedFieldsEntry, old: ManagedFieldsEntry | undefined): boolean {
  return sameJson({ ...entry, time: undefined }, { ...old, time: undefined });
}
