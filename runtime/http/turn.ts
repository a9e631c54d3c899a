import { setImmediate } from "node:timers/promises";

/** How long one answer is worked on before other requests have their turn, in milliseconds. */
const turnMs = 5;

/** The time that something long may take up before others go on. */
export class Turn {
  #startedMs = performance.now();

  /** Whether it is the others' turn. */
  isOver(): boolean {
    return performance.now() - this.#startedMs > turnMs;
  }

  /** Resolves when the others have had their turn. */
  async next(): Promise<void> {
    await setImmediate();
    this.#startedMs = performance.now();
  }
}
