import type { Clock } from "./clock.ts";
import { ItemBackoff, TokenBucket } from "./rate-limiter.ts";

/** Who counts what becomes of the items of a queue. */
export interface QueueObserver {
  added(): void;
  retried(): void;
  /** An item has been taken after it had waited so long. */
  taken(waitedMs: number): void;
  /** An item is done after so long. */
  finished(workedMs: number): void;
}

/** How fast all items of a queue together may be tried again. */
const retryRate = { perSecond: 10, burst: 100 };

interface Delayed {
  readonly dueMs: number;
  readonly cancel: () => void;
}

/**
 * Items that wait to be worked on, first come first served. An item is there once, however often it is added, and never
 * with two workers: what is added while it is worked on is taken again once that is done. What fails waits longer each time.
 * https://pkg.go.dev/k8s.io/client-go/util/workqueue
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #observer: QueueObserver | undefined;
  readonly #backoff = new ItemBackoff();
  readonly #bucket: TokenBucket;
  /** In the order in which they came, with the time at which they did. */
  readonly #waiting = new Map<string, number>();
  /** With the time at which they were taken. */
  readonly #working = new Map<string, number>();
  /** Those being worked on that were added meanwhile. */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #takers: ((item: string | undefined) => void)[] = [];
  #closed = false;

  constructor(clock: Clock, observer?: QueueObserver) {
    this.#clock = clock;
    this.#observer = observer;
    this.#bucket = new TokenBucket(clock, retryRate);
  }

  /** How many wait to be taken. */
  get depth(): number {
    return this.#waiting.size;
  }

  /** How many are being worked on. */
  get active(): number {
    return this.#working.size;
  }

  /** For how long each item that has a worker has had it. */
  workingMs(): number[] {
    const nowMs = this.#clock.nowMs();
    return Array.from(this.#working.values(), (sinceMs) => nowMs - sinceMs);
  }

  add(item: string): void {
    if (this.#closed || this.#waiting.has(item) || this.#again.has(item)) return;
    this.#observer?.added();
    if (this.#working.has(item)) this.#again.add(item);
    else this.#enqueue(item);
  }

  /** Adds an item later; of several times for one item the soonest counts. */
  addAfter(item: string, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) {
      this.add(item);
      return;
    }
    const dueMs = this.#clock.nowMs() + ms;
    const other = this.#delayed.get(item);
    if (other !== undefined && other.dueMs <= dueMs) return;
    other?.cancel();
    const cancel = this.#clock.after(ms, () => {
      this.#delayed.delete(item);
      this.add(item);
    });
    this.#delayed.set(item, { dueMs, cancel });
  }

  /** Adds an item that has failed, once it has waited as long as its failures and those of all others ask for. */
  addRateLimited(item: string): void {
    this.#observer?.retried();
    this.addAfter(item, Math.max(this.#backoff.failed(item), this.#bucket.reserve()));
  }

  /** How often an item has failed since it was last forgotten. */
  failures(item: string): number {
    return this.#backoff.failures(item);
  }

  /** An item has not failed. */
  forget(item: string): void {
    this.#backoff.forget(item);
  }

  /** The next item, once there is one, for a worker that calls `done` with it; undefined once the queue is closed. */
  take(): Promise<string | undefined> {
    const [next] = this.#waiting;
    if (this.#closed) return Promise.resolve(undefined);
    if (next !== undefined) return Promise.resolve(this.#give(...next));
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  /** The worker of an item has ended with it, well or not. */
  done(item: string): void {
    const sinceMs = this.#working.get(item);
    if (sinceMs === undefined) return;
    this.#working.delete(item);
    this.#observer?.finished(this.#clock.nowMs() - sinceMs);
    if (this.#again.delete(item) && !this.#closed) this.#enqueue(item);
  }

  /** Nothing is added or taken any more; what is being worked on is not touched. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#again.clear();
    for (const resolve of this.#takers.splice(0)) resolve(undefined);
  }

  #enqueue(item: string): void {
    this.#waiting.set(item, this.#clock.nowMs());
    this.#takers.shift()?.(this.#give(item, this.#clock.nowMs()));
  }

  #give(item: string, sinceMs: number): string {
    const nowMs = this.#clock.nowMs();
    this.#waiting.delete(item);
    this.#working.set(item, nowMs);
    this.#observer?.taken(nowMs - sinceMs);
    return item;
  }
}
