import type { ManagedFieldsEntry } from "../meta/v1.ts";
import { fieldSetOf, hasPath, subtractSet, type FieldSet } from "./field-set.ts";
import { decodeManagedFields, encodeManagedFields, managerIdentifier, managerInfo } from "./managed-fields.ts";
import type { ManagedSet } from "./managers.ts";
import { fieldElement, type Path } from "./path-element.ts";

/** Where the versions of a kind keep the number that scale shows, by apiVersion. */
export type ReplicasPaths = ReadonlyMap<string, Path>;

const scaleVersion = "autoscaling/v1";
const replicasInScale: Path = [fieldElement("spec"), fieldElement("replicas")];

/**
 * The managedFields that the scale of an object has: those who own the number that is wished for own it there too.
 * Throws on entries that are malformed.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/managedfields#ScaleHandler
 */
export function managedFieldsOfScale(
  entries: readonly ManagedFieldsEntry[],
  paths: ReplicasPaths,
): ManagedFieldsEntry[] {
  const { managers, times } = decodeManagedFields(entries);
  const owners = [...managers].filter(([, managed]) => replicasOf(managed, paths) !== undefined);
  const set = fieldSetOf([replicasInScale]);
  return encodeManagedFields({
    managers: new Map(owners.map(([manager, managed]) => [manager, { ...managed, set, version: scaleVersion }])),
    times,
  });
}

/**
 * The managedFields of an object after its scale was written through its version `apiVersion`: who owns the number of
 * the scale now owns it here, and others do no more. Throws on entries that are malformed.
 */
export function managedFieldsAfterScale(
  entries: readonly ManagedFieldsEntry[],
  scaleEntries: readonly ManagedFieldsEntry[],
  paths: ReplicasPaths,
  apiVersion: string,
): ManagedFieldsEntry[] {
  const before = decodeManagedFields(entries);
  const scale = decodeManagedFields(scaleEntries);
  const owners = new Map([...scale.managers].filter(([, { set }]) => hasPath(set, replicasInScale)));
  const newcomers = new Map(owners);
  const managers = new Map<string, ManagedSet>();
  const times = new Map(before.times);
  for (const [manager, managed] of before.managers) {
    const path = replicasOf(managed, paths);
    const kept = path === undefined || owners.has(inScale(manager));
    const rest: FieldSet = kept ? managed.set : subtractSet(managed.set, fieldSetOf([path]));
    if (rest.size > 0) managers.set(manager, { ...managed, set: rest });
    if (path !== undefined) newcomers.delete(inScale(manager));
  }
  const path = paths.get(apiVersion);
  const set = fieldSetOf(path === undefined ? [] : [path]);
  for (const [manager, { applied }] of newcomers) {
    const identifier = managerIdentifier({ ...managerInfo(manager), apiVersion });
    managers.set(identifier, { set, version: apiVersion, applied });
    const time = scale.times.get(manager);
    if (time !== undefined) times.set(identifier, time);
  }
  return encodeManagedFields({ managers, times });
}

/** The path of the number in the version of an owner; undefined where it is not the owner's. */
function replicasOf({ set, version }: ManagedSet, paths: ReplicasPaths): Path | undefined {
  const path = paths.get(version);
  return path !== undefined && hasPath(set, path) ? path : undefined;
}

/** The same manager among those of the scale. */
function inScale(manager: string): string {
  return managerIdentifier({ ...managerInfo(manager), apiVersion: scaleVersion });
}
