import { once } from "node:events";
import tls from "node:tls";
import type { Lane, Lanes, Listener, RequestHead, Template } from "./exchange.ts";

/** Opens one TLS connection a lane, each kept alive. What the server's certificate says is not checked. */
export async function openHttp1(port: number, count: number): Promise<Lanes> {
  const lanes: Http1Lane[] = [];
  for (let opened = 0; opened < count; opened++) lanes.push(await Http1Lane.open(port));
  return { lanes, close: () => lanes.forEach((lane) => lane.close()) };
}

const headEnd = "\r\n\r\n";
const newline = 0x0a;

type Stage =
  | "head"
  /** Of a known length. */
  | "body"
  | "chunkSize"
  | "chunk"
  /** The line end after a chunk. */
  | "chunkEnd"
  /** The line end after the last chunk. */
  | "lastEnd";

/** Reads as little of HTTP/1.1 as tells where an answer ends: https://www.rfc-editor.org/rfc/rfc9112 */
export class Http1Parser {
  readonly #listener: () => Listener | undefined;
  #stage: Stage = "head";
  #head = "";
  #left = 0;

  constructor(listener: () => Listener | undefined) {
    this.#listener = listener;
  }

  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#step(chunk, at);
  }

  #step(chunk: Buffer, at: number): number {
    switch (this.#stage) {
      case "head":
        return this.#readHead(chunk, at);
      case "body":
      case "chunk":
        return this.#readBody(chunk, at);
      case "chunkSize":
        return this.#readChunkSize(chunk, at);
      case "chunkEnd":
        if (chunk[at] === newline) this.#stage = "chunkSize";
        return at + 1;
      case "lastEnd":
        if (chunk[at] === newline) this.#end();
        return at + 1;
    }
  }

  #readHead(chunk: Buffer, at: number): number {
    const before = this.#head.length;
    this.#head += chunk.toString("latin1", at, Math.min(chunk.length, at + 4096));
    const end = this.#head.indexOf(headEnd);
    if (end < 0) return Math.min(chunk.length, at + 4096);
    const head = this.#head.slice(0, end);
    this.#head = "";
    this.#listener()?.onStatus(Number(head.slice(9, 12)));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length !== undefined) {
      this.#left = Number(length);
      this.#stage = "body";
      if (this.#left === 0) this.#end();
    } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#stage = "chunkSize";
    else this.#listener()?.onFailure(`an answer of unknown length: ${head}`);
    return at + end + headEnd.length - before;
  }

  #readBody(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#left);
    this.#left -= end - at;
    this.#listener()?.onBody(chunk, at, end);
    if (this.#left === 0) {
      if (this.#stage === "body") this.#end();
      else this.#stage = "chunkEnd";
    }
    return end;
  }

  #readChunkSize(chunk: Buffer, at: number): number {
    const byte = chunk[at] ?? 0;
    if (byte === newline) this.#stage = this.#left === 0 ? "lastEnd" : "chunk";
    else if (byte !== 0x0d) this.#left = this.#left * 16 + Number.parseInt(String.fromCharCode(byte), 16);
    return at + 1;
  }

  #end(): void {
    this.#stage = "head";
    this.#left = 0;
    this.#listener()?.onEnd();
  }
}

class Http1Lane implements Lane {
  listener: Listener | undefined;
  readonly #socket: tls.TLSSocket;
  #closed = false;

  static async open(port: number): Promise<Http1Lane> {
    const socket = tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    await once(socket, "secureConnect");
    return new Http1Lane(socket);
  }

  private constructor(socket: tls.TLSSocket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    const parser = new Http1Parser(() => this.listener);
    socket.on("data", (chunk: Buffer) => parser.feed(chunk));
    socket.on("error", (error) => this.listener?.onFailure(error.message));
    socket.on("close", () => {
      if (!this.#closed) this.listener?.onFailure("the server closed the connection");
    });
  }

  prepare({ method, path, headers = {} }: RequestHead): Template {
    const lines = Object.entries({ Host: "127.0.0.1", "User-Agent": "bench", Accept: "application/json", ...headers });
    const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}`;
    return { head: Buffer.from(method === "GET" ? `${head}\r\n` : head, "latin1") };
  }

  send({ head }: Template, body?: Buffer): void {
    if (body === undefined) this.#socket.write(head);
    else this.#socket.write(Buffer.concat([head, Buffer.from(`Content-Length: ${body.length}${headEnd}`), body]));
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }
}
