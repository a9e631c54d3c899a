import type { Entry, Revision } from "../storage.ts";
import type { CacheLimits } from "./limits.ts";

/** Which bounds written entries have. */
type WrittenLimits = Pick<CacheLimits, "writtenEntriesMax" | "writtenBytesMax">;

/** The newest written entries that the watch has not delivered yet, so that it delivers the very same ones. */
export class WrittenEntries {
  readonly #limits: WrittenLimits;
  readonly #entries = new Map<Revision, Entry>();
  #bytes = 0;

  constructor(limits: WrittenLimits) {
    this.#limits = limits;
  }

  /** The entry that stands for this one: the first that was seen of its revision. */
  add(entry: Entry): Entry {
    const found = this.#entries.get(entry.revision);
    if (found?.key === entry.key) return found;
    this.#remove(entry.revision);
    this.#entries.set(entry.revision, entry);
    this.#bytes += entry.value.length;
    for (const [revision] of this.#entries) {
      if (this.#entries.size <= this.#limits.writtenEntriesMax && this.#bytes <= this.#limits.writtenBytesMax) break;
      this.#remove(revision);
    }
    return entry;
  }

  /** The entry that stands for this one, which is forgotten now. */
  take(entry: Entry): Entry | undefined {
    if (this.#entries.size === 0) return undefined;
    const found = this.#entries.get(entry.revision);
    if (found?.key !== entry.key) return undefined;
    this.#remove(entry.revision);
    return found;
  }

  /** Forgets what was written up to a revision. */
  forget(revision: Revision): void {
    for (const written of this.#entries.keys()) if (written <= revision) this.#remove(written);
  }

  #remove(revision: Revision): void {
    const entry = this.#entries.get(revision);
    if (entry === undefined) return;
    this.#entries.delete(revision);
    this.#bytes -= entry.value.length;
  }
}
