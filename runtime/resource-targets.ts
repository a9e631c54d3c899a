import { admissionChain, type AdmissionPlugin } from "./admission/admission.ts";
import type { ObjectReader } from "./admission/object-reader.ts";
import { fieldElement, type Path } from "./apply/path-element.ts";
import { managedFieldsAfterScale, managedFieldsOfScale } from "./apply/scale-fields.ts";
import type { ListOptions } from "./meta/options.ts";
import type { RestStorage } from "./registry/rest-storage.ts";
import { AnsweredWrites } from "./registry/answered-writes.ts";
import { keyRoot } from "./registry/key-roots.ts";
import { scaleScheme, scaleDescriptor } from "./registry/scale-descriptor.ts";
import { scaleStore, type ScaleOwners } from "./registry/scale-store.ts";
import { statusStore, storeFor, type Store } from "./registry/store.ts";
import { kindSchemas } from "./rest/kind-schemas.ts";
import type { ResourceTarget } from "./rest/target.ts";
import type { ResourceDescriptor } from "./scheme/descriptor.ts";
import type { RequestContext } from "./scheme/request-context.ts";
import type { Scheme } from "./scheme/scheme.ts";
import { apiVersionOf } from "./scheme/versioned.ts";
import type { Storage } from "./storage/storage.ts";

/** Makes the admission plugins of a server; those that judge an object by others read them with `objects`. */
export type AdmissionPlugins = (objects: ObjectReader) => readonly AdmissionPlugin[];

/** What the resources of a server are made of. */
export interface ResourceOptions {
  readonly scheme: Scheme;
  /** Where objects are kept. It stays the caller's, to be closed after the server. */
  readonly storage: Storage;
  /** What the keys of all objects start with, without a slash at its end; `/registry` if unset. */
  readonly keyPrefix?: string;
  /** Resources with a storage of their own, by `<resource>.<group>`; the verbs it has are the verbs that are served. */
  readonly resources?: { readonly [resource: string]: RestStorage };
  /** Who may change or refuse writes, asked in this order; nobody if unset. */
  readonly admission?: AdmissionPlugins;
}

/**
 * All resources and subresources of a server, each with its storage.
 * Throws for a resource in `resources` that the scheme does not have.
 */
export function resourceTargets(options: ResourceOptions): ResourceTarget[] {
  const { scheme, admission } = options;
  const schemas = kindSchemas(scheme);
  const scaleSchemas = kindSchemas(scaleScheme)(scaleDescriptor, "scale");
  const served = servedResources(options);
  const plugins = admission?.(objectReader(scheme, served));
  const chain = plugins === undefined ? {} : { admission: admissionChain(plugins) };
  const target = (descriptor: ResourceDescriptor, subresource: string, storage: RestStorage): ResourceTarget => ({
    scheme,
    descriptor,
    subresource,
    storage,
    ...chain,
  });
  const tracked = (descriptor: ResourceDescriptor, subresource: string, storage: RestStorage): ResourceTarget => ({
    ...target(descriptor, subresource, storage),
    schemas: schemas(descriptor, subresource),
  });
  return served.flatMap(({ descriptor, storage, store }) => {
    const targets = [tracked(descriptor, "", storage)];
    if (store === undefined) return targets;
    const { status, scale } = descriptor.subresources;
    if (status === true) targets.push(tracked(descriptor, "status", statusStore(store)));
    if (scale !== undefined) {
      const scales = scaleStore(store, scale, scaleOwners(scheme, descriptor));
      targets.push({ ...target(descriptor, "scale", scales), body: scaleBody, schemas: scaleSchemas });
    }
    return targets;
  });
}

const scaleBody = { scheme: scaleScheme, descriptor: scaleDescriptor };

/** Keeps track of who owns the number that a version of a kind shows in its scale, whatever version they wrote it in. */
function scaleOwners({ groupVersions }: Scheme, { gvk }: ResourceDescriptor): ScaleOwners {
  const paths = new Map<string, Path>();
  for (const { gvk: other, subresources } of groupVersions.flatMap(({ resources }) => resources)) {
    if (other.group !== gvk.group || other.kind !== gvk.kind || subresources.scale === undefined) continue;
    const steps = subresources.scale.specReplicasPath.replace(/^\./, "").split(".");
    paths.set(apiVersionOf(other), steps.map(fieldElement));
  }
  const apiVersion = apiVersionOf(gvk);
  return {
    ofScale: (entries) => managedFieldsOfScale(entries, paths),
    afterScale: (entries, scaleEntries) => managedFieldsAfterScale(entries, scaleEntries, paths, apiVersion),
  };
}

/** A served version of a kind; store and writes are undefined where its author has brought a storage. */
interface ServedResource {
  readonly descriptor: ResourceDescriptor;
  readonly storage: RestStorage;
  readonly store: Store | undefined;
  /** Those of the kind, in whatever version. */
  readonly writes: AnsweredWrites | undefined;
}

function servedResources({ scheme, storage, keyPrefix, resources = {} }: ResourceOptions): ServedResource[] {
  const descriptors = scheme.groupVersions.flatMap((registration) => registration.resources);
  const known = new Set(descriptors.map(resourceName));
  for (const name of Object.keys(resources)) {
    if (!known.has(name)) throw new Error(`no kind has the resource ${name}; there are ${[...known].join(", ")}`);
  }
  const writesOf = new Map<string, AnsweredWrites>();
  return descriptors.map((descriptor) => {
    const own = resources[resourceName(descriptor)];
    if (own !== undefined) return { descriptor, storage: own, store: undefined, writes: undefined };
    const root = keyRoot(descriptor, keyPrefix);
    const writes = writesOf.get(root) ?? new AnsweredWrites(storage);
    writesOf.set(root, writes);
    const store = storeFor(descriptor, { scheme, storage: writes, ...(keyPrefix === undefined ? {} : { keyPrefix }) });
    return { descriptor, storage: store, store, writes };
  });
}

const everything: ListOptions = {
  labels: [],
  fields: [],
  resourceVersion: "",
  resourceVersionMatch: "",
  limit: 0,
  continue: "",
  allowWatchBookmarks: false,
  sendInitialEvents: undefined,
  timeoutSeconds: undefined,
};

function objectReader(scheme: Scheme, served: readonly ServedResource[]): ObjectReader {
  const stored = served.filter(({ descriptor }) => scheme.storage(descriptor) === descriptor);
  const byName = new Map(stored.map((resource) => [resourceName(resource.descriptor), resource]));
  return {
    async list(resource, context) {
      const { storage, writes } = byName.get(resource) ?? {};
      if (storage?.list === undefined) {
        throw new Error(`no resource ${resource} can be listed; there are ${[...byName.keys()].join(", ")}`);
      }
      const resourceVersion = writes === undefined ? "" : String(writes.newest);
      return (await storage.list(new AcrossNamespaces(context), { ...everything, resourceVersion })).items;
    },
  };
}

/** The context of a request, without its namespace. The signal is made only where it is asked for, which is seldom. */
class AcrossNamespaces implements RequestContext {
  readonly #context: RequestContext;
  readonly namespace = "";
  readonly user: RequestContext["user"];
  readonly now: RequestContext["now"];
  readonly warn: RequestContext["warn"];

  constructor(context: RequestContext) {
    this.#context = context;
    this.user = context.user;
    this.now = context.now;
    this.warn = context.warn;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }
}

function resourceName({ names, gvk }: ResourceDescriptor): string {
  return gvk.group === "" ? names.plural : `${names.plural}.${gvk.group}`;
}
