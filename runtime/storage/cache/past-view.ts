import { KeyOrder, lowerBound } from "../key-order.ts";
import type { KeyRange } from "../key-range.ts";
import type { Change, Entry, Revision } from "../storage.ts";

/** Entries in the order of their keys, as they are now. */
export interface EntrySource {
  slice(range: KeyRange, limit: number): Entry[];
  count(range: KeyRange): number;
}

/** How many entries of today are looked at in one go, for a list that has no limit. */
const stepMax = 4_096;

/**
 * How a range was at an older revision: what it is now, less the keys that were written since, and with the entries
 * that these had. Reading a part costs by that part.
 */
export class PastView {
  readonly revision: Revision;
  /** The changes up to here are undone. */
  undoneTo: Revision;
  readonly #written = new Set<string>();
  /** Entries of today that were not there. */
  readonly #hidden = new KeyOrder<Entry>();
  /** Entries of then that are not there any more. */
  readonly #restored = new KeyOrder<Entry>();

  constructor(revision: Revision) {
    this.revision = revision;
    this.undoneTo = revision;
  }

  /** Undoes a change; to be called for every change after the revision, in order. */
  undo({ key, entry, previous }: Change): void {
    if (!this.#written.has(key)) {
      this.#written.add(key);
      if (previous !== undefined) this.#restored.set(previous);
    }
    if (entry === undefined) this.#hidden.delete(key);
    else this.#hidden.set(entry);
  }

  /** The first `limit` entries of then. */
  slice(now: EntrySource, range: KeyRange, limit: number): Entry[] {
    if (this.#isUntouched(range)) return now.slice(range, limit);
    const found: Entry[] = [];
    for (let { start } = range; ;) {
      const stepKeys = Math.min(limit - found.length, stepMax);
      const present = now.slice({ start, end: range.end }, stepKeys);
      const last = present.length < stepKeys ? undefined : present[present.length - 1]?.key;
      const next = last === undefined ? range.end : `${last}\0`;
      for (const entry of this.#asThen(present, { start, end: next }, limit - found.length)) found.push(entry);
      if (last === undefined || found.length >= limit) return found;
      start = `${last}\0`;
    }
  }

  /** How many keys the range had; `now` is all that it has now. */
  count(now: EntrySource, range: KeyRange): number {
    return now.count(range) - this.#hidden.count(range) + this.#restored.count(range);
  }

  /** The first `limit` entries that a range had; `present` are at least as many of those that it has. */
  #asThen(present: Entry[], range: KeyRange, limit: number): Entry[] {
    const kept = this.#hidden.count(range) === 0 ? present : present.filter(({ key }) => !this.#written.has(key));
    const restored = this.#restored.slice(range, limit);
    if (restored.length === 0) return kept;
    const merged: Entry[] = [];
    let place = 0;
    for (const entry of restored) {
      const end = lowerBound(kept, entry.key);
      merged.push(...kept.slice(place, end), entry);
      place = end;
    }
    return merged.concat(kept.slice(place)).slice(0, limit);
  }

  #isUntouched(range: KeyRange): boolean {
    return this.#hidden.count(range) === 0 && this.#restored.count(range) === 0;
  }
}
