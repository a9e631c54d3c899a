import type { DeleteOptions } from "../meta/options.ts";
import { notFound } from "../meta/status-error.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import type { Entry } from "../storage/storage.ts";
import { beforeDelete, deletionFinalizers, markAsDeleting } from "./before-delete.ts";
import { storedObject } from "./object-view.ts";
import { onNewest, type Attempt } from "./on-newest.ts";
import type { Check } from "./rest-storage.ts";
import { storageFailure } from "./storage-errors.ts";
import { keyOf, type StoredKind } from "./stored-kind.ts";

/** What a deletion has come to; `deleted` is false where finalizers hold the object. */
interface Deleted {
  readonly object: KubeObject;
  readonly deleted: boolean;
}

/**
 * Deletes an object, or marks it as being deleted while it has finalizers, or gets one for its dependents' sake.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
 */
export async function deleteObject(
  kind: StoredKind,
  context: RequestContext,
  name: string,
  check: Check<KubeObject>,
  options: DeleteOptions,
): Promise<Deleted> {
  const key = keyOf(kind, context.namespace, name);
  try {
    return await onNewest(kind, context, key, async (entry) => {
      if (entry === undefined) throw notFound(kind.resource, name);
      return deleteEntry(kind, context, entry, check, options);
    });
  } catch (error) {
    throw storageFailure(error, kind.resource, "delete", name);
  }
}

async function deleteEntry(
  kind: StoredKind,
  context: RequestContext,
  entry: Entry,
  check: Check<KubeObject>,
  options: DeleteOptions,
): Promise<Attempt<Deleted>> {
  const existing = kind.objects.read(entry);
  const stored = kind.hub.deepCopy(kind.hubObjects.read(entry));
  const { metadata } = stored;
  const now = context.now();
  beforeDelete(kind.descriptor.gvk, metadata, options, { now });
  const { finalizers, changed } = deletionFinalizers(metadata.finalizers ?? [], options, "");
  await check(existing, undefined);
  if (finalizers.length === 0) {
    if (options.dryRun) return { result: { object: existing, deleted: true }, confirmed: false };
    const revision = await kind.storage.delete(entry.key, entry.revision);
    return { result: { object: kind.objects.readGone(entry, revision), deleted: true }, confirmed: true };
  }
  if (changed) metadata.finalizers = [...finalizers];
  markAsDeleting(metadata, now);
  const { bytes } = storedObject(stored);
  if (Buffer.compare(bytes, entry.value) === 0) return held(existing, false);
  if (options.dryRun) return held(kind.objects.preview(bytes, String(entry.revision)), false);
  return held(kind.objects.read(await kind.storage.put(entry.key, bytes, entry.revision)), true);
}

/** What finalizers keep for now. */
function held(object: KubeObject, confirmed: boolean): Attempt<Deleted> {
  return { result: { object, deleted: false }, confirmed };
}
