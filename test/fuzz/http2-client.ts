import { once } from "node:events";
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from "node:http2";
import tls, { type TLSSocket } from "node:tls";
import { mayWatch, patienceMs, watchedMs, type Outcome } from "./answer.ts";
import type { FuzzedRequest } from "./arbitrary-request.ts";
import type { Started } from "./fuzzed-server.ts";
import { ping, preface, reactionIn, type Reaction } from "./http2-frames.ts";

/** An HTTP/2 client: of what a request has, it sends all that Node's client lets pass. */
export class Http2Client {
  readonly #server: Started;
  #session: ClientHttp2Session | undefined;

  constructor(server: Started) {
    this.#server = server;
  }

  /** Sends a request on a stream of its own, and reads the answer. */
  async exchange(request: FuzzedRequest): Promise<Outcome> {
    const session = await this.#open();
    const { method, target, body } = request;
    const stream = session.request(
      { ":method": method, ":path": target, ...passable(request), "content-length": body.bytes.length },
      { endStream: false },
    );
    stream.end(body.bytes);
    return read(stream, target);
  }

  /** Sends frames after the preface, and a ping after them; gives how the server takes it. */
  async send(frames: Uint8Array): Promise<Reaction | "closed" | "hung"> {
    const { port, ca, key, cert } = this.#server;
    const socket = tls.connect({ host: "127.0.0.1", port, ca, key, cert, ALPNProtocols: ["h2"] });
    socket.on("error", () => undefined);
    await once(socket, "secureConnect");
    const reaction = reactionOf(socket);
    // What may be the beginning of a longer frame is waited for no longer once the connection is at its end.
    socket.end(Buffer.concat([preface, frames, ping]));
    const outcome = await reaction;
    socket.destroy();
    return outcome;
  }

  close(): void {
    this.#session?.destroy();
  }

  async #open(): Promise<ClientHttp2Session> {
    const known = this.#session;
    if (known !== undefined && !known.closed && !known.destroyed) return known;
    const { port, ca, key, cert } = this.#server;
    const session = http2.connect(`https://127.0.0.1:${port}`, { ca, key, cert });
    session.on("error", () => undefined);
    await once(session, "connect");
    this.#session = session;
    return session;
  }
}

function reactionOf(socket: TLSSocket): Promise<Reaction | "closed" | "hung"> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const settle = (outcome: Reaction | "closed" | "hung"): void => {
      clearTimeout(patience);
      resolve(outcome);
    };
    const patience = setTimeout(settle, patienceMs, "hung");
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const reaction = reactionIn(received);
      if (reaction !== undefined) settle(reaction);
    });
    socket.once("close", () => settle("closed"));
  });
}

const connectionHeaders = /^(?:connection|upgrade|host|expect|transfer-encoding|__proto__)$/;

function passable({ headers, body }: FuzzedRequest): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (!connectionHeaders.test(lower) && isHeaderValue(value)) passed[lower] = value;
  }
  if (body.contentType !== undefined) passed["content-type"] = body.contentType;
  return passed;
}

// oxlint-disable-next-line no-control-regex
const isHeaderValue = (value: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(value);

function read(stream: ClientHttp2Stream, target: string): Promise<Outcome> {
  return new Promise((resolve) => {
    let head: IncomingHttpHeaders | undefined;
    let watching: NodeJS.Timeout | undefined;
    const chunks: Buffer[] = [];
    const settle = (cut: boolean): void => {
      clearTimeout(patience);
      clearTimeout(watching);
      resolve(head === undefined ? { kind: "closed" } : { kind: "answered", answer: answerOf(head, chunks, cut) });
    };
    const patience = setTimeout(() => {
      stream.close();
      resolve({ kind: "hung" });
    }, patienceMs);
    stream.on("error", () => undefined);
    stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
    stream.once("close", () => settle(false));
    stream.once("response", (headers: IncomingHttpHeaders) => {
      head = headers;
      if (!mayWatch(target) || "content-length" in headers) return;
      watching = setTimeout(() => {
        settle(true);
        stream.close();
      }, watchedMs);
    });
  });
}

function answerOf(head: IncomingHttpHeaders, chunks: readonly Buffer[], cut: boolean) {
  const headers = new Map(Object.entries(head).map(([name, value]) => [name, [value].flat().join(", ")]));
  return { status: Number(head[":status"]), headers, body: Buffer.concat(chunks), cut };
}
