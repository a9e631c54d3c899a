import { sameFields } from "../meta/equality.ts";
import { copyJson } from "../meta/copy.ts";
import type { Json, KubeObject } from "../meta/v1.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import { zeroObject } from "../scheme/zero-object.ts";

/**
 * How spec and status are kept apart, where status has an endpoint of its own.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#status-subresource
 */

interface WithStatus extends KubeObject {
  status?: Json;
}

/** A new object has no status yet, whatever the client sent. */
export function resetStatus(descriptor: ResourceDescriptor, object: KubeObject): void {
  setStatus(object, statusOf(zeroObject(descriptor)));
}

/** An update of the object leaves its status as it is. */
export function keepStatus(object: KubeObject, old: KubeObject): void {
  const status = statusOf(old);
  setStatus(object, status === undefined ? undefined : copyJson(status));
}

/** What an update of the status makes of the old object: only the status, and who owns it, are taken from the new one. */
export function withStatusOf(descriptor: ResourceDescriptor, object: KubeObject, old: KubeObject): KubeObject {
  const updated = descriptor.deepCopy(old);
  setStatus(updated, statusOf(object));
  const { managedFields } = object.metadata;
  if (managedFields === undefined) delete updated.metadata.managedFields;
  else updated.metadata.managedFields = managedFields;
  return updated;
}

/** Counts the changes of what is neither metadata nor status. */
export function bumpGeneration(object: KubeObject, old: KubeObject): void {
  const generation = old.metadata.generation ?? 0;
  object.metadata.generation = sameFields(object, old, apartFromSpec) ? generation : generation + 1;
}

const apartFromSpec: ReadonlySet<string> = new Set(["kind", "apiVersion", "metadata", "status"]);

function statusOf({ status }: WithStatus): Json | undefined {
  return status;
}

function setStatus(object: WithStatus, status: Json | undefined): void {
  if (status === undefined) delete object.status;
  else object.status = status;
}
