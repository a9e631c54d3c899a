import type { DeleteOptions, GetOptions, ListOptions, WriteOptions } from "../meta/options.ts";
import type { KubeList, KubeObject, Status } from "../meta/v1.ts";
import type { RequestContext } from "../scheme/request-context.ts";

/** One event of a watch. An ERROR event carries a Status and is the last. */
export type WatchEvent<T extends KubeObject = KubeObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly object: KubeObject }
  | { readonly type: "ERROR"; readonly object: Status };

/**
 * An iterator that can also hand over its values by itself. Optional: where thousands read the same, a call for each costs
 * less than the promises of a next().
 */
export interface PushingIterator<T> extends AsyncIterator<T, undefined> {
  /**
   * Has `take` called with each value from now on, until it gives false. Resolves then, or where next() is to be asked
   * instead: at the beginning, and at the end.
   */
  pushTo(take: (value: T) => boolean): Promise<void>;
}

/**
 * Refuses a write by throwing a StatusError; runs last before storage, once per attempt. `old` is undefined on create and
 * on delete, where `object` is the one that is to go. Both are frozen.
 */
export type Check<T extends KubeObject> = (object: T, old: T | undefined) => Promise<void>;

/**
 * Computes the object to store from the one that is stored (undefined if there is none, where create-on-update is
 * allowed). Runs again, with the newer object, after a conflict. `old` is frozen; of the result a copy is taken.
 */
export type Transform<T extends KubeObject> = (old: T | undefined) => Promise<T>;

/**
 * What serves one resource, by verb: the verbs that exist here are the verbs that are served, in discovery and OpenAPI too.
 * Objects are in the served version of the descriptor that they belong to, frozen, with metadata.resourceVersion set.
 * Every method may throw a StatusError.
 * The counterpart of https://pkg.go.dev/k8s.io/apiserver/pkg/registry/rest.
 */
export interface RestStorage<T extends KubeObject = KubeObject> {
  get?(context: RequestContext, name: string, options: GetOptions): Promise<T>;
  list?(context: RequestContext, options: ListOptions): Promise<KubeList<T>>;
  /**
   * Yields events as they come, several at once where they do. Ends when the context's signal aborts, or by itself after
   * `timeoutSeconds`. Throws at once what is wrong with the options; later failures are ERROR events.
   */
  watch?(context: RequestContext, options: ListOptions): AsyncIterable<readonly WatchEvent<T>[]>;
  create?(context: RequestContext, object: T, check: Check<T>, options: WriteOptions): Promise<T>;
  update?(
    context: RequestContext,
    name: string,
    transform: Transform<T>,
    check: UpdateCheck<T>,
    options: UpdateOptions,
  ): Promise<{ object: T; created: boolean }>;
  /** `deleted` is false where finalizers or a grace period keep the object for now. */
  delete?(
    context: RequestContext,
    name: string,
    check: Check<T>,
    options: DeleteOptions,
  ): Promise<{ object: T; deleted: boolean }>;
  deleteCollection?(
    context: RequestContext,
    check: Check<T>,
    options: DeleteOptions,
    selection: ListOptions,
  ): Promise<KubeList<T>>;
}

/** The check of an update that turns out to be a create is another one: it has the create's admission attributes. */
export interface UpdateCheck<T extends KubeObject> {
  readonly create: Check<T>;
  readonly update: Check<T>;
}

/** Options of an update, and what the request's kind allows beyond the strategy. */
export interface UpdateOptions extends WriteOptions {
  /** Apply and patch-as-create may create whatever the strategy says. */
  readonly forceAllowCreate: boolean;
  /** What the stored object must be like; PUT takes it from the body, if the body has a uid. */
  readonly preconditions?: { readonly uid?: string };
}
