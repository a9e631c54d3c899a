import { pathSegmentName } from "../meta/names.ts";
import { validateObjectMetaUpdate } from "../meta/object-meta-validation.ts";
import type { KubeObject, ObjectMeta } from "../meta/v1.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import {
  ensureNamespace,
  expectedNamespace,
  metadataErrors,
  objectErrors,
  throwInvalid,
  type ServedKind,
} from "./before-create.ts";
import { bumpGeneration, keepStatus } from "./status-part.ts";

/** What an update is of: the object, or its status alone, with which the strategy has nothing to prepare. */
export type UpdatedPart = "object" | "status";

/**
 * What happens to every object before it is updated, around its strategy: brings it into its final form, or throws why
 * it cannot be. `old` is frozen.
 * The counterpart of https://pkg.go.dev/k8s.io/apiserver/pkg/registry/rest#BeforeUpdate.
 */
export function beforeUpdate(
  descriptor: ResourceDescriptor,
  object: KubeObject,
  old: KubeObject,
  context: RequestContext,
  part: UpdatedPart,
): void {
  const { strategy } = descriptor;
  ensureNamespace(object.metadata, expectedNamespace(descriptor, context));
  keepGeneration(object.metadata, old.metadata);
  if (part === "object") {
    const separate = descriptor.subresources.status === true;
    if (separate) keepStatus(object, old);
    strategy.prepareForUpdate?.(object, old, context);
    if (separate) bumpGeneration(object, old);
  }
  keepSystemFields(object.metadata, old.metadata);
  throwInvalid(descriptor, object, [
    // The rules for names may have become stricter since the object got its own.
    ...metadataErrors(descriptor, object.metadata, pathSegmentName),
    ...validateObjectMetaUpdate("metadata", object.metadata, old.metadata),
    ...objectErrors(descriptor, object, old, context),
  ]);
  for (const warning of strategy.warnings?.(object, old, context) ?? []) context.warn(warning);
  strategy.canonicalize?.(object);
}

/** The twin of validateServed for an object that is to take the place of `old`, of the same version. */
export function validateServedUpdate(
  { descriptor, hub }: ServedKind,
  object: KubeObject,
  old: KubeObject,
  context: RequestContext,
): void {
  const { metadata } = object;
  ensureNamespace(metadata, expectedNamespace(descriptor, context));
  keepGeneration(metadata, old.metadata);
  keepSystemFields(metadata, old.metadata);
  const errors = objectErrors(descriptor, object, old, context);
  if (errors.length === 0) return;
  throwInvalid(descriptor, object, [
    ...metadataErrors(hub, metadata, pathSegmentName),
    ...validateObjectMetaUpdate("metadata", metadata, old.metadata),
    ...errors,
  ]);
}

/** Whether an update finishes a deletion: it takes the last finalizer off an object that has nothing else to wait for. */
export function shouldDeleteDuringUpdate(metadata: ObjectMeta, old: ObjectMeta): boolean {
  if ((metadata.finalizers ?? []).length > 0 || old.deletionTimestamp === undefined) return false;
  return (old.deletionGracePeriodSeconds ?? 0) === 0;
}

function keepGeneration(metadata: ObjectMeta, old: ObjectMeta): void {
  if (old.generation === undefined) delete metadata.generation;
  else metadata.generation = old.generation;
}

/** An update may leave out what the server has set, and cannot undo a deletion. */
function keepSystemFields(metadata: ObjectMeta, old: ObjectMeta): void {
  if ((metadata.uid ?? "") === "" && old.uid !== undefined) metadata.uid = old.uid;
  if (typeof old.creationTimestamp === "string") metadata.creationTimestamp = old.creationTimestamp;
  if (old.deletionTimestamp !== undefined) metadata.deletionTimestamp = old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined) {
    metadata.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
  }
}
