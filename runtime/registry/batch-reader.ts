import type { IndexSelection, Revision, Storage, WatchBatch } from "../storage/storage.ts";

/** What part of a storage's changes to read. */
export interface ChangeRange {
  readonly storage: Storage;
  readonly prefix: string;
  readonly selected: IndexSelection | undefined;
}

/** Whoever reads batches. */
export interface BatchTaker {
  /** Takes a batch; the next one is read when it is asked for. */
  takeBatch(batch: WatchBatch): void;
  /** Told once, where the storage ends the watch or fails. */
  endBatches(failure: { readonly error: unknown } | undefined): void;
}

/** Reads a watch of a storage, one batch at a time, and never ahead of who asks. */
export class BatchReader {
  readonly #source: AsyncIterator<WatchBatch, unknown>;
  readonly #taker: BatchTaker;
  readonly #stopped = new AbortController();
  #reading = false;

  constructor({ storage, prefix, selected }: ChangeRange, from: Revision, taker: BatchTaker) {
    this.#taker = taker;
    this.#source = storage.watch(prefix, from, this.#stopped.signal, selected)[Symbol.asyncIterator]();
  }

  /** Has the next batch handed over, once; nothing where that is under way. */
  read(): void {
    if (this.#reading || this.#stopped.signal.aborted) return;
    this.#reading = true;
    this.#source.next().then(this.#result, this.#failure);
  }

  /** Ends the reading; nothing is handed over any more. */
  stop(): void {
    this.#stopped.abort();
  }

  readonly #result = (result: IteratorResult<WatchBatch, unknown>): void => {
    this.#reading = false;
    if (this.#stopped.signal.aborted) return;
    if (result.done === true) this.#taker.endBatches(undefined);
    else this.#taker.takeBatch(result.value);
  };

  readonly #failure = (error: unknown): void => {
    this.#reading = false;
    if (!this.#stopped.signal.aborted) this.#taker.endBatches({ error });
  };
}
