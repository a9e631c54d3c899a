import type { WatchEvent } from "../registry/rest-storage.ts";

type Events = readonly WatchEvent[];

/** How the events of one watch are written. */
export interface EventEncoding {
  /** The media type of the stream. */
  readonly contentType: string;
  /** One event's bytes, among which the reader finds their end; asked for each event in order. */
  encode(event: WatchEvent): Uint8Array;
  /** The same text for encodings that write the same of an event; unset where it depends on what was written before. */
  readonly sharedAs?: string;
}

/** Events in the form in which they are written, all at once. Shared, so never written to. */
export interface EventSlab {
  /** How many events there are in it. */
  readonly count: number;
  readonly bytes: Uint8Array;
  /** The bytes as a chunk of a chunked answer: https://www.rfc-editor.org/rfc/rfc9112#section-7.1. `bytes` is a part of it. */
  readonly chunk: Uint8Array;
}

/**
 * Writes events as slabs. Watchers of one selection get the very same batches: such a batch is encoded once, and the same
 * bytes go to every watcher. A batch that does not fit a slab is encoded slab by slab as each watcher takes it, so that
 * what slow ones have yet to take costs nothing.
 */
export class EventSlabs {
  readonly #slabBytes: number;
  readonly #memos = new Map<string, WeakMap<Events, EventSlab>>();
  /** What was asked for last, which most often is asked for again by the next watcher. */
  #last: { readonly events: Events; readonly sharedAs: string; readonly slab: EventSlab } | undefined;

  /** How long a slab gets, but for one event that is longer. */
  constructor(slabBytes: number) {
    this.#slabBytes = slabBytes;
  }

  /** The events from the one at `start` on, as many as a slab takes. */
  slab(events: Events, start: number, encoding: EventEncoding): EventSlab {
    const { sharedAs } = encoding;
    const last = this.#last;
    if (last !== undefined && start === 0 && last.events === events && last.sharedAs === sharedAs) return last.slab;
    // Only what cannot change is shared.
    if (start > 0 || sharedAs === undefined || !Object.isFrozen(events)) return this.#encode(events, start, encoding);
    let memo = this.#memos.get(sharedAs);
    if (memo === undefined) this.#memos.set(sharedAs, (memo = new WeakMap()));
    const slab = memo.get(events) ?? this.#encode(events, start, encoding);
    if (slab.count < events.length) return slab;
    memo.set(events, slab);
    this.#last = { events, sharedAs, slab };
    return slab;
  }

  #encode(events: Events, start: number, encoding: EventEncoding): EventSlab {
    const lines: Uint8Array[] = [];
    let length = 0;
    for (let index = start; index < events.length && length < this.#slabBytes; index++) {
      const event = events[index];
      if (event === undefined) break;
      const line = encoding.encode(event);
      lines.push(line);
      length += line.length;
    }
    return slabOf(lines, length);
  }
}

const newLine = Buffer.from("\r\n");

function slabOf(lines: readonly Uint8Array[], length: number): EventSlab {
  const size = Buffer.from(`${length.toString(16)}\r\n`);
  const chunk = Buffer.concat([size, ...lines, newLine], size.length + length + newLine.length);
  return { count: lines.length, bytes: chunk.subarray(size.length, size.length + length), chunk };
}
