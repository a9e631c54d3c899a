import { ServerResponse } from "node:http";
import { Http2ServerResponse } from "node:http2";
import { Socket } from "node:net";
import type { WatchEvent } from "../registry/rest-storage.ts";
import type { EventEncoding, EventSlabs } from "./event-slabs.ts";
import type { Limits } from "./limits.ts";
import type { RequestState } from "./request-state.ts";

type Events = readonly WatchEvent[];

/** Why a watch is over whose client takes nothing. */
const watcherStalled = new Error("the watcher takes no events");

/** What is used of the stream that the events of a watch go to. */
interface ByteSink {
  /** False once it has ended; not told by those that tell their end otherwise. */
  readonly writable?: boolean;
  readonly writableLength: number;
  write(bytes: Uint8Array): boolean;
  once(event: "drain", listener: () => void): unknown;
  off(event: "drain", listener: () => void): unknown;
}

/** What an EventOutput has in common with all others. */
interface EventOutputOptions {
  readonly eventSlabs: EventSlabs;
  readonly limits: Pick<Limits, "watchBufferBytesMax" | "watchStallMs">;
}

/** The answer of one watch, after its headers. It holds no more than one batch that the connection has not taken. */
export class EventOutput {
  readonly #state: RequestState;
  readonly #encoding: EventEncoding;
  readonly #slabs: EventSlabs;
  readonly #limits: EventOutputOptions["limits"];
  readonly #sink: ByteSink;
  readonly #chunked: boolean;
  #rest: { readonly events: Events; readonly start: number } | undefined;
  /** Whether the connection has asked not to be written to for a while. */
  #mayBeFull = false;
  #failure: { readonly error: unknown } | undefined;

  /** The events go to the answer, unless they are to go to a connection that is no longer HTTP's. */
  constructor(state: RequestState, encoding: EventEncoding, { eventSlabs, limits }: EventOutputOptions, bare?: Socket) {
    const { response } = state;
    const connection = bare === undefined ? chunkedConnection(response) : undefined;
    this.#state = state;
    this.#encoding = encoding;
    this.#slabs = eventSlabs;
    this.#limits = limits;
    this.#chunked = connection !== undefined;
    this.#sink = bare ?? connection ?? (response instanceof Http2ServerResponse ? response.stream : response);
  }

  /** Writes events as far as the client takes them; false where taken() has to be waited for before there are more. Never throws. */
  readonly take = (events: Events): boolean => {
    if (events.length === 0) return true;
    const { sentEvents } = this.#state;
    if (sentEvents !== undefined) sentEvents.value += events.length;
    try {
      const start = this.#writeFrom(events, 0);
      if (start < events.length) this.#rest = { events, start };
      return this.#rest === undefined && !this.#isFull();
    } catch (error) {
      this.#failure = { error };
      return false;
    }
  };

  /**
   * Resolves once everything has been written, and the client has taken most of it. Rejects where that cannot be, and
   * when the request is over; which it is if the client takes too long.
   */
  async taken(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const rest = this.#rest;
    this.#rest = undefined;
    await this.#drained();
    if (rest === undefined) return;
    const { events } = rest;
    for (let start = rest.start; start < events.length;) {
      start = this.#writeFrom(events, start);
      await this.#drained();
    }
  }

  /** Writes a slab; gives the place of the event after it. */
  #writeFrom(events: Events, start: number): number {
    const { count, bytes, chunk } = this.#slabs.slab(events, start, this.#encoding);
    // Nothing is written to a connection that the client has ended.
    const isOpen = this.#sink.writable !== false && !this.#state.response.writableEnded;
    this.#mayBeFull = isOpen && !this.#sink.write(this.#chunked ? chunk : bytes);
    return start + count;
  }

  #isFull(): boolean {
    return this.#mayBeFull && this.#sink.writableLength > this.#limits.watchBufferBytesMax;
  }

  // Waiting longer would only move the queue from the connection into the watch cache.
  async #drained(): Promise<void> {
    this.#state.lifetime.throwIfOver();
    if (!this.#isFull()) return;
    const stall = setTimeout(cutOff, this.#limits.watchStallMs, this.#state);
    try {
      await this.#emptied();
    } finally {
      clearTimeout(stall);
    }
  }

  #emptied(): Promise<void> {
    const sink = this.#sink;
    const { signal } = this.#state.lifetime;
    return new Promise((resolve, reject) => {
      const onDrain = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = (): void => {
        sink.off("drain", onDrain);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      sink.once("drain", onDrain);
    });
  }
}

/**
 * The connection of an answer that HTTP/1.1 sends in chunks. Writing to it a chunk that is shared by many answers saves
 * each of them making its own. The answer's headers have been sent and it is the connection's turn, so nothing else is
 * written in between; its end() still sends the last chunk, and then the connection goes on to the next request.
 */
function chunkedConnection(response: RequestState["response"]): Socket | undefined {
  if (!(response instanceof ServerResponse) || !response.chunkedEncoding || !response.headersSent) return undefined;
  const { socket } = response;
  // Only what is a connection: those that test a server without one read what is written to the response.
  return socket instanceof Socket && response.writableLength === socket.writableLength ? socket : undefined;
}

function cutOff(state: RequestState): void {
  state.log.warn({ auditId: state.auditId, path: state.info.path, user: state.user.name }, "watcher stalled");
  state.response.destroy();
  state.lifetime.end(watcherStalled);
}
