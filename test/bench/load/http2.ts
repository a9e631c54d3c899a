import { once } from "node:events";
import tls from "node:tls";
import { encodeHead, readStatus } from "./hpack.ts";
import type { Lane, Lanes, Listener, RequestHead, Template } from "./exchange.ts";

/** Opens lanes that share TLS connections, at most `lanesEach` on one. The server's certificate is not checked. */
export async function openHttp2(port: number, count: number, lanesEach: number): Promise<Lanes> {
  const connections: Http2Connection[] = [];
  const lanes: Lane[] = [];
  for (let opened = 0; opened < count; opened++) {
    if (opened % lanesEach === 0) connections.push(await Http2Connection.open(port));
    const connection = connections.at(-1);
    if (connection !== undefined) lanes.push(new Http2Lane(connection));
  }
  return { lanes, close: () => connections.forEach((connection) => connection.close()) };
}

const frame = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8, continuation: 9 };
const flag = { endStream: 1, acknowledge: 1, endHeaders: 4, padded: 8, priority: 32 };
const headBytes = 9;
const windowMax = 2 ** 31 - 1;
const windowAtStart = 65_535;

/** As little of HTTP/2 as carries a load: https://www.rfc-editor.org/rfc/rfc9113 */
class Http2Connection {
  readonly #socket: tls.TLSSocket;
  readonly #lanes = new Map<number, Http2Lane>();
  #streamId = 1;
  #pending: Buffer | undefined;
  /** Frames to write once what came is read, so that many requests make one TLS record. */
  #out: Buffer[] = [];
  #reading = false;
  #sendWindow = windowAtStart;
  #waiting: { lane: Http2Lane; head: Buffer; body: Buffer }[] = [];
  #received = 0;
  #closed = false;

  static async open(port: number): Promise<Http2Connection> {
    const socket = tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
    await once(socket, "secureConnect");
    if (socket.alpnProtocol !== "h2") throw new Error("the server does not speak HTTP/2");
    return new Http2Connection(socket);
  }

  private constructor(socket: tls.TLSSocket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#feed(chunk));
    socket.on("error", (error) => this.#fail(error.message));
    socket.on("close", () => {
      if (!this.#closed) this.#fail("the server closed the connection");
    });
    // No dynamic table, no push, and windows so wide that they never close.
    const settings = Buffer.from([0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff]);
    this.#write(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    this.#write(frameOf(frame.settings, 0, 0, settings));
    this.#write(windowUpdate(windowMax - windowAtStart));
  }

  request(lane: Http2Lane, head: Buffer, body: Buffer | undefined): void {
    if (body !== undefined && body.length > this.#sendWindow) this.#waiting.push({ lane, head, body });
    else this.#request(lane, head, body);
  }

  #request(lane: Http2Lane, head: Buffer, body: Buffer | undefined): void {
    const id = this.#streamId;
    this.#streamId += 2;
    this.#lanes.set(id, lane);
    const flags = body === undefined ? flag.endHeaders | flag.endStream : flag.endHeaders;
    this.#write(frameOf(frame.headers, flags, id, head));
    if (body === undefined) return;
    this.#sendWindow -= body.length;
    this.#write(frameOf(frame.data, flag.endStream, id, body));
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #write(bytes: Buffer): void {
    if (this.#reading) this.#out.push(bytes);
    else this.#socket.write(bytes);
  }

  #feed(chunk: Buffer): void {
    this.#reading = true;
    let bytes = this.#pending === undefined ? chunk : Buffer.concat([this.#pending, chunk]);
    let at = 0;
    while (bytes.length - at >= headBytes) {
      const end = at + headBytes + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      this.#frame(bytes, at, end);
      at = end;
    }
    bytes = bytes.subarray(at);
    this.#pending = bytes.length === 0 ? undefined : bytes;
    this.#reading = false;
    if (this.#out.length > 0) {
      this.#socket.write(this.#out.length === 1 ? (this.#out[0] ?? "") : Buffer.concat(this.#out));
      this.#out = [];
    }
  }

  #frame(bytes: Buffer, at: number, end: number): void {
    const type = bytes[at + 3] ?? 0;
    const flags = bytes[at + 4] ?? 0;
    const start = at + headBytes;
    const lane = this.#lanes.get(bytes.readUInt32BE(at + 5) & windowMax);
    if (type === frame.data) this.#data(lane, bytes, start, end);
    else if (type === frame.headers) this.#headers(lane?.listener, flags, bytes, start);
    else this.#control(type, flags, bytes.subarray(at, end));
    if ((type === frame.data || type === frame.headers) && (flags & flag.endStream) !== 0) {
      this.#lanes.delete(bytes.readUInt32BE(at + 5) & windowMax);
      lane?.listener?.onEnd();
    }
  }

  #data(lane: Http2Lane | undefined, bytes: Buffer, start: number, end: number): void {
    this.#received += end - start;
    if (this.#received > windowMax / 2) {
      this.#write(windowUpdate(this.#received));
      this.#received = 0;
    }
    if (end > start) lane?.listener?.onBody(bytes, start, end);
  }

  #headers(listener: Listener | undefined, flags: number, bytes: Buffer, start: number): void {
    const skipped = ((flags & flag.padded) === 0 ? 0 : 1) + ((flags & flag.priority) === 0 ? 0 : 5);
    const status = readStatus(bytes, start + skipped);
    // Trailers have no status.
    if (status !== undefined) listener?.onStatus(status);
  }

  #control(type: number, flags: number, bytes: Buffer): void {
    const payload = bytes.subarray(headBytes);
    if (type === frame.settings && (flags & flag.acknowledge) === 0)
      this.#write(frameOf(frame.settings, flag.acknowledge, 0, Buffer.alloc(0)));
    else if (type === frame.ping && (flags & flag.acknowledge) === 0)
      this.#write(frameOf(frame.ping, flag.acknowledge, 0, Buffer.from(payload)));
    else if (type === frame.goAway) this.#fail(`the server said goodbye with code ${payload.readUInt32BE(4)}`);
    else if (type === frame.windowUpdate && bytes.readUInt32BE(5) === 0) this.#widen(payload.readUInt32BE(0));
    else if (type === frame.reset) {
      const lane = this.#lanes.get(bytes.readUInt32BE(5) & windowMax);
      lane?.listener?.onFailure(`the server reset a stream with code ${payload.readUInt32BE(0)}`);
    }
  }

  #widen(by: number): void {
    this.#sendWindow += by;
    let next = this.#waiting[0];
    while (next !== undefined && next.body.length <= this.#sendWindow) {
      this.#waiting.shift();
      this.#request(next.lane, next.head, next.body);
      next = this.#waiting[0];
    }
  }

  #fail(message: string): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const lane of this.#lanes.values()) lane.listener?.onFailure(message);
  }
}

class Http2Lane implements Lane {
  listener: Listener | undefined;
  readonly #connection: Http2Connection;

  constructor(connection: Http2Connection) {
    this.#connection = connection;
  }

  prepare(request: RequestHead): Template {
    return { head: encodeHead(request) };
  }

  send({ head }: Template, body?: Buffer): void {
    this.#connection.request(this, head, body);
  }
}

function frameOf(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(headBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(streamId, 5);
  payload.copy(bytes, headBytes);
  return bytes;
}

function windowUpdate(by: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(by);
  return frameOf(frame.windowUpdate, 0, 0, payload);
}
