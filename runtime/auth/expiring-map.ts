interface Entry<T> {
  readonly value: T;
  readonly expiresAtMs: number;
}

/** Values that all hold for as long; where there are too many the oldest goes. */
export class ExpiringMap<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #ttlMs: number;
  readonly #entriesMax: number;

  /** A time of 0 remembers nothing. */
  constructor(ttlMs: number, entriesMax: number) {
    this.#ttlMs = ttlMs;
    this.#entriesMax = entriesMax;
  }

  /** The value, unless its time is up. */
  get(key: string, nowMs: number): T | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined || entry.expiresAtMs <= nowMs ? undefined : entry.value;
  }

  /** Remembers a value from now on. */
  set(key: string, value: T, nowMs: number): void {
    // So that the oldest stay in front.
    this.#entries.delete(key);
    if (this.#ttlMs <= 0) return;
    for (const [oldest, { expiresAtMs }] of this.#entries) {
      if (expiresAtMs > nowMs && this.#entries.size < this.#entriesMax) break;
      this.#entries.delete(oldest);
    }
    this.#entries.set(key, { value, expiresAtMs: nowMs + this.#ttlMs });
  }
}
