import { once } from "node:events";
import tls from "node:tls";
import { beforeAll, expect, test } from "vitest";
import type { KubeObject } from "../../runtime/meta/v1.ts";
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
async function holding(limits: Partial<Limits> = {}) {
  const arrival = gate();
  const departure = gate();
  const scheme = widgetScheme();
  const get = async (): Promise<KubeObject> => {
    arrival.open();
    await departure.opened;
    return widget;
  };
  const targets = [{ scheme, descriptor: widgetOf(scheme, "v1"), subresource: "", storage: { get } }];
  const listening = await listen(certificates, { scheme, targets, limits });
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
  [`${widgets}/a`, 429, "retry-after: 5"],
])("a request for %s that comes while the server closes is %i", async (path, status, text) => {
  const server = await holding();
  const socket = await connect(server);
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
  const ended = once(socket, "close");
  socket.write(`GET ${widgets}/a HTTP/1.1\r\nHost: a\r\n\r\n`);
  await server.arrived;
  const closed = server.app.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  await new Promise((resolve) => setTimeout(resolve, 20));
  server.release();
  await Promise.all([closed, ended]);
  expect([...received.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, code]) => Number(code))).toEqual([200, status]);
  expect(received).toContain(text);
  expect(received).toContain("Connection: close");
});

async function connect({ port }: Listening): Promise<tls.TLSSocket> {
  const { key, certificate } = certificates.client;
  const socket = tls.connect({ host: "127.0.0.1", port, key, cert: certificate, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  return socket;
}
