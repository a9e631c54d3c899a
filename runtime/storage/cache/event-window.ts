import type { Change, Entry, Revision } from "../storage.ts";
import type { CacheLimits } from "./limits.ts";

/** How many changes a watch looks at in one turn of the event loop. */
const turnChangesMax = 2_000;
/** What a change takes beside the value before it: the value after it is in the range, or in the next change of its key. */
const overheadBytes = 200;

/** Which bounds a window has. */
type WindowLimits = Pick<CacheLimits, "windowChangesMax" | "windowBytesMax" | "windowAgeMaxMs">;

/** The newest changes of a range, oldest first, within bounds of count, bytes and age. */
export class EventWindow {
  readonly #limits: WindowLimits;
  /** Those before `#first` are forgotten. */
  #changes: (Change | undefined)[] = [];
  #timesMs: number[] = [];
  #first = 0;
  #bytes = 0;
  #oldest: Revision;

  constructor(oldest: Revision, limits: WindowLimits) {
    this.#oldest = oldest;
    this.#limits = limits;
  }

  /** Every change after this revision is here. */
  get oldest(): Revision {
    return this.#oldest;
  }

  get size(): number {
    return this.#changes.length - this.#first;
  }

  /** What the changes hold that nothing else does, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  add(change: Change, nowMs: number): void {
    this.#changes.push(change);
    this.#timesMs.push(nowMs);
    this.#bytes += sizeOf(change);
    const { windowChangesMax, windowBytesMax } = this.#limits;
    while (this.size > windowChangesMax || this.#bytes > windowBytesMax) this.#dropFirst();
  }

  /** Forgets what is too old. */
  expire(nowMs: number): void {
    const before = nowMs - this.#limits.windowAgeMaxMs;
    while (this.size > 0 && (this.#timesMs[this.#first] ?? 0) < before) this.#dropFirst();
  }

  /** Forgets everything up to a revision, which must have been reached. */
  forget(revision: Revision): void {
    while (this.size > 0 && (this.#changes[this.#first]?.revision ?? Infinity) <= revision) this.#dropFirst();
    this.#oldest = Math.max(this.#oldest, revision);
  }

  /** A part of the changes under a prefix, and how far it goes; `after` must not be older than the oldest. */
  read(prefix: string, after: Revision, until: Revision): { changes: Change[]; reached: Revision } {
    const changes: Change[] = [];
    let reached = after;
    let looked = 0;
    for (let place = this.#placeAfter(after); place < this.#changes.length; place++) {
      const change = this.#changes[place];
      if (change === undefined || change.revision > until) break;
      // Changes of one revision stay together.
      if (looked >= turnChangesMax && change.revision > reached) return { changes, reached };
      if (change.key.startsWith(prefix)) changes.push(change);
      reached = change.revision;
      looked++;
    }
    return { changes, reached: until };
  }

  /** Visits every change after a revision, oldest first. */
  eachAfter(after: Revision, visit: (change: Change) => void): void {
    for (let place = this.#placeAfter(after); place < this.#changes.length; place++) {
      const change = this.#changes[place];
      if (change !== undefined) visit(change);
    }
  }

  /** The entry that a change of the window made; undefined if it is not here. */
  entryOf(key: string, revision: Revision): Entry | undefined {
    for (let place = this.#placeAfter(revision - 1); place < this.#changes.length; place++) {
      const change = this.#changes[place];
      if (change?.revision !== revision) return undefined;
      if (change.key === key) return change.entry;
    }
    return undefined;
  }

  #placeAfter(revision: Revision): number {
    let low = this.#first;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #dropFirst(): void {
    const change = this.#changes[this.#first];
    if (change !== undefined) {
      this.#bytes -= sizeOf(change);
      this.#oldest = change.revision;
    }
    this.#changes[this.#first++] = undefined;
    if (this.#first < 64 || this.#first * 2 < this.#changes.length) return;
    this.#changes = this.#changes.slice(this.#first);
    this.#timesMs = this.#timesMs.slice(this.#first);
    this.#first = 0;
  }
}

function sizeOf({ previous }: Change): number {
  return overheadBytes + (previous?.value.length ?? 0);
}
