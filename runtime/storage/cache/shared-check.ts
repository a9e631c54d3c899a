import type { Revision, Storage } from "../storage.ts";

/** Asks a store for its revision on behalf of many: who comes while it is being asked shares the next question. */
export class SharedCheck {
  readonly #storage: Pick<Storage, "currentRevision">;
  #running: Promise<Revision> | undefined;
  /** The question that is yet to be asked. */
  #next: Promise<Revision> | undefined;

  constructor(storage: Pick<Storage, "currentRevision">) {
    this.#storage = storage;
  }

  /** A revision that the store has told after this was called. */
  revision(): Promise<Revision> {
    // Asked a moment later even if nobody else is asking, so that all who come in the same turn share it.
    this.#next ??= (this.#running ?? Promise.resolve()).then(this.#ask, this.#ask);
    return this.#next;
  }

  readonly #ask = (): Promise<Revision> => {
    this.#next = undefined;
    const running = this.#storage.currentRevision();
    this.#running = running;
    running.then(this.#settled, this.#settled);
    return running;
  };

  readonly #settled = (): void => {
    // A question that is waiting is asked now; it stands in #next until then.
    this.#running = undefined;
  };
}
