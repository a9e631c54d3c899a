import type { Database, Key, RangeOptions, RootDatabase } from "lmdb";
import { compareBytes, truncateToBytes } from "../meta/byte-text.ts";
import type { KeyRange } from "./key-range.ts";
import { decodeRow, decodeRowHead, encodeRow, rowBytesMax, rowStartsWith } from "./lmdb-row.ts";
import { decodeState, encodeState, stateKey, tableOptions } from "./lmdb-state.ts";
import { RecentRows } from "./recent-rows.ts";
import type { Revision } from "./storage.ts";
import type { Expiry, Head, Row, RowHead, RowScan, ScanLimit, StoreState, Tables } from "./tables.ts";
import { ValueSlab } from "./value-slab.ts";

/** One of LMDB's sorted tables, of bytes to bytes. */
export type LmdbTable = Database<Buffer, Buffer>;

/** The tables that tell the newest revision of a key: read and written without a Buffer for each key and value. */
type HeadTable = Database<Revision, string>;

/** Bytes that are the same as those of tableOptions: a key's UTF-8, and a revision as a number of eight bytes. */
function headOptions() {
  const bytes = Buffer.alloc(8);
  return {
    encoding: "binary",
    keyEncoder: {
      writeKey(key: string, target: Buffer, start: number): number {
        // What LMDB expects of a buffer that is too small; write() would cut the key off.
        if (key.length * 3 > target.length - start && Buffer.byteLength(key) > target.length - start) {
          throw new RangeError("the key does not fit");
        }
        return start + target.write(key, start);
      },
      readKey: (source: Buffer, start: number, end: number): string => source.toString("utf8", start, end),
    },
    encoder: {
      encode(revision: Revision): Buffer {
        bytes.writeDoubleBE(revision);
        return bytes;
      },
      decode: (source: Buffer): Revision => source.readDoubleBE(0),
    },
  } as const;
}

/** What is in the file, and who may write it. */
interface LmdbTablesOptions {
  readonly root: RootDatabase<Buffer, Buffer>;
  readonly meta: LmdbTable;
  /** Throws StorageUnavailable if another process has taken the folder over; asked in every transaction. */
  readonly requireOwner: () => void;
  /** How many bytes of rows to keep in memory. */
  readonly rowsRememberedBytesMax: number;
  /** Closes the file and lets others have the folder. */
  readonly release: () => Promise<void>;
}

/** LMDB cuts off no key that a store takes: those are shorter. */
const lmdbKeyBytesMax = 1_978;

/** Tables in one LMDB file. Deletions have a table of their own, so that living keys are counted by LMDB itself. */
export class LmdbTables implements Tables {
  readonly #options: LmdbTablesOptions;
  readonly #meta: LmdbTable;
  readonly #living: HeadTable;
  readonly #deleted: HeadTable;
  readonly #rows: LmdbTable;
  readonly #expiries: LmdbTable;
  readonly #recent: RecentRows;
  /** Used for one call at a time: LMDB copies keys at once. */
  readonly #revisionKey = Buffer.alloc(8);
  /** Where a row is encoded; LMDB copies it at once as well. */
  #rowBytes = Buffer.alloc(1 << 16);
  readonly #values = new ValueSlab();

  constructor(options: LmdbTablesOptions) {
    const { root, meta } = options;
    this.#options = options;
    this.#meta = meta;
    this.#living = root.openDB<Revision, string>("living", headOptions());
    this.#deleted = root.openDB<Revision, string>("deleted", headOptions());
    this.#rows = root.openDB("rows", tableOptions);
    this.#expiries = root.openDB("expiries", tableOptions);
    this.#recent = new RecentRows(options.rowsRememberedBytesMax);
  }

  state(): StoreState {
    return decodeState(this.#meta.getBinaryFast(stateKey));
  }

  head(key: string): Head | undefined {
    const living = this.#living.get(key);
    if (living !== undefined) return { key, revision: living, deleted: false };
    const deleted = this.#deleted.get(key);
    return deleted === undefined ? undefined : { key, revision: deleted, deleted: true };
  }

  heads(range: KeyRange, limit: number, deletions: "with deletions" | "without deletions"): Head[] {
    const bounds = { ...boundsOf(range), limit };
    const living = headsIn(this.#living, bounds, false);
    if (deletions === "without deletions") return living;
    const both = [...living, ...headsIn(this.#deleted, bounds, true)];
    return both.toSorted((a, b) => compareBytes(a.key, b.key)).slice(0, limit);
  }

  count(range: KeyRange): number {
    return this.#living.getKeysCount(boundsOf(range));
  }

  row(revision: Revision): Row | undefined {
    const recent = this.#recent.get(revision);
    if (recent !== undefined) return recent;
    const bytes = this.#rows.getBinaryFast(this.#key(revision));
    if (bytes === undefined) return undefined;
    const row = decodeRow(revision, bytes, bytes.length, this.#values);
    this.#recent.add(row);
    return row;
  }

  rowHead(revision: Revision): RowHead | undefined {
    const bytes = this.#rows.getBinaryFast(this.#key(revision));
    return bytes === undefined ? undefined : decodeRowHead(bytes, bytes.length);
  }

  rows(prefix: string, after: Revision, until: Revision, { rowsMax, bytesMax }: ScanLimit): RowScan {
    const wanted = Buffer.from(prefix);
    const rows: Row[] = [];
    let looked = 0;
    let bytes = 0;
    const bounds = { start: revisionBytes(after + 1), end: revisionBytes(until + 1) };
    for (const { key, value } of this.#rows.getRange(bounds)) {
      const revision = key.readDoubleBE(0);
      if (rowStartsWith(value, wanted))
        rows.push(this.#recent.get(revision) ?? decodeRow(revision, value, value.length, this.#values));
      looked++;
      bytes += value.length;
      if (looked >= rowsMax || bytes > bytesMax) return { rows, reached: revision };
    }
    return { rows, reached: until };
  }

  due(nowMs: number, limit: number): Expiry[] {
    const due: Expiry[] = [];
    for (const { key, value } of this.#expiries.getRange({ end: expiryKey(nowMs, Infinity), limit })) {
      due.push({ timeMs: key.readDoubleBE(0), revision: key.readDoubleBE(8), key: value.toString() });
    }
    return due;
  }

  async transact(work: () => void): Promise<void> {
    const { root, requireOwner } = this.#options;
    try {
      // A plain transaction would keep what `work` has written before it throws; a child is rolled back.
      await root.childTransaction(() => {
        requireOwner();
        work();
      });
    } catch (error) {
      // It may hold rows that were never written; their revisions go to others.
      this.#recent.clear();
      throw await commitError(error);
    }
  }

  setState(state: StoreState): void {
    put(this.#meta, stateKey, encodeState(state));
  }

  setHead({ key, revision, deleted }: Head, before: Head | undefined): void {
    if (before !== undefined && before.deleted !== deleted) (deleted ? this.#living : this.#deleted).removeSync(key);
    put(deleted ? this.#deleted : this.#living, key, revision);
  }

  dropHead({ key, deleted }: Head): void {
    (deleted ? this.#deleted : this.#living).removeSync(key);
  }

  addRow(row: Row): number {
    const bytesMax = rowBytesMax(row.key, row.entry?.value);
    if (bytesMax > this.#rowBytes.length) this.#rowBytes = Buffer.alloc(bytesMax);
    const length = encodeRow(row, this.#rowBytes);
    // Revisions only rise. Appending fills pages to the brim, and refuses what would not be the last.
    put(this.#rows, this.#key(row.revision), this.#rowBytes.subarray(0, length), { append: true });
    this.#recent.add(row);
    return length;
  }

  dropRow(revision: Revision): void {
    this.#rows.removeSync(this.#key(revision));
    this.#recent.drop(revision);
  }

  addExpiry({ timeMs, revision, key }: Expiry): void {
    put(this.#expiries, expiryKey(timeMs, revision), Buffer.from(key));
  }

  dropExpiry({ timeMs, revision }: Expiry): void {
    this.#expiries.removeSync(expiryKey(timeMs, revision));
  }

  recover(): void {
    // A transaction in the background would wait for ever if LMDB cannot begin one; this one throws.
    this.#options.root.transactionSync(() => this.#options.requireOwner());
  }

  check(): void {
    this.#meta.resetReadTxn();
    this.#options.requireOwner();
  }

  close(): Promise<void> {
    return this.#options.release();
  }

  #key(revision: Revision): Buffer {
    this.#revisionKey.writeDoubleBE(revision);
    return this.#revisionKey;
  }
}

function put<V, K extends Key>(table: Database<V, K>, key: K, value: V, options: { append?: boolean } = {}): void {
  // Inside a transaction this does no more than put() does, but tells whether it worked.
  const done: unknown = table.putSync(key, value, options);
  if (done !== true) throw new Error("LMDB refused to put a value");
}

function headsIn(table: HeadTable, bounds: RangeOptions, deleted: boolean): Head[] {
  const heads: Head[] = [];
  for (const { key, value } of table.getRange(bounds)) {
    heads.push({ key, revision: value, deleted });
  }
  return heads;
}

function boundsOf({ start, end }: KeyRange): { start: string; end?: string } {
  // LMDB takes no empty key, and none starts with a zero byte.
  const from = start === "" ? "\0" : truncateToBytes(start, lmdbKeyBytesMax);
  return end === undefined ? { start: from } : { start: from, end: truncateToBytes(end, lmdbKeyBytesMax) };
}

function revisionBytes(revision: Revision): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(revision);
  return bytes;
}

function expiryKey(timeMs: number, revision: Revision): Buffer {
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeDoubleBE(timeMs);
  bytes.writeDoubleBE(revision, 8);
  return bytes;
}

/** What LMDB says of a failed commit, which it keeps in a promise of its own that must not go unhandled. */
async function commitError(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !("commitError" in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    // LMDB reports a write that was cut short, as on a full disk, as an input/output error.
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new Error(`${reason} (is the disk full?)`, { cause });
  }
}
