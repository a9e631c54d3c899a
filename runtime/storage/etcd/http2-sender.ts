import type { Buffer } from "node:buffer";
import { WireError } from "../../meta/wire-error.ts";
import { frameBytesMax, frameFlags, frameTypes, FrameWriter, type SettingName } from "./http2-frames.ts";

/** The window that either side has before it hears of another one, in bytes. */
export const protocolWindow = 65_535;

const windowMax = 2 ** 31 - 1;
const cancelCode = 8;
/** Frames that wait are sent at the end of the turn, or when there are so many bytes of them. */
const flushBytes = 16 << 10;

/** What a stream has to send, as the sender keeps it. */
export interface SendState {
  readonly id: number;
  /** How much may be sent. */
  window: number;
  /** How many of its messages wait until the server takes more. */
  blocked: number;
}

/** A message that waits until the server takes more. */
interface Blocked {
  readonly stream: SendState;
  rest: Buffer;
  readonly end: boolean;
}

/**
 * What a session sends: frames, gathered over a turn of the event loop, and never more of the streams' data than the server
 * takes. https://www.rfc-editor.org/rfc/rfc9113#section-5.2
 */
export class Http2Sender {
  readonly #writer: FrameWriter;
  #blocked: Blocked[] = [];
  #window = protocolWindow;
  #streamWindow = protocolWindow;
  #frameBytesMax = frameBytesMax;
  #flushing: NodeJS.Immediate | undefined;

  constructor(send: (bytes: Buffer) => void) {
    this.#writer = new FrameWriter(send);
  }

  /** Sends what opens a connection: bytes that are no frame, and settings. */
  greet(preface: Buffer, settings: readonly (readonly [id: number, value: number])[]): void {
    this.#writer.bytes(preface);
    this.#writer.head(settings.length * 6, frameTypes.settings, 0, 0);
    for (const [id, value] of settings) {
      this.#writer.uint16(id);
      this.#writer.uint32(value);
    }
  }

  /** Begins a stream. */
  begin(id: number, headers: Buffer): SendState {
    this.#writer.head(headers.length, frameTypes.headers, frameFlags.endHeaders, id);
    this.#writer.bytes(headers);
    return { id, window: this.#streamWindow, blocked: 0 };
  }

  /** Sends a message, which is not empty, as soon as the server takes it. */
  data(stream: SendState, body: Buffer, end: boolean): void {
    const max = Math.min(this.#window, stream.window, this.#frameBytesMax);
    if (body.length > max || this.#blocked.length > 0) {
      this.#blocked.push({ stream, rest: body, end });
      stream.blocked++;
      if (this.#window > 0) this.#unblock();
    } else this.#part(stream, body, end);
    this.#schedule();
  }

  /** Drops what a stream has yet to send. */
  drop(stream: SendState): void {
    if (stream.blocked > 0) this.#blocked = this.#blocked.filter((blocked) => blocked.stream !== stream);
  }

  /** Tells the server that the stream is not wanted any more. */
  cancel(id: number): void {
    this.#writer.head(4, frameTypes.resetStream, 0, id);
    this.#writer.uint32(cancelCode);
    this.#schedule();
  }

  /** Lets the server send more: of one stream, or of all by 0. */
  grant(id: number, count: number): void {
    this.#writer.head(4, frameTypes.windowUpdate, 0, id);
    this.#writer.uint32(count);
    this.#schedule();
  }

  /** Sends a ping, or answers one. */
  ping(payload: Buffer, flags: number): void {
    this.#writer.head(payload.length, frameTypes.ping, flags, 0);
    this.#writer.bytes(payload);
    this.#schedule();
  }

  /** Says that the server's settings hold from now on. */
  acceptSettings(): void {
    this.#writer.head(0, frameTypes.settings, frameFlags.ack, 0);
    this.#unblock();
    this.#schedule();
  }

  /** Holds to a setting of the server; `streams` are those that there are. Throws a WireError where it makes no sense. */
  set(name: SettingName, value: number, streams: Iterable<SendState>): void {
    if (name === "frameBytesMax") this.#frameBytesMax = Math.max(frameBytesMax, value);
    if (name !== "initialWindow") return;
    if (value > windowMax) throw new WireError("http2: a window that is too large");
    for (const stream of streams) stream.window += value - this.#streamWindow;
    this.#streamWindow = value;
  }

  /** The server takes more: of one stream, or of all. */
  widen(stream: SendState | "all", count: number): void {
    if (stream === "all") this.#window += count;
    else stream.window += count;
    if (this.#blocked.length === 0) return;
    this.#unblock();
    this.#schedule();
  }

  /** Sends what has gathered. */
  readonly flush = (): void => {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    this.#writer.flush();
  };

  #schedule(): void {
    if (this.#writer.waiting >= flushBytes) this.#writer.flush();
    else this.#flushing ??= setImmediate(this.flush);
  }

  #part(stream: SendState, part: Buffer, end: boolean): void {
    this.#window -= part.length;
    stream.window -= part.length;
    this.#writer.head(part.length, frameTypes.data, end ? frameFlags.endStream : 0, stream.id);
    this.#writer.bytes(part);
  }

  #unblock(): void {
    const waiting = this.#blocked;
    const left: Blocked[] = [];
    for (const [place, blocked] of waiting.entries()) {
      if (this.#window <= 0) {
        for (const later of waiting.slice(place)) left.push(later);
        break;
      }
      this.#parts(blocked);
      if (blocked.rest.length > 0) left.push(blocked);
      else blocked.stream.blocked--;
    }
    this.#blocked = left;
  }

  /** Sends as much as the server takes. A stream's messages stay in order: a window that stops one stops the next. */
  #parts(blocked: Blocked): void {
    const { stream, end } = blocked;
    while (blocked.rest.length > 0) {
      const max = Math.min(this.#window, stream.window, this.#frameBytesMax);
      if (max <= 0) return;
      const part = blocked.rest.subarray(0, max);
      blocked.rest = blocked.rest.subarray(part.length);
      this.#part(stream, part, end && blocked.rest.length === 0);
    }
  }
}
