import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type http2 from "node:http2";
import https from "node:https";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { failure } from "../../runtime/meta/status-error.ts";
import { watchDurationMs } from "../../runtime/http/watch-stream.ts";
import { defaultLimits } from "../../runtime/http/limits.ts";
import type { RestStorage, WatchEvent } from "../../runtime/registry/rest-storage.ts";
import { widgetOf, widgetScheme } from "../registry/widget.ts";
import { gate } from "./gate.ts";
import { http2Session, issueAll, listen, overHttp1, type Certificates, type Listening } from "./tls-fixture.ts";
import { widgetJson, widgets } from "./widget-app.ts";

let certificates: Certificates;
let listening: Listening;

beforeAll(async () => {
  certificates = await issueAll();
  listening = await listen(certificates);
});

afterAll(() => listening.app.close());

/** A watch that is being read. */
interface Watching {
  readonly status: number;
  readonly headers: { readonly [name: string]: unknown };
  readonly lines: AsyncIterator<string>;
  stop(): void;
}

function linesOf(stream: Readable): AsyncIterator<string> {
  return createInterface({ input: stream, crlfDelay: Infinity })[Symbol.asyncIterator]();
}

async function watchHttp1({ port }: Listening, path: string, headers: Record<string, string> = {}): Promise<Watching> {
  const { client } = certificates;
  const identity = { key: client.key, cert: client.certificate, rejectUnauthorized: false };
  const request = https.get({ host: "127.0.0.1", port, path, headers, agent: false, ...identity });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    lines: linesOf(response),
    stop: () => void request.destroy(),
  };
}

async function watchHttp2(from: Listening, path: string): Promise<Watching> {
  const session = await http2Session(from, certificates.client);
  const stream = session.request({ ":path": path });
  const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
  return { status: Number(headers[":status"]), headers, lines: linesOf(stream), stop: () => session.destroy() };
}

async function next({ lines }: Watching): Promise<{ type: string; object: Record<string, unknown> }> {
  const { value, done } = await lines.next();
  if (done === true) throw new Error("the watch has ended");
  return JSON.parse(value) as { type: string; object: Record<string, unknown> };
}

async function rest({ lines }: Watching): Promise<string[]> {
  const all: string[] = [];
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) all.push(line.value);
  return all;
}

async function send(method: string, path: string, body?: object): Promise<void> {
  const headers = { "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json" };
  const { client } = certificates;
  const asked = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const { status, body: answer } = await overHttp1(listening, path, asked, { client });
  if (status >= 300) throw new Error(answer.toString());
}

test.each([
  ["HTTP/1.1", watchHttp1],
  ["HTTP/2", watchHttp2],
])("events come over %s as they happen, one line each, after headers that come at once", async (_protocol, watch) => {
  const collection = widgets.replace("/ns/", `/live-${_protocol.replace(/\W/g, "").toLowerCase()}/`);
  const watching = await watch(listening, `${collection}?watch=1`);
  expect(watching.status).toBe(200);
  expect(watching.headers["content-type"]).toBe("application/json");
  await send("POST", collection, widgetJson("w"));
  expect(await next(watching)).toMatchObject({ type: "ADDED", object: { kind: "Widget", metadata: { name: "w" } } });
  await send("PATCH", `${collection}/w`, { spec: { size: 2 } });
  expect(await next(watching)).toMatchObject({ type: "MODIFIED", object: { spec: { size: 2 } } });
  await send("DELETE", `${collection}/w`);
  expect(await next(watching)).toMatchObject({ type: "DELETED", object: { metadata: { name: "w" } } });
  watching.stop();
});

test("a watch ends by itself after timeoutSeconds, with a proper end", async () => {
  const watching = await watchHttp1(listening, `${widgets}?watch=1&timeoutSeconds=1`);
  expect(await rest(watching)).toEqual([]);
});

test("the /watch/ paths are watches too", async () => {
  await send("POST", widgets.replace("/ns/", "/paths/"), widgetJson("w"));
  const watching = await watchHttp1(listening, "/apis/example.dev/v1/watch/namespaces/paths/widgets/w");
  expect(await next(watching)).toMatchObject({ type: "ADDED", object: { metadata: { name: "w" } } });
  watching.stop();
});

test("a table watch tells its columns in the first event only", async () => {
  const collection = widgets.replace("/ns/", "/tables/");
  await send("POST", collection, widgetJson("a"));
  await send("POST", collection, widgetJson("b"));
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const watching = await watchHttp1(listening, `${collection}?watch=1`, { accept });
  const events = [await next(watching), await next(watching)];
  watching.stop();
  expect(events.map(({ object }) => object["kind"])).toEqual(["Table", "Table"]);
  expect(events[0]?.object["columnDefinitions"]).toHaveLength(2);
  expect(events[1]?.object["columnDefinitions"]).toBeNull();
});

test("a metadata watch has the metadata and no more", async () => {
  const collection = widgets.replace("/ns/", "/metadata/");
  await send("POST", collection, widgetJson("a"));
  const accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
  const watching = await watchHttp1(listening, `${collection}?watch=1`, { accept });
  expect(Object.keys((await next(watching)).object)).toEqual(["kind", "apiVersion", "metadata"]);
  watching.stop();
});

test("a watch can only be had as JSON", async () => {
  const { client } = certificates;
  const headers = { accept: "application/yaml" };
  const refused = await overHttp1(listening, `${widgets}?watch=1`, { headers }, { client });
  expect(refused.status).toBe(406);
  expect(refused.body.toString()).toContain(
    "only the following media types are accepted: application/json;stream=watch",
  );
});

test("what is wrong with the options is an answer, not an event", async () => {
  const path = `${widgets}?watch=1&resourceVersion=0&resourceVersionMatch=NotOlderThan`;
  const refused = await overHttp1(listening, path, {}, { client: certificates.client });
  expect(refused.status).toBe(422);
});

/** A server whose widgets are watched as `events` says. */
function listenTo(events: () => AsyncIterable<readonly WatchEvent[]>, limits: object = {}): Promise<Listening> {
  const scheme = widgetScheme();
  const storage: RestStorage = { watch: events };
  const targets = [{ scheme, descriptor: widgetOf(scheme, "v1"), subresource: "", storage }];
  return listen(certificates, { scheme, targets, limits });
}

const added: WatchEvent = {
  type: "ADDED",
  object: { kind: "Widget", apiVersion: "example.dev/v1", metadata: { name: "a" } },
};

test("what fails later is an ERROR event, the last, that tells nothing of the server's insides", async () => {
  const failing = await listenTo(async function* () {
    yield [added];
    await new Promise((resolve) => setTimeout(resolve, 20));
    throw new Error("secret");
  });
  const lines = await rest(await watchHttp1(failing, `${widgets}?watch=1`));
  await failing.app.close();
  expect(lines.map((line) => (JSON.parse(line) as WatchEvent).type)).toEqual(["ADDED", "ERROR"]);
  expect(lines[1]).toContain('"reason":"InternalError"');
  expect(lines[1]).not.toContain("secret");
});

test("a storage that refuses a watch at once answers with its Status", async () => {
  // oxlint-disable-next-line require-yield
  const refusing = await listenTo(async function* () {
    throw failure(410, "Expired", "too old");
  });
  const refused = await overHttp1(refusing, `${widgets}?watch=1`, {}, { client: certificates.client });
  await refusing.app.close();
  expect(refused.status).toBe(410);
});

test("a client that goes away ends its watch", async () => {
  const end = gate();
  const watched = await listenTo(async function* () {
    try {
      for (;;) {
        yield [added];
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    } finally {
      end.open();
    }
  });
  const watching = await watchHttp1(watched, `${widgets}?watch=1`);
  await next(watching);
  watching.stop();
  await end.opened;
  await watched.app.close();
});

test("a watcher that takes nothing is cut off, and costs no more than its buffer until then", async () => {
  const big: WatchEvent = {
    ...added,
    object: { ...added.object, metadata: { annotations: { pad: "x".repeat(100_000) } } },
  };
  let sent = 0;
  const end = gate();
  const watched = await listenTo(
    async function* () {
      try {
        for (; sent < 10_000; sent++) yield [big];
      } finally {
        end.open();
      }
    },
    { watchStallMs: 100 },
  );
  const { client } = certificates;
  const identity = { key: client.key, cert: client.certificate, rejectUnauthorized: false };
  const request = https.get({
    host: "127.0.0.1",
    port: watched.port,
    path: `${widgets}?watch=1`,
    agent: false,
    ...identity,
  });
  request.on("error", () => undefined);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.pause();
  await end.opened;
  expect(sent).toBeLessThan(1_000);
  request.destroy();
  await watched.app.close();
});

test("closing the server ends the watches with a proper end", async () => {
  const closing = await listen(certificates);
  const watching = await watchHttp1(closing, `${widgets}?watch=1`);
  const overTwo = await watchHttp2(closing, `${widgets}?watch=1`);
  const startedAt = performance.now();
  await closing.app.close();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(await rest(watching)).toEqual([]);
  expect(await rest(overTwo)).toEqual([]);
});

test.each([
  [undefined, 1_800_000, 3_600_000],
  [0, 1_800_000, 3_600_000],
  [5, 5_000, 5_000],
  [-1, 0, 0],
  [1e12, 2 ** 31 - 1, 2 ** 31 - 1],
])("a watch with timeoutSeconds %s lasts between %i and %i ms", (timeoutSeconds, min, max) => {
  const duration = watchDurationMs(timeoutSeconds, defaultLimits);
  expect(duration).toBeGreaterThanOrEqual(min);
  expect(duration).toBeLessThanOrEqual(max);
});
