import { once } from "node:events";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { issueAuthority, issueServing } from "../../runtime/start/issue-certificates.ts";
import { readStatus } from "./load/hpack.ts";
import { Http1Parser } from "./load/http1.ts";
import { runRequests } from "./load/requests.ts";

let server: http2.Http2SecureServer;

/** Answers like an API server: a length for what exists, chunks for lists, 201 for what is created. */
beforeAll(async () => {
  const { key, certificate } = await issueServing(await issueAuthority(new Date()), "127.0.0.1", new Date());
  server = http2.createSecureServer({ key, cert: certificate, allowHTTP1: true }, (request, response) => {
    if (request.url === "/missing") response.writeHead(404).end("no such thing");
    else if (request.method === "POST") request.resume().on("end", () => response.writeHead(201).end("created"));
    else if (request.url === "/chunks") {
      response.write("x".repeat(100_000));
      response.end("y".repeat(50_000));
    } else response.writeHead(200, { "Content-Length": 5 }).end("hello");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())));

const target = (): { port: number; pid: number } => ({
  port: (server.address() as AddressInfo).port,
  pid: process.pid,
});

test.each(["h1", "h2"] as const)("over %s answers are counted with their bytes", async (http) => {
  const job = { kind: "requests", target: target(), http, clients: 3, until: { count: 9 } } as const;
  const hello = await runRequests({ ...job, plan: { kind: "get", path: "/" } });
  expect(hello).toMatchObject({ count: 9, bytes: 45, failures: { count: 0 } });
  const chunks = await runRequests({ ...job, plan: { kind: "get", path: "/chunks" } });
  expect(chunks).toMatchObject({ count: 9, bytes: 9 * 150_000, failures: { count: 0 } });
  const plan = { kind: "create", collections: ["/things"], prefix: "thing", bytes: 10_000 } as const;
  expect(await runRequests({ ...job, plan })).toMatchObject({ count: 9, failures: { count: 0 } });
});

test.each(["h1", "h2"] as const)("over %s what is no success is a failure with its status", async (http) => {
  const plan = { kind: "get", path: "/missing" } as const;
  const { failures } = await runRequests({
    kind: "requests",
    target: target(),
    http,
    clients: 1,
    plan,
    until: { count: 1 },
  });
  expect(failures).toEqual({ count: 1, first: "status 404: no such thing" });
});

test("an HTTP/1.1 answer is understood wherever the network cuts it", () => {
  const answer =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n" +
    "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok";
  for (let size = 1; size <= answer.length; size++) {
    const heard: string[] = [];
    let body = "";
    const parser = new Http1Parser(() => ({
      onStatus: (status) => heard.push(String(status)),
      onBody: (chunk, start, end) => (body += chunk.toString("latin1", start, end)),
      onEnd: () => {
        heard.push(body);
        body = "";
      },
      onFailure: (message) => heard.push(message),
    }));
    for (let at = 0; at < answer.length; at += size) parser.feed(Buffer.from(answer.slice(at, at + size), "latin1"));
    expect(heard).toEqual(["200", "helloabcdefghijklmnopqrstuvwxyz", "201", "ok"]);
  }
});

test.each([
  ["indexed", [0x88], 200],
  ["indexed after a change of the table's size", [0x20, 0x89], 204],
  ["a plain text", [0x08, 0x03, 0x32, 0x30, 0x31], 201],
  ["a plain text to be indexed", [0x48, 0x03, 0x34, 0x30, 0x39], 409],
  ["in Huffman code", [0x48, 0x82, 0x10, 0x03], 201],
  ["in Huffman code with longer digits", [0x48, 0x83, 0x68, 0x0f, 0xff], 409],
  ["another field", [0x5c, 0x01, 0x35], undefined],
])("a status that is %s is read", (_, bytes, status) => {
  expect(readStatus(Buffer.from(bytes), 0)).toBe(status);
});
