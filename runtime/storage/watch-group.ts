import type { StorageLimits } from "./limits.ts";
import type { Change, IndexSelection, Revision, WatchBatch } from "./storage.ts";

/** How far the readers of a group may fall behind. */
export type GroupLimits = Pick<StorageLimits, "watchBufferChangesMax" | "watchBufferBytesMax">;

/** A watch, as its group sees it. */
export interface GroupReader {
  /** The number of the group's changes that it has seen. */
  taken: number;
  /** The revision that it knows the store to have reached. */
  readonly told: Revision;
  /** Answers its next(), which is waiting; `taken` counts the batch. */
  give(result: IteratorYieldResult<WatchBatch>, taken: number): void;
  /** Ends it because it is too slow. */
  overrun(): void;
  /** Ends it, with an error if there is one. */
  finish(error?: Error): void;
}

/**
 * The readers of one prefix and selection that have caught up with the store, and the changes that some of them have yet to take.
 * Changes are numbered as they come; a reader's `taken` is the number of those that it has seen.
 */
export class WatchGroup {
  readonly prefix: string;
  readonly selected: IndexSelection | undefined;
  readonly readers = new Set<GroupReader>();
  readonly #limits: GroupLimits;
  #waiting: GroupReader[] = [];
  /** The changes up to number `#count` that a reader lags behind with; empty if none does. */
  #buffer: Change[] = [];
  #bufferBytes = 0;
  #count = 0;
  #lagging = 0;
  #lastTaken: { readonly from: number; readonly batch: WatchBatch } | undefined;

  constructor(prefix: string, selected: IndexSelection | undefined, limits: GroupLimits) {
    this.prefix = prefix;
    this.selected = selected;
    this.#limits = limits;
  }

  /** The number of the newest change. */
  get count(): number {
    return this.#count;
  }

  /** Hands changes to the readers that wait, and keeps them for the others. */
  deliver(fresh: readonly Change[], revision: Revision): void {
    const lagging = this.readers.size - this.#waiting.length;
    this.#count += fresh.length;
    this.#lastTaken = undefined;
    this.#give({ changes: fresh, revision });
    this.#lagging = lagging;
    if (lagging === 0) return;
    for (const change of fresh) {
      this.#buffer.push(change);
      this.#bufferBytes += sizeOf(change);
    }
    const { watchBufferChangesMax, watchBufferBytesMax } = this.#limits;
    if (this.#buffer.length > watchBufferChangesMax || this.#bufferBytes > watchBufferBytesMax) this.#overrun();
  }

  /** Tells the readers that wait how far the store has come, unless they know. */
  tell(revision: Revision): void {
    if (this.#waiting.some((reader) => reader.told < revision)) this.#give({ changes: [], revision });
  }

  /** Has the reader served by the next deliver() or tell(). */
  wait(reader: GroupReader): void {
    this.#waiting.push(reader);
  }

  /** What the reader has yet to see; undefined if nothing. Readers at the same place get the same batch. */
  take(reader: GroupReader, revision: Revision): WatchBatch | undefined {
    if (reader.taken === this.#count) return undefined;
    const from = reader.taken;
    let taken = this.#lastTaken;
    if (taken?.from !== from || taken.batch.revision !== revision) {
      const changes = this.#buffer.slice(this.#buffer.length - (this.#count - from));
      taken = { from, batch: { changes, revision } };
    }
    this.#lastTaken = taken;
    reader.taken = this.#count;
    this.#caughtUp();
    return taken.batch;
  }

  /** Forgets a reader. */
  remove(reader: GroupReader): void {
    if (!this.readers.delete(reader)) return;
    const place = this.#waiting.indexOf(reader);
    if (place !== -1) this.#waiting.splice(place, 1);
    if (reader.taken < this.#count) this.#caughtUp();
  }

  #give(batch: WatchBatch): void {
    const served = this.#waiting;
    this.#waiting = [];
    const result = { done: false as const, value: batch };
    for (const reader of served) reader.give(result, this.#count);
  }

  #caughtUp(): void {
    this.#lagging--;
    if (this.#lagging > 0) return;
    this.#buffer = [];
    this.#bufferBytes = 0;
    this.#lastTaken = undefined;
  }

  /** Ends the readers that lag too far behind, then drops what nobody needs any more. */
  #overrun(): void {
    const { watchBufferChangesMax, watchBufferBytesMax } = this.#limits;
    let kept = 0;
    let bytes = 0;
    for (let index = this.#buffer.length - 1; index >= 0 && kept < watchBufferChangesMax; index--) {
      const change = this.#buffer[index];
      if (change === undefined || bytes + sizeOf(change) > watchBufferBytesMax) break;
      bytes += sizeOf(change);
      kept++;
    }
    let slowest = this.#count;
    for (const reader of this.readers) {
      if (reader.taken < this.#count - kept) reader.overrun();
      else slowest = Math.min(slowest, reader.taken);
    }
    const needless = this.#buffer.length - (this.#count - slowest);
    for (const change of this.#buffer.splice(0, needless)) this.#bufferBytes -= sizeOf(change);
  }
}

function sizeOf(change: Change): number {
  return (change.entry?.value.length ?? 0) + (change.previous?.value.length ?? 0);
}
