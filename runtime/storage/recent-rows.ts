import type { Revision } from "./storage.ts";
import type { Row } from "./tables.ts";

/** What a row takes beside its value: its key, its place here, and the objects that hold them. */
const overheadBytes = 256;

/**
 * The rows that were read or written last, up to so many bytes. Whoever reads a revision again gets the same Entry, so
 * that what was derived from it, the decoded object and its JSON, need not be made again.
 */
export class RecentRows {
  readonly #bytesMax: number;
  /**
   * Rows used since the generation began, and those used in the one before, which go all at once: to find the one row
   * that was used longest ago, a Map would have to step over all that were taken out of it before.
   */
  #young = new Map<Revision, Row>();
  #old = new Map<Revision, Row>();
  #youngBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(revision: Revision): Row | undefined {
    const young = this.#young.get(revision);
    if (young !== undefined) return young;
    const old = this.#old.get(revision);
    if (old === undefined) return undefined;
    this.#old.delete(revision);
    this.add(old);
    return old;
  }

  /** Takes a row whose revision is not here yet. */
  add(row: Row): void {
    const bytes = sizeOf(row);
    const generationMax = this.#bytesMax / 2;
    if (bytes > generationMax) return;
    if (this.#youngBytes + bytes > generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(row.revision, row);
    this.#youngBytes += bytes;
  }

  drop(revision: Revision): void {
    const row = this.#young.get(revision);
    if (row === undefined) {
      this.#old.delete(revision);
      return;
    }
    this.#young.delete(revision);
    this.#youngBytes -= sizeOf(row);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngBytes = 0;
  }
}

function sizeOf({ key, entry }: Row): number {
  return overheadBytes + key.length + (entry?.value.length ?? 0);
}
