import { Buffer } from "node:buffer";
import type { Entry, Revision } from "../storage.ts";
import type { EtcdLimits } from "./limits.ts";
import type { KeyValue } from "./responses.ts";

/**
 * The newest entries, so that whoever writes a value and whoever watches it get the same object, and what is derived of
 * it is made once. Whichever of the two hears of the write first makes the entry.
 */
export class RecentEntries {
  readonly #limits: Pick<EtcdLimits, "recentEntriesMax" | "recentBytesMax">;
  /** In the order in which they were heard of. */
  readonly #entries = new Map<Revision, Entry>();
  #bytes = 0;

  constructor(limits: Pick<EtcdLimits, "recentEntriesMax" | "recentBytesMax">) {
    this.#limits = limits;
  }

  /** The entry of a write; `value` is kept, not copied. */
  written(key: string, revision: Revision, value: Uint8Array): Entry {
    return this.#find(key, revision) ?? this.#add({ key, value, revision });
  }

  /** The entry of a watched write; its value is copied out of the message, which may hold many. */
  watched({ key, revision, value }: KeyValue): Entry {
    const found = this.#find(key, revision);
    if (found !== undefined) return found;
    return this.#add({ key, value: Buffer.from(value), revision });
  }

  /** The entry of a value that was read. */
  read({ key, revision, value }: KeyValue): Entry {
    return this.#find(key, revision) ?? { key, value, revision };
  }

  #find(key: string, revision: Revision): Entry | undefined {
    const entry = this.#entries.get(revision);
    return entry?.key === key ? entry : undefined;
  }

  #add(entry: Entry): Entry {
    const { recentEntriesMax, recentBytesMax } = this.#limits;
    this.#bytes += entry.value.length - (this.#entries.get(entry.revision)?.value.length ?? 0);
    this.#entries.set(entry.revision, entry);
    for (const [revision, { value }] of this.#entries) {
      if (this.#entries.size <= recentEntriesMax && this.#bytes <= recentBytesMax) break;
      this.#entries.delete(revision);
      this.#bytes -= value.length;
    }
    return entry;
  }
}
