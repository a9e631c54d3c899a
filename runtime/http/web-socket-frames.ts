/** What is told of the frames that a client sends. */
interface FrameListeners {
  /** The frame with which to answer a ping. */
  readonly onPing: (pong: Uint8Array) => void;
  /** The client has ended the WebSocket, or sent what is no frame. */
  readonly onClose: () => void;
}

const close = 8;
const ping = 9;
const controlBytesMax = 125;

/** Reads frames as they come, and forgets what is in them; it holds no more than one control frame. */
export class FrameReader {
  readonly #listeners: FrameListeners;
  #held: Buffer = Buffer.alloc(0);
  /** How much is left of a frame of data. */
  #skipped = 0;
  #ended = false;

  constructor(listeners: FrameListeners) {
    this.#listeners = listeners;
  }

  /** Takes the next bytes of the connection. */
  take(bytes: Buffer): void {
    let rest = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    for (let before = -1; !this.#ended && before !== rest.length;) {
      before = rest.length;
      rest = this.#takeFrame(rest);
    }
    this.#held = rest;
  }

  /** Gives what is behind the first frame; all of it where that is not complete. */
  #takeFrame(bytes: Buffer): Buffer {
    if (this.#skipped > 0) {
      const skipped = Math.min(this.#skipped, bytes.length);
      this.#skipped -= skipped;
      return bytes.subarray(skipped);
    }
    const [first = 0, second = 0] = bytes;
    const short = second & 0x7f;
    const headLength = (short === 127 ? 10 : short === 126 ? 4 : 2) + 4;
    if (bytes.length < headLength) return bytes;
    const operation = first & 0x0f;
    // Clients must mask: https://www.rfc-editor.org/rfc/rfc6455#section-5.1
    if (second < 0x80 || operation === close) return this.#end();
    if (operation < close) {
      this.#skipped = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
      return bytes.subarray(headLength);
    }
    if (short > controlBytesMax) return this.#end();
    if (bytes.length < headLength + short) return bytes;
    if (operation === ping) this.#listeners.onPing(pong(bytes.subarray(2, headLength + short)));
    return bytes.subarray(headLength + short);
  }

  #end(): Buffer {
    this.#ended = true;
    this.#listeners.onClose();
    return Buffer.alloc(0);
  }
}

/** The frame that gives back what a ping had, of its mask and masked payload. */
function pong(masked: Buffer): Uint8Array {
  const payload = masked.subarray(4).map((byte, index) => byte ^ (masked[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x8a, payload.length]), payload]);
}
