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
  /** In the order of their last use. */
  readonly #rows = new Map<Revision, Row>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(revision: Revision): Row | undefined {
    const row = this.#rows.get(revision);
    if (row === undefined) return undefined;
    this.#rows.delete(revision);
    this.#rows.set(revision, row);
    return row;
  }

  add(row: Row): void {
    this.drop(row.revision);
    this.#rows.set(row.revision, row);
    this.#bytes += sizeOf(row);
    for (const [revision] of this.#rows) {
      if (this.#bytes <= this.#bytesMax) return;
      this.drop(revision);
    }
  }

  drop(revision: Revision): void {
    const row = this.#rows.get(revision);
    if (row === undefined) return;
    this.#rows.delete(revision);
    this.#bytes -= sizeOf(row);
  }

  clear(): void {
    this.#rows.clear();
    this.#bytes = 0;
  }
}

function sizeOf({ key, entry }: Row): number {
  return overheadBytes + key.length + (entry?.value.length ?? 0);
}
