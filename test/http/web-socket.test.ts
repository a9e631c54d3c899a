import { once } from "node:events";
import tls from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { issueAll, listen, overHttp1, type Certificates, type Listening } from "./tls-fixture.ts";
import { widgetJson, widgets } from "./widget-app.ts";

let certificates: Certificates;
let listening: Listening;

beforeAll(async () => {
  certificates = await issueAll();
  listening = await listen(certificates);
});

afterAll(() => listening.app.close());

const handshake = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  Origin: "https://127.0.0.1",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** A client of one WebSocket, as far as a watch needs one. */
class Client {
  readonly #connection: tls.TLSSocket;
  readonly #ended: Promise<unknown>;
  #read = Buffer.alloc(0);

  constructor(path: string, headers: Record<string, string> = handshake) {
    const { key, certificate: cert } = certificates.client;
    this.#connection = tls.connect({ host: "127.0.0.1", port: listening.port, key, cert, rejectUnauthorized: false });
    this.#connection.on("data", (bytes: Buffer) => (this.#read = Buffer.concat([this.#read, bytes])));
    this.#ended = once(this.#connection, "close");
    const lines = Object.entries({ Host: "x", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#connection.write(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
  }

  /** The head of the answer to the handshake. */
  async head(): Promise<string> {
    const end = await this.#until(() => this.#read.indexOf("\r\n\r\n") + 1);
    return this.#take(end + 3).toString();
  }

  /** The next frame: what it is, and what is in it. */
  async frame(): Promise<{ first: number; payload: Buffer }> {
    await this.#until(() => this.#read.length >= 2);
    const short = this.#read[1] ?? 0;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    await this.#until(() => this.#read.length >= head);
    const length =
      head === 10 ? Number(this.#read.readBigUInt64BE(2)) : head === 4 ? this.#read.readUInt16BE(2) : short;
    await this.#until(() => this.#read.length >= head + length);
    const first = this.#read[0] ?? 0;
    return { first, payload: this.#take(head + length).subarray(head) };
  }

  async event(): Promise<unknown> {
    const { first, payload } = await this.frame();
    expect(first).toBe(0x81);
    return JSON.parse(payload.toString());
  }

  /** Sends bytes one by one, as a network may. */
  async send(bytes: readonly number[]): Promise<void> {
    for (const byte of bytes) await new Promise((resolve) => this.#connection.write(Buffer.from([byte]), resolve));
  }

  ended(): Promise<unknown> {
    return this.#ended;
  }

  close(): void {
    this.#connection.destroy();
  }

  async #until<T>(ask: () => T): Promise<T> {
    for (;;) {
      const answer = ask();
      if (answer) return answer;
      await once(this.#connection, "data");
    }
  }

  #take(length: number): Buffer {
    const taken = this.#read.subarray(0, length);
    this.#read = this.#read.subarray(length);
    return taken;
  }
}

/** A masked frame; short ones only. */
function frame(first: number, payload: readonly number[]): number[] {
  const mask = [1, 2, 3, 4];
  return [first, 0x80 | payload.length, ...mask, ...payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))];
}

async function create(collection: string, name: string, metadata: object = {}): Promise<void> {
  const body = JSON.stringify(widgetJson(name, {}, metadata));
  const asked = { method: "POST", headers: { "content-type": "application/json" }, body };
  const { status, body: answer } = await overHttp1(listening, collection, asked, { client: certificates.client });
  if (status !== 201) throw new Error(answer.toString());
}

test("the events of a watch come as messages, whatever their length", async () => {
  const collection = widgets.replace("/ns/", "/lengths/");
  const client = new Client(`${collection}?watch=1`);
  expect(await client.head()).toMatch(/^HTTP\/1\.1 101 .*sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/is);
  for (const [name, length] of [
    ["short", 0],
    ["long", 70_000],
  ] as const) {
    await create(collection, name, { annotations: { text: "x".repeat(length) } });
    expect(await client.event()).toMatchObject({ type: "ADDED", object: { metadata: { name } } });
  }
  client.close();
});

test("pings are answered, what else comes is passed over, and a close is answered with one", async () => {
  const collection = widgets.replace("/ns/", "/pings/");
  const client = new Client(`${collection}?watch=1`);
  await client.head();
  await client.send([...frame(0x81, [104, 105]), ...frame(0x89, [1, 2, 3]), ...frame(0x89, [])]);
  expect(await client.frame()).toEqual({ first: 0x8a, payload: Buffer.from([1, 2, 3]) });
  expect(await client.frame()).toEqual({ first: 0x8a, payload: Buffer.alloc(0) });
  await create(collection, "after");
  expect(await client.event()).toMatchObject({ object: { metadata: { name: "after" } } });
  await client.send(frame(0x88, []));
  expect(await client.frame()).toMatchObject({ first: 0x88 });
  await client.ended();
});

test("a watch ends after timeoutSeconds, with a close", async () => {
  const client = new Client(`${widgets}?watch=1&timeoutSeconds=1`);
  await client.head();
  expect(await client.frame()).toEqual({ first: 0x88, payload: Buffer.from([0x03, 0xe8]) });
  await client.ended();
});

test("a frame without a mask ends the watch", async () => {
  const client = new Client(`${widgets}?watch=1`);
  await client.head();
  await client.send([0x89, 1, 1, 0, 0, 0, 0]);
  expect(await client.frame()).toMatchObject({ first: 0x88 });
  await client.ended();
});

test.each([
  ["no origin", { Origin: "" }, "403 Forbidden"],
  ["no key", { "Sec-WebSocket-Key": "" }, "400 Bad Request"],
  ["an old version", { "Sec-WebSocket-Version": "8" }, "400 Bad Request"],
])("a handshake with %s is refused", async (_what, headers, status) => {
  const sent = Object.entries({ ...handshake, ...headers }).filter(([, value]) => value !== "");
  const client = new Client(`${widgets}?watch=1`, Object.fromEntries(sent));
  expect(await client.head()).toMatch(new RegExp(`^HTTP/1\\.1 ${status}`));
  await client.ended();
});

test("what is no watch is answered as if no WebSocket had been asked for", async () => {
  const client = new Client(widgets);
  expect(await client.head()).toMatch(/^HTTP\/1\.1 200 OK/);
  await client.ended();
});
