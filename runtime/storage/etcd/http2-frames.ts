import { Buffer } from "node:buffer";
import { WireError } from "../../meta/wire-error.ts";

/** The kinds of frames. https://www.rfc-editor.org/rfc/rfc9113#section-6 */
export const frameTypes = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of frames; END_STREAM and ACK are the same bit in different frames. */
export const frameFlags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** What SETTINGS tells. */
export const settingIds = {
  headerTableSize: 1,
  enablePush: 2,
  streamsMax: 3,
  initialWindow: 4,
  frameBytesMax: 5,
} as const;

/** The name of a setting. */
export type SettingName = keyof typeof settingIds;

const frameHeadBytes = 9;
/** The largest frame that either side may send unless the other has said more. */
export const frameBytesMax = 16_384;

/** One frame. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Cuts what a socket reads into frames. */
export class FrameReader {
  readonly #deliver: (frame: Frame) => void;
  /** The beginning of a frame that is not complete. */
  #rest: Buffer | undefined;

  constructor(deliver: (frame: Frame) => void) {
    this.#deliver = deliver;
  }

  /** Takes what has come; frames may keep its memory. Throws a WireError where a frame is too large. */
  push(chunk: Buffer): void {
    const rest = this.#rest === undefined ? chunk : this.#complete(this.#rest, chunk);
    if (rest === undefined) return;
    const end = this.#cut(rest);
    this.#rest = end === rest.length ? undefined : rest.subarray(end);
  }

  /** Delivers the frame that was begun, if all of it is there; gives what comes after it. */
  #complete(begun: Buffer, chunk: Buffer): Buffer | undefined {
    // The head may be missing too, and nobody knows the frame's end without it.
    const headed = begun.length >= frameHeadBytes;
    const wanted = headed ? frameHeadBytes + payloadLength(begun, 0) : frameHeadBytes;
    const missing = wanted - begun.length;
    const joined = Buffer.concat([begun, chunk.subarray(0, missing)]);
    this.#rest = undefined;
    const rest = chunk.subarray(Math.min(missing, chunk.length));
    if (joined.length === wanted && this.#cut(joined) === wanted) return rest;
    if (rest.length > 0) return this.#complete(joined, rest);
    this.#rest = joined;
    return undefined;
  }

  /** Delivers the frames that are complete; gives where they end. */
  #cut(bytes: Buffer): number {
    let at = 0;
    while (bytes.length - at >= frameHeadBytes) {
      const start = at + frameHeadBytes;
      const end = start + payloadLength(bytes, at);
      if (bytes.length < end) break;
      const type = bytes[at + 3] ?? 0;
      const flags = bytes[at + 4] ?? 0;
      const stream = bytes.readUInt32BE(at + 5) & 0x7fffffff;
      at = end;
      this.#deliver({ type, flags, stream, payload: bytes.subarray(start, end) });
    }
    return at;
  }
}

function payloadLength(bytes: Buffer, at: number): number {
  const length = bytes.readUIntBE(at, 3);
  if (length > frameBytesMax) throw new WireError(`http2: a frame of ${length} bytes`);
  return length;
}

const slabBytes = 64 << 10;

/**
 * Gathers frames, so that those of one turn of the event loop go out together. What is written is copied into slabs, of
 * which each part is used once.
 */
export class FrameWriter {
  readonly #send: (bytes: Buffer) => void;
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  #start = 0;
  #end = 0;

  constructor(send: (bytes: Buffer) => void) {
    this.#send = send;
  }

  /** How many bytes wait for `flush`. */
  get waiting(): number {
    return this.#end - this.#start;
  }

  /** Writes the head of a frame whose payload of so many bytes follows. */
  head(length: number, type: number, flags: number, stream: number): void {
    this.#reserve(frameHeadBytes + length);
    const slab = this.#slab;
    const at = this.#end;
    slab.writeUIntBE(length, at, 3);
    slab[at + 3] = type;
    slab[at + 4] = flags;
    slab.writeUInt32BE(stream, at + 5);
    this.#end = at + frameHeadBytes;
  }

  /** Writes bytes as they are. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#slab.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Writes two bytes. */
  uint16(value: number): void {
    this.#reserve(2);
    this.#end = this.#slab.writeUInt16BE(value, this.#end);
  }

  /** Writes four bytes. */
  uint32(value: number): void {
    this.#reserve(4);
    this.#end = this.#slab.writeUInt32BE(value, this.#end);
  }

  /** Sends what has gathered. */
  flush(): void {
    if (this.#start === this.#end) return;
    this.#send(this.#slab.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#slab.length) return;
    this.flush();
    this.#slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, count));
    this.#start = 0;
    this.#end = 0;
  }
}
