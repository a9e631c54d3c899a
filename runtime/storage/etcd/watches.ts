import type { Revision, WatchBatch } from "../storage.ts";
import type { Endpoints } from "./endpoints.ts";
import type { EtcdLimits } from "./limits.ts";
import type { RecentEntries } from "./recent-entries.ts";
import { EtcdWatch, type WatchContext } from "./watch.ts";

/** What the watches of a store need. */
interface WatchesOptions {
  readonly endpoints: Endpoints;
  readonly limits: EtcdLimits;
  readonly recent: RecentEntries;
  /** Told of what etcd says to be compacted. */
  readonly compacted: (revision: Revision) => void;
}

/** The watches of a store, and the revision that somebody waits for them to reach. */
export class Watches implements WatchContext {
  readonly endpoints: Endpoints;
  readonly limits: EtcdLimits;
  readonly recent: RecentEntries;
  readonly compacted: (revision: Revision) => void;
  readonly #watches = new Set<EtcdWatch>();
  #wanted: Revision = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ endpoints, limits, recent, compacted }: WatchesOptions) {
    this.endpoints = endpoints;
    this.limits = limits;
    this.recent = recent;
    this.compacted = compacted;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The newest revision that somebody waits for the watches to reach. */
  get wanted(): Revision {
    return this.#wanted;
  }

  /** See Storage.watch. */
  watch(prefix: string, from: Revision, signal: AbortSignal): AsyncIterable<WatchBatch> {
    return new EtcdWatch(this, prefix, from, signal);
  }

  /** Somebody waits for the watches to come as far as this. */
  want(revision: Revision): void {
    if (revision <= this.#wanted) return;
    this.#wanted = revision;
    this.#ask();
  }

  /** See WatchContext. */
  begun(watch: EtcdWatch): void {
    this.#watches.add(watch);
  }

  /** See WatchContext. */
  connected(): void {
    this.#ask();
  }

  /** See WatchContext. */
  ended(watch: EtcdWatch): void {
    this.#watches.delete(watch);
  }

  /** Resolves once every watch has come as far as this, or after a while: they may wait for what is not coming. */
  async reached(revision: Revision, patienceMs: number): Promise<void> {
    const deadlineMs = performance.now() + patienceMs;
    this.want(revision);
    while (this.#isBehind(revision) && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Ends every watch. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watch of this.#watches) watch.finish();
  }

  #isBehind(revision: Revision): boolean {
    for (const watch of this.#watches) if (watch.position < revision) return true;
    return false;
  }

  #ask(): void {
    let isBehind = false;
    for (const watch of this.#watches) {
      if (watch.position >= this.#wanted) continue;
      isBehind = true;
      watch.askProgress();
    }
    // etcd keeps silent where a watch has not caught up with history yet, so it is asked again.
    if (isBehind) this.#timer ??= setTimeout(this.#retry, this.limits.progressRetryMs).unref();
  }

  readonly #retry = (): void => {
    this.#timer = undefined;
    this.#ask();
  };
}
