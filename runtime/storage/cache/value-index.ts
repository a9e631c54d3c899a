import { setImmediate } from "node:timers/promises";
import { compareBytes } from "../../meta/byte-text.ts";
import { KeyOrder } from "../key-order.ts";
import type { Change, Entry, EntryIndex } from "../storage.ts";
import type { EntrySource } from "./past-view.ts";

/** How long an index is built before other work has its turn. */
const turnMs = 4;
/** How many entries are indexed between two looks at the clock. */
const stepKeys = 128;

/** The entries of a range by their value in one index, each value's in the order of their keys. */
export class ValueIndex {
  readonly #index: EntryIndex;
  /** Many values belong to one entry alone, which needs nothing around it. */
  readonly #byValue = new Map<string, Entry | KeyOrder<Entry>>();
  /** The last key that is indexed; undefined once all are. */
  #builtTo: string | undefined = "";
  #dropped = false;

  constructor(index: EntryIndex) {
    this.#index = index;
  }

  /** Whether all entries are indexed. */
  get isBuilt(): boolean {
    return this.#builtTo === undefined;
  }

  /** Indexes what there is, in turns; what changes meanwhile is told by change(). */
  async build(entries: KeyOrder<Entry>): Promise<void> {
    let startMs = performance.now();
    for (let key = this.#builtTo; key !== undefined && !this.#dropped; key = this.#builtTo) {
      const step = entries.slice({ start: `${key}\0`, end: undefined }, stepKeys);
      for (const entry of step) {
        const value = this.#index.valueOf(entry);
        if (value !== undefined) this.#add(value, entry);
      }
      this.#builtTo = step.length < stepKeys ? undefined : step.at(-1)?.key;
      if (performance.now() - startMs < turnMs) continue;
      await setImmediate();
      startMs = performance.now();
    }
  }

  /** Ends a build that is under way. */
  drop(): void {
    this.#dropped = true;
  }

  /** Follows a change of the range, whether the build has come that far or not. */
  change({ key, entry, previous }: Change): void {
    const before = previous === undefined ? undefined : this.#index.valueOf(previous);
    const now = entry === undefined ? undefined : this.#index.valueOf(entry);
    if (before !== undefined && before !== now) this.#remove(before, key);
    if (now !== undefined && entry !== undefined) this.#add(now, entry);
  }

  /** The entries that have one of these values. */
  entriesOf(values: readonly string[]): EntrySource {
    const found: KeyOrder<Entry>[] = [];
    for (const value of new Set(values)) {
      const entries = this.#byValue.get(value);
      if (entries !== undefined) found.push(entries instanceof KeyOrder ? entries : orderOf(entries));
    }
    const [only] = found;
    return found.length === 1 && only !== undefined ? only : joined(found);
  }

  /** Whether an entry has one of these values. */
  selects(entry: Entry, values: readonly string[]): boolean {
    const value = this.#index.valueOf(entry);
    return value !== undefined && values.includes(value);
  }

  #add(value: string, entry: Entry): void {
    const entries = this.#byValue.get(value);
    if (entries instanceof KeyOrder) entries.append(entry);
    else if (entries === undefined || entries.key === entry.key) this.#byValue.set(value, entry);
    else this.#byValue.set(value, orderOf(entries, entry));
  }

  #remove(value: string, key: string): void {
    const entries = this.#byValue.get(value);
    if (entries instanceof KeyOrder) {
      entries.delete(key);
      if (entries.size === 0) this.#byValue.delete(value);
    } else if (entries?.key === key) this.#byValue.delete(value);
  }
}

function orderOf(...entries: readonly Entry[]): KeyOrder<Entry> {
  const order = new KeyOrder<Entry>();
  for (const entry of entries) order.append(entry);
  return order;
}

/** Several sources that have no key in common, as one. */
function joined(sources: readonly EntrySource[]): EntrySource {
  return {
    slice(range, limit) {
      const all = sources.flatMap((source) => source.slice(range, limit));
      all.sort((a, b) => compareBytes(a.key, b.key));
      return all.length > limit ? all.slice(0, limit) : all;
    },
    count: (range) => sources.reduce((sum, source) => sum + source.count(range), 0),
  };
}
