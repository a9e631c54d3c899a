/**
 * An answer that is sought once for all who ask for it while it is sought. Each stops waiting when they like; when
 * nobody waits any more the search is called off.
 */
export class SharedAnswer<T> {
  readonly #controller = new AbortController();
  readonly #answer: Promise<T>;
  #waiting = 0;

  /** Begins the search, which ends with the signal. */
  constructor(find: (signal: AbortSignal) => Promise<T>) {
    this.#answer = find(this.#controller.signal);
    // Where nobody waits any more nobody is to be told.
    this.#answer.catch(() => undefined);
  }

  /** Whether the search has been called off: no good to wait for. */
  get isAbandoned(): boolean {
    return this.#controller.signal.aborted;
  }

  /** The answer; rejects with the reason of the signal where that comes first. */
  wait(signal: AbortSignal): Promise<T> {
    this.#waiting++;
    return new Promise<T>((resolve, reject) => {
      const giveUp = (): void => {
        this.#leave();
        reject(signal.reason);
      };
      const settle = (settled: () => void): void => {
        if (signal.aborted) return;
        signal.removeEventListener("abort", giveUp);
        settled();
      };
      if (signal.aborted) return giveUp();
      signal.addEventListener("abort", giveUp, { once: true });
      this.#answer.then(
        (answer) => settle(() => resolve(answer)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  #leave(): void {
    if (--this.#waiting === 0) this.#controller.abort();
  }
}
