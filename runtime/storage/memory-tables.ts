import { compareBytes } from "../meta/byte-text.ts";
import type { KeyRange } from "./key-range.ts";
import type { Revision } from "./storage.ts";
import type { Expiry, Head, Row, RowHead, RowScan, ScanLimit, StoreState, Tables } from "./tables.ts";

/** Tables of a process's memory. Durable means done here, and a transaction is one turn of the event loop. */
export class MemoryTables implements Tables {
  #state: StoreState;
  readonly #heads = new Map<string, Head>();
  /** The keys of the heads, in order. */
  readonly #keys: string[] = [];
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
    const found: Head[] = [];
    for (const head of this.#range(range)) {
      if (head.deleted && deletions === "without deletions") continue;
      if (found.push(head) === limit) break;
    }
    return found;
  }

  count(range: KeyRange): number {
    let count = 0;
    for (const head of this.#range(range)) if (!head.deleted) count++;
    return count;
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
    if (before === undefined) this.#keys.splice(this.#place(head.key), 0, head.key);
    this.#heads.set(head.key, head);
  }

  dropHead({ key }: Head): void {
    this.#heads.delete(key);
    this.#keys.splice(this.#place(key), 1);
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

  *#range({ start, end }: KeyRange): Generator<Head> {
    const last = end === undefined ? this.#keys.length : this.#place(end);
    for (let place = this.#place(start); place < last; place++) {
      const head = this.#heads.get(this.#keys[place] ?? "");
      if (head !== undefined) yield head;
    }
  }

  /** Where a key is, or belongs, among the keys. */
  #place(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareBytes(this.#keys[middle] ?? "", key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function sizeOf(row: Row): number {
  return row.key.length + (row.entry?.value.length ?? 0);
}
