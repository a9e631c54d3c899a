import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { WireError } from "../../meta/wire-error.ts";
import { readFields, type Fields } from "./hpack.ts";
import { frameFlags, FrameReader, frameTypes, settingIds, type Frame, type SettingName } from "./http2-frames.ts";
import { Http2Sender, protocolWindow, type SendState } from "./http2-sender.ts";

/** Who listens to a stream. Nothing comes after a `last` or after `lost`. */
export interface Http2Listener {
  fields(fields: Fields, last: boolean): void;
  data(bytes: Buffer, last: boolean): void;
  /** The stream has ended before its time; `seen` is whether the server may have acted on it. */
  lost(reason: string, seen: boolean): void;
}

/** Who listens to the session. */
export interface SessionListener {
  /** The server has said how it wants to be talked to: the session is open. */
  opened(): void;
  /** No more streams can be begun; those that the server has seen may still end well. */
  leaving(reason: string): void;
  /** The connection is gone, and every stream with it. */
  closed(reason: string): void;
}

/** One stream, as the session keeps it. */
interface Http2Stream {
  readonly send: SendState;
  readonly listener: Http2Listener;
  /** How much has come since the server was last told to go on. */
  received: number;
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
/** Answers are read as they come and bounded by their readers, so the server need not wait to be told to go on. */
const receiveWindow = 2 ** 30;
const streamIdMax = 2 ** 31 - 1;
const headerBlockMax = 64 << 10;
const refusedCode = 7;
/** Different header blocks that are remembered: answers nearly always carry the same two. */
const blocksMax = 8;
const pingPayload = Buffer.alloc(8);
const settingNames = new Map(Object.entries(settingIds).map(([name, id]) => [id as number, name as SettingName]));

/**
 * The client's side of one HTTP/2 connection: as much of the protocol as gRPC uses. It takes a fifth of the CPU time that
 * node:http2 takes for a call, since it has no stream objects, no header objects and one write a turn.
 * https://www.rfc-editor.org/rfc/rfc9113
 */
export class Http2Session {
  readonly #socket: Duplex;
  readonly #listener: SessionListener;
  readonly #sender: Http2Sender;
  readonly #streams = new Map<number, Http2Stream>();
  readonly #blocks: { readonly bytes: Buffer; readonly fields: Fields }[] = [];
  #nextId = 1;
  #streamsMax = Infinity;
  #received = 0;
  #opened = false;
  #leaving = false;
  #closed = false;
  /** The header block that is being read, in parts. */
  #parts: { readonly frame: Frame; readonly bytes: Buffer[]; length: number } | undefined;
  /** When something came last, by performance.now(). */
  heardMs = performance.now();

  /** Over a socket that is connected. */
  constructor(socket: Duplex, listener: SessionListener) {
    this.#socket = socket;
    this.#listener = listener;
    this.#sender = new Http2Sender((bytes) => socket.write(bytes));
    const reader = new FrameReader((frame) => this.#receive(frame));
    socket.on("data", (chunk: Buffer) => this.#read(reader, chunk));
    socket.on("error", (error) => this.destroy(error.message));
    socket.on("close", () => this.destroy("the connection was closed"));
    this.#greet();
  }

  /** Whether no stream can be begun until another one has ended. */
  get full(): boolean {
    return this.#streams.size >= this.#streamsMax;
  }

  /** Begins a stream, with the whole of the request if `end`. Not to be called when `full`, or after `leaving`. */
  begin(headers: Buffer, body: Buffer, end: boolean, listener: Http2Listener): number {
    const id = this.#nextId;
    this.#nextId += 2;
    const send = this.#sender.begin(id, headers);
    this.#streams.set(id, { send, listener, received: 0 });
    this.#sender.data(send, body, end);
    if (this.#nextId >= streamIdMax) this.#leave("its streams are used up");
    return id;
  }

  /** Sends more on a stream. */
  send(id: number, body: Buffer): void {
    const stream = this.#streams.get(id);
    if (stream !== undefined) this.#sender.data(stream.send, body, false);
  }

  /** Ends a stream from this side; its listener hears nothing more. */
  cancel(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#forget(stream);
    this.#sender.cancel(id);
  }

  /** Has the server answer, which `heardMs` tells. */
  ping(): void {
    this.#sender.ping(pingPayload, 0);
  }

  /** Ends the connection; streams are lost. */
  destroy(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leave(reason);
    if (!this.#socket.destroyed) this.#sender.flush();
    this.#socket.destroy();
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const { listener } of streams) listener.lost(reason, true);
    this.#listener.closed(reason);
  }

  #greet(): void {
    this.#sender.greet(preface, [
      [settingIds.headerTableSize, 0],
      [settingIds.enablePush, 0],
      [settingIds.initialWindow, receiveWindow],
    ]);
    this.#sender.grant(0, receiveWindow - protocolWindow);
    this.#sender.flush();
  }

  #read(reader: FrameReader, chunk: Buffer): void {
    this.heardMs = performance.now();
    try {
      reader.push(chunk);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.destroy(error.message);
    }
  }

  #receive(frame: Frame): void {
    if (this.#parts !== undefined && frame.type !== frameTypes.continuation) {
      throw new WireError("http2: a header block that is not continued");
    }
    switch (frame.type) {
      case frameTypes.data:
        this.#receiveData(frame);
        return;
      case frameTypes.headers:
        this.#receiveHeaders(frame);
        return;
      case frameTypes.continuation:
        this.#continueHeaders(frame);
        return;
      case frameTypes.resetStream:
        this.#receiveReset(frame);
        return;
      case frameTypes.settings:
        this.#receiveSettings(frame);
        return;
      case frameTypes.ping:
        this.#answerPing(frame);
        return;
      case frameTypes.goAway:
        this.#receiveGoAway(frame);
        return;
      case frameTypes.windowUpdate:
        this.#receiveWindow(frame);
        return;
      case frameTypes.pushPromise:
        throw new WireError("http2: a push, which was not asked for");
    }
  }

  #receiveData(frame: Frame): void {
    this.#received += frame.payload.length;
    if (this.#received >= receiveWindow / 2) {
      this.#sender.grant(0, this.#received);
      this.#received = 0;
    }
    const stream = this.#streams.get(frame.stream);
    if (stream === undefined) return;
    stream.received += frame.payload.length;
    const last = (frame.flags & frameFlags.endStream) !== 0;
    if (last) this.#forget(stream);
    else if (stream.received >= receiveWindow / 2) {
      this.#sender.grant(frame.stream, stream.received);
      stream.received = 0;
    }
    stream.listener.data(withoutPadding(frame), last);
  }

  #receiveHeaders(frame: Frame): void {
    let block = withoutPadding(frame);
    if ((frame.flags & frameFlags.priority) !== 0) block = block.subarray(5);
    if ((frame.flags & frameFlags.endHeaders) === 0) this.#parts = { frame, bytes: [block], length: block.length };
    else this.#deliverHeaders(frame, block);
  }

  #continueHeaders(frame: Frame): void {
    const parts = this.#parts;
    if (parts === undefined || parts.frame.stream !== frame.stream) throw new WireError("http2: nothing to continue");
    parts.bytes.push(frame.payload);
    parts.length += frame.payload.length;
    if (parts.length > headerBlockMax) throw new WireError("http2: a header block that is too long");
    if ((frame.flags & frameFlags.endHeaders) === 0) return;
    this.#parts = undefined;
    this.#deliverHeaders(parts.frame, Buffer.concat(parts.bytes));
  }

  #deliverHeaders({ stream: id, flags }: Frame, block: Buffer): void {
    const fields = this.#fieldsOf(block);
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    const last = (flags & frameFlags.endStream) !== 0;
    if (last) this.#forget(stream);
    stream.listener.fields(fields, last);
  }

  // Without a dynamic table the same bytes always mean the same.
  #fieldsOf(block: Buffer): Fields {
    for (const { bytes, fields } of this.#blocks) if (bytes.equals(block)) return fields;
    const fields = readFields(block);
    if (this.#blocks.length < blocksMax) this.#blocks.push({ bytes: Buffer.from(block), fields });
    return fields;
  }

  #receiveReset({ stream: id, payload }: Frame): void {
    const stream = this.#streams.get(id);
    if (stream === undefined || payload.length < 4) return;
    const code = payload.readUInt32BE(0);
    this.#forget(stream);
    stream.listener.lost(`the server has ended the call (HTTP/2 error ${code})`, code !== refusedCode);
  }

  #receiveSettings({ flags, payload }: Frame): void {
    if ((flags & frameFlags.ack) !== 0) return;
    const sends = Array.from(this.#streams.values(), ({ send }) => send);
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      const name = settingNames.get(payload.readUInt16BE(at));
      const value = payload.readUInt32BE(at + 2);
      if (name === "streamsMax") this.#streamsMax = value;
      else if (name !== undefined) this.#sender.set(name, value, sends);
    }
    this.#sender.acceptSettings();
    this.#sender.flush();
    if (this.#opened) return;
    this.#opened = true;
    this.#listener.opened();
  }

  #answerPing({ flags, payload }: Frame): void {
    if ((flags & frameFlags.ack) === 0) this.#sender.ping(payload, frameFlags.ack);
  }

  #receiveGoAway({ payload }: Frame): void {
    const last = payload.length < 8 ? 0 : payload.readUInt32BE(0) & 0x7fffffff;
    this.#leave(`the server is going away ${payload.toString("latin1", 8, 108)}`.trim());
    const unseen = [...this.#streams.values()].filter(({ send }) => send.id > last);
    for (const stream of unseen) {
      this.#forget(stream);
      stream.listener.lost("the server is going away", false);
    }
  }

  #receiveWindow({ stream: id, payload }: Frame): void {
    if (payload.length < 4) throw new WireError("http2: a short frame");
    const count = payload.readUInt32BE(0) & 0x7fffffff;
    const stream = id === 0 ? "all" : this.#streams.get(id)?.send;
    if (stream !== undefined) this.#sender.widen(stream, count);
  }

  #leave(reason: string): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#listener.leaving(reason);
  }

  #forget(stream: Http2Stream): void {
    this.#streams.delete(stream.send.id);
    this.#sender.drop(stream.send);
  }
}

function withoutPadding({ flags, payload }: Frame): Buffer {
  if ((flags & frameFlags.padded) === 0) return payload;
  const padding = payload[0] ?? 0;
  if (padding >= payload.length) throw new WireError("http2: more padding than there is");
  return payload.subarray(1, payload.length - padding);
}
