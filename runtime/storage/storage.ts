/**
 * The contract between the registry and whatever keeps the bytes: a key-value store with one
 * rising revision, compare-and-swap, and a history that watches resume from. It knows no kinds.
 * The counterpart of https://pkg.go.dev/k8s.io/apiserver/pkg/storage, reduced to what differs between backends.
 */

/** A position in the store's history; every write takes the next. Becomes resourceVersion at the registry. */
export type Revision = number;

/**
 * One key's value as of one revision. A caching backend hands out the same Entry each time,
 * so that what is derived from it can be remembered by identity. Never changed once made.
 */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** The revision of the write that made this value. */
  readonly revision: Revision;
}

/** One write, as a watch delivers it. */
export interface Change {
  readonly key: string;
  readonly revision: Revision;
  /** The value after the write; undefined if the write deleted the key. */
  readonly entry: Entry | undefined;
  /** The value before the write; undefined if the write created the key. */
  readonly previous: Entry | undefined;
}

/** A range of keys in byte order, all as of one revision. */
export interface Page {
  readonly entries: readonly Entry[];
  /** The revision that the whole page is true at. */
  readonly revision: Revision;
  /** How many keys of the prefix come after the page; 0 when this is the last. */
  readonly remaining: number;
}

/** How fresh a read must be. */
export interface ReadOptions {
  /** Any state from this revision on will do, so a cache need not ask its store. The newest if unset. */
  readonly notOlderThan?: Revision;
}

/**
 * One value that entries can be looked up by besides their key, such as that of a label. Stores remember what they
 * index by the identity of this object, so whoever asks for the same index gives the same one.
 */
export interface EntryIndex {
  /** The value of an entry; undefined if it has none. Gives the same each time. */
  valueOf(entry: Entry): string | undefined;
}

/** The entries whose value in an index is one of `values`. */
export interface IndexSelection {
  readonly index: EntryIndex;
  readonly values: readonly string[];
}

/** Which part of a prefix to read. */
export interface RangeOptions extends ReadOptions {
  /** At most so many entries; unset or 0 is all. */
  readonly limit?: number;
  /** Only keys greater than this one. */
  readonly after?: string;
  /** As of this revision instead of now. Throws StorageCompacted or StorageFutureRevision where it cannot. */
  readonly at?: Revision;
  /** Only these entries are wanted; a store that has no index gives others too. */
  readonly selected?: IndexSelection;
}

/** Where a watch stands: everything up to `revision` has been delivered. */
export interface WatchBatch {
  readonly changes: readonly Change[];
  readonly revision: Revision;
}

/** A key-value store with one rising revision. Every method may throw StorageUnavailable. */
export interface Storage {
  /** The newest value of a key, or one that is fresh enough. */
  get(key: string, options?: ReadOptions): Promise<Entry | undefined>;
  /** The keys that start with `prefix`, in byte order. */
  list(prefix: string, options?: RangeOptions): Promise<Page>;
  /** Writes only if the key is still at `expected`, else throws StorageConflict. Resolves once the write is durable. */
  put(key: string, value: Uint8Array, expected: Revision | "absent", options?: PutOptions): Promise<Entry>;
  /** Deletes only if the key is still at `expected`, else throws StorageConflict. Gives the deletion's revision. */
  delete(key: string, expected: Revision): Promise<Revision>;
  /**
   * Every change of keys under `prefix` after `from`, in order, exactly once. Batches hold what has gathered since the
   * reader last asked; one with no changes tells that the revision moved on. Ends when `signal` aborts.
   * A `from` that is not written yet is waited for, and what comes up to it is left out.
   * Of changes whose value neither before nor after is `selected`, a store need deliver none.
   * Throws StorageCompacted when `from` is too old, StorageOverrun when the reader has fallen too far behind.
   */
  watch(prefix: string, from: Revision, signal: AbortSignal, selected?: IndexSelection): AsyncIterable<WatchBatch>;
  /** The revision of the newest write, as the store has it now. Watches with nothing to deliver hear of it soon after. */
  currentRevision(): Promise<Revision>;
  /** Forgets history up to and including `revision`; current values stay. */
  compact(revision: Revision): Promise<void>;
  /** Ends watches and releases the store; later calls throw StorageUnavailable. */
  close(): Promise<void>;
}

/** How long a value lives. */
export interface PutOptions {
  /** Deleted by the store after so many seconds. */
  readonly ttlSeconds?: number;
}

/** The key is not at the expected revision. */
export class StorageConflict extends Error {
  override readonly name = "StorageConflict";
  readonly key: string;
  /** What the key holds instead; undefined if it does not exist. */
  readonly current: Entry | undefined;
  constructor(key: string, current: Entry | undefined) {
    super(`${key} ${current === undefined ? "does not exist" : `is at revision ${current.revision}`}`);
    this.key = key;
    this.current = current;
  }
}

/** The revision asked for has been compacted away. */
export class StorageCompacted extends Error {
  override readonly name = "StorageCompacted";
  readonly requested: Revision;
  /** The oldest revision that can still be asked for. */
  readonly oldest: Revision;
  constructor(requested: Revision, oldest: Revision) {
    super(`revision ${requested} has been compacted; the oldest is ${oldest}`);
    this.requested = requested;
    this.oldest = oldest;
  }
}

/** The revision asked for has not been written yet. */
export class StorageFutureRevision extends Error {
  override readonly name = "StorageFutureRevision";
  readonly requested: Revision;
  readonly current: Revision;
  constructor(requested: Revision, current: Revision) {
    super(`revision ${requested} is in the future; the newest is ${current}`);
    this.requested = requested;
    this.current = current;
  }
}

/** A watch's reader has fallen further behind than the store buffers. */
export class StorageOverrun extends Error {
  override readonly name = "StorageOverrun";
}

/** The key or value is larger than the store takes. */
export class StorageTooLarge extends Error {
  override readonly name = "StorageTooLarge";
}

/** The store cannot answer now: closed, unreachable, or out of space. The write may or may not have happened if `uncertain`. */
export class StorageUnavailable extends Error {
  override readonly name = "StorageUnavailable";
  readonly uncertain: boolean;
  constructor(message: string, options: { cause?: unknown; uncertain?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.uncertain = options.uncertain ?? false;
  }
}
