import { once } from "node:events";
import tls, { type TLSSocket } from "node:tls";
import type { Identity } from "./identities.ts";

/** One answer on an HTTP/1.1 connection. */
export interface RawAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Opens a TLS connection that speaks the protocol; errors of it later are none of the test's business. */
export async function openSocket(port: number, identity: Identity | undefined, protocol: string): Promise<TLSSocket> {
  const socket = tls.connect({
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    ALPNProtocols: [protocol],
    ...identity,
  });
  await once(socket, "secureConnect");
  socket.on("error", () => undefined);
  return socket;
}

/** The last request of a connection: a server that is still in step answers it and closes. */
const farewell = "GET /livez HTTP/1.1\r\nHost: a\r\nAudit-ID: farewell\r\nConnection: close\r\n\r\n";

/**
 * Sends a text, each of whose characters is a byte, and a farewell after it, and reads until the server closes. Gives what
 * it has answered, that to the farewell apart.
 */
export async function sendText(port: number, identity: Identity | undefined, text: string): Promise<RawAnswer[]> {
  const socket = await openSocket(port, identity, "http/1.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
  const closed = once(socket, "close");
  socket.write(Buffer.from(text + farewell, "latin1"));
  await closed;
  return answersIn(Buffer.concat(chunks)).filter(({ headers }) => headers.get("audit-id") !== "farewell");
}

function answersIn(bytes: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf("\r\n\r\n", at);
    if (end === -1) throw new Error(`half an answer: ${bytes.toString("latin1", at)}`);
    const [first = "", ...lines] = bytes.toString("latin1", at, end).split("\r\n");
    const headers = new Map(lines.map(fieldOf));
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    const body = end + 4;
    at = headers.get("transfer-encoding") === "chunked" ? endOfChunks(bytes, body) : body + lengthOf(headers);
    // 100 Continue comes before an answer.
    if (status >= 200) answers.push({ status, headers, body: bytes.toString("utf8", body, at) });
  }
  return answers;
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function lengthOf(headers: ReadonlyMap<string, string>): number {
  return Number(headers.get("content-length") ?? 0);
}

function endOfChunks(bytes: Buffer, start: number): number {
  const end = bytes.indexOf("0\r\n\r\n", start);
  return end === -1 ? bytes.length : end + 5;
}
