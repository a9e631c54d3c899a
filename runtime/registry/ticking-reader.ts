/**
 * Reads a source and a clock at once. Reads no further ahead than one result, and does not end the source: whoever
 * started it aborts it.
 */
export class TickingReader<T> {
  readonly #source: AsyncIterator<T, unknown>;
  readonly #nextTickMs: () => number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticking = false;
  #due = false;
  #reading = false;
  #result: IteratorResult<T, unknown> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  /** `nextTickMs` is asked when reading begins, and again after each tick; undefined ends the ticks. */
  constructor(source: AsyncIterator<T, unknown>, nextTickMs: () => number | undefined) {
    this.#source = source;
    this.#nextTickMs = nextTickMs;
  }

  /** What comes first: the source's next result, or a tick as undefined. Throws what the source throws. */
  async next(): Promise<IteratorResult<T, unknown> | undefined> {
    if (!this.#ticking) this.#startTimer();
    if (!this.#reading) void this.#read();
    // A promise of its own for each wait: racing a long-lived one would gather a reaction with each event.
    if (this.#isIdle()) await new Promise<void>((resolve) => (this.#wake = resolve));
    if (this.#failure !== undefined) throw this.#failure.error;
    const result = this.#result;
    this.#result = undefined;
    if (result === undefined) this.#due = this.#ticking = false;
    else this.#reading = false;
    return result;
  }

  /** Ends the ticks. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #isIdle(): boolean {
    return this.#result === undefined && this.#failure === undefined && !this.#due;
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      this.#result = await this.#source.next();
    } catch (error) {
      this.#failure = { error };
    }
    this.#wake?.();
  }

  #startTimer(): void {
    this.#ticking = true;
    const afterMs = this.#nextTickMs();
    if (afterMs === undefined) return;
    const tick = (): void => {
      this.#due = true;
      this.#wake?.();
    };
    // What waits for a tick alone must not keep the process alive.
    this.#timer = setTimeout(tick, afterMs).unref();
  }
}
