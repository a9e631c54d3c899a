import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Outcome } from "./answer.ts";
import { arbitraryRequest, creations, documents, type FuzzedRequest } from "./arbitrary-request.ts";
import { requireExpected } from "./expected-answer.ts";
import { startFuzzedServer, type FuzzedServer } from "./fuzzed-server.ts";
import { framings, Http1Client, type Framing } from "./http1-client.ts";
import { Http2Client } from "./http2-client.ts";
import { arbitraryFrames } from "./http2-frames.ts";

/** How long all of this takes, about; more finds more. */
const seconds = Number(process.env["FUZZ_SECONDS"] ?? 16);

let server: FuzzedServer;
let http1: Http1Client;
let http2: Http2Client;

beforeAll(async () => {
  server = await startFuzzedServer();
  http1 = new Http1Client(server);
  http2 = new Http2Client(server);
});

afterAll(async () => {
  http1.close();
  http2.close();
  await server.stop();
});

/** Bounds a property by time; what it was interrupted in is no failure. */
function during(share: number, numRuns = 1_000_000): fc.Parameters<unknown> {
  return { numRuns, interruptAfterTimeLimit: seconds * share * 1_000, markInterruptAsFailure: false };
}

const framing = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Framing>("length") },
  fc.constantFrom<Framing>(...framings),
);

/** Throws unless the request was answered as it should be, or the connection closed where that is an answer too. */
function requireAnswer(request: FuzzedRequest, outcome: Outcome, mayClose: boolean): void {
  server.requireAlive();
  if (outcome.kind === "answered") requireExpected(request, outcome.answer);
  else if (outcome.kind === "hung" || !mayClose) throw new Error(`no answer: ${outcome.kind}`);
}

/** So often the objects are made that requests have deleted meanwhile. */
const requestsBetweenCreations = 100;
let requests = 0;

async function createNowAndThen(): Promise<void> {
  if (requests++ % requestsBetweenCreations > 0) return;
  for (const creation of creations) requireAnswer(creation, await http1.exchange(creation, "length"), false);
}

async function overHttp1(request: FuzzedRequest, framed: Framing): Promise<void> {
  await createNowAndThen();
  // Node hangs up on who wants a tunnel, and may hang up on who sends more or less than announced.
  const mayClose = request.method === "CONNECT" || (framed !== "length" && framed !== "chunked");
  requireAnswer(request, await http1.exchange(request, framed), mayClose);
}

async function overHttp2(request: FuzzedRequest): Promise<void> {
  await createNowAndThen();
  // Of CONNECT a client may not say where to.
  if (request.method === "CONNECT") return;
  requireAnswer(request, await http2.exchange(request), !/^\/[!-~]*$/.test(request.target));
}

const testTimeoutMs = 30_000 + seconds * 1_000;

test(
  "whatever is asked over HTTP/1.1 is answered by a Status, an object or a list, and never by accident",
  async () => {
    await fc.assert(fc.asyncProperty(arbitraryRequest, framing, overHttp1), during(0.35));
  },
  testTimeoutMs,
);

test(
  "whatever is asked over HTTP/2 is answered by a Status, an object or a list, and never by accident",
  async () => {
    await fc.assert(fc.asyncProperty(arbitraryRequest, overHttp2), during(0.2));
  },
  testTimeoutMs,
);

/** How much more memory the server may use after the same number of requests once more, in bytes; a leak takes a KiB of each. */
const memoryTolerance = 4 * 1024 * 1024;
const requestsMeasured = 4_000;

test(
  "memory goes back to where it was once the objects are gone, and no prototype has been touched",
  async () => {
    const asked = fc.asyncProperty(arbitraryRequest, framing, fc.boolean(), (request, framed, overOne) =>
      overOne ? overHttp1(request, framed) : overHttp2(request),
    );
    const measure = async () => {
      http1.close();
      http2.close();
      return server.measure();
    };
    for (const document of documents) await overHttp1(document, "length");
    const before = await measure();
    await fc.assert(asked, during(0.25, requestsMeasured));
    const after = await measure();
    expect(after.bytes - before.bytes).toBeLessThan(memoryTolerance);
    expect(after.polluted).toEqual([]);
  },
  testTimeoutMs,
);

test(
  "bytes that are no HTTP/1.1 are answered or cut off",
  async () => {
    const start = fc.constantFrom(
      "",
      "GET / HTTP/1.1\r\n",
      "GET /apis HTTP/1.0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\n",
    );
    const lines = fc.array(
      fc.constantFrom(
        "Host: a",
        "Host: b",
        ": x",
        "a b: c",
        "Transfer-Encoding: chunked, x",
        "Content-Length: -1",
        " folded",
      ),
      { maxLength: 3 },
    );
    const noise = fc.tuple(start, lines, fc.uint8Array({ maxLength: 100 }));
    await fc.assert(
      fc.asyncProperty(noise, async ([beginning, headers, bytes]) => {
        const head = Buffer.from(`${beginning}${headers.map((line) => `${line}\r\n`).join("")}`);
        const { kind } = await http1.send(Buffer.concat([head, bytes]));
        server.requireAlive();
        expect(kind).not.toBe("hung");
      }),
      during(0.08),
    );
  },
  testTimeoutMs,
);

test(
  "frames that are no HTTP/2 are refused, and the server goes on",
  async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryFrames, async (frames) => {
        const reaction = await http2.send(frames);
        server.requireAlive();
        expect(reaction).not.toBe("hung");
      }),
      during(0.12),
    );
  },
  testTimeoutMs,
);

test("nothing of all that ended the server, or was a fault that had to be logged", () => {
  server.requireAlive();
  expect(
    server
      .printed()
      .split("\n")
      .filter((line) => line.includes('"level":50')),
  ).toEqual([]);
});
