import { setTimeout as sleep } from "node:timers/promises";
import { ClusterError, type ClusterClient } from "../cluster/client.ts";

/** The bounds on reviews that are asked of the kube-apiserver. Milliseconds and counts. */
export interface ReviewLimits {
  /** Reviews that are asked for at once. */
  readonly atOnceMax: number;
  /** Reviews that wait for their turn. */
  readonly waitingMax: number;
  /** How long one attempt may take. */
  readonly attemptTimeoutMs: number;
  readonly attemptsMax: number;
  /** How long after the first attempt the second comes; further ones after half as long again each. */
  readonly retryDelayMs: number;
}

/**
 * What a server has that says nothing else: the Go API server's times and attempts.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/server/options#DefaultAuthWebhookRetryBackoff
 */
export const defaultReviewLimits: ReviewLimits = {
  atOnceMax: 100,
  waitingMax: 2_000,
  attemptTimeoutMs: 10_000,
  attemptsMax: 5,
  retryDelayMs: 500,
};

const delayFactor = 1.5;
/** A delay is longer by up to this part of it, so that those who failed together do not come back together. */
const delayJitter = 0.2;
const retryAfterMaxMs = 10_000;

/** Reviews of the kube-apiserver: so many at once, the others in turn, and again where a failure is likely to pass. */
export class Reviews {
  readonly #client: ClusterClient;
  readonly #limits: ReviewLimits;
  readonly #queue = new Set<() => void>();
  #running = 0;

  /** Asks over this connection. */
  constructor(client: ClusterClient, limits: ReviewLimits) {
    this.#client = client;
    this.#limits = limits;
  }

  /** Creates a review and gives the answer's JSON. Throws a ClusterError, or the reason of the signal. */
  async create(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    await this.#enter(signal);
    try {
      return await this.#attempt(path, body, signal);
    } finally {
      this.#leave();
    }
  }

  async #attempt(path: string, body: object, signal: AbortSignal): Promise<unknown> {
    const { attemptsMax, attemptTimeoutMs: timeoutMs, retryDelayMs } = this.#limits;
    for (let made = 1; ; made++) {
      try {
        return await this.#client.request({ method: "POST", path, body, signal, timeoutMs });
      } catch (error) {
        signal.throwIfAborted();
        if (made >= attemptsMax || !isPassing(error)) throw error;
        const delayMs = retryDelayMs * delayFactor ** (made - 1) * (1 + Math.random() * delayJitter);
        await sleep(Math.max(delayMs, retryAfterMs(error)), undefined, { signal });
      }
    }
  }

  #enter(signal: AbortSignal): Promise<void> | void {
    const { atOnceMax, waitingMax } = this.#limits;
    signal.throwIfAborted();
    if (this.#running < atOnceMax) {
      this.#running++;
      return;
    }
    if (this.#queue.size >= waitingMax) throw new Error("too many reviews are waiting for the kube-apiserver");
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#queue.delete(begin);
        reject(signal.reason);
      };
      const begin = (): void => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#queue.add(begin);
    });
  }

  #leave(): void {
    const [next] = this.#queue;
    if (next === undefined) {
      this.#running--;
      return;
    }
    this.#queue.delete(next);
    next();
  }
}

const passingCodes: ReadonlySet<number> = new Set([429, 500, 504]);

/**
 * Whether a failure is likely to pass: an overload, a fault or a time-out of the kube-apiserver, a connection that broke.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/util/webhook#DefaultShouldRetry
 */
function isPassing(error: unknown): error is ClusterError {
  if (!(error instanceof ClusterError)) return false;
  return passingCodes.has(error.code) || error.retryAfterSeconds !== undefined || (error.code === 0 && broke(error));
}

function broke({ cause }: Error): boolean {
  if (!(cause instanceof Error)) return false;
  return ("code" in cause && (cause.code === "ECONNRESET" || cause.code === "EPIPE")) || broke(cause);
}

function retryAfterMs({ retryAfterSeconds = 0 }: ClusterError): number {
  return Math.min(retryAfterSeconds * 1000, retryAfterMaxMs);
}
