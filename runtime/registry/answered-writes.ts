import type { Entry, Page, PutOptions, RangeOptions, ReadOptions } from "../storage/storage.ts";
import type { IndexSelection, Revision, Storage, WatchBatch } from "../storage/storage.ts";

/**
 * A storage that remembers the newest revision that it has answered a write with: what reads must not be older than where
 * whoever has written is to find that. To others' writes they may be as old as a cache is.
 */
export class AnsweredWrites implements Storage {
  readonly #storage: Storage;
  #newest: Revision = 0;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** The revision; 0 before the first write. */
  get newest(): Revision {
    return this.#newest;
  }

  get(key: string, options?: ReadOptions): Promise<Entry | undefined> {
    return this.#storage.get(key, options);
  }

  list(prefix: string, options?: RangeOptions): Promise<Page> {
    return this.#storage.list(prefix, options);
  }

  async put(key: string, value: Uint8Array, expected: Revision | "absent", options?: PutOptions): Promise<Entry> {
    const entry = await this.#storage.put(key, value, expected, options);
    this.#answered(entry.revision);
    return entry;
  }

  async delete(key: string, expected: Revision): Promise<Revision> {
    const revision = await this.#storage.delete(key, expected);
    this.#answered(revision);
    return revision;
  }

  watch(prefix: string, from: Revision, signal: AbortSignal, selected?: IndexSelection): AsyncIterable<WatchBatch> {
    return this.#storage.watch(prefix, from, signal, selected);
  }

  currentRevision(): Promise<Revision> {
    return this.#storage.currentRevision();
  }

  compact(revision: Revision): Promise<void> {
    return this.#storage.compact(revision);
  }

  close(): Promise<void> {
    return this.#storage.close();
  }

  #answered(revision: Revision): void {
    if (revision > this.#newest) this.#newest = revision;
  }
}
