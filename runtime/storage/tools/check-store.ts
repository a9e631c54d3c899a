import { stat } from "node:fs/promises";
import { decodeRow, decodeRowHead } from "../lmdb-row.ts";
import { decodeState, stateKey } from "../lmdb-state.ts";
import type { LmdbTable } from "../lmdb-tables.ts";
import type { Revision } from "../storage.ts";
import type { Row, StoreState } from "../tables.ts";
import { ValueSlab } from "../value-slab.ts";
import { dataFileOf, metaOf, openToRead, tableOf } from "./raw-store.ts";
import { valueProblem } from "./value-problem.ts";

/** What a look at everything in a store has found. */
export interface StoreReport {
  readonly objects: number;
  readonly revision: Revision;
  /** Changes up to and including this revision are forgotten. */
  readonly compacted: Revision;
  /** Values that are to be deleted at a time of their own. */
  readonly expiries: number;
  /** The size of the file. */
  readonly bytes: number;
  /** What is wrong, the first ones in full. */
  readonly problems: readonly string[];
  readonly problemCount: number;
}

/** Told now and then how many rows have been looked at. */
type Progress = (checked: number) => void;

/** How many problems are told in full. */
const problemsMax = 200;
const rowsPerProgress = 1_000;

/**
 * Compares the tables of a store with one another, as of one commit, while a server may write it. Keeps the event loop
 * until it is done, which is what holds the snapshot. A damaged page may end the process: see `verifyStore`.
 */
export async function checkStore(folder: string, progress: Progress): Promise<StoreReport> {
  const root = await openToRead(folder);
  try {
    const { size } = await stat(dataFileOf(folder));
    const meta = metaOf(root);
    const tables = {
      rows: tableOf(root, "rows"),
      living: tableOf(root, "living"),
      deleted: tableOf(root, "deleted"),
      expiries: tableOf(root, "expiries"),
    };
    root.resetReadTxn();
    const check = new Check(decodeState(meta.getBinary(stateKey)));
    check.rows(tables.rows, progress);
    const objects = check.heads(tables.living, "living");
    check.heads(tables.deleted, "deleted");
    check.leftovers();
    const expiries = check.expiries(tables.expiries, tables.rows);
    const { problems, problemCount } = check;
    const { revision, compacted } = check.state;
    return { objects, revision, compacted, expiries, bytes: size, problems, problemCount };
  } finally {
    await root.close();
  }
}

/** What is gathered on the way through the tables. */
class Check {
  readonly state: StoreState;
  readonly problems: string[] = [];
  problemCount = 0;
  /** The newest row of each key that no head has been found for yet. */
  readonly #newest = new Map<string, Row>();
  /** The revisions of rows that are not as they were written, of which enough has been said. */
  readonly #damaged = new Set<Revision>();
  readonly #values = new ValueSlab();
  #historyBytes = 0;

  constructor(state: StoreState) {
    this.state = state;
    if (!(state.compacted <= state.revision)) {
      this.#tell(`the history ends at revision ${state.revision}, and is compacted up to ${state.compacted}`);
    }
  }

  rows(table: LmdbTable, progress: Progress): void {
    let last = this.state.compacted;
    let checked = 0;
    for (const { key, value } of table.getRange({ start: Buffer.alloc(1) })) {
      if (++checked % rowsPerProgress === 0) progress(checked);
      const revision = key.length === 8 ? key.readDoubleBE(0) : Number.NaN;
      if (!Number.isSafeInteger(revision) || revision < 1) {
        this.#tell(`a row has ${key.toString("hex")} for its revision`);
        continue;
      }
      if (revision > this.state.compacted) {
        if (revision !== last + 1) this.#tell(`revisions ${last + 1} to ${revision - 1} are missing`);
        last = revision;
        this.#historyBytes += value.length;
      }
      this.#row(revision, value);
    }
    const { revision, historyBytes } = this.state;
    if (last !== revision) this.#tell(`the newest row is of revision ${last}, and the newest revision ${revision}`);
    if (this.#historyBytes !== historyBytes) {
      this.#tell(`the history has ${this.#historyBytes} bytes, and counts ${historyBytes}`);
    }
  }

  #row(revision: Revision, bytes: Buffer): void {
    let row: Row;
    try {
      row = decodeRow(revision, bytes, bytes.length, this.#values);
    } catch {
      this.#damaged.add(revision);
      this.#tell(`revision ${revision}${keyIn(bytes)} is not as it was written`);
      return;
    }
    const { key, entry, before } = row;
    const older = this.#newest.get(key);
    const forgotten = revision <= this.state.compacted;
    if (forgotten && older !== undefined) this.#tell(`${key}: revision ${older.revision} should have been forgotten`);
    if (forgotten && entry === undefined) this.#tell(`${key}: deletion ${revision} should have been forgotten`);
    const expected = older?.revision ?? (before > this.state.compacted ? 0 : before);
    if (before !== expected && !forgotten) {
      this.#tell(`${key}: revision ${revision} follows ${before}, and the one before it is ${expected}`);
    }
    const problem = entry === undefined ? undefined : valueProblem(entry);
    if (problem !== undefined) this.#tell(`${key} at revision ${revision}: ${problem}`);
    this.#newest.set(key, { ...row, entry: entry === undefined ? undefined : { ...entry, value: noBytes } });
  }

  heads(table: LmdbTable, which: "living" | "deleted"): number {
    let count = 0;
    for (const { key: bytes, value } of table.getRange({ start: Buffer.alloc(1) })) {
      count++;
      const key = bytes.toString();
      const revision = value.length === 8 ? value.readDoubleBE(0) : Number.NaN;
      const newest = this.#newest.get(key);
      this.#newest.delete(key);
      if (this.#damaged.has(revision)) continue;
      if (newest?.revision !== revision) {
        this.#tell(`${key}: its newest revision is ${revision}, and its newest row ${newest?.revision ?? "missing"}`);
      } else if ((newest.entry === undefined) !== (which === "deleted")) {
        this.#tell(`${key}: revision ${revision} is among the ${which}`);
      }
    }
    return count;
  }

  leftovers(): void {
    for (const { key, revision } of this.#newest.values()) this.#tell(`${key}: nothing leads to revision ${revision}`);
  }

  expiries(table: LmdbTable, rows: LmdbTable): number {
    let count = 0;
    const revisionBytes = Buffer.alloc(8);
    for (const { key: bytes, value } of table.getRange({ start: Buffer.alloc(1) })) {
      count++;
      const key = value.toString();
      const revision = bytes.length === 16 ? bytes.readDoubleBE(8) : Number.NaN;
      if (!(revision <= this.state.revision)) {
        this.#tell(`${key}: revision ${revision} is to expire, and was never written`);
        continue;
      }
      revisionBytes.writeDoubleBE(revision);
      const row = rows.getBinary(revisionBytes);
      // A value that was replaced or deleted may be forgotten by the time that it would have expired.
      if (row !== undefined && decodeRowHead(row, row.length).key !== key) {
        this.#tell(`${key}: revision ${revision} is to expire, and is of another key`);
      }
    }
    return count;
  }

  #tell(problem: string): void {
    this.problemCount++;
    if (this.problems.length < problemsMax) this.problems.push(problem);
  }
}

const noBytes = new Uint8Array(0);

/** The key of a row that is damaged, which may be legible or not. */
function keyIn(bytes: Buffer): string {
  try {
    const { key } = decodeRowHead(bytes, bytes.length);
    return /^\/[\x20-\x7e]+$/.test(key) ? ` of ${key}` : "";
  } catch {
    return "";
  }
}
