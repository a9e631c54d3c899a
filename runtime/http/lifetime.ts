/**
 * How long anybody waits for the answer to a request: until the client goes away, the time is up, or a watch is over.
 * The signal of it is made when it is first asked for, since most requests are answered before anyone does.
 */
export class Lifetime {
  #controller: AbortController | undefined;
  #reason: Error | undefined;
  #listeners: Set<() => void> | undefined;

  /** Aborts when the request is over, with the reason. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Whether the request is over: nobody is to be answered any more. */
  get isOver(): boolean {
    return this.#reason !== undefined;
  }

  /** Why the request is over; undefined until it is. */
  get reason(): Error | undefined {
    return this.#reason;
  }

  /** Ends the request; only the first reason counts. */
  end(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    for (const listener of this.#listeners ?? []) listener();
  }

  /** Calls back when the request is over, which costs less than a signal; never where it is over already. */
  listen(listener: () => void): void {
    (this.#listeners ??= new Set()).add(listener);
  }

  /** No longer calls back. */
  unlisten(listener: () => void): void {
    this.#listeners?.delete(listener);
  }

  /** Throws the reason once the request is over. */
  throwIfOver(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }
}
