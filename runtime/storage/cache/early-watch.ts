import type { WatchBatch } from "../storage.ts";

type Result = IteratorResult<WatchBatch, unknown>;

/** A watch that is yet to be opened: nothing is done before it is read from, and hardly anything once it is open. */
export class EarlyWatch implements AsyncIterableIterator<WatchBatch, unknown> {
  readonly #ready: () => Promise<unknown>;
  readonly #open: () => AsyncIterable<WatchBatch> | undefined;
  #batches: AsyncIterator<WatchBatch, unknown> | undefined;
  #left = false;

  /** `ready` tells when to call `open`, which gives undefined if the watch has ended before. */
  constructor(ready: () => Promise<unknown>, open: () => AsyncIterable<WatchBatch> | undefined) {
    this.#ready = ready;
    this.#open = open;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    return this.#batches === undefined ? this.#first() : this.#batches.next();
  }

  async return(): Promise<Result> {
    this.#left = true;
    await this.#batches?.return?.();
    return { done: true, value: undefined };
  }

  async #first(): Promise<Result> {
    await this.#ready();
    this.#batches = this.#left ? undefined : this.#open()?.[Symbol.asyncIterator]();
    return this.#batches === undefined ? { done: true, value: undefined } : this.#batches.next();
  }
}
