import type { KubeConfig } from "@kubernetes/client-node";
import type { KubeObject } from "../meta/v1.ts";
import type { EventRecorder } from "./event-recorder.ts";
import type { Log } from "./log.ts";
import type { IndexFunctions, Lister } from "./object-store.ts";
import type { Place, Resource } from "./resource.ts";
import type { ResourceClient, Selection } from "./resource-client.ts";

/** What a reconciliation may ask for at its end. */
export interface ReconcileResult {
  /** Look at the object again after so many milliseconds, even if nothing changes. */
  readonly requeueAfterMs?: number;
}

/** The cluster, for one controller. */
export interface ControllerClient {
  /** For the typed clients of `@kubernetes/client-node`: `client.config.makeApiClient(AppsV1Api)`. */
  readonly config: KubeConfig;
  /** Reads and writes the objects of any resource in the cluster, not in a local copy. */
  readonly resource: <T extends KubeObject>(resource: Resource) => ResourceClient<T>;
}

/** What a controller does its work with. */
export interface ReconcileContext<T extends KubeObject> {
  readonly name: string;
  /** Undefined where the kind is outside namespaces. */
  readonly namespace: string | undefined;
  readonly client: ControllerClient;
  /** The objects of the controller's own resource, in the cluster. */
  readonly own: ResourceClient<T>;
  /** The local copy of a resource that the controller is for, owns or watches. Throws for any other. */
  readonly known: <Known extends KubeObject>(resource: Resource) => Lister<Known>;
  readonly events: EventRecorder;
  readonly log: Log;
  /** Aborted when there is no more time: the process stops, or another one leads. Requests of `client` and `own` end then. */
  readonly signal: AbortSignal;
}

/** The object to reconcile, and what to do it with. */
export interface Reconciliation<T extends KubeObject> extends ReconcileContext<T> {
  /** A copy of its own, as last seen. The cluster may have a newer one: a write then fails, and is tried again. */
  readonly object: T;
}

/** Other objects that a controller is told of. */
export interface Watching<T extends KubeObject> {
  readonly resource: Resource;
  readonly selection?: Selection;
  /** Which objects of the controller's own resource to reconcile when this one comes, changes or goes. */
  readonly reconciles: (object: T) => readonly Place[];
}

/** A finalizer: what is to be done outside before an object may go. */
export interface Finalizing<T extends KubeObject> {
  /** Such as `animal.skai.io/cat`. It is added to each object before that is reconciled first. */
  readonly finalizer: string;
  /**
   * Runs once an object is deleted, and again if it throws, or asks to be called later; then the finalizer is removed.
   * It may run more than once though it went well.
   */
  readonly finalize: (reconciliation: Reconciliation<T>) => Promise<ReconcileResult | void>;
}

/** What an author says of a controller. */
export interface ControllerDefinition<T extends KubeObject> {
  /** Names it in metrics, logs and events, and what it writes as its own. */
  readonly name: string;
  /** The resource whose objects it reconciles. */
  readonly for: Resource;
  /** Which of them; all if unset. */
  readonly selection?: Selection;
  /** Resources of which it makes objects with a `controllerReference`: when one changes, its owner is reconciled. */
  readonly owns?: readonly Resource[];
  /** Others that it is told of. */
  readonly watches?: readonly Watching<never>[];
  /** How many objects are reconciled at the same time; one if unset. An object is never reconciled twice at once. */
  readonly workers?: number;
  /** Ways to find objects in the local copy of its own resource. */
  readonly indexes?: IndexFunctions<T>;
  /** Whether a change is worth a look; each is if unset. At a resync both are the same object. */
  readonly when?: (object: T, before: T | undefined) => boolean;
  readonly finalizing?: Finalizing<T>;
  /**
   * Makes the world as an object wishes it. It runs for each object at the start and when something changes, knows not what,
   * and must do no harm if it runs again. What it throws is logged, and it is run again later, after longer each time.
   */
  readonly reconcile: (reconciliation: Reconciliation<T>) => Promise<ReconcileResult | void>;
  /** Runs when an object has gone, if this process saw it go; a finalizer makes sure of it. */
  readonly gone?: (context: ReconcileContext<T>) => Promise<void>;
}

/** Thrown by a controller for what will not be better the next time: it waits for the object to change. */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
}
