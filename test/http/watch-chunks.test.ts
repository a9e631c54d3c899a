import { once } from "node:events";
import tls from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WatchEvent } from "../../runtime/registry/rest-storage.ts";
import { widgetOf, widgetScheme } from "../registry/widget.ts";
import { http2Session, issueAll, listen, overHttp1, type Certificates, type Listening } from "./tls-fixture.ts";
import { widgetJson, widgets } from "./widget-app.ts";

let certificates: Certificates;
let listening: Listening;

beforeAll(async () => {
  certificates = await issueAll();
  listening = await listen(certificates);
});

afterAll(() => listening.app.close());

/** A connection whose bytes are looked at. */
class Connection {
  readonly socket: tls.TLSSocket;
  readonly #received: Buffer[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  constructor({ port }: Listening) {
    this.socket = tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    this.socket.on("data", (bytes: Buffer) => {
      this.#received.push(bytes);
      this.#wake?.();
    });
    this.socket.on("close", () => {
      this.#closed = true;
      this.#wake?.();
    });
    this.socket.on("error", () => undefined);
  }

  get text(): string {
    return this.bytes.toString();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#received);
  }

  request(path: string, version = "1.1"): void {
    this.socket.write(`GET ${path} HTTP/${version}\r\nhost: a\r\n\r\n`);
  }

  async until(reached: (text: string) => boolean): Promise<void> {
    while (!reached(this.text)) {
      if (this.#closed) throw new Error(`the connection was closed after ${this.text}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async closed(): Promise<void> {
    if (!this.#closed) await once(this.socket, "close");
  }
}

async function post(collection: string, name: string, spec: object = {}): Promise<void> {
  const body = JSON.stringify(widgetJson(name, spec));
  const headers = { "content-type": "application/json" };
  const { client } = certificates;
  const { status, body: answer } = await overHttp1(
    listening,
    collection,
    { method: "POST", headers, body },
    { client },
  );
  if (status !== 201) throw new Error(answer.toString());
}

/** The chunks of a chunked body, the last and empty one included; throws where it is none. */
function chunksOf(bytes: Buffer): { readonly chunks: string[]; readonly rest: string } {
  const chunks: string[] = [];
  let at = bytes.indexOf("\r\n\r\n") + 4;
  while (at < bytes.length) {
    const end = bytes.indexOf("\r\n", at);
    const size = bytes.toString("latin1", at, end);
    if (!/^[0-9a-f]+$/.test(size)) throw new Error(`no size: ${size}`);
    const length = Number.parseInt(size, 16);
    const chunk = bytes.toString("utf8", end + 2, end + 2 + length);
    if (bytes.toString("latin1", end + 2 + length, end + 4 + length) !== "\r\n") throw new Error("no end of a chunk");
    chunks.push(chunk);
    at = end + 4 + length;
    if (length === 0) break;
  }
  return { chunks, rest: bytes.toString("utf8", at) };
}

const namespace = (name: string): string => widgets.replace("/ns/", `/${name}/`);

function added(name: string): WatchEvent {
  const metadata = { name, annotations: { text: "ünï → 𝄞" } };
  return { type: "ADDED", object: { kind: "Widget", apiVersion: "example.dev/v1", metadata } };
}

/** A server whose watches are of three widgets, and then over. */
function listenBriefly(): Promise<Listening> {
  const scheme = widgetScheme();
  const watch = async function* (): AsyncGenerator<readonly WatchEvent[]> {
    yield [added("a")];
    await new Promise((resolve) => setImmediate(resolve));
    yield [added("b"), added("c")];
  };
  const targets = [{ scheme, descriptor: widgetOf(scheme, "v1"), subresource: "", storage: { watch } }];
  return listen(certificates, { scheme, targets });
}

test("the events of a watch are chunks of whole lines, and after its end the connection goes on", async () => {
  const brief = await listenBriefly();
  const connection = new Connection(brief);
  connection.request(`${widgets}?watch=1`);
  // Sent while the watch goes on: answered after it.
  connection.request("/version");
  await connection.until((text) => text.includes("gitVersion"));
  connection.socket.destroy();
  await brief.app.close();
  const { chunks, rest } = chunksOf(connection.bytes);
  expect(chunks).toEqual([line("a"), line("b") + line("c"), ""]);
  expect(rest).toMatch(/^HTTP\/1\.1 200 /);
});

test("a client of HTTP/1.0 gets the events without chunks", async () => {
  const brief = await listenBriefly();
  const connection = new Connection(brief);
  connection.request(`${widgets}?watch=1`, "1.0");
  await connection.closed();
  await brief.app.close();
  const [, body] = connection.text.split("\r\n\r\n");
  expect(body).toBe(line("a") + line("b") + line("c"));
});

function line(name: string): string {
  return `${JSON.stringify(added(name))}\n`;
}

test("a client that ends its side, and one that breaks off, end their watches while events come", async () => {
  const collection = namespace("leaving");
  const [ending, breaking, staying] = [0, 1, 2].map(() => new Connection(listening));
  if (ending === undefined || breaking === undefined || staying === undefined) throw new Error("no connections");
  for (const each of [ending, breaking, staying]) each.request(`${collection}?watch=1`);
  for (const each of [ending, breaking, staying]) await each.until((text) => text.includes("\r\n\r\n"));
  await post(collection, "first");
  for (const each of [ending, breaking, staying]) await each.until((text) => text.includes('"first"'));
  ending.socket.end();
  breaking.socket.destroy();
  for (const name of ["a", "b", "c"]) await post(collection, name);
  await staying.until((text) => text.includes('"c"'));
  await ending.closed();
  staying.socket.destroy();
  expect(chunksOf(staying.bytes).chunks).toHaveLength(4);
});

const tagBytes = 1_000_000;

test.each(["HTTP/1.1", "HTTP/2"])(
  "a client that reads nothing for a while over %s misses nothing",
  async (protocol) => {
    const collection = namespace(`slow-${protocol.replace(/\W/g, "").toLowerCase()}`);
    const path = `${collection}?watch=1`;
    const received: Buffer[] = [];
    let length = 0;
    const stream = await opened(protocol, path);
    const wanted = Array.from({ length: 12 }, (_, i) => `w${i}`);
    stream.pause();
    // More than the connection and its buffers hold.
    for (const name of wanted) await post(collection, name, { tags: ["x".repeat(tagBytes)] });
    stream.on("data", (bytes: Buffer) => {
      received.push(bytes);
      length += bytes.length;
    });
    stream.resume();
    await expect.poll(() => length, { timeout: 20_000 }).toBeGreaterThan(wanted.length * tagBytes);
    await post(collection, "last");
    await expect.poll(() => received.at(-1)?.includes('"last"'), { timeout: 20_000 }).toBe(true);
    const text = Buffer.concat(received).toString("latin1");
    const seen = [...text.matchAll(/"metadata":\{"name":"(\w+)"/g)].map(([, name]) => name);
    expect(seen).toEqual([...wanted, "last"]);
    stream.destroy();
  },
);

interface Paused {
  on(event: "data", listener: (bytes: Buffer) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  destroy(): unknown;
}

async function opened(protocol: string, path: string): Promise<Paused> {
  if (protocol === "HTTP/2") {
    const session = await http2Session(listening, certificates.client);
    const stream = session.request({ ":path": path });
    await once(stream, "response");
    return {
      on: (event, listener) => stream.on(event, listener),
      pause: () => stream.pause(),
      resume: () => stream.resume(),
      destroy: () => session.destroy(),
    };
  }
  const connection = new Connection(listening);
  connection.request(path);
  await connection.until((text) => text.includes("\r\n\r\n"));
  return connection.socket;
}
