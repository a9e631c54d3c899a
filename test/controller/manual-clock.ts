import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../runtime/controller/clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly act: () => void;
}

/** Time that passes only when a test lets it. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  date(): Date {
    return new Date(Date.UTC(2026, 0, 2, 3, 4, 5) + this.#nowMs);
  }

  after(ms: number, act: () => void): () => void {
    const timer = { dueMs: this.#nowMs + ms, act };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** In how many milliseconds the next thing is to happen; undefined if nothing is. */
  get nextMs(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : next.dueMs - this.#nowMs;
  }

  /** Lets time pass, and what is to happen in it happen, with all that follows at once from it. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settled();
    for (let next = this.#next(); next !== undefined && next.dueMs <= untilMs; next = this.#next()) {
      this.#nowMs = next.dueMs;
      this.#timers.delete(next);
      next.act();
      await settled();
    }
    this.#nowMs = untilMs;
  }

  #next(): Timer | undefined {
    return [...this.#timers].sort((one, other) => one.dueMs - other.dueMs)[0];
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate();
}
