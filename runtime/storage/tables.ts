import type { KeyRange } from "./key-range.ts";
import type { Entry, Revision } from "./storage.ts";
import { StorageUnavailable } from "./storage.ts";

/**
 * What an embedded engine has to offer: ordered tables and one atomic, durable transaction at a time.
 * `revision-storage.ts` makes a Storage of it. Values are written once, in the row of their revision:
 *
 *   heads     key → revision of its newest write, deletions apart
 *   rows      revision → key, value or deletion, and the revision of the key's write before
 *   expiries  time and revision → key
 *   state     revision, compacted, size of the history
 *
 * Reads see the newest commit; inside `transact` they see what it has written so far.
 */
export interface Tables {
  state(): StoreState;
  /** A key's newest write, which may be a deletion that is not compacted yet. */
  head(key: string): Head | undefined;
  /** The first `limit` heads of a range, in key order. */
  heads(range: KeyRange, limit: number, deletions: "with deletions" | "without deletions"): Head[];
  /** How many keys of a range exist. */
  count(range: KeyRange): number;
  row(revision: Revision): Row | undefined;
  /** A row without its value. */
  rowHead(revision: Revision): RowHead | undefined;
  /** Looks at rows after one revision and up to another, as many as `limit` allows, and gives those under `prefix`. */
  rows(prefix: string, after: Revision, until: Revision, limit: ScanLimit): RowScan;
  /** Up to `limit` expiries that are due, oldest first. */
  due(nowMs: number, limit: number): Expiry[];

  /**
   * Runs `work` in a transaction and resolves once that is durable; rejects with nothing changed if `work` throws or
   * the disk refuses. The methods below may only be called by `work`.
   */
  transact(work: () => void): Promise<void>;
  setState(state: StoreState): void;
  /** Sets the newest write of a key; `before` is what head() says until then. */
  setHead(head: Head, before: Head | undefined): void;
  /** Forgets a deletion. */
  dropHead(head: Head): void;
  /** Gives the size of the row in bytes. */
  addRow(row: Row): number;
  dropRow(revision: Revision): void;
  addExpiry(expiry: Expiry): void;
  dropExpiry(expiry: Expiry): void;

  /** Finds out, after a transaction failed, whether others can work. Throws if not. */
  recover(): void;
  /** Finds out, now and then, whether the store is still ours. Throws StorageUnavailable if not. */
  check(): void;
  close(): Promise<void>;
}

/** Where the store stands. */
export interface StoreState {
  readonly revision: Revision;
  /** Changes up to and including this revision are forgotten. */
  readonly compacted: Revision;
  /** Bytes of the rows after `compacted`. */
  readonly historyBytes: number;
}

/** The newest write of a key. */
export interface Head {
  readonly key: string;
  readonly revision: Revision;
  readonly deleted: boolean;
}

/** One write. */
export interface Row {
  readonly revision: Revision;
  readonly key: string;
  /** undefined if the write deleted the key. */
  readonly entry: Entry | undefined;
  /** The revision of the key's write before this one, which may be compacted by now; 0 if there was none. */
  readonly before: Revision;
  readonly timeMs: number;
}

/** What compaction needs to know of a row. */
export interface RowHead {
  readonly key: string;
  readonly deleted: boolean;
  readonly before: Revision;
  readonly timeMs: number;
  /** What addRow gave. */
  readonly bytes: number;
}

/** How much of the history is looked at in one turn of the event loop. */
export interface ScanLimit {
  readonly rowsMax: number;
  readonly bytesMax: number;
}

/** A part of the history. */
export interface RowScan {
  readonly rows: readonly Row[];
  /** The revision up to which rows were looked at. */
  readonly reached: Revision;
}

/** When a value is to be deleted, if it is still the one written at `revision`. */
export interface Expiry {
  readonly timeMs: number;
  readonly revision: Revision;
  readonly key: string;
}

/** The row of a head. Throws StorageUnavailable if it is not there, which only a damaged file explains. */
export function requireRow(tables: Tables, { key, revision }: Pick<Head, "key" | "revision">): Row {
  const row = tables.row(revision);
  if (row?.key !== key)
    throw new StorageUnavailable(`the data file is damaged: it lacks revision ${revision} of ${key}; restore a backup`);
  return row;
}
