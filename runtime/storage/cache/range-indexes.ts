import type { KeyOrder } from "../key-order.ts";
import type { Change, Entry, EntryIndex } from "../storage.ts";
import type { CacheLimits } from "./limits.ts";
import { ValueIndex } from "./value-index.ts";

interface Used {
  readonly values: ValueIndex;
  readonly built: Promise<void>;
  usedMs: number;
}

/** The indexes of a range: made when they are first asked for, kept up with every change, dropped when nobody asks. */
export class RangeIndexes {
  readonly #entries: KeyOrder<Entry>;
  readonly #limits: Pick<CacheLimits, "indexesMax" | "indexIdleMs">;
  /** In the order of their last use. */
  readonly #used = new Map<EntryIndex, Used>();

  constructor(entries: KeyOrder<Entry>, limits: Pick<CacheLimits, "indexesMax" | "indexIdleMs">) {
    this.#entries = entries;
    this.#limits = limits;
  }

  get size(): number {
    return this.#used.size;
  }

  /** The index, if it has been built. */
  find(index: EntryIndex, nowMs: number): ValueIndex | undefined {
    const used = this.#used.get(index);
    if (used?.values.isBuilt !== true) return undefined;
    this.#touch(index, used, nowMs);
    return used.values;
  }

  /** Builds an index, unless it is there; resolves once find() gives it. */
  build(index: EntryIndex, nowMs: number): Promise<void> {
    let used = this.#used.get(index);
    if (used === undefined) {
      const values = new ValueIndex(index);
      used = { values, built: values.build(this.#entries), usedMs: nowMs };
      used.built.catch(() => this.#drop(index));
    }
    this.#touch(index, used, nowMs);
    for (const [oldest] of this.#used) {
      if (this.#used.size <= this.#limits.indexesMax) break;
      this.#drop(oldest);
    }
    return used.built;
  }

  change(change: Change): void {
    for (const { values } of this.#used.values()) values.change(change);
  }

  /** Drops the indexes that nobody has used for long. */
  dropIdle(nowMs: number): void {
    for (const [index, { usedMs }] of this.#used) {
      if (usedMs < nowMs - this.#limits.indexIdleMs) this.#drop(index);
    }
  }

  dropAll(): void {
    for (const index of this.#used.keys()) this.#drop(index);
  }

  #drop(index: EntryIndex): void {
    this.#used.get(index)?.values.drop();
    this.#used.delete(index);
  }

  #touch(index: EntryIndex, used: Used, nowMs: number): void {
    used.usedMs = nowMs;
    this.#used.delete(index);
    this.#used.set(index, used);
  }
}
