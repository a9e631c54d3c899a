import { fieldErrorMessage } from "../meta/field-error.ts";
import type { GetOptions } from "../meta/options.ts";
import { failure, notFound, tooLargeResourceVersion } from "../meta/status-error.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import type { Entry } from "../storage/storage.ts";
import { createObject } from "./create.ts";
import { deleteCollection } from "./delete-collection.ts";
import { deleteObject } from "./delete.ts";
import { listObjects } from "./list.ts";
import { freshnessOf, parseResourceVersion } from "./resource-version.ts";
import type { RestStorage } from "./rest-storage.ts";
import { storageFailure } from "./storage-errors.ts";
import { keyOf, storedKind, type StoredKind, type StoreOptions } from "./stored-kind.ts";
import { updateObject } from "./update.ts";
import { watchObjects } from "./watch.ts";

/** The store of one served version of a kind: all verbs, and the kind that `statusStore` needs. */
export interface Store extends Required<RestStorage> {
  readonly kind: StoredKind;
}

/**
 * Serves one version of a kind from a Storage, with everything that Kubernetes does to every object.
 * The counterpart of https://pkg.go.dev/k8s.io/apiserver/pkg/registry/generic/registry#Store.
 */
export function storeFor(descriptor: ResourceDescriptor, options: StoreOptions): Store {
  const kind = storedKind(descriptor, options);
  return {
    kind,
    get: (context, name, getOptions) => getObject(kind, context, name, getOptions),
    list: (context, listOptions) => listObjects(kind, context, listOptions),
    watch: (context, listOptions) => watchObjects(kind, context, listOptions),
    create: (context, object, check, writeOptions) => createObject(kind, context, object, check, writeOptions),
    update: (context, name, transform, check, updateOptions) =>
      updateObject(kind, context, { name, transform, check, options: updateOptions, part: "object" }),
    delete: (context, name, check, deleteOptions) => deleteObject(kind, context, name, check, deleteOptions),
    deleteCollection: (context, check, deleteOptions, selection) =>
      deleteCollection(kind, context, check, deleteOptions, selection),
  };
}

/** Serves the status of a store's objects: an update changes nothing else. */
export function statusStore({ kind, get }: Store): Required<Pick<RestStorage, "get" | "update">> {
  return {
    get,
    update: (context, name, transform, check, options) =>
      updateObject(kind, context, { name, transform, check, options, part: "status" }),
  };
}

async function getObject(
  kind: StoredKind,
  context: RequestContext,
  name: string,
  { resourceVersion }: GetOptions,
): Promise<KubeObject> {
  const key = keyOf(kind, context.namespace, name);
  try {
    const minimum = parseResourceVersion(resourceVersion);
    if (typeof minimum !== "bigint") throw failure(500, "", fieldErrorMessage(minimum));
    const entry = await kind.storage.get(key, freshnessOf(resourceVersion, minimum));
    if (minimum > 0n) await requireRevision(kind, entry, minimum);
    if (entry === undefined) throw notFound(kind.resource, name);
    return kind.objects.read(entry);
  } catch (error) {
    throw storageFailure(error, kind.resource, "get", name);
  }
}

/** Throws 504 if the store has not come as far as the client has seen. */
async function requireRevision(kind: StoredKind, entry: Entry | undefined, minimum: bigint): Promise<void> {
  if (BigInt(entry?.revision ?? 0) >= minimum) return;
  const current = await kind.storage.currentRevision();
  if (BigInt(current) < minimum) throw tooLargeResourceVersion(Number(minimum), current);
}
