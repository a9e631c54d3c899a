import type { DeleteOptions, WriteOptions } from "../meta/options.ts";
import type { GroupResource } from "../meta/status-error.ts";
import type { UserInfo } from "../meta/user-info.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { GroupVersionKind, ResourceDescriptor } from "../scheme/descriptor.ts";
import type { RequestContext } from "../scheme/request-context.ts";

/** The kinds of write. */
type Operation = "CREATE" | "UPDATE" | "DELETE";

/** What a plugin is told of a write. https://pkg.go.dev/k8s.io/apiserver/pkg/admission#Attributes */
export interface Attributes {
  readonly operation: Operation;
  readonly resource: GroupResource & { readonly version: string };
  /** The resource's kind in the version of the request. */
  readonly descriptor: ResourceDescriptor;
  /** Empty for the resource itself, else such as `status`. */
  readonly subresource: string;
  /** What is written: the resource's own kind, or one such as Scale. */
  readonly kind: GroupVersionKind;
  /** How objects of `kind` are read. */
  readonly objectKind: ResourceDescriptor;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  /** Empty for collections, and on create while a name is still to be generated. */
  readonly name: string;
  /** What is to be stored, in the version of the request; undefined on delete. */
  readonly object: KubeObject | undefined;
  /** What is stored; undefined on create. Frozen. */
  readonly oldObject: KubeObject | undefined;
  readonly options: WriteOptions | DeleteOptions;
  /** Whether nothing is to be written: then a plugin must have no effect outside either. */
  readonly dryRun: boolean;
  readonly user: UserInfo;
  readonly reinvocation: Reinvocation;
}

/**
 * Whether all plugins are asked to admit a write once more: they are where one has wanted it, since what the first of
 * them have judged is no longer what is to be stored. There is one for each attempt, and one second round at most.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#reinvocation-policy
 */
export interface Reinvocation {
  wanted: boolean;
  /** Whether this is the second round. */
  again: boolean;
}

/**
 * Changes writes, or refuses them by throwing a StatusError, after it is known who makes them and before they are stored.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
export interface AdmissionPlugin {
  /** Names the plugin in logs and errors. */
  readonly name: string;
  /** Whether it is to be asked about such writes; unset it is asked about all. */
  handles?(operation: Operation): boolean;
  /** Whether `admit` may change objects of such a kind now; unset it may. Asked before and after, so it must be cheap. */
  mayChange?(descriptor: ResourceDescriptor): boolean;
  /**
   * Runs before the strategy, once an attempt, and once more where a later plugin has changed the object and wants that.
   * May change `attributes.object` in place.
   */
  admit?(attributes: Attributes, context: RequestContext): Promise<void>;
  /** Runs last before the write, once an attempt, when all plugins have admitted it. Must not change the objects. */
  validate?(attributes: Attributes, context: RequestContext): Promise<void>;
}

/** A write as the verbs tell of it. */
export type AdmissionRequest = {
  readonly descriptor: ResourceDescriptor;
  /** Empty for the resource itself, else such as `status`. */
  readonly subresource: string;
  /** What is written, where that is not an object of the descriptor's own kind, such as a Scale. */
  readonly objectKind?: ResourceDescriptor;
  /** As in the URL; on create as in the object, empty where a name is to be generated. Empty for collections. */
  readonly name: string;
} & (
  | { readonly operation: "CREATE"; readonly object: KubeObject; readonly options: WriteOptions }
  | {
      readonly operation: "UPDATE";
      readonly object: KubeObject;
      readonly old: KubeObject;
      readonly options: WriteOptions;
    }
  | { readonly operation: "DELETE"; readonly old: KubeObject; readonly options: DeleteOptions }
);

/** A write that may still be changed. */
export type MutableRequest = Exclude<AdmissionRequest, { readonly operation: "DELETE" }>;

/** All plugins as one: whom the verbs ask. */
export interface Admission {
  /** False where no plugin has anything to do before the strategy: then `mutate` need not be called. */
  readonly mutates?: boolean;
  /** Whether `mutate` may change objects of a kind now; unset it may. */
  mayChange?(descriptor: ResourceDescriptor): boolean;
  /** Lets every plugin at an object that is to be stored; gives the object to go on with. */
  mutate(request: MutableRequest, context: RequestContext): Promise<KubeObject>;
  /** Lets every plugin judge a write. A deletion has nothing to change, so that all are asked here. */
  validate(request: AdmissionRequest, context: RequestContext): Promise<void>;
}

/** Asks plugins one after the other, in their order; the first that refuses ends it. */
export function admissionChain(plugins: readonly AdmissionPlugin[]): Admission {
  const admitting = plugins.filter((plugin) => plugin.admit !== undefined);
  return {
    mutates: admitting.length > 0,
    mayChange: (descriptor) => admitting.some((plugin) => plugin.mayChange?.(descriptor) ?? true),
    async mutate(request, context) {
      await admitAll(plugins, attributesOf(request, context), context);
      return request.object;
    },
    async validate(request, context) {
      const attributes = attributesOf(request, context);
      if (request.operation === "DELETE") await admitAll(plugins, attributes, context);
      for (const plugin of plugins) {
        if (isAsked(plugin, request.operation)) await plugin.validate?.(attributes, context);
      }
    },
  };
}

async function admitAll(
  plugins: readonly AdmissionPlugin[],
  attributes: Attributes,
  context: RequestContext,
): Promise<void> {
  const { reinvocation } = attributes;
  await admitOnce(plugins, attributes, context);
  if (!reinvocation.wanted) return;
  reinvocation.again = true;
  await admitOnce(plugins, attributes, context);
}

async function admitOnce(
  plugins: readonly AdmissionPlugin[],
  attributes: Attributes,
  context: RequestContext,
): Promise<void> {
  for (const plugin of plugins) {
    if (isAsked(plugin, attributes.operation)) await plugin.admit?.(attributes, context);
  }
}

function isAsked(plugin: AdmissionPlugin, operation: Operation): boolean {
  return plugin.handles?.(operation) ?? true;
}

function attributesOf(request: AdmissionRequest, { namespace, user }: RequestContext): Attributes {
  const { descriptor, operation, subresource, name, options } = request;
  const { gvk, names, scope } = descriptor;
  const { objectKind = descriptor } = request;
  const object = operation === "DELETE" ? undefined : request.object;
  return {
    operation,
    resource: { group: gvk.group, version: gvk.version, resource: names.plural },
    descriptor,
    subresource,
    kind: objectKind.gvk,
    objectKind,
    namespace: scope === "Namespaced" ? namespace : "",
    // The name that was generated is known once the object is there.
    name: name === "" ? (object?.metadata.name ?? "") : name,
    object,
    oldObject: operation === "CREATE" ? undefined : request.old,
    options,
    dryRun: options.dryRun,
    user,
    reinvocation: { wanted: false, again: false },
  };
}
