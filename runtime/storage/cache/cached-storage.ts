import type { TimerOptions } from "node:timers";
import { setTimeout } from "node:timers/promises";
import { compareBytes } from "../../meta/byte-text.ts";
import type { Entry, IndexSelection, Page, PutOptions, RangeOptions, ReadOptions } from "../storage.ts";
import type { Revision, Storage, WatchBatch } from "../storage.ts";
import { StorageConflict, StorageFutureRevision, StorageUnavailable } from "../storage.ts";
import { CachedRange } from "./cached-range.ts";
import { EarlyWatch } from "./early-watch.ts";
import type { CacheLimits } from "./limits.ts";
import { defaultCacheLimits } from "./limits.ts";
import type { RangeContents } from "./range-contents.ts";
import { SharedCheck } from "./shared-check.ts";

/** What is cached, and within which limits; those not given are the default ones. */
export interface CachedStorageOptions {
  /** The prefixes whose keys are kept in memory, such as `/registry/animal.skai.io/cats/`. */
  readonly prefixes: readonly string[];
  readonly limits?: Partial<CacheLimits>;
  /** Milliseconds, rising; for tests to set. */
  readonly now?: () => number;
}

/** How one prefix stands. */
export interface RangeStatistics {
  readonly prefix: string;
  /** The revision that is in memory; undefined until the prefix is. */
  readonly revision: Revision | undefined;
  readonly entries: number;
  /** The bytes of all values. */
  readonly bytes: number;
  /** The revision that watches and lists can go back to without asking the store. */
  readonly oldest: Revision | undefined;
  readonly windowChanges: number;
  readonly windowBytes: number;
  readonly indexes: number;
  /** How often the prefix was read from the store: more than once only where its watch had a gap. */
  readonly fills: number;
  /** Why the store's watch does not keep the prefix up; undefined while it does. */
  readonly failure: unknown;
}

/** A Storage that answers from memory what it can. */
export interface CachedStorage extends Storage {
  /** Resolves once all prefixes are in memory; until then the store itself answers. Rejects if closed before. */
  ready(): Promise<void>;
  /** How each prefix stands. */
  statistics(): readonly RangeStatistics[];
}

/**
 * Puts a watch cache around a store, which it owns from now on: closing the cache closes the store. Reads of the newest
 * state ask the store for its revision only, once for all who ask at the same time.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
 */
export function cachedStorage(storage: Storage, options: CachedStorageOptions): CachedStorage {
  return new StorageCache(storage, options);
}

class StorageCache implements CachedStorage {
  readonly #storage: Storage;
  readonly #limits: CacheLimits;
  readonly #check: SharedCheck;
  /** In the order of their prefixes, of which none starts with another. */
  readonly #ranges: readonly CachedRange[];
  readonly #timer: NodeJS.Timeout;
  #down: StorageUnavailable | undefined;
  #closing: Promise<void> | undefined;

  constructor(storage: Storage, { prefixes, limits, now = () => performance.now() }: CachedStorageOptions) {
    this.#storage = storage;
    this.#limits = { ...defaultCacheLimits, ...limits };
    this.#check = new SharedCheck(storage);
    const shared = { storage, limits: this.#limits, now, prompt: () => this.#prompt() };
    this.#ranges = outermostOf(prefixes).map((prefix) => new CachedRange({ ...shared, prefix }));
    for (const range of this.#ranges) void range.run();
    this.#timer = setInterval(() => this.#maintain(), this.#limits.maintenanceMs).unref();
  }

  async ready(): Promise<void> {
    await Promise.all(this.#ranges.map((range) => range.filled));
  }

  async get(key: string, options: ReadOptions = {}): Promise<Entry | undefined> {
    this.#requireUp();
    const range = this.#rangeOf(key);
    if (range === undefined) return this.#storage.get(key, options);
    const contents = await this.#freshContents(range, options);
    if (contents !== undefined) return contents.get(key);
    const entry = await this.#storage.get(key, options);
    return entry && range.adopt(entry);
  }

  async list(prefix: string, options: RangeOptions = {}): Promise<Page> {
    this.#requireUp();
    const { at, selected } = options;
    const range = this.#rangeOf(prefix);
    if (range !== undefined && range.contents === undefined) await this.#awaitFill(range, options);
    const contents =
      range && (await (at === undefined ? this.#freshContents(range, options) : this.#contentsAt(range, at)));
    if (contents !== undefined) {
      if (selected !== undefined) await contents.prepare(prefix, selected.index);
      const page = contents.page(prefix, options, at ?? contents.revision);
      if (page !== undefined) return page;
    }
    return this.#adoptPage(prefix, await this.#storage.list(prefix, options));
  }

  async put(key: string, value: Uint8Array, expected: Revision | "absent", options?: PutOptions): Promise<Entry> {
    this.#requireUp();
    const range = this.#rangeOf(key);
    try {
      const entry = await this.#storage.put(key, value, expected, options);
      return range === undefined ? entry : range.adopt(entry);
    } catch (error) {
      throw adoptConflict(error, range);
    }
  }

  async delete(key: string, expected: Revision): Promise<Revision> {
    this.#requireUp();
    try {
      return await this.#storage.delete(key, expected);
    } catch (error) {
      throw adoptConflict(error, this.#rangeOf(key));
    }
  }

  watch(prefix: string, from: Revision, signal: AbortSignal, selected?: IndexSelection): AsyncIterable<WatchBatch> {
    const range = this.#rangeOf(prefix);
    const open = (): AsyncIterable<WatchBatch> =>
      (range?.contents ?? this.#storage).watch(prefix, from, signal, selected);
    if (range === undefined || range.contents !== undefined || this.#down !== undefined) return open();
    // Clients that come back to a server that starts should not each have a watch of the store's.
    const wait = { signal, ref: false };
    return new EarlyWatch(
      () => this.#filledSoon(range, wait),
      () => (signal.aborted || this.#down !== undefined ? undefined : open()),
    );
  }

  async currentRevision(): Promise<Revision> {
    this.#requireUp();
    const revision = await this.#check.revision();
    for (const { contents } of this.#ranges) contents?.tell(revision);
    return revision;
  }

  async compact(revision: Revision): Promise<void> {
    this.#requireUp();
    await this.#storage.compact(revision);
    for (const { contents } of this.#ranges) contents?.forget(revision);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  statistics(): readonly RangeStatistics[] {
    return this.#ranges.map(({ prefix, contents, fills, failure }) => ({
      prefix,
      revision: contents?.revision,
      entries: contents?.size ?? 0,
      bytes: contents?.bytes ?? 0,
      oldest: contents?.window.oldest,
      windowChanges: contents?.window.size ?? 0,
      windowBytes: contents?.window.bytes ?? 0,
      indexes: contents?.indexCount ?? 0,
      fills,
      failure,
    }));
  }

  async #close(): Promise<void> {
    this.#down = new StorageUnavailable("the store is closed");
    clearInterval(this.#timer);
    for (const range of this.#ranges) range.close();
    await this.#storage.close();
  }

  #requireUp(): void {
    if (this.#down !== undefined) throw this.#down;
  }

  /** The range that holds a key, or all keys with a prefix. */
  #rangeOf(key: string): CachedRange | undefined {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const range = this.#ranges[middle];
      if (range !== undefined && key.startsWith(range.prefix)) return range;
      if (range !== undefined && compareBytes(range.prefix, key) < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  /** Before all of a range is read for a list, waits for it to be read for the cache: reading it twice takes longer. */
  async #awaitFill(range: CachedRange, { limit = 0 }: RangeOptions): Promise<void> {
    if (limit !== 0 || range.failure !== undefined) return;
    const listed = new AbortController();
    await this.#filledSoon(range, { signal: listed.signal, ref: false });
    listed.abort();
    this.#requireUp();
  }

  /** Resolves once a range is in memory, or if that takes long. */
  async #filledSoon(range: CachedRange, wait: TimerOptions): Promise<void> {
    await Promise.race([range.filled, setTimeout(this.#limits.freshnessWaitMs, undefined, wait)]).catch(() => {});
  }

  /** What is in memory once it is as fresh as it must be; undefined where the store is to answer instead. */
  async #freshContents(range: CachedRange, { notOlderThan }: ReadOptions): Promise<RangeContents | undefined> {
    const { contents } = range;
    if (contents === undefined) return undefined;
    if (notOlderThan !== undefined) {
      return contents.revision >= notOlderThan ? contents : this.#contentsFrom(range, notOlderThan);
    }
    if (!range.isFollowing) {
      this.#prompt();
      return undefined;
    }
    const told = contents.revision;
    const revision = await this.#check.revision();
    if (revision < told && range.contents === contents) {
      // The store has been put back to an older state than it once told of.
      range.refill();
      return undefined;
    }
    return this.#caughtUp(range, revision);
  }

  /** What is in memory at a revision or later. Throws StorageFutureRevision if that does not come. */
  async #contentsFrom(range: CachedRange, notOlderThan: Revision): Promise<RangeContents | undefined> {
    await this.#check.revision();
    if (await range.until(notOlderThan, this.#limits.freshnessWaitMs)) return range.contents;
    this.#requireUp();
    const newest = await this.#check.revision();
    if (newest < notOlderThan) throw new StorageFutureRevision(notOlderThan, newest);
    return this.#caughtUp(range, notOlderThan);
  }

  /** What is in memory at a revision or later. Throws StorageFutureRevision if it is not written yet. */
  async #contentsAt(range: CachedRange, at: Revision): Promise<RangeContents | undefined> {
    const { contents } = range;
    if (contents === undefined || at <= contents.revision) return contents;
    const newest = await this.#check.revision();
    if (newest < at) throw new StorageFutureRevision(at, newest);
    return this.#caughtUp(range, at);
  }

  /** What is in memory once the watch has come to a revision that the store has; undefined if it does not soon. */
  async #caughtUp(range: CachedRange, revision: Revision): Promise<RangeContents | undefined> {
    const { contents } = range;
    if (contents !== undefined && contents.revision >= revision) return contents;
    if (!range.isFollowing) return undefined;
    if (await range.until(revision, this.#limits.freshnessWaitMs)) return range.contents;
    this.#requireUp();
    range.lag();
    return undefined;
  }

  #adoptPage(prefix: string, page: Page): Page {
    if (!this.#ranges.some((range) => prefix.startsWith(range.prefix) || range.prefix.startsWith(prefix))) return page;
    return { ...page, entries: page.entries.map((entry) => this.#rangeOf(entry.key)?.adopt(entry) ?? entry) };
  }

  /** Has the store tell its watches how far it is. */
  #prompt(): void {
    // Whoever needs the answer asks for itself.
    this.#check.revision().catch(() => {});
  }

  #maintain(): void {
    for (const { contents } of this.#ranges) contents?.maintain();
  }
}

/** A refusal with the entry that stands for the one it tells of. */
function adoptConflict(error: unknown, range: CachedRange | undefined): unknown {
  if (!(error instanceof StorageConflict) || error.current === undefined || range === undefined) return error;
  const current = range.adopt(error.current);
  return current === error.current ? error : new StorageConflict(error.key, current);
}

/** The prefixes in order, without those that are parts of others. */
function outermostOf(prefixes: readonly string[]): string[] {
  const outermost: string[] = [];
  for (const prefix of prefixes.toSorted(compareBytes)) {
    const last = outermost.at(-1);
    if (last === undefined || !prefix.startsWith(last)) outermost.push(prefix);
  }
  return outermost;
}
