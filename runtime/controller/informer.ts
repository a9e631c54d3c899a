import type { KubeObject } from "../meta/v1.ts";
import { pause, type Clock } from "./clock.ts";
import type { KubeClient } from "./kube-client.ts";
import { fieldsOf, KubeError, messageOf } from "./kube-error.ts";
import type { Log } from "./log.ts";
import { ObjectStore } from "./object-store.ts";
import { collectionPath, keyOf, type Resource } from "./resource.ts";
import { continueOf, itemsOf, selectorQuery, type Selection } from "./resource-client.ts";

/** Who is told of what becomes of objects. */
export interface InformerHandler<T> {
  /** An object came or changed; at a resync `before` is the same object. */
  changed(object: T, before: T | undefined): void;
  /** An object went; `last` is the last state that is known. */
  gone(last: T): void;
}

/** Of which objects an informer tells. */
export interface InformerOptions {
  readonly resource: Resource;
  readonly selection?: Selection;
  /** How often all objects are told of again; never if 0. */
  readonly resyncPeriodMs: number;
}

/** What an informer needs. */
export interface InformerSurroundings {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
}

const pageSize = 500;
/** A watch lasts between one and two times as long, so that those of many clients do not end at once. */
const watchSeconds = 300;
const firstPauseMs = 800;
const pauseMaxMs = 30_000;
/** A watch that ends sooner than this without an event is a failure: the server would be asked without pause. */
const shortWatchMs = 1000;
/** By how much of itself a resync's period differs from time to time. */
const resyncJitter = 0.1;

/**
 * Keeps a local copy of a resource's objects, by list and watch, and tells handlers what changes. Through failures the
 * copy stays; after each the watch goes on from the last revision seen, or all is listed again where that is too old, and
 * handlers are told of the differences, so that nothing is missed.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export class Informer<T extends KubeObject> {
  readonly store = new ObjectStore<T>();
  /** Resolves once all objects have been listed and handlers told; never if it is stopped before. */
  readonly synced: Promise<void>;
  readonly #options: InformerOptions;
  readonly #surroundings: InformerSurroundings;
  readonly #handlers: InformerHandler<T>[] = [];
  #markSynced: () => void = () => undefined;
  #hasSynced = false;
  #revision = "";
  #failures = 0;
  #trouble: string | undefined;

  constructor(options: InformerOptions, surroundings: InformerSurroundings) {
    this.#options = options;
    this.#surroundings = surroundings;
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Why it cannot be up to date now; undefined when well. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Tells a handler of what is there, and of all that changes. */
  subscribe(handler: InformerHandler<T>): void {
    this.#handlers.push(handler);
    for (const object of this.store.list()) this.#safely(() => handler.changed(object, undefined));
  }

  /** Runs until the signal says to stop. */
  async run(signal: AbortSignal): Promise<void> {
    this.#resyncLater(signal);
    let mustList = true;
    while (!signal.aborted) {
      try {
        if (mustList) await this.#list(signal);
        mustList = false;
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        const failure = asKubeError(error);
        const doing = mustList ? "list" : "watch";
        mustList ||= isTooOld(failure);
        // That a revision is too old is the way of the world.
        if (failure.code !== 410) this.#setTrouble(`cannot ${doing} ${this.#options.resource.plural}`, failure);
        await this.#pause(failure, signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    try {
      await this.#listBy(pageSize, signal);
    } catch (error) {
      // The pages took longer than the server keeps the state that they are of; one answer with all of it cannot.
      if (!(error instanceof KubeError) || error.code !== 410) throw error;
      await this.#listBy(undefined, signal);
    }
  }

  async #listBy(limit: number | undefined, signal: AbortSignal): Promise<void> {
    const listed: T[] = [];
    let next = "";
    let revision = "";
    do {
      const query = this.#query();
      if (limit !== undefined) query.set("limit", String(limit));
      if (next !== "") query.set("continue", next);
      const page = await this.#surroundings.client.request({ method: "GET", path: this.#path(query), signal });
      // What a collection answers is a list of its kind.
      for (const item of itemsOf(page)) listed.push(item as T);
      revision = revisionOf(page);
      next = continueOf(page);
    } while (next !== "");
    this.#revision = revision;
    this.#replace(listed);
    this.#setWell();
  }

  #replace(listed: readonly T[]): void {
    const gone = new Set(this.store.keys());
    for (const object of listed) {
      gone.delete(keyOf(object.metadata));
      this.#take(object);
    }
    for (const key of gone) this.#drop(key, undefined);
    if (this.#hasSynced) return;
    this.#hasSynced = true;
    this.#markSynced();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#surroundings;
    const query = this.#query();
    query.set("watch", "true");
    query.set("allowWatchBookmarks", "true");
    query.set("resourceVersion", this.#revision);
    query.set("timeoutSeconds", String(Math.floor(watchSeconds * (1 + Math.random()))));
    const beganMs = clock.nowMs();
    let events = 0;
    for await (const { type, object } of client.watch(this.#path(query), signal)) {
      events++;
      this.#setWell();
      this.#apply(type, object);
    }
    if (signal.aborted) return;
    if (events === 0 && clock.nowMs() - beganMs < shortWatchMs)
      throw new KubeError(0, "Ended", "the watch ended at once");
    this.#failures = 0;
  }

  #apply(type: string, object: unknown): void {
    // What a watch of a resource tells of is an object of its kind.
    const changed = object as T;
    switch (type) {
      case "ADDED":
      case "MODIFIED":
        this.#take(changed);
        break;
      case "DELETED":
        this.#drop(keyOf(changed.metadata), changed);
        break;
      case "BOOKMARK":
        break;
      default:
        throw new KubeError(0, "Unknown", `the watch told of a change of the unknown type ${type}`);
    }
    const revision = revisionOf(object);
    if (revision !== "") this.#revision = revision;
  }

  #take(object: T): void {
    const known = this.store.get(object.metadata);
    const { uid, resourceVersion } = object.metadata;
    if (known !== undefined && known.metadata.uid !== uid) this.#drop(keyOf(known.metadata), undefined);
    else if (known !== undefined && known.metadata.resourceVersion === resourceVersion) return;
    const before = this.store.set(object);
    for (const handler of this.#handlers) this.#safely(() => handler.changed(object, before));
  }

  #drop(key: string, last: T | undefined): void {
    const known = this.store.delete(key);
    if (known === undefined) return;
    for (const handler of this.#handlers) this.#safely(() => handler.gone(last ?? known));
  }

  #resyncLater(signal: AbortSignal): void {
    const { resyncPeriodMs } = this.#options;
    if (resyncPeriodMs <= 0) return;
    const ms = resyncPeriodMs * (1 + resyncJitter * (Math.random() * 2 - 1));
    const cancel = this.#surroundings.clock.after(ms, () => {
      signal.removeEventListener("abort", cancel);
      for (const object of this.store.list())
        for (const handler of this.#handlers) this.#safely(() => handler.changed(object, object));
      this.#resyncLater(signal);
    });
    signal.addEventListener("abort", cancel, { once: true });
  }

  /** What one handler throws is no reason for others to hear nothing. */
  #safely(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#surroundings.log.error("a handler of an informer failed", error, {
        resource: this.#options.resource.plural,
      });
    }
  }

  #query(): URLSearchParams {
    return new URLSearchParams(selectorQuery(this.#options.selection ?? {}));
  }

  #path(query: URLSearchParams): string {
    const { resource, selection } = this.#options;
    return `${collectionPath(resource, selection?.namespace)}?${query.toString()}`;
  }

  #setTrouble(what: string, failure: KubeError): void {
    const trouble = `${what}: ${failure.message}`;
    if (trouble !== this.#trouble) this.#surroundings.log.error(what, failure);
    this.#trouble = trouble;
  }

  #setWell(): void {
    this.#failures = 0;
    if (this.#trouble !== undefined) this.#surroundings.log.info(`${this.#options.resource.plural} can be read again`);
    this.#trouble = undefined;
  }

  #pause({ retryAfterSeconds = 0 }: KubeError, signal: AbortSignal): Promise<void> {
    const pauseMs = Math.min(firstPauseMs * 2 ** this.#failures, pauseMaxMs) * (0.5 + Math.random() / 2);
    this.#failures = Math.min(this.#failures + 1, 10);
    const wantedMs = Math.min(retryAfterSeconds * 1000, pauseMaxMs);
    return pause(this.#surroundings.clock, Math.max(pauseMs, wantedMs), signal);
  }
}

/** Whether a failure says that the revision is too old, or one that the server has not come to yet. */
function isTooOld({ code }: KubeError): boolean {
  return code === 410 || code === 504;
}

function revisionOf(object: unknown): string {
  return String(fieldsOf(fieldsOf(object)["metadata"])["resourceVersion"] ?? "");
}

function asKubeError(error: unknown): KubeError {
  return error instanceof KubeError ? error : new KubeError(0, "Broken", messageOf(error), { cause: error });
}
