import { setImmediate } from "node:timers/promises";
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
    this.#next ??= (this.#running === undefined ? Promise.resolve() : turnAfter(this.#running)).then(this.#ask);
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

// Those who had been waiting for an answer ask again at once, and with them whoever else has been heard in that turn of
// the event loop: it takes fewer questions to ask for all of them together.
function turnAfter(running: Promise<Revision>): Promise<void> {
  return running.then(nextTurn, nextTurn);
}

function nextTurn(): Promise<void> {
  return setImmediate();
}
