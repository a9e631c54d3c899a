import { copyJson } from "../meta/copy.ts";
import type { Json, KubeObject } from "../meta/v1.ts";
import type { Clock } from "./clock.ts";
import {
  TerminalError,
  type ControllerClient,
  type ControllerDefinition,
  type ReconcileContext,
  type Reconciliation,
  type ReconcileResult,
} from "./controller.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { addFinalizer, removeFinalizer } from "./finalizers.ts";
import type { Informer } from "./informer.ts";
import type { KubeClient } from "./kube-client.ts";
import { isConflict } from "./kube-error.ts";
import type { Log } from "./log.ts";
import type { ControllerObserver } from "./metrics.ts";
import type { Lister } from "./object-store.ts";
import { keyOf, placeOf, type Resource } from "./resource.ts";
import { resourceClient, type ResourceClient } from "./resource-client.ts";
import type { SharedInformers } from "./shared-informers.ts";
import { WorkQueue } from "./work-queue.ts";

/** What a manager gives its controllers. */
export interface ControllerSurroundings {
  readonly client: KubeClient;
  readonly informers: SharedInformers;
  readonly events: EventRecorder;
  readonly observer: ControllerObserver;
  readonly clock: Clock;
  readonly log: Log;
  /** No more objects are taken up. */
  readonly stopping: AbortSignal;
  /** There is no more time for those that were. */
  readonly tooLate: AbortSignal;
}

/** A controller at work. */
export interface RunningController {
  /** Resolves once it is to stop and all that it had taken up is done. */
  readonly ended: Promise<void>;
}

/** Runs a controller. */
export function runController<T extends KubeObject>(
  definition: ControllerDefinition<T>,
  surroundings: ControllerSurroundings,
): RunningController {
  const run = new ControllerRun(definition, surroundings);
  return { ended: run.work() };
}

/** What a controller keeps of an informer, whatever its objects are. */
interface Copy {
  readonly synced: Promise<void>;
  readonly store: unknown;
}

class ControllerRun<T extends KubeObject> {
  readonly #definition: ControllerDefinition<T>;
  readonly #surroundings: ControllerSurroundings;
  readonly #queue: WorkQueue;
  readonly #primary: Informer<T>;
  readonly #informers = new Map<string, Copy>();
  readonly #client: ControllerClient;
  readonly #own: ResourceClient<T>;

  constructor(definition: ControllerDefinition<T>, surroundings: ControllerSurroundings) {
    this.#definition = definition;
    this.#surroundings = surroundings;
    const { client, observer, tooLate, clock } = surroundings;
    const writer = { fieldManager: definition.name, signal: tooLate };
    this.#client = { config: client.config, resource: (resource) => resourceClient(client, resource, writer) };
    this.#own = this.#client.resource<T>(definition.for);
    this.#queue = new WorkQueue(clock, observer.queue);
    this.#primary = this.#watchPrimary();
    this.#watchOwned();
    this.#watchOthers();
    observer.observe(this.#queue, this.#workers);
  }

  get #workers(): number {
    return this.#definition.workers ?? 1;
  }

  /** Until it is to stop and all that was taken up is done. */
  async work(): Promise<void> {
    const { stopping, log } = this.#surroundings;
    const stopped = new Promise<void>((resolve) => {
      const stop = (): void => {
        this.#queue.close();
        resolve();
      };
      if (stopping.aborted) stop();
      else stopping.addEventListener("abort", stop, { once: true });
    });
    // An owner that is not known yet would be taken for one that has gone.
    await Promise.race([Promise.all(Array.from(this.#informers.values(), ({ synced }) => synced)), stopped]);
    if (!stopping.aborted) log.info("controller works", { workers: this.#workers });
    await Promise.all(Array.from({ length: this.#workers }, () => this.#workOff()));
  }

  #watchPrimary(): Informer<T> {
    const { for: resource, selection, indexes, when } = this.#definition;
    const informer = this.#surroundings.informers.of<T>(resource, selection);
    this.#remember(resource, informer);
    if (indexes !== undefined) informer.store.addIndexes(indexes);
    informer.subscribe({
      changed: (object, before) => {
        if (when === undefined || when(object, before)) this.#queue.add(keyOf(object.metadata));
      },
      gone: ({ metadata }) => this.#queue.add(keyOf(metadata)),
    });
    return informer;
  }

  #watchOwned(): void {
    for (const resource of this.#definition.owns ?? []) {
      const informer = this.#surroundings.informers.of(resource);
      this.#remember(resource, informer);
      informer.subscribe({
        changed: (object, before) => {
          this.#addOwner(object);
          // It may have been taken from its owner.
          if (before !== undefined) this.#addOwner(before);
        },
        gone: (last) => this.#addOwner(last),
      });
    }
  }

  #addOwner({ metadata: { ownerReferences = [] } }: KubeObject): void {
    const reference = ownerReferences.find(({ controller }) => controller === true);
    const owner = reference === undefined ? undefined : this.#primary.store.byUid(reference.uid);
    // One that is not known will be reconciled when it is.
    if (owner !== undefined) this.#queue.add(keyOf(owner.metadata));
  }

  #watchOthers(): void {
    for (const { resource, selection, reconciles } of this.#definition.watches ?? []) {
      const informer = this.#surroundings.informers.of<never>(resource, selection);
      this.#remember(resource, informer);
      const add = (object: never): void => {
        for (const place of reconciles(object)) this.#queue.add(keyOf(place));
      };
      informer.subscribe({ changed: add, gone: add });
    }
  }

  #remember(resource: Resource, informer: Copy): void {
    this.#informers.set(nameOf(resource), informer);
  }

  async #workOff(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      await this.#attempt(key);
      this.#queue.done(key);
    }
  }

  async #attempt(key: string): Promise<void> {
    const { observer, clock, log } = this.#surroundings;
    const { name, namespace } = placeOf(key);
    const ownLog = log.with({ name, namespace });
    const beganMs = clock.nowMs();
    observer.began();
    try {
      const result = await this.#reconcile(this.#contextOf(key, ownLog));
      observer.ended(result?.requeueAfterMs === undefined ? "success" : "requeue_after", clock.nowMs() - beganMs);
      this.#queue.forget(key);
      if (result?.requeueAfterMs !== undefined) this.#queue.addAfter(key, Math.max(1, result.requeueAfterMs));
    } catch (error) {
      observer.ended("error", clock.nowMs() - beganMs);
      this.#failed(key, error, ownLog);
    }
  }

  #failed(key: string, error: unknown, log: Log): void {
    const { observer, tooLate } = this.#surroundings;
    // What was broken off is no failure of its own.
    if (tooLate.aborted) log.info("broken off");
    else if (error instanceof TerminalError) {
      observer.failedForGood();
      this.#queue.forget(key);
      log.error("failed, and waits for a change", error);
    } else {
      this.#queue.addRateLimited(key);
      if (isConflict(error)) log.info("has changed meanwhile; tried again");
      else log.error("failed; tried again", error, { failures: this.#queue.failures(key) });
    }
  }

  #contextOf(key: string, log: Log): ReconcileContext<T> {
    const { events, tooLate: signal } = this.#surroundings;
    return {
      ...placeOf(key),
      client: this.#client,
      own: this.#own,
      known: <Known extends KubeObject>(resource: Resource) => {
        const informer = this.#informers.get(nameOf(resource));
        if (informer === undefined)
          throw new Error(`${nameOf(resource)} is neither owned nor watched by this controller`);
        // Who asks by the resource knows the type of its objects.
        return informer.store as Lister<Known>;
      },
      events,
      log,
      signal,
    };
  }

  async #reconcile(context: ReconcileContext<T>): Promise<ReconcileResult | void> {
    const known = this.#primary.store.get(context);
    const { reconcile, gone, finalizing } = this.#definition;
    if (known === undefined) {
      await gone?.(context);
      return;
    }
    // The author may change what he gets; what others read, too, is frozen. An object from the network is JSON.
    const object = copyJson(known as unknown as Json) as unknown as T;
    if (finalizing === undefined) return reconcile({ ...context, object });
    const { finalizer } = finalizing;
    if (object.metadata.deletionTimestamp === undefined) {
      const held = await addFinalizer(this.#own, object, finalizer);
      return reconcile({ ...context, object: held });
    }
    return this.#finalize({ ...context, object });
  }

  async #finalize(reconciliation: Reconciliation<T>): Promise<ReconcileResult | void> {
    const { object } = reconciliation;
    const { finalizing } = this.#definition;
    if (finalizing === undefined || object.metadata.finalizers?.includes(finalizing.finalizer) !== true) return;
    const result = await finalizing.finalize(reconciliation);
    if (result?.requeueAfterMs !== undefined) return result;
    await removeFinalizer(this.#own, object, finalizing.finalizer);
  }
}

function nameOf({ group, version, plural }: Resource): string {
  return group === "" ? `${plural}/${version}` : `${plural}.${group}/${version}`;
}
