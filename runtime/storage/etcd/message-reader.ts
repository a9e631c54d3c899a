import { Buffer } from "node:buffer";
import { WireError } from "../../meta/wire-error.ts";

const headBytes = 5;

/** Puts the messages of a gRPC stream together again, whatever pieces they come in. */
export class MessageReader {
  readonly #bytesMax: number;
  readonly #deliver: (message: Buffer) => void;
  /** The beginning of a head that is not complete. */
  #head: Buffer | undefined;
  /** The message that is being read, of which `#filled` bytes are there. */
  #body: Buffer | undefined;
  #filled = 0;

  /** Messages may have so many bytes; `deliver` gets each, and may keep it. */
  constructor(bytesMax: number, deliver: (message: Buffer) => void) {
    this.#bytesMax = bytesMax;
    this.#deliver = deliver;
  }

  /** Takes what has come. Throws a WireError where that is no message, or one that is too large. */
  push(chunk: Buffer): void {
    let rest: Buffer | undefined = chunk;
    while (rest !== undefined && rest.length > 0) {
      rest = this.#body === undefined ? this.#begin(rest) : this.#fill(this.#body, rest);
    }
  }

  #begin(chunk: Buffer): Buffer | undefined {
    const bytes = this.#head === undefined ? chunk : Buffer.concat([this.#head, chunk]);
    this.#head = undefined;
    if (bytes.length < headBytes) {
      this.#head = bytes;
      return undefined;
    }
    if (bytes[0] !== 0) throw new WireError("grpc: a compressed message, which was not asked for");
    const length = bytes.readUInt32BE(1);
    if (length > this.#bytesMax) {
      throw new WireError(`grpc: received message larger than max (${length} vs. ${this.#bytesMax})`);
    }
    const end = headBytes + length;
    if (bytes.length >= end) {
      this.#deliver(bytes.subarray(headBytes, end));
      return bytes.subarray(end);
    }
    this.#body = Buffer.allocUnsafeSlow(length);
    this.#filled = 0;
    return bytes.subarray(headBytes);
  }

  #fill(body: Buffer, chunk: Buffer): Buffer {
    const count = Math.min(body.length - this.#filled, chunk.length);
    body.set(count === chunk.length ? chunk : chunk.subarray(0, count), this.#filled);
    this.#filled += count;
    if (this.#filled === body.length) {
      this.#body = undefined;
      this.#deliver(body);
    }
    return chunk.subarray(count);
  }
}
