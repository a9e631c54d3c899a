import type { Change, Entry, IndexSelection, Page, PutOptions, RangeOptions } from "../../runtime/storage/storage.ts";
import type { Revision, Storage, WatchBatch } from "../../runtime/storage/storage.ts";
import { StorageConflict } from "../../runtime/storage/storage.ts";

/** Values come in buffers of this size, as in the messages of a remote store. */
const messageBytes = 1 << 20;

/**
 * A store behind another one, as over a network: each answer has entries of its own, watches can stall, and everything
 * can fail.
 */
export class RemoteStorage implements Storage {
  readonly calls: Record<"get" | "list" | "currentRevision" | "watch", number> = {
    get: 0,
    list: 0,
    currentRevision: 0,
    watch: 0,
  };
  /** The watches that are open. */
  readonly watches = new Set<AbortController>();
  /** What every call throws. */
  failure: Error | undefined;
  /** What is called before currentRevision() is answered. */
  checking: () => Promise<void> | void = () => {};
  readonly #storage: Storage;
  readonly #breaks = new Set<(error: Error) => void>();
  #message = new ArrayBuffer(messageBytes);
  #used = 0;
  #stalled: { readonly over: Promise<void>; readonly end: () => void } | undefined;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Has watches deliver nothing until resume(). */
  stall(): void {
    if (this.#stalled !== undefined) return;
    let end = (): void => {};
    const over = new Promise<void>((resolve) => (end = resolve));
    this.#stalled = { over, end };
  }

  resume(): void {
    this.#stalled?.end();
    this.#stalled = undefined;
  }

  /** Ends all open watches with an error. */
  breakWatches(error: Error): void {
    for (const end of this.#breaks) end(error);
  }

  async get(key: string): Promise<Entry | undefined> {
    this.calls.get++;
    this.#requireUp();
    return this.#copy(await this.#storage.get(key));
  }

  async list(prefix: string, options?: RangeOptions): Promise<Page> {
    this.calls.list++;
    this.#requireUp();
    const page = await this.#storage.list(prefix, options);
    return { ...page, entries: page.entries.flatMap((entry) => this.#copy(entry) ?? []) };
  }

  async put(key: string, value: Uint8Array, expected: Revision | "absent", options?: PutOptions): Promise<Entry> {
    this.#requireUp();
    try {
      const { revision } = await this.#storage.put(key, value, expected, options);
      return { key, value: Uint8Array.from(value), revision };
    } catch (error) {
      throw error instanceof StorageConflict ? new StorageConflict(key, this.#copy(error.current)) : error;
    }
  }

  async delete(key: string, expected: Revision): Promise<Revision> {
    this.#requireUp();
    return this.#storage.delete(key, expected);
  }

  async *watch(prefix: string, from: Revision, signal: AbortSignal, selected?: IndexSelection) {
    this.calls.watch++;
    this.#requireUp();
    const inner = new AbortController();
    const aborted = new Promise<void>((resolve) => {
      inner.signal.addEventListener("abort", () => resolve());
    });
    const abort = (): void => inner.abort();
    signal.addEventListener("abort", abort);
    let broken: Error | undefined;
    const end = (error: Error): void => {
      broken = error;
      inner.abort();
    };
    this.#breaks.add(end);
    this.watches.add(inner);
    try {
      for await (const batch of this.#storage.watch(prefix, from, inner.signal, selected)) {
        await Promise.race([this.#stalled?.over, aborted]);
        if (inner.signal.aborted) break;
        yield this.#copyBatch(batch);
      }
      if (broken !== undefined) throw broken;
    } finally {
      signal.removeEventListener("abort", abort);
      this.#breaks.delete(end);
      this.watches.delete(inner);
    }
  }

  async currentRevision(): Promise<Revision> {
    this.calls.currentRevision++;
    await this.checking();
    this.#requireUp();
    return this.#storage.currentRevision();
  }

  async compact(revision: Revision): Promise<void> {
    this.#requireUp();
    await this.#storage.compact(revision);
  }

  async close(): Promise<void> {
    this.resume();
    await this.#storage.close();
  }

  #requireUp(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  #copyBatch({ changes, revision }: WatchBatch): WatchBatch {
    const copies = changes.map((change): Change => ({
      key: change.key,
      revision: change.revision,
      entry: this.#copy(change.entry),
      previous: this.#copy(change.previous),
    }));
    return { changes: copies, revision };
  }

  #copy(entry: Entry | undefined): Entry | undefined {
    if (entry === undefined) return undefined;
    const { key, value, revision } = entry;
    if (this.#used + value.length > messageBytes) {
      this.#message = new ArrayBuffer(messageBytes);
      this.#used = 0;
    }
    const copy = new Uint8Array(this.#message, this.#used, value.length);
    copy.set(value);
    this.#used += value.length;
    return { key, value: copy, revision };
  }
}
