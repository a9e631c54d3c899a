import { timeout } from "../meta/status-error.ts";
import { breakOff, sendError } from "./answer.ts";
import type { AcceptHeaders } from "./negotiation.ts";
import type { RequestState } from "./request-state.ts";

/** Why a request is over when its time is up. */
const timedOut = new Error("the request's time is up");

/**
 * Ends a request whose time is up: with a 504, where nothing has been answered yet. A client that has not taken its
 * answer by then is cut off, or it would hold the answer's bytes for as long as it likes.
 */
export function endInTime(state: RequestState, acceptHeaders: AcceptHeaders): void {
  if (state.response.writableEnded) breakOff(state);
  else sendError(state, timeout("request did not complete within the allotted timeout", 0), acceptHeaders);
  state.lifetime.end(timedOut);
}

/**
 * The requests whose answers have not been sent wholly, the oldest first; it ends those whose time is up. All have the
 * same time, apart from a shorter one that they may set themselves, so one timer is enough for them.
 * They are linked by themselves: a Set leaves tables behind that hold on to requests long gone, until the old generation
 * of the heap is swept, and a timer for each costs as much as finding out who asks.
 */
export class OpenRequests {
  readonly #allowedMs: number;
  readonly #acceptHeaders: AcceptHeaders;
  #first: RequestState | undefined;
  #last: RequestState | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** How long each request may take. */
  constructor(allowedMs: number, acceptHeaders: AcceptHeaders) {
    this.#allowedMs = allowedMs;
    this.#acceptHeaders = acceptHeaders;
  }

  /** Whether there is none. */
  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** The requests, of which those that have been given may leave meanwhile. */
  *[Symbol.iterator](): Generator<RequestState> {
    for (let state = this.#first; state !== undefined;) {
      const { next } = state.links;
      yield state;
      state = next;
    }
  }

  /** Takes in a request that has just come. */
  enter(state: RequestState): void {
    const { links } = state;
    links.isOpen = true;
    links.previous = this.#last;
    if (this.#last === undefined) this.#first = state;
    else this.#last.links.next = state;
    this.#last = state;
  }

  /** Lets a request go; false where it had gone already. */
  leave({ links }: RequestState): boolean {
    if (!links.isOpen) return false;
    const { previous, next } = links;
    if (previous === undefined) this.#first = next;
    else previous.links.next = next;
    if (next === undefined) this.#last = previous;
    else next.links.previous = previous;
    links.isOpen = false;
    links.previous = undefined;
    links.next = undefined;
    return true;
  }

  /** Starts the time of a request that has just come. */
  limitTime(state: RequestState): void {
    state.links.endsAtMs = performance.now() + this.#allowedMs;
    if (this.#timer === undefined) this.#wakeAfter(this.#allowedMs);
  }

  #wakeAfter(delayMs: number): void {
    this.#timer = setTimeout(() => this.#endOverdue(), delayMs).unref();
  }

  #endOverdue(): void {
    this.#timer = undefined;
    for (const state of this) {
      const { endsAtMs } = state.links;
      if (endsAtMs === undefined) continue;
      const remainingMs = endsAtMs - performance.now();
      if (remainingMs > 0) {
        this.#wakeAfter(Math.ceil(remainingMs));
        return;
      }
      state.links.endsAtMs = undefined;
      endInTime(state, this.#acceptHeaders);
    }
  }
}
