import { once } from "node:events";
import https from "node:https";
import tls from "node:tls";
import { beforeAll, expect, test } from "vitest";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import type { AppOptions } from "../../runtime/http/app.ts";
import type { Shutdown } from "../../runtime/http/close.ts";
import type { Limits } from "../../runtime/http/limits.ts";
import { gate } from "./gate.ts";
import { widgetOf, widgetScheme } from "../registry/widget.ts";
import {
  http2Session,
  issueAll,
  listen,
  overHttp1,
  overHttp2,
  type Certificates,
  type Listening,
} from "./tls-fixture.ts";
import { widgets } from "./widget-app.ts";

let certificates: Certificates;

beforeAll(async () => {
  certificates = await issueAll();
});

const widget: KubeObject = { kind: "Widget", apiVersion: "example.dev/v1", metadata: { name: "a" } };

/** A server whose gets wait to be let go, and tell when one has come. */
async function holding(
  limits: Partial<Limits> = {},
  shutdown: Partial<Shutdown> = {},
  logger: AppOptions["logger"] = false,
) {
  const arrival = gate();
  const departure = gate();
  const scheme = widgetScheme();
  const get = async (): Promise<KubeObject> => {
    arrival.open();
    await departure.opened;
    return widget;
  };
  const targets = [{ scheme, descriptor: widgetOf(scheme, "v1"), subresource: "", storage: { get } }];
  const listening = await listen(certificates, { scheme, targets, limits, shutdown, logger });
  return { ...listening, release: departure.open, arrived: arrival.opened };
}

test("what is being answered when the server closes is answered, over both protocols", async () => {
  const { client } = certificates;
  const server = await holding();
  const session = await http2Session(server, client);
  const answers = [overHttp1(server, `${widgets}/a`, {}, { client }), overHttp2(session, `${widgets}/a`)];
  await server.arrived;
  await new Promise((resolve) => setTimeout(resolve, 20));
  const closed = server.app.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await expect(overHttp1(server, "/healthz", {}, { client })).rejects.toThrow("ECONNREFUSED");
  server.release();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
  await closed;
});

test("what takes too long is cut off", async () => {
  const { client } = certificates;
  const server = await holding({ closeTimeoutMs: 50 });
  const answer = overHttp1(server, `${widgets}/a`, {}, { client });
  const outcome = answer.catch((error: unknown) => String(error));
  await server.arrived;
  const startedAt = performance.now();
  await server.app.close();
  expect(performance.now() - startedAt).toBeLessThan(1_500);
  expect(await outcome).toContain("socket hang up");
  server.release();
});

test("idle connections do not hold up the close", async () => {
  const server = await listen(certificates);
  const session = await http2Session(server, certificates.client);
  await overHttp2(session, "/healthz");
  const idle = await connect(server);
  idle.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  await once(idle, "data");
  const startedAt = performance.now();
  await server.app.close();
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

test.each([
  ["/readyz", 500, "[-]shutdown failed"],
  ["/livez", 200, "ok"],
  ["/apis/example.dev/v1", 200, "APIResourceList"],
  ["/version", 200, "gitVersion"],
  [`${widgets}/a`, 429, "shutting down"],
])("a server that closes and still listens answers %s with %i", async (path, status, text) => {
  const { client } = certificates;
  const server = await holding({}, { keepsListening: true });
  const answer = overHttp1(server, `${widgets}/a`, {}, { client });
  await server.arrived;
  const closed = server.app.close();
  await isRed(server);
  const late = await overHttp1(server, path, {}, { client, agent: patient() });
  expect(late.status).toBe(status);
  expect(late.body.toString()).toContain(text);
  expect(late.headers["connection"]).toBe("close");
  expect(late.headers["retry-after"]).toBe(status === 429 ? "5" : undefined);
  const session = await http2Session(server, client);
  const sentAway = once(session, "goaway");
  expect((await overHttp2(session, path)).status).toBe(status);
  await sentAway;
  server.release();
  expect((await answer).status).toBe(200);
  await closed;
  await expect(overHttp1(server, path, {}, { client })).rejects.toThrow("ECONNREFUSED");
});

test("while others find out that it closes, a server is not ready and serves as ever", async () => {
  const { client } = certificates;
  const server = await listen(certificates, { shutdown: { delayMs: 1_500 } });
  const session = await http2Session(server, client);
  const watching = session.request({ ":path": `${widgets}?watch=1` });
  await once(watching, "response");
  const closed = server.app.close();
  await isRed(server);
  expect((await overHttp1(server, "/livez", {}, { client })).status).toBe(200);
  const list = await overHttp1(server, widgets, {}, { client, agent: patient() });
  expect(list.status).toBe(200);
  expect(list.headers["connection"]).not.toBe("close");
  expect((await overHttp2(session, widgets)).status).toBe(200);
  expect(watching.closed).toBe(false);
  await Promise.all([closed, once(watching, "close")]);
  await expect(overHttp1(server, widgets, {}, { client })).rejects.toThrow("ECONNREFUSED");
});

test("the answers that are finished while the server closes say that their connections end", async () => {
  const server = await holding({}, { keepsListening: true });
  const answer = overHttp1(server, `${widgets}/a`, {}, { client: certificates.client, agent: patient() });
  await server.arrived;
  const closed = server.app.close();
  await isRed(server);
  server.release();
  expect((await answer).headers["connection"]).toBe("close");
  await closed;
});

test("the ends of watches are spread over a while", async () => {
  const server = await listen(certificates, { shutdown: { watchGraceMs: 400 } });
  const session = await http2Session(server, certificates.client);
  const watches = Array.from({ length: 160 }, () => session.request({ ":path": `${widgets}?watch=1` }));
  await Promise.all(watches.map((watching) => once(watching, "response")));
  const ends = watches.map((watching) => once(watching.resume(), "end").then(() => performance.now()));
  const closed = server.app.close();
  const times = await Promise.all(ends);
  await closed;
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(200);
});

test("what must be done before the end is done last, in order, and a failure of it is told", async () => {
  const lines: string[] = [];
  const order: string[] = [];
  const before = (name: string) => async (): Promise<void> => {
    order.push(name);
    if (name === "one") throw new Error("the disk is full");
  };
  const server = await holding(
    {},
    { beforeExit: [before("one"), before("two")] },
    { stream: { write: (line) => lines.push(line) } },
  );
  const answer = overHttp1(server, `${widgets}/a`, {}, { client: certificates.client }).then(() =>
    order.push("answer"),
  );
  await server.arrived;
  const closed = server.app.close();
  server.release();
  await Promise.all([answer, closed]);
  expect(order.toSorted()).toEqual(["answer", "one", "two"]);
  expect(order.indexOf("one")).toBeLessThan(order.indexOf("two"));
  expect(lines.join("")).toContain("the disk is full");
});

/** An agent that would keep its connections. */
function patient(): https.Agent {
  return new https.Agent({ keepAlive: true });
}

async function isRed(server: Listening): Promise<void> {
  const status = async (): Promise<number> =>
    (await overHttp1(server, "/readyz", {}, { client: certificates.client })).status;
  await expect.poll(status).toBe(500);
}

async function connect({ port }: Listening): Promise<tls.TLSSocket> {
  const { key, certificate } = certificates.client;
  const socket = tls.connect({ host: "127.0.0.1", port, key, cert: certificate, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  return socket;
}
