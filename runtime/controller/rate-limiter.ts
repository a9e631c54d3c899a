import type { Clock } from "./clock.ts";

const firstDelayMs = 5;
const delayMaxMs = 1_000_000;

/**
 * How long each item waits after it has failed: 5 ms, and twice as long each further time, up to 1000 s.
 * https://pkg.go.dev/k8s.io/client-go/util/workqueue#TypedItemExponentialFailureRateLimiter
 */
export class ItemBackoff {
  readonly #failures = new Map<string, number>();

  /** Counts a failure; gives the milliseconds to wait after it. */
  failed(item: string): number {
    const failures = this.#failures.get(item) ?? 0;
    this.#failures.set(item, failures + 1);
    return Math.min(firstDelayMs * 2 ** failures, delayMaxMs);
  }

  /** How often the item has failed since it last succeeded. */
  failures(item: string): number {
    return this.#failures.get(item) ?? 0;
  }

  /** The next failure of the item is its first again. */
  forget(item: string): void {
    this.#failures.delete(item);
  }
}

/** How many may pass: so many at once, and then so many a second. */
export interface BucketRate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Lets so many pass at once, and after those so many a second. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #rate: BucketRate;
  #tokens: number;
  #filledMs: number;

  constructor(clock: Clock, rate: BucketRate) {
    this.#clock = clock;
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledMs = clock.nowMs();
  }

  /** Takes a place, which may be one of the future; gives the milliseconds until then. */
  reserve(): number {
    this.#fill();
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#rate.perSecond) * 1000;
  }

  /** Takes a place if there is one now; tells whether there was. */
  take(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #fill(): void {
    const nowMs = this.#clock.nowMs();
    const gained = ((nowMs - this.#filledMs) / 1000) * this.#rate.perSecond;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + gained);
    this.#filledMs = nowMs;
  }
}
