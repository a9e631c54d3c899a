import { once } from "node:events";
import tls, { type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { http2Session, issueAll, listen, overHttp2, type Certificates, type Listening } from "./tls-fixture.ts";
import { widgets } from "./widget-app.ts";

let certificates: Certificates;
let listening: Listening;

beforeAll(async () => {
  certificates = await issueAll();
  listening = await listen(certificates);
});

afterAll(() => listening.app.close());

async function connect({ port }: Listening, protocol: string): Promise<TLSSocket> {
  const { key, certificate: cert } = certificates.client;
  const options = { host: "127.0.0.1", port, key, cert, rejectUnauthorized: false, ALPNProtocols: [protocol] };
  const socket = tls.connect(options);
  await once(socket, "secureConnect");
  return socket;
}

test("a method that no one knows is 405 over HTTP/2 too", async () => {
  const session = await http2Session(listening, certificates.client);
  const { status, body } = await overHttp2(session, `${widgets}/a`, { method: "BREW" });
  session.close();
  expect(status).toBe(405);
  expect(JSON.parse(body.toString())).toMatchObject({ kind: "Status", reason: "MethodNotAllowed" });
});

test("what is no HTTP is 400, and the connection ends", async () => {
  const socket = await connect(listening, "http/1.1");
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
  socket.write("no HTTP\r\n\r\n");
  await once(socket, "close");
  expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
});

test("what is no HTTP never lands in the middle of the answer before it", async () => {
  const socket = await connect(listening, "http/1.1");
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
  socket.write(`GET ${widgets}?watch=1 HTTP/1.1\r\nHost: a\r\n\r\n`);
  await once(socket, "data");
  socket.write("no HTTP\r\n\r\n");
  await once(socket, "close");
  expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(received).not.toContain("400");
});

test("an HTTP/2 connection that asks for nothing is closed as one over HTTP/1.1 that sends no headers", async () => {
  const impatient = await listen(certificates, { limits: { headersTimeoutMs: 100 } });
  const silent = await http2Session(impatient, certificates.client);
  const asking = await http2Session(impatient, certificates.client);
  expect((await overHttp2(asking, "/version")).status).toBe(200);
  await once(silent, "close");
  expect(asking.closed).toBe(false);
  asking.destroy();
  await impatient.app.close();
});
