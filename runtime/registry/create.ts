import { generateName } from "../meta/names.ts";
import type { WriteOptions } from "../meta/options.ts";
import { alreadyExists, failure, qualifiedResource, StatusError } from "../meta/status-error.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { StorageConflict, type Entry } from "../storage/storage.ts";
import { arrange } from "./arrange.ts";
import { beforeCreate, fillSystemFields, validateServed, wipeSystemFields } from "./before-create.ts";
import { storedObject, type StoredObject } from "./object-view.ts";
import type { Check } from "./rest-storage.ts";
import { storageFailure } from "./storage-errors.ts";
import { keyOf, type StoredKind } from "./stored-kind.ts";
import { copyOf, forServing, forStorage, freezeDecoded } from "./versions.ts";

/** How many generated names are tried until one is free: enough for a million names with the same beginning. */
const nameAttemptsMax = 8;

/** Creates an object, under a generated name if it brings only the beginning of one. Throws 409 where the name is taken. */
export async function createObject(
  kind: StoredKind,
  context: RequestContext,
  object: KubeObject,
  check: Check<KubeObject>,
  options: WriteOptions,
): Promise<KubeObject> {
  const { name = "", generateName: base = "" } = object.metadata;
  const attempts = name === "" && base !== "" ? nameAttemptsMax : 1;
  for (let attempt = 1; ; attempt++) {
    const result = await tryCreate(kind, context, object, check, options);
    if (result.kind === "created") return result.object;
    if (attempt >= attempts) throw result.error;
  }
}

type Attempt =
  { readonly kind: "created"; readonly object: KubeObject } | { readonly kind: "taken"; readonly error: StatusError };

async function tryCreate(
  kind: StoredKind,
  context: RequestContext,
  object: KubeObject,
  check: Check<KubeObject>,
  options: WriteOptions,
): Promise<Attempt> {
  if ((object.metadata.resourceVersion ?? "") !== "") {
    throw failure(500, "", "resourceVersion should not be set on objects to be created");
  }
  const stored = await prepareCreate(kind, context, object, check);
  const { name = "" } = stored.object.metadata;
  const key = keyOf(kind, context.namespace, name);
  try {
    return { kind: "created", object: await putNew(kind, key, stored, options) };
  } catch (error) {
    if (!(error instanceof StorageConflict)) throw storageFailure(error, kind.resource, "create", name);
    return { kind: "taken", error: nameTaken(kind, stored.object, error.current) };
  }
}

/**
 * Brings a new object of the served version into the form in which it is stored, checked by all who are to be asked.
 * Throws what is wrong with it.
 */
export async function prepareCreate(
  kind: StoredKind,
  context: RequestContext,
  from: KubeObject,
  check: Check<KubeObject>,
): Promise<StoredObject> {
  const object = arrange(copyOf(kind.descriptor, from), undefined);
  const { metadata } = object;
  wipeSystemFields(metadata);
  fillSystemFields(metadata, context.now(), kind.randomness.uuid());
  const { name = "", generateName: base = "" } = metadata;
  if (name === "" && base !== "") metadata.name = generateName(base, kind.randomness.integer);
  // An author's conversion sees only objects that are valid in their own version.
  if (kind.hub !== kind.descriptor) validateServed(kind, object, context);
  const stored = forStorage(kind, object);
  beforeCreate(kind.hub, stored, context);
  const { strategy } = kind.hub;
  const untouched = strategy.prepareForCreate === undefined && strategy.canonicalize === undefined;
  const isDecoded = untouched && freezeDecoded(kind, stored, from);
  await check(forServing(kind, stored), undefined);
  return storedObject(stored, isDecoded);
}

/** Stores a new object, or only finds out whether it could be. Throws StorageConflict if the key is taken. */
export async function putNew(
  kind: StoredKind,
  key: string,
  stored: StoredObject,
  { dryRun }: Pick<WriteOptions, "dryRun">,
): Promise<KubeObject> {
  const { bytes } = stored;
  if (!dryRun) return kind.objects.readWritten(await kind.storage.put(key, bytes, "absent"), stored);
  const current = await kind.storage.get(key);
  if (current !== undefined) throw new StorageConflict(key, current);
  return kind.objects.preview(bytes, undefined);
}

/** 409, telling what clients of Kubernetes are told. */
function nameTaken(kind: StoredKind, { metadata }: KubeObject, current: Entry | undefined): StatusError {
  const { name = "", generateName: base = "" } = metadata;
  const error = base === "" ? alreadyExists(kind.resource, name) : noNameFound(kind, name);
  const deleting = current !== undefined && kind.objects.read(current).metadata.deletionTimestamp !== undefined;
  if (!deleting) return error;
  return new StatusError({ ...error.status, message: `object is being deleted: ${error.message}` });
}

function noNameFound({ resource }: StoredKind, name: string): StatusError {
  const message = `${qualifiedResource(resource)} "${name}" already exists, the server was not able to generate a unique name for the object`;
  const details = { name, group: resource.group, kind: resource.resource, retryAfterSeconds: 1 };
  return failure(409, "AlreadyExists", message, details);
}
