import { sameJson } from "../meta/equality.ts";
import { invalid } from "../meta/field-error.ts";
import { conflict, failure, invalidObject, notFound, optimisticLockText } from "../meta/status-error.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { StorageConflict, type Entry } from "../storage/storage.ts";
import { arrange } from "./arrange.ts";
import { ensureNamespace, expectedNamespace } from "./before-create.ts";
import { beforeUpdate, shouldDeleteDuringUpdate, validateServedUpdate, type UpdatedPart } from "./before-update.ts";
import { prepareCreate, putNew } from "./create.ts";
import { keepManagedTimes } from "./managed-times.ts";
import { storedObject } from "./object-view.ts";
import { onNewest, type Attempt } from "./on-newest.ts";
import { numberProblem, parseResourceVersion } from "./resource-version.ts";
import type { Transform, UpdateCheck, UpdateOptions } from "./rest-storage.ts";
import { withStatusOf } from "./status-part.ts";
import { storageFailure } from "./storage-errors.ts";
import { keyOf, type StoredKind } from "./stored-kind.ts";
import { copyOf, forServing, forStorage, freezeDecoded } from "./versions.ts";

/** An update, and what it is of. */
interface Update {
  readonly name: string;
  readonly transform: Transform<KubeObject>;
  readonly check: UpdateCheck<KubeObject>;
  readonly options: UpdateOptions;
  readonly part: UpdatedPart;
}

/** What an update has come to. */
interface Updated {
  readonly object: KubeObject;
  readonly created: boolean;
}

/**
 * Updates an object, or creates it where that is allowed. Starts over from the newer object when another write comes
 * first; so a client that names no resourceVersion never sees a conflict.
 */
export async function updateObject(kind: StoredKind, context: RequestContext, update: Update): Promise<Updated> {
  const key = keyOf(kind, context.namespace, update.name);
  try {
    return await onNewest(kind, context, key, (entry) =>
      entry === undefined ? createByUpdate(kind, context, key, update) : updateEntry(kind, context, entry, update),
    );
  } catch (error) {
    throw storageFailure(error, kind.resource, "update", update.name);
  }
}

async function createByUpdate(
  kind: StoredKind,
  context: RequestContext,
  key: string,
  { name, transform, check, options, part }: Update,
): Promise<Attempt<Updated>> {
  const allowed = kind.hub.strategy.allowCreateOnUpdate === true || options.forceAllowCreate;
  // What has no object has no status.
  if (part === "status" || !allowed) throw notFound(kind.resource, name);
  requireUid(kind, key, name, options, "");
  const stored = await prepareCreate(kind, context, await transform(undefined), check.create);
  return confirmed(await putNew(kind, key, stored, options), true);
}

/** What the storage has confirmed by writing it, or by finding that there was nothing to write. */
function confirmed(object: KubeObject, created: boolean): Attempt<Updated> {
  return { result: { object, created }, confirmed: true };
}

/** What is true of the entry alone, whether or not that is the newest. */
function unconfirmed(object: KubeObject): Attempt<Updated> {
  return { result: { object, created: false }, confirmed: false };
}

async function updateEntry(
  kind: StoredKind,
  context: RequestContext,
  entry: Entry,
  update: Update,
): Promise<Attempt<Updated>> {
  const { name, transform, check, options } = update;
  const old = kind.objects.read(entry);
  requireUid(kind, entry.key, name, options, old.metadata.uid ?? "");
  const changed = await transform(old);
  const result = copyOf(kind.descriptor, changed);
  requireVersion(kind, name, result.metadata.resourceVersion ?? "", entry);
  const object = arrange(result, String(entry.revision));
  const stored = prepareUpdate(kind, context, object, entry, update.part);
  const { strategy } = kind.hub;
  const untouched = strategy.prepareForUpdate === undefined && strategy.canonicalize === undefined;
  const isDecoded = untouched && freezeDecoded(kind, stored, changed);
  const served = forServing(kind, stored);
  await check.update(served, old);
  if (shouldDeleteDuringUpdate(stored.metadata, old.metadata)) {
    if (options.dryRun) return unconfirmed(served);
    await deleteFinished(kind, entry);
    return confirmed(served, false);
  }
  const written = storedObject(stored, isDecoded);
  const { bytes } = written;
  // What changes nothing is no write: the object keeps its resourceVersion, and nobody is told.
  if (sameContent(bytes, entry.value)) return unconfirmed(old);
  if (options.dryRun) return unconfirmed(kind.objects.preview(bytes, String(entry.revision)));
  return confirmed(kind.objects.readWritten(await kind.storage.put(entry.key, bytes, entry.revision), written), false);
}

const utf8 = new TextDecoder();

/** Whether two objects are stored alike but for the order of keys: clients choose it for maps, conversions for all else. */
function sameContent(bytes: Uint8Array, stored: Uint8Array): boolean {
  if (bytes.length !== stored.length) return false;
  if (Buffer.compare(bytes, stored) === 0) return true;
  return sumOf(bytes) === sumOf(stored) && sameJson(parse(bytes), parse(stored));
}

/** What does not depend on the order of the bytes: texts that have another sum are not the same in another order. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    sum += byte * byte;
  }
  return sum;
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(utf8.decode(bytes));
}

/** Brings a changed object of the served version into the form in which it is to be stored. Takes the object. */
function prepareUpdate(
  kind: StoredKind,
  context: RequestContext,
  object: KubeObject,
  entry: Entry,
  part: UpdatedPart,
): KubeObject {
  const { descriptor, hub } = kind;
  const old = kind.hubObjects.read(entry);
  ensureNamespace(object.metadata, expectedNamespace(descriptor, context));
  if (hub !== descriptor) {
    // What is not going to be stored need not be valid.
    const servedOld = kind.objects.read(entry);
    const checked = part === "status" ? withStatusOf(descriptor, object, servedOld) : object;
    validateServedUpdate(kind, checked, servedOld, context);
  }
  const converted = forStorage(kind, object);
  const stored = part === "status" ? withStatusOf(hub, converted, old) : converted;
  beforeUpdate(hub, stored, old, context, part);
  keepManagedTimes(stored, old);
  return stored;
}

/** The update has taken the last finalizer off: the object goes as it was stored. Another may have seen to that already. */
async function deleteFinished(kind: StoredKind, entry: Entry): Promise<void> {
  try {
    await kind.storage.delete(entry.key, entry.revision);
  } catch (error) {
    if (!(error instanceof StorageConflict) || error.current !== undefined) throw error;
  }
}

/** Throws unless an object of this resourceVersion may take the entry's place: it is the entry's, or none where that will do. */
function requireVersion(kind: StoredKind, name: string, resourceVersion: string, { revision }: Entry): void {
  const version = parseResourceVersion(resourceVersion);
  if (typeof version !== "bigint") throw failure(500, "", numberProblem(resourceVersion));
  if (version === BigInt(revision)) return;
  if (version !== 0n) throw conflict(kind.resource, name, optimisticLockText);
  if (kind.hub.strategy.allowUnconditionalUpdate === false) {
    const error = invalid("metadata.resourceVersion", 0, "must be specified for an update");
    throw invalidObject({ group: kind.resource.group, kind: kind.resource.resource }, name, [error]);
  }
}

function requireUid(kind: StoredKind, key: string, name: string, { preconditions }: UpdateOptions, uid: string): void {
  const wanted = preconditions?.uid;
  if (wanted === undefined || wanted === uid) return;
  const why = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${uid}`;
  throw conflict(
    kind.resource,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
  );
}
