import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import type { KubeObject } from "../meta/v1.ts";
import { pause, type Clock } from "./clock.ts";
import type { KubeClient } from "./kube-client.ts";
import { isConflict, isNotFound, KubeError } from "./kube-error.ts";
import { microTime } from "./leader-election.ts";
import type { Log } from "./log.ts";
import { TokenBucket } from "./rate-limiter.ts";
import type { Resource } from "./resource.ts";
import { resourceClient, type ResourceClient } from "./resource-client.ts";

/** Tells people what happened to an object: `kubectl describe` and `kubectl events` show it. */
export interface EventRecorder {
  /** Something went as it should; `reason` is one word in CamelCase, `note` says it in words. */
  readonly normal: (object: KubeObject, reason: string, note: string) => void;
  /** Something is wrong. */
  readonly warning: (object: KubeObject, reason: string, note: string) => void;
}

/** What events are written with. */
export interface EventSurroundings {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  /** What tells this process from others. */
  readonly instance: string;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
interface ClusterEvent extends KubeObject {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly note: string;
  readonly action: string;
  readonly eventTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly regarding: object;
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

const events: Resource = { group: "events.k8s.io", version: "v1", plural: "events" };
/** An object gets so many events at once, and then one in five minutes, so that none can flood the cluster. */
const objectRate = { perSecond: 1 / 300, burst: 25 };
/** What happens again is written down at most so often, as a count. */
const seriesPeriodMs = 10_000;
/** What happens again after so long is a new event. */
const seriesEndMs = 6 * 60_000;
const seriesMax = 4096;
const unsentMax = 1000;
const attemptsMax = 3;
const retryPauseMs = 5000;
const noteBytesMax = 1024;
const nameLengthMax = 253;

interface Series {
  event: ClusterEvent;
  count: number;
  lastMs: number;
  isWaiting: boolean;
}

/** Writes the events of all controllers of a manager, one after the other; what cannot be written is left out. */
export class EventSender {
  readonly #surroundings: EventSurroundings;
  readonly #objects: ResourceClient<ClusterEvent>;
  readonly #series = new Map<string, Series>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #unsent: (() => Promise<unknown>)[] = [];
  readonly #closed = new AbortController();
  #sending: Promise<void> | undefined;
  #trouble = "";

  constructor(surroundings: EventSurroundings) {
    this.#surroundings = surroundings;
    // What happens again waits to be written, for many objects at once.
    setMaxListeners(0, this.#closed.signal);
    this.#objects = resourceClient(surroundings.client, events, { fieldManager: "apiserver-ts-events" });
  }

  /** Records events in the name of a controller. */
  recorder(controller: string): EventRecorder {
    const record = (type: ClusterEvent["type"], object: KubeObject, reason: string, note: string): void =>
      this.#record(this.#eventOf({ type, reason, note, reportingController: controller }, object));
    return {
      normal: (object, reason, note) => record("Normal", object, reason, note),
      warning: (object, reason, note) => record("Warning", object, reason, note),
    };
  }

  /** Resolves once all is written that is to be, or given up. */
  async flush(): Promise<void> {
    for (const series of this.#series.values()) if (series.isWaiting) this.#sendSeries(series);
    await this.#sending;
  }

  /** Nothing is tried again, and nothing written later. */
  close(): void {
    this.#closed.abort();
    this.#unsent.length = 0;
  }

  #eventOf(
    said: Pick<ClusterEvent, "type" | "reason" | "note" | "reportingController">,
    { apiVersion, kind, metadata: { name = "", namespace, uid, resourceVersion } }: KubeObject,
  ): ClusterEvent {
    const suffix = `.${randomBytes(8).toString("hex")}`;
    return {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      // Of what is outside namespaces events are in this one.
      metadata: { name: name.slice(0, nameLengthMax - suffix.length) + suffix, namespace: namespace ?? "default" },
      ...said,
      note: cut(said.note),
      action: "Reconcile",
      eventTime: microTime(this.#surroundings.clock.date()),
      reportingInstance: this.#surroundings.instance.slice(0, 128),
      regarding: { apiVersion, kind, name, namespace, uid, resourceVersion },
    };
  }

  #record(event: ClusterEvent): void {
    const { type, reason, note, reportingController, metadata } = event;
    const { uid } = event.regarding as { readonly uid?: string };
    const key = JSON.stringify([uid, metadata.namespace, type, reason, note, reportingController]);
    const nowMs = this.#surroundings.clock.nowMs();
    const known = this.#series.get(key);
    if (known !== undefined && nowMs - known.lastMs < seriesEndMs) {
      known.count += 1;
      known.lastMs = nowMs;
      this.#sendLater(known);
      return;
    }
    if (!this.#bucketOf(uid ?? "").take()) return;
    this.#series.delete(key);
    this.#series.set(key, { event, count: 1, lastMs: nowMs, isWaiting: false });
    forgetOldest(this.#series);
    this.#send(() => this.#objects.create(event));
  }

  #bucketOf(uid: string): TokenBucket {
    const bucket = this.#buckets.get(uid) ?? new TokenBucket(this.#surroundings.clock, objectRate);
    this.#buckets.delete(uid);
    this.#buckets.set(uid, bucket);
    forgetOldest(this.#buckets);
    return bucket;
  }

  #sendLater(series: Series): void {
    if (series.isWaiting || this.#closed.signal.aborted) return;
    series.isWaiting = true;
    const cancel = this.#surroundings.clock.after(seriesPeriodMs, () => {
      this.#closed.signal.removeEventListener("abort", cancel);
      this.#sendSeries(series);
    });
    this.#closed.signal.addEventListener("abort", cancel, { once: true });
  }

  #sendSeries(series: Series): void {
    if (!series.isWaiting) return;
    series.isWaiting = false;
    const { event, count } = series;
    const patch = { series: { count, lastObservedTime: microTime(this.#surroundings.clock.date()) } };
    this.#send(async () => {
      try {
        await this.#objects.patch(event.metadata, patch);
      } catch (error) {
        // Events do not live long: this one has gone meanwhile.
        if (!isNotFound(error)) throw error;
        await this.#objects.create({ ...event, ...patch });
      }
    });
  }

  #send(write: () => Promise<unknown>): void {
    if (this.#closed.signal.aborted || this.#unsent.length >= unsentMax) return;
    this.#unsent.push(write);
    this.#sending ??= this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    for (let write = this.#unsent.shift(); write !== undefined; write = this.#unsent.shift())
      await this.#attempt(write);
    this.#sending = undefined;
  }

  async #attempt(write: () => Promise<unknown>): Promise<void> {
    const { clock, log } = this.#surroundings;
    for (let attempt = 1; attempt <= attemptsMax && !this.#closed.signal.aborted; attempt++) {
      try {
        await write();
        this.#trouble = "";
        return;
      } catch (error) {
        // It had been written, though its answer did not come.
        if (isConflict(error)) return;
        const code = error instanceof KubeError ? String(error.code) : "";
        if (code !== this.#trouble) log.error("cannot write events", error);
        this.#trouble = code;
        // What is refused will be refused again; and some servers have no events.
        if (code !== "0") return;
        await pause(clock, retryPauseMs, this.#closed.signal);
      }
    }
  }
}

/** The longest beginning of a note that may be written. */
function cut(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= noteBytesMax) return note;
  return `${bytes
    .subarray(0, noteBytesMax - 3)
    .toString("utf8")
    .replace(/\uFFFD$/, "")}…`;
}

function forgetOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (map.size > seriesMax && oldest !== undefined) map.delete(oldest);
}
