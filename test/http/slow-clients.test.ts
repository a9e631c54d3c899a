import { once } from "node:events";
import http2 from "node:http2";
import https from "node:https";
import net, { type AddressInfo, type Socket } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { Limits } from "../../runtime/http/limits.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { widgetOf, widgetScheme } from "../registry/widget.ts";
import { http2Session, issueAll, listen, overHttp2, type Certificates, type Listening } from "./tls-fixture.ts";
import { widgets } from "./widget-app.ts";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await issueAll();
});

// More than the buffers of the kernel take in.
const padding = "x".repeat(24 * 1024 * 1024);
const big: KubeObject = Object.freeze({
  kind: "Widget",
  apiVersion: "example.dev/v1",
  metadata: Object.freeze({ name: "big", annotations: Object.freeze({ padding }) }),
});

/** A server with one large widget, which is also all that it lists. */
async function listening(limits: Partial<Limits>): Promise<Listening> {
  const scheme = widgetScheme();
  const storage = {
    get: async () => big,
    create: async () => big,
    list: async () => ({ kind: "WidgetList", apiVersion: "example.dev/v1", metadata: {}, items: [big] }),
  };
  const targets = [{ scheme, descriptor: widgetOf(scheme, "v1"), subresource: "", storage }];
  const server = await listen(certificates, { scheme, targets, limits });
  onTestFinished(() => server.app.close());
  return server;
}

function identity() {
  const { key, certificate: cert } = certificates.client;
  return { host: "127.0.0.1", key, cert, rejectUnauthorized: false };
}

async function connect({ port }: Listening): Promise<TLSSocket> {
  const socket = tls.connect({ ...identity(), port, ALPNProtocols: ["http/1.1"] });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  return socket;
}

/** How many connections a server has. */
function connections({ app }: Listening): Promise<number> {
  return new Promise((resolve, reject) =>
    app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}

async function losesAll(server: Listening): Promise<void> {
  await expect.poll(() => connections(server), { timeout: 20_000 }).toBe(0);
}

/** A connection that goes through something that can stop to pass on what the server sends. */
async function stoppable(server: Listening): Promise<{ readonly port: number; readonly stop: () => void }> {
  const upstreams: Socket[] = [];
  const proxy = net.createServer((client) => {
    const upstream = net.connect(server.port, "127.0.0.1");
    upstreams.push(upstream);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on("error", () => to.destroy()).on("data", (chunk: Buffer) => void to.write(chunk));
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => void proxy.close());
  const stop = (): void => {
    for (const upstream of upstreams) upstream.pause();
  };
  return { port: (proxy.address() as AddressInfo).port, stop };
}

const timely = { requestTimeoutMs: 300, wholeAnswerBytesMax: 64 * 1024 * 1024 };

test.each([
  ["an object", `${widgets}/big`, timely],
  ["a list", widgets, timely],
  ["a list in slabs", widgets, { requestTimeoutMs: timely.requestTimeoutMs }],
])("a client that does not take %s is cut off when the request's time is up", async (_what, path, limits) => {
  const server = await listening(limits);
  const socket = await connect(server);
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await losesAll(server);
});

test("over HTTP/2 its stream is, and the connection goes on", async () => {
  const server = await listening(timely);
  const session = await http2Session(server, certificates.client);
  const stream = session.request({ ":path": `${widgets}/big` });
  stream.on("error", () => undefined);
  await once(stream, "response");
  await expect.poll(() => stream.rstCode, { timeout: 20_000 }).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR);
  expect((await overHttp2(session, "/livez")).status).toBe(200);
  session.destroy();
});

test("an HTTP/2 connection that takes nothing at all is cut off", { timeout: 40_000 }, async () => {
  const server = await listening({ ...timely, idleTimeoutMs: 200 });
  const { port, stop } = await stoppable(server);
  const { key, cert } = identity();
  const session = http2.connect(`https://127.0.0.1:${port}`, {
    key,
    cert,
    rejectUnauthorized: false,
    settings: { initialWindowSize: 2 ** 30 },
  });
  session.on("error", () => undefined);
  await once(session, "connect");
  session.setLocalWindowSize(2 ** 30);
  const stream = session.request({ ":path": `${widgets}/big` });
  stream.on("error", () => undefined);
  await once(stream, "response");
  stop();
  await losesAll(server);
  session.destroy();
});

test("a client that takes its time within the time of the request gets all", async () => {
  const server = await listening({ wholeAnswerBytesMax: timely.wholeAnswerBytesMax });
  const request = https.get({ ...identity(), port: server.port, path: `${widgets}/big`, agent: false });
  const [response] = (await once(request, "response")) as [NodeJS.ReadableStream];
  let length = 0;
  for await (const chunk of response) {
    length += chunk.length;
    if (length % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(length).toBeGreaterThan(padding.length);
});

test.each([
  ["headers", "GET /version HTTP/1.1\r\nHost: a\r\nX-Slow: ", /^HTTP\/1\.1 408 /],
  ["nothing", "", /^(HTTP\/1\.1 408 .*|)/],
])("a client that dribbles %s is cut off", async (_what, start, answer) => {
  const server = await listening({ headersTimeoutMs: 300, receiveTimeoutMs: 600 });
  const socket = await connect(server);
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
  socket.write(start);
  const dribble = start === "" ? undefined : setInterval(() => socket.write("x"), 20);
  await losesAll(server);
  clearInterval(dribble);
  expect(received).toMatch(answer);
});

test("a client that never gets to speak TLS is cut off", async () => {
  const server = await listening({ headersTimeoutMs: 300 });
  const socket = net.connect(server.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  await expect.poll(() => connections(server)).toBe(1);
  await losesAll(server);
});

test("a body that does not come is given up when the request's time is up, over both protocols", async () => {
  const server = await listening({ requestTimeoutMs: 200 });
  const headers = { "content-type": "application/json" };
  const request = https.request({ ...identity(), port: server.port, path: widgets, method: "POST", headers });
  request.on("error", () => undefined);
  request.write("{");
  const [response] = (await once(request, "response")) as [{ readonly statusCode: number }];
  expect(response.statusCode).toBe(504);
  request.destroy();
  const session = await http2Session(server, certificates.client);
  const stream = session.request({ ":path": widgets, ":method": "POST", ...headers });
  stream.write("{");
  const [answered] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
  expect(answered[":status"]).toBe(504);
  session.destroy();
});

test("a client that opens streams only to reset them is cut off", async () => {
  const server = await listening({ idleTimeoutMs: 300 });
  const session = await http2Session(server, certificates.client);
  session.on("error", () => undefined);
  let opened = 0;
  while (!session.closed && !session.destroyed && opened < 20_000) {
    const streams = Array.from({ length: 50 }, () => session.request({ ":path": "/version" }));
    for (const stream of streams) stream.on("error", () => undefined);
    opened += streams.length;
    // What has not been sent yet would not be sent at all.
    await new Promise((resolve) => setImmediate(resolve));
    for (const stream of streams) stream.close(http2.constants.NGHTTP2_CANCEL);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(opened).toBeLessThan(20_000);
  await losesAll(server);
});

test("more headers than may be are refused over both protocols, and as many as may be are not", async () => {
  const server = await listening({ headersMax: 120 });
  const named = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, "a"]));
  const statusOf = async (count: number): Promise<number> => {
    const request = https.get({ ...identity(), port: server.port, path: "/version", headers: named(count) });
    const [response] = (await once(request, "response")) as [{ readonly statusCode: number }];
    request.destroy();
    return response.statusCode;
  };
  expect(await statusOf(100)).toBe(200);
  expect(await statusOf(121)).toBe(431);
  const session = await http2Session(server, certificates.client);
  session.on("error", () => undefined);
  expect((await overHttp2(session, "/version", { headers: named(100) })).status).toBe(200);
  await expect(overHttp2(session, "/version", { headers: named(121) })).rejects.toThrow(/./);
  session.destroy();
});

test("a client is told to connect anew after some of its requests, which are answered", async () => {
  const server = await listening({ goawayChance: 1 });
  const session = await http2Session(server, certificates.client);
  const sentAway = once(session, "goaway");
  expect((await overHttp2(session, "/version")).status).toBe(200);
  await sentAway;
  await once(session, "close");
});
