import { setTimeout } from "node:timers/promises";
import type { Change, Entry, IndexSelection, Revision, Storage, WatchBatch } from "../storage.ts";
import { StorageCompacted, StorageOverrun, StorageUnavailable } from "../storage.ts";
import { ValueSlab } from "../value-slab.ts";
import type { CacheLimits } from "./limits.ts";
import { RangeContents } from "./range-contents.ts";
import { RevisionWaits } from "./revision-waits.ts";
import { WrittenEntries } from "./written-entries.ts";

/** A value may hold on to this much more memory than it needs. */
const sharedBytesMax = 16 << 10;

/** What a range is a part of. */
interface CachedRangeOptions {
  readonly prefix: string;
  readonly storage: Storage;
  readonly limits: CacheLimits;
  /** Milliseconds, rising. */
  readonly now: () => number;
  /** Asks the store for its revision, which makes it tell its watches. */
  readonly prompt: () => void;
}

/** The keys under one prefix: read from the store once, and then kept up by its watch until the range is closed. */
export class CachedRange {
  readonly prefix: string;
  /** Resolves once the range is in memory; rejects if it is closed before. */
  readonly filled: Promise<void>;
  readonly #options: CachedRangeOptions;
  readonly #closed = new AbortController();
  readonly #waits = new RevisionWaits();
  readonly #written: WrittenEntries;
  readonly #values = new ValueSlab();
  #contents: RangeContents | undefined;
  /** Ends the watch that keeps up the contents; unset while there is none. */
  #following: AbortController | undefined;
  /** Whether the contents have a gap, or are of a store that is no more. */
  #stale = false;
  /** Whether the watch has told nothing for long, though there was something. */
  #lagging = false;
  #settleFilled: (error?: Error) => void = () => {};
  #failure: unknown;
  #fills = 0;

  constructor(options: CachedRangeOptions) {
    this.prefix = options.prefix;
    this.#options = options;
    this.#written = new WrittenEntries(options.limits);
    this.filled = new Promise((resolve, reject) => {
      this.#settleFilled = (error) => (error === undefined ? resolve() : reject(error));
    });
    // Nobody has to wait for it.
    this.filled.catch(() => {});
  }

  /** What is in memory; undefined until all is. */
  get contents(): RangeContents | undefined {
    return this.#contents;
  }

  /** Whether the store's watch keeps the contents up, so that waiting for them makes sense. */
  get isFollowing(): boolean {
    return this.#following !== undefined && !this.#stale && !this.#lagging;
  }

  /** Why the store could not be followed last; undefined while it can. */
  get failure(): unknown {
    return this.#failure;
  }

  /** How often the range has been read from the store. */
  get fills(): number {
    return this.#fills;
  }

  /** Keeps the range up until close() is called. Never rejects. */
  async run(): Promise<void> {
    const { retryMinMs, retryMaxMs } = this.#options.limits;
    const { signal } = this.#closed;
    let retryMs = retryMinMs;
    while (!signal.aborted) {
      const { revision } = this.#contents ?? {};
      try {
        if (this.#contents === undefined || this.#stale) await this.#fill();
        await this.#follow();
        this.#failure = undefined;
      } catch (error) {
        this.#failure = error;
        if (error instanceof StorageCompacted) this.#stale = true;
        // What the store still remembers it tells again.
        else if (error instanceof StorageOverrun) this.#failure = undefined;
      }
      if (this.#contents?.revision !== revision) retryMs = retryMinMs;
      await setTimeout(retryMs * (1 + Math.random()) * 0.5, undefined, { signal, ref: false }).catch(() => {});
      retryMs = Math.min(retryMs * 2, retryMaxMs);
    }
  }

  /** Ends the watches, and whatever waits. */
  close(): void {
    this.#closed.abort();
    this.#following?.abort();
    this.#waits.giveUp();
    this.#contents?.end();
    this.#settleFilled(new StorageUnavailable("the store is closed"));
  }

  /** Reads the range anew: the store is not what it was. */
  refill(): void {
    this.#stale = true;
    this.#following?.abort();
  }

  /** Starts the watch anew, and has nobody wait for it until it tells something. */
  lag(): void {
    this.#lagging = true;
    this.#following?.abort();
  }

  /** True once the contents are of a revision or a later one; false if they are not within the time. */
  until(revision: Revision, waitMs: number): Promise<boolean> {
    if ((this.#contents?.revision ?? -1) >= revision) return Promise.resolve(true);
    if (this.#closed.signal.aborted) return Promise.resolve(false);
    return this.#waits.until(revision, waitMs);
  }

  /** The entry that stands for one that the store has given otherwise than by the watch. */
  adopt(entry: Entry): Entry {
    const contents = this.#contents;
    if (contents === undefined || entry.revision > contents.revision) return this.#written.add(this.#own(entry));
    return contents.entryOf(entry.key, entry.revision) ?? entry;
  }

  async #fill(): Promise<void> {
    const { prefix, storage, limits, now } = this.#options;
    const entries: Entry[] = [];
    let page = await storage.list(prefix, { limit: limits.fillPageKeys });
    const { revision } = page;
    const before = this.#contents;
    for (;;) {
      for (const entry of page.entries) {
        entries.push(this.#written.take(entry) ?? before?.entryOf(entry.key, entry.revision) ?? this.#own(entry));
      }
      const after = page.entries.at(-1)?.key;
      if (page.remaining === 0 || after === undefined || this.#closed.signal.aborted) break;
      page = await storage.list(prefix, { limit: limits.fillPageKeys, after, at: revision });
    }
    if (this.#closed.signal.aborted) return;
    const watchStore = this.#watchStore.bind(this);
    this.#contents = new RangeContents({ entries, revision, limits, now, watchStore });
    this.#stale = false;
    this.#lagging = false;
    this.#fills++;
    this.#written.forget(revision);
    before?.end(new StorageCompacted(before.revision, revision));
    this.#waits.reach(revision);
    this.#settleFilled();
  }

  /** Applies what the store's watch tells, until that ends. */
  async #follow(): Promise<void> {
    const contents = this.#contents;
    if (contents === undefined || this.#closed.signal.aborted) return;
    const following = new AbortController();
    this.#following = following;
    // Once the watch is open, it is to tell even of nothing that it works again.
    if (this.#failure !== undefined) queueMicrotask(this.#options.prompt);
    try {
      for await (const batch of this.#options.storage.watch(this.prefix, contents.revision, following.signal)) {
        if (following.signal.aborted) return;
        this.#failure = undefined;
        this.#lagging = false;
        this.#apply(contents, batch);
        this.#waits.reach(batch.revision);
      }
    } finally {
      this.#following = undefined;
    }
  }

  #apply(contents: RangeContents, { changes, revision }: WatchBatch): void {
    try {
      contents.apply(changes.map(this.#arrived), revision);
    } catch (error) {
      // Half of it may have been applied.
      this.#stale = true;
      throw error;
    }
  }

  /** A change with the entry that stands for its own. */
  readonly #arrived = (change: Change): Change => {
    const { key, revision, entry, previous } = change;
    if (entry === undefined) return change;
    const ours = this.#written.take(entry) ?? this.#own(entry);
    return ours === entry ? change : { key, revision, entry: ours, previous };
  };

  /** The store's own watch, for what the contents have forgotten. */
  async *#watchStore(
    prefix: string,
    from: Revision,
    signal: AbortSignal,
    selected: IndexSelection | undefined,
  ): AsyncGenerator<WatchBatch, void, undefined> {
    const batches = this.#options.storage.watch(prefix, from, signal, selected)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = batches.next();
        // There may be nothing to deliver, and the store is known to have come further than this.
        this.#options.prompt();
        const result = await next;
        if (result.done === true) return;
        const { changes, revision } = result.value;
        yield { changes: changes.map(this.#recognised), revision };
      }
    } finally {
      await batches.return?.();
    }
  }

  /** A change of the past with the entries that others have seen. */
  readonly #recognised = (change: Change): Change => {
    const { key, revision } = change;
    const entry = change.entry && (this.#contents?.entryOf(key, change.entry.revision) ?? change.entry);
    const previous = change.previous && (this.#contents?.entryOf(key, change.previous.revision) ?? change.previous);
    return entry === change.entry && previous === change.previous ? change : { key, revision, entry, previous };
  };

  /** The entry, or one like it whose value does not keep a large message in memory. */
  #own(entry: Entry): Entry {
    const { key, value, revision } = entry;
    if (value.buffer.byteLength <= 2 * value.length + sharedBytesMax) return entry;
    return { key, value: this.#values.copy(value), revision };
  }
}
