import { compareBytes } from "../meta/byte-text.ts";
import { KeyOrder } from "./key-order.ts";
import type { KeyRange } from "./key-range.ts";
import type { Revision } from "./storage.ts";
import type { Expiry, Head, Row, RowHead, RowScan, ScanLimit, StoreState, Tables } from "./tables.ts";

/** Tables of a process's memory. Durable means done here, and a transaction is one turn of the event loop. */
export class MemoryTables implements Tables {
  #state: StoreState;
  readonly #heads = new Map<string, Head>();
  readonly #living = new KeyOrder<Head>();
  readonly #deleted = new KeyOrder<Head>();
  readonly #rows = new Map<Revision, Row>();
  readonly #expiries = new Map<Revision, Expiry>();

  constructor(state: StoreState) {
    this.#state = state;
  }

  state(): StoreState {
    return this.#state;
  }

  head(key: string): Head | undefined {
    return this.#heads.get(key);
  }

  heads(range: KeyRange, limit: number, deletions: "with deletions" | "without deletions"): Head[] {
    const living = this.#living.slice(range, limit);
    if (deletions === "without deletions") return living;
    const both = [...living, ...this.#deleted.slice(range, limit)];
    return both.toSorted((a, b) => compareBytes(a.key, b.key)).slice(0, limit);
  }

  count(range: KeyRange): number {
    return this.#living.count(range);
  }

  row(revision: Revision): Row | undefined {
    return this.#rows.get(revision);
  }

  rowHead(revision: Revision): RowHead | undefined {
    const row = this.#rows.get(revision);
    if (row === undefined) return undefined;
    const { key, before, timeMs } = row;
    return { key, deleted: row.entry === undefined, before, timeMs, bytes: sizeOf(row) };
  }

  rows(prefix: string, after: Revision, until: Revision, { rowsMax }: ScanLimit): RowScan {
    const rows: Row[] = [];
    const reached = Math.min(until, after + rowsMax);
    for (let revision = after + 1; revision <= reached; revision++) {
      const row = this.#rows.get(revision);
      if (row?.key.startsWith(prefix) === true) rows.push(row);
    }
    return { rows, reached };
  }

  due(nowMs: number, limit: number): Expiry[] {
    const due = [...this.#expiries.values()].filter((expiry) => expiry.timeMs <= nowMs);
    return due.toSorted((a, b) => a.timeMs - b.timeMs).slice(0, limit);
  }

  async transact(work: () => void): Promise<void> {
    // Nothing in `work` fails half-way here: there is no disk to refuse it.
    work();
  }

  setState(state: StoreState): void {
    this.#state = { ...state };
  }

  setHead(head: Head, before: Head | undefined): void {
    if (before !== undefined && before.deleted !== head.deleted) this.dropHead(before);
    this.#heads.set(head.key, head);
    (head.deleted ? this.#deleted : this.#living).set(head);
  }

  dropHead({ key, deleted }: Head): void {
    this.#heads.delete(key);
    (deleted ? this.#deleted : this.#living).delete(key);
  }

  addRow(row: Row): number {
    this.#rows.set(row.revision, row);
    return sizeOf(row);
  }

  dropRow(revision: Revision): void {
    this.#rows.delete(revision);
  }

  addExpiry(expiry: Expiry): void {
    this.#expiries.set(expiry.revision, expiry);
  }

  dropExpiry({ revision }: Expiry): void {
    this.#expiries.delete(revision);
  }

  recover(): void {
    throw new Error("a transaction in memory failed, which is a mistake in the program");
  }

  check(): void {
    // A process's memory is its own.
  }

  async close(): Promise<void> {
    this.#rows.clear();
  }
}

function sizeOf(row: Row): number {
  return row.key.length + (row.entry?.value.length ?? 0);
}
