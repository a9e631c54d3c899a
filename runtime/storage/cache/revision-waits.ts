import type { Revision } from "../storage.ts";

/** Those who wait for a range to come as far as one revision. */
class Wait {
  readonly promise: Promise<boolean>;
  readonly #timer: NodeJS.Timeout;
  #resolve: (reached: boolean) => void = () => {};

  constructor(waitMs: number, late: () => void) {
    this.promise = new Promise((resolve) => (this.#resolve = resolve));
    this.#timer = setTimeout(late, waitMs);
  }

  settle(reached: boolean): void {
    clearTimeout(this.#timer);
    this.#resolve(reached);
  }
}

/** Those who wait for a range to come as far as a revision; all who wait for the same share a timer. */
export class RevisionWaits {
  readonly #waits = new Map<Revision, Wait>();

  /** True once the revision is reached, false if it is not within the time that the first who waits for it gives. */
  until(revision: Revision, waitMs: number): Promise<boolean> {
    let wait = this.#waits.get(revision);
    if (wait === undefined) {
      wait = new Wait(waitMs, () => this.#settle(revision, false));
      this.#waits.set(revision, wait);
    }
    return wait.promise;
  }

  /** Tells that a revision is reached. */
  reach(revision: Revision): void {
    for (const awaited of this.#waits.keys()) if (awaited <= revision) this.#settle(awaited, true);
  }

  /** Gives up all waits. */
  giveUp(): void {
    for (const awaited of this.#waits.keys()) this.#settle(awaited, false);
  }

  #settle(revision: Revision, reached: boolean): void {
    const wait = this.#waits.get(revision);
    this.#waits.delete(revision);
    wait?.settle(reached);
  }
}
