import { once } from "node:events";
import net, { type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { frame, headerBlock, preface } from "../fuzz/http2-frames.ts";
import { Client } from "./client.ts";
import { floods, type Flood } from "./frame-floods.ts";
import { issueIdentities, type Identities } from "./identities.ts";
import { openSocket } from "./raw-http1.ts";
import { startServerProcess, type ServerProcess, type Usage } from "./server-process.ts";

const limits = {
  connectionsMax: 50,
  headersTimeoutMs: 1_500,
  receiveTimeoutMs: 2_000,
  requestTimeoutMs: 2_000,
  idleTimeoutMs: 1_500,
};
/** How much more memory the server may have after an attack: of what it holds, and of what it has asked the machine for. */
const heldBytesMax = 32 * 1024 * 1024;
const rssBytesMax = 256 * 1024 * 1024;
const cats = "/apis/animal.skai.io/v1alpha1/namespaces/ns/cats";

let known: Identities;
let server: ServerProcess;
let before: Usage;

beforeAll(async () => {
  known = await issueIdentities();
  server = await startServerProcess(known.folder, limits);
  await requireServed();
  before = await server.usage("memory");
});

afterAll(async () => {
  await server.stop();
  await known.remove();
});

afterEach(async () => {
  await requireServed();
  const after = await server.usage("memory");
  expect(after.heldBytes - before.heldBytes).toBeLessThan(heldBytesMax);
  expect(after.rssBytes - before.rssBytes).toBeLessThan(rssBytesMax);
});

/** Sees to it that a client who has done nothing is served. */
async function requireServed(): Promise<void> {
  const client = new Client(server.port, known.proxy, { "x-remote-user": "ann", "x-remote-group": "system:masters" });
  expect((await client.ask({ path: cats })).status).toBe(200);
  client.close();
}

const floodBytes = 16 * 1024 * 1024;
const floodMs = 300;

/** Sends a flood until the server closes the connection, or it has been long enough. */
async function pour(socket: TLSSocket, { start, piece, reads }: Flood): Promise<void> {
  if (reads) socket.resume();
  else socket.pause();
  socket.write(Buffer.concat([preface, start]));
  const until = performance.now() + floodMs;
  let sent = 0;
  for (let number = 0; !socket.destroyed && sent < floodBytes && performance.now() < until; number++) {
    const bytes = piece(number);
    sent += bytes.length;
    if (socket.write(bytes)) continue;
    await drained(socket);
  }
}

/** Resolves once the server has taken what was sent, has closed the connection, or has done neither for a while. */
function drained(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(patience);
      socket.off("drain", settle).off("close", settle);
      resolve();
    };
    const patience = setTimeout(settle, 300);
    socket.on("drain", settle).on("close", settle);
  });
}

test.each(Object.entries(floods))("a flood of %s is borne or cut off", async (_what, flood) => {
  const socket = await openSocket(server.port, known.proxy, "h2");
  const { cpuMs } = await server.usage("time");
  const pouring = pour(socket, flood);
  // Others are served meanwhile.
  await requireServed();
  await pouring;
  expect((await server.usage("time")).cpuMs - cpuMs).toBeLessThan(10_000);
  socket.destroy();
});

/** Opens a connection that has not begun to speak TLS. */
async function openPlainly(): Promise<Socket> {
  const socket = net.connect(server.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Sends a part of something now and then, and resolves once the server has closed the connection. */
async function dribble(socket: Socket, parts: (number: number) => Uint8Array | string): Promise<void> {
  const closed = once(socket, "close");
  socket.resume();
  let number = 0;
  const timer = setInterval(() => {
    if (socket.writable) socket.write(parts(number++));
  }, 30);
  await closed;
  clearInterval(timer);
}

const head = `POST ${cats} HTTP/1.1\r\nHost: a\r\nX-Remote-User: ann\r\nX-Remote-Group: system:masters\r\nContent-Type: application/json\r\n`;
const hello = Buffer.from("160301020001000001fc0303", "hex");
const posted = floods["data of no length"]?.start ?? Buffer.alloc(0);
const begun = floods["headers that go on"]?.start ?? Buffer.alloc(0);

/** Ways to take long, each with what is sent at first, and then now and then. */
const slow: readonly (readonly [
  string,
  "plain" | "http/1.1" | "h2",
  Uint8Array | string,
  (n: number) => Uint8Array | string,
])[] = [
  ["a greeting of TLS", "plain", "", (number) => hello.subarray(number % hello.length, (number % hello.length) + 1)],
  ["something that is no TLS", "plain", "", () => "\0"],
  ["nothing", "plain", "", () => ""],
  ["line ends before a request", "http/1.1", "", () => "\r\n"],
  ["a request line", "http/1.1", "GET /", () => "x"],
  ["headers, one by one", "http/1.1", "GET /livez HTTP/1.1\r\nHost: a\r\n", (number) => `X-${number}: a\r\n`],
  ["a body of a length", "http/1.1", `${head}Content-Length: 1000000\r\n\r\n`, () => " "],
  ["a body in chunks", "http/1.1", `${head}Transfer-Encoding: chunked\r\n\r\n`, () => "1\r\n \r\n"],
  ["extensions of a chunk", "http/1.1", `${head}Transfer-Encoding: chunked\r\n\r\n1`, () => ";a=b"],
  ["trailers", "http/1.1", `${head}Transfer-Encoding: chunked\r\n\r\n0\r\n`, (number) => `X-${number}: a\r\n`],
  ["the preface", "h2", preface.subarray(0, 10), () => ""],
  ["settings alone", "h2", preface, () => frame(4, 0, 0, Buffer.alloc(0))],
  ["pings alone", "h2", preface, () => frame(6, 0, 0, Buffer.alloc(8))],
  ["headers that go on", "h2", Buffer.concat([preface, begun]), () => frame(9, 0, 1, headerBlock([["x-a", "b"]]))],
  ["a frame", "h2", Buffer.concat([preface, begun.subarray(0, 12)]), () => "a"],
];

test("who takes long over anything is cut off", async () => {
  const open = new Set(slow.map(([what]) => what));
  const begin = async ([what, protocol, start, parts]: (typeof slow)[number]): Promise<void> => {
    const socket = protocol === "plain" ? await openPlainly() : await openSocket(server.port, known.proxy, protocol);
    if (start !== "") socket.write(start);
    await dribble(socket, parts);
    open.delete(what);
  };
  const over = Promise.all(slow.map(begin));
  // Others are served meanwhile.
  await requireServed();
  await expect.poll(() => [...open], { timeout: 20_000 }).toEqual([]);
  await over;
});

test("who takes long over a body in HTTP/2 has no stream for longer than a request may take", async () => {
  const socket = await openSocket(server.port, known.proxy, "h2");
  const reset = new Promise<void>((resolve) => {
    let received = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      // RST_STREAM, or the end of the stream.
      if (framesIn(received).some(([type, flags]) => type === 3 || (type === 0 && flags === 1))) resolve();
    });
    socket.on("close", () => resolve());
  });
  socket.write(Buffer.concat([preface, posted]));
  const timer = setInterval(() => socket.write(frame(0, 0, 1, Buffer.from(" "))), 30);
  await reset;
  clearInterval(timer);
  socket.destroy();
});

function framesIn(bytes: Buffer): (readonly [type: number, flags: number])[] {
  const frames: (readonly [number, number])[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    frames.push([bytes.readUInt8(at + 3), bytes.readUInt8(at + 4)]);
  }
  return frames;
}

test.each(["plain", "h2"])(
  "when silent connections (%s) are as many as there may be, those that are there are served, and then others",
  async (protocol) => {
    const early = new Client(server.port, known.proxy, { "x-remote-user": "ann", "x-remote-group": "system:masters" });
    expect((await early.ask({ path: cats })).status).toBe(200);
    const opened = await Promise.allSettled(
      Array.from({ length: limits.connectionsMax + 20 }, () =>
        protocol === "plain" ? openPlainly() : openSocket(server.port, undefined, protocol),
      ),
    );
    expect((await early.ask({ path: cats })).status).toBe(200);
    early.close();
    const sockets = opened.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    await Promise.all(sockets.filter(({ destroyed }) => !destroyed).map((socket) => dribble(socket, () => "")));
  },
);
