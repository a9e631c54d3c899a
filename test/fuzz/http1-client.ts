import { once } from "node:events";
import tls, { type TLSSocket } from "node:tls";
import { mayWatch, patienceMs, watchedMs, type Answer, type Outcome } from "./answer.ts";
import type { FuzzedRequest } from "./arbitrary-request.ts";
import type { Started } from "./fuzzed-server.ts";

/** How a request says where its body ends: rightly, or not. */
export const framings = ["length", "chunked", "cut", "both", "twice", "none"] as const;

/** One of these ways. */
export type Framing = (typeof framings)[number];

/** An HTTP/1.1 client that sends whatever it is told, byte for byte, and reads one answer to it. */
export class Http1Client {
  readonly #server: Started;
  #socket: TLSSocket | undefined;

  constructor(server: Started) {
    this.#server = server;
  }

  /** Sends a request over the connection of the last one where that is in order, and reads the answer. */
  async exchange(request: FuzzedRequest, framing: Framing): Promise<Outcome> {
    const used = this.#socket;
    this.#socket = undefined;
    if (used?.writable === true) {
      const outcome = await this.#sendTo(used, request, framing);
      // The server may close a connection between two requests.
      if (outcome.kind !== "closed") return outcome;
    }
    return this.#sendTo(await connect(this.#server), request, framing);
  }

  async #sendTo(socket: TLSSocket, request: FuzzedRequest, framing: Framing): Promise<Outcome> {
    const answered = read(socket, request);
    socket.write(encoded(request, framing));
    if (framing === "cut") socket.end();
    const outcome = await answered;
    if (isInOrder(request, framing, outcome)) this.#socket = socket;
    else socket.destroy();
    return outcome;
  }

  /** Sends bytes that need not be a request, and says no more. */
  async send(bytes: Uint8Array): Promise<Outcome> {
    const socket = await connect(this.#server);
    const answered = read(socket, { method: "GET", target: "/" });
    socket.end(bytes);
    const outcome = await answered;
    socket.destroy();
    return outcome;
  }

  close(): void {
    this.#socket?.destroy();
  }
}

async function connect({ port, ca, key, cert }: Started): Promise<TLSSocket> {
  const socket = tls.connect({ host: "127.0.0.1", port, ca, key, cert, ALPNProtocols: ["http/1.1"] });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  return socket;
}

function encoded({ method, target, headers, body }: FuzzedRequest, framing: Framing): Buffer {
  const { contentType, bytes } = body;
  const type: FuzzedRequest["headers"] = contentType === undefined ? [] : [["Content-Type", contentType]];
  const all = [["Host", "127.0.0.1"] as const, ...headers, ...type, ...framingHeaders(framing, bytes.length)];
  const head = `${method} ${target} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), framing === "chunked" ? chunked(bytes) : bytes]);
}

function framingHeaders(framing: Framing, length: number): FuzzedRequest["headers"] {
  const byLength = ["Content-Length", String(length)] as const;
  const byChunks = ["Transfer-Encoding", "chunked"] as const;
  switch (framing) {
    case "length":
      return [byLength];
    case "chunked":
      return [byChunks];
    case "cut":
      return [["Content-Length", String(length + 1)]];
    case "both":
      return [byLength, byChunks];
    case "twice":
      return [byLength, ["Content-Length", String(length + 1)]];
    case "none":
      return [];
  }
}

function chunked(bytes: Buffer): Buffer {
  const chunks =
    bytes.length === 0 ? [] : [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")];
  return Buffer.concat([...chunks, Buffer.from("0\r\n\r\n")]);
}

// After anything else there may be bytes on the way that are no answer to what is sent next.
function isInOrder({ target, headers }: FuzzedRequest, framing: Framing, outcome: Outcome): boolean {
  if (outcome.kind !== "answered" || outcome.answer.cut) return false;
  const isPlain = (text: string): boolean => !/[\s\0]/.test(text);
  const usual = framing === "length" && isPlain(target) && headers.every(([name]) => name !== "Upgrade");
  return usual && outcome.answer.headers.get("connection") !== "close";
}

function read(socket: TLSSocket, request: Pick<FuzzedRequest, "method" | "target">): Promise<Outcome> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    let watching: NodeJS.Timeout | undefined;
    const settle = (outcome: Outcome): void => {
      clearTimeout(patience);
      clearTimeout(watching);
      socket.off("data", onData).off("close", onClose);
      resolve(outcome);
    };
    const patience = setTimeout(settle, patienceMs, { kind: "hung" });
    const onData = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      const answer = parseAnswer(received, request.method, false);
      if (answer === undefined) return;
      if (!answer.cut) settle({ kind: "answered", answer });
      else if (mayWatch(request.target)) watching ??= setTimeout(settle, watchedMs, { kind: "answered", answer });
    };
    const onClose = (): void => {
      const answer = parseAnswer(received, request.method, true);
      settle(answer === undefined ? { kind: "closed" } : { kind: "answered", answer });
    };
    socket.on("data", onData).on("close", onClose);
  });
}

const headEnd = Buffer.from("\r\n\r\n");

/** The answer in these bytes, `cut` while some of it is missing; undefined while there is no head of one. */
function parseAnswer(bytes: Buffer, method: string, ended: boolean): Answer | undefined {
  const end = bytes.indexOf(headEnd);
  if (end === -1) return undefined;
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1]);
  const rest = bytes.subarray(end + headEnd.length);
  // 100 Continue comes before the answer.
  if (status < 200) return parseAnswer(rest, method, ended);
  const headers = new Map(lines.map((line) => fieldOf(line)));
  const bodiless = method === "HEAD" || status === 204 || status === 304;
  const body = bodiless ? Buffer.alloc(0) : bodyOf(headers, rest, ended);
  return { status, headers, body: body ?? rest, cut: body === undefined };
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** Undefined while it is not whole. */
function bodyOf(headers: ReadonlyMap<string, string>, rest: Buffer, ended: boolean): Buffer | undefined {
  const length = headers.get("content-length");
  if (length !== undefined) return rest.length >= Number(length) ? rest.subarray(0, Number(length)) : undefined;
  if (headers.get("transfer-encoding") === "chunked") return unchunked(rest);
  return ended ? rest : undefined;
}

function unchunked(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd === -1) return undefined;
    const length = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const start = lineEnd + 2;
    if (bytes.length < start + length + 2) return undefined;
    if (length === 0) return Buffer.concat(chunks);
    chunks.push(bytes.subarray(start, start + length));
    at = start + length + 2;
  }
}
