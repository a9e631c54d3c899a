import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import { once } from "node:events";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KubeList, KubeObject } from "../../runtime/meta/v1.ts";
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

/** So many widgets of about 1 KB each, as a storage gives them. */
function listOf(count: number): KubeList {
  const items = Array.from({ length: count }, (_, index): KubeObject => {
    const metadata = Object.freeze({ name: `w-${index}`, annotations: { pad: "ü".repeat(500) } });
    return Object.freeze({ kind: "Widget", apiVersion: "example.dev/v1", metadata, spec: {} });
  });
  return { kind: "WidgetList", apiVersion: "example.dev/v1", metadata: { resourceVersion: "7" }, items };
}

const counts = { tiny: 1, small: 3, medium: 500, large: 20_000 };
type Size = keyof typeof counts;

let certificates: Certificates;
let listening: Listening;

beforeAll(async () => {
  certificates = await issueAll();
  const scheme = widgetScheme();
  const lists = new Map(Object.entries(counts).map(([namespace, count]) => [namespace, listOf(count)]));
  const storage = { list: async ({ namespace }: { namespace: string }) => lists.get(namespace) ?? listOf(0) };
  const targets = [{ scheme, descriptor: widgetOf(scheme, "v1"), subresource: "", storage }];
  listening = await listen(certificates, { scheme, targets });
});

afterAll(() => listening.app.close());

function pathOf(size: Size): string {
  return widgets.replace("/ns/", `/${size}/`);
}

function expectWhole(body: Buffer, size: Size): void {
  const list = JSON.parse(body.toString()) as KubeList;
  expect(Object.keys(list)).toEqual(["kind", "apiVersion", "metadata", "items"]);
  expect(list.items.length).toBe(counts[size]);
  expect(list.items.at(-1)?.metadata.name).toBe(`w-${counts[size] - 1}`);
  expect(Object.keys(list.items[0] ?? {})).toEqual(["metadata", "spec"]);
}

// Where the Go server tells it too: clients know no other.
test.each<[Size, boolean]>([
  ["tiny", true],
  ["small", false],
  ["medium", false],
  ["large", false],
])("a %s list arrives whole over both protocols, with its length told in advance: %s", async (size, lengthIsTold) => {
  const { client } = certificates;
  const session = await http2Session(listening, client);
  for (const answer of [
    await overHttp1(listening, pathOf(size), {}, { client }),
    await overHttp2(session, pathOf(size)),
  ]) {
    expect("content-length" in answer.headers).toBe(lengthIsTold);
    expect(answer.headers["content-encoding"]).toBeUndefined();
    expectWhole(answer.body, size);
  }
  session.close();
});

test.each<[Size, boolean]>([
  ["small", false],
  ["medium", true],
  ["large", true],
])("a %s list is compressed for those who accept it: %s", async (size, compressed) => {
  const headers = { "accept-encoding": "deflate, gzip" };
  const { client } = certificates;
  const answer = await overHttp1(listening, pathOf(size), { headers }, { client });
  expect(answer.headers["content-encoding"]).toBe(compressed ? "gzip" : undefined);
  expect(answer.headers["vary"]).toBe(compressed ? "Accept-Encoding" : undefined);
  expectWhole(compressed ? gunzipSync(answer.body) : answer.body, size);
});

test("a large table arrives whole", async () => {
  const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
  const answer = await overHttp1(listening, pathOf("large"), { headers }, { client: certificates.client });
  expect((JSON.parse(answer.body.toString()) as { rows: object[] }).rows).toHaveLength(counts.large);
});

test("a client that reads slowly holds up nobody else, and costs no more than a slab beside its connection's buffer", async () => {
  const { client } = certificates;
  const identity = { key: client.key, cert: client.certificate, rejectUnauthorized: false };
  const slow = Array.from({ length: 5 }, () =>
    https.get({ host: "127.0.0.1", port: listening.port, path: pathOf("large"), agent: false, ...identity }),
  );
  for (const request of slow) {
    request.on("error", () => undefined);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    response.pause();
  }
  const before = heldBytes();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await overHttp1(listening, "/healthz", {}, { client })).status).toBe(200);
  expect(heldBytes() - before).toBeLessThan(20 * 1024 * 1024);
  for (const request of slow) request.destroy();
});

/** What is held outside of the heap. Garbage that other tests have left would count otherwise. */
function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const { external, arrayBuffers } = process.memoryUsage();
  return external + arrayBuffers;
}
