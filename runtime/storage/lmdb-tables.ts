import type { Database, RootDatabase } from "lmdb";
import { compareBytes } from "../meta/byte-text.ts";
import type { KeyRange } from "./key-range.ts";
import { decodeRow, decodeRowHead, encodeRow, rowStartsWith } from "./lmdb-row.ts";
import { RecentRows } from "./recent-rows.ts";
import type { Revision } from "./storage.ts";
import type { Expiry, Head, Row, RowHead, RowScan, ScanLimit, StoreState, Tables } from "./tables.ts";

/** One of LMDB's sorted tables, of bytes to bytes. */
export type LmdbTable = Database<Buffer, Buffer>;

/** How every table is opened. */
export const tableOptions = { encoding: "binary", keyEncoding: "binary" } as const;

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
const stateKey = Buffer.from("state");

/** Tables in one LMDB file. Deletions have a table of their own, so that living keys are counted by LMDB itself. */
export class LmdbTables implements Tables {
  readonly #options: LmdbTablesOptions;
  readonly #meta: LmdbTable;
  readonly #living: LmdbTable;
  readonly #deleted: LmdbTable;
  readonly #rows: LmdbTable;
  readonly #expiries: LmdbTable;
  readonly #recent: RecentRows;
  /** Used for one call at a time: LMDB copies keys at once. */
  readonly #revisionKey = Buffer.alloc(8);

  constructor(options: LmdbTablesOptions) {
    const { root, meta } = options;
    this.#options = options;
    this.#meta = meta;
    this.#living = root.openDB("living", tableOptions);
    this.#deleted = root.openDB("deleted", tableOptions);
    this.#rows = root.openDB("rows", tableOptions);
    this.#expiries = root.openDB("expiries", tableOptions);
    this.#recent = new RecentRows(options.rowsRememberedBytesMax);
  }

  state(): StoreState {
    return decodeState(this.#meta.getBinaryFast(stateKey));
  }

  head(key: string): Head | undefined {
    const bytes = Buffer.from(key);
    const living = this.#living.getBinaryFast(bytes);
    if (living !== undefined) return { key, revision: living.readDoubleBE(0), deleted: false };
    const deleted = this.#deleted.getBinaryFast(bytes);
    return deleted === undefined ? undefined : { key, revision: deleted.readDoubleBE(0), deleted: true };
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
    const bytes = this.#rows.getBinary(this.#key(revision));
    if (bytes === undefined) return undefined;
    const row = decodeRow(revision, bytes);
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
      if (rowStartsWith(value, wanted)) rows.push(this.#recent.get(revision) ?? decodeRow(revision, value));
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
    const bytes = Buffer.from(key);
    if (before !== undefined && before.deleted !== deleted) (deleted ? this.#living : this.#deleted).removeSync(bytes);
    put(deleted ? this.#deleted : this.#living, bytes, this.#key(revision));
  }

  dropHead({ key, deleted }: Head): void {
    (deleted ? this.#deleted : this.#living).removeSync(Buffer.from(key));
  }

  addRow(row: Row): number {
    const bytes = encodeRow(row);
    // Revisions only rise. Appending fills pages to the brim, and refuses what would not be the last.
    put(this.#rows, this.#key(row.revision), bytes, { append: true });
    this.#recent.add(row);
    return bytes.length;
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

function put(table: LmdbTable, key: Buffer, value: Buffer, options: { append?: boolean } = {}): void {
  // Inside a transaction this does no more than put() does, but tells whether it worked.
  const done: unknown = table.putSync(key, value, options);
  if (done !== true) throw new Error("LMDB refused to put a value");
}

function headsIn(table: LmdbTable, bounds: Parameters<LmdbTable["getRange"]>[0], deleted: boolean): Head[] {
  const heads: Head[] = [];
  for (const { key, value } of table.getRange(bounds)) {
    heads.push({ key: key.toString(), revision: value.readDoubleBE(0), deleted });
  }
  return heads;
}

function boundsOf({ start, end }: KeyRange): { start: Buffer; end?: Buffer } {
  // LMDB takes no empty key, and none starts with a zero byte.
  const from = start === "" ? Buffer.alloc(1) : Buffer.from(start).subarray(0, lmdbKeyBytesMax);
  return end === undefined ? { start: from } : { start: from, end: Buffer.from(end).subarray(0, lmdbKeyBytesMax) };
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

function encodeState({ revision, compacted, historyBytes }: StoreState): Buffer {
  const bytes = Buffer.allocUnsafe(24);
  bytes.writeDoubleBE(revision);
  bytes.writeDoubleBE(compacted, 8);
  bytes.writeDoubleBE(historyBytes, 16);
  return bytes;
}

function decodeState(bytes: Buffer | undefined): StoreState {
  if (bytes === undefined) return { revision: 1, compacted: 1, historyBytes: 0 };
  return { revision: bytes.readDoubleBE(), compacted: bytes.readDoubleBE(8), historyBytes: bytes.readDoubleBE(16) };
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
