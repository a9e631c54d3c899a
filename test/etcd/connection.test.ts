import { Buffer } from "node:buffer";
import * as http2 from "node:http2";
import * as net from "node:net";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { Connection, type Method } from "../../runtime/storage/etcd/connection.ts";
import { defaultEtcdLimits, type EtcdLimits } from "../../runtime/storage/etcd/limits.ts";
import type { RpcError } from "../../runtime/storage/etcd/rpc-error.ts";
import { frame } from "./etcd-proto.ts";
import { refuse, reply, respond, startPeer, type GrpcPeer, type PeerCall } from "./grpc-peer.ts";

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function connect(endpoint: string, limits: Partial<EtcdLimits> = {}): Promise<Connection> {
  const connection = await Connection.connect(endpoint, {}, { ...defaultEtcdLimits, ...limits });
  cleanups.push(() => connection.retire());
  return connection;
}

async function peerOf(answer: (call: PeerCall) => void, options?: http2.ServerOptions): Promise<GrpcPeer> {
  const peer = await startPeer(answer, options);
  cleanups.push(() => peer.close());
  return peer;
}

function call(
  connection: Connection,
  message: Uint8Array,
  method: Method = "Range",
  timeoutMs = 10_000,
): Promise<Buffer> {
  return new Promise((succeed, fail) => connection.call(method, frame(message), timeoutMs, { succeed, fail }));
}

async function failureOf(answer: Promise<Buffer>): Promise<RpcError> {
  return answer.then(
    () => expect.fail("the call succeeded"),
    (error: RpcError) => error,
  );
}

function echo({ stream, body }: PeerCall): void {
  reply(stream, body.subarray(5));
}

function sized(length: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_unset, index) => (index * 31 + seed) % 251));
}

test.each([0, 1, 16_370, 16_384, 16_385, 65_535, 200_000, 3_000_000])(
  "a message of %i bytes goes and comes back whole",
  async (length) => {
    const { endpoint } = await peerOf(echo);
    const message = sized(length, 7);
    expect((await call(await connect(endpoint), message)).equals(message)).toBe(true);
  },
);

test("many calls at once are answered each with its own, however little the server takes at a time", async () => {
  const { endpoint } = await peerOf(echo, { settings: { initialWindowSize: 100, maxConcurrentStreams: 7 } });
  const connection = await connect(endpoint);
  const messages = Array.from({ length: 300 }, (_unset, index) => sized(1 + index * 3, index));
  const answers = await Promise.all(messages.map((message) => call(connection, message)));
  for (const [index, message] of messages.entries()) expect(answers[index]?.equals(message)).toBe(true);
});

test("large and small calls at once do not hold each other up for good", async () => {
  const { endpoint } = await peerOf(echo);
  const connection = await connect(endpoint);
  const messages = [2_000_000, 10, 1_000_000, 20, 500_000, 30].map(sized);
  const answers = await Promise.all(messages.map((message) => call(connection, message)));
  for (const [index, message] of messages.entries()) expect(answers[index]?.equals(message)).toBe(true);
});

test("padding, and headers longer than a frame, are read", async () => {
  const long = "x".repeat(40_000);
  const options = { paddingStrategy: http2.constants.PADDING_STRATEGY_MAX, maxSendHeaderBlockLength: 100_000 };
  const { endpoint } = await peerOf(({ stream, method }) => {
    if (method === "Txn") refuse(stream, 13, long);
    else reply(stream, sized(100_000, 3));
  }, options);
  const connection = await connect(endpoint);
  expect((await call(connection, sized(5, 5))).equals(sized(100_000, 3))).toBe(true);
  expect((await failureOf(call(connection, sized(5, 5), "Txn"))).message).toBe(long);
});

test("what is wrong with a call is told in the server's words, whatever they are", async () => {
  const { endpoint } = await peerOf(({ stream, body }) => refuse(stream, 9, body.subarray(5).toString()));
  const connection = await connect(endpoint);
  const texts = fc.string({ unit: "grapheme", maxLength: 100 });
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const error = await failureOf(call(connection, Buffer.from(text)));
      expect(error).toMatchObject({ code: 9, message: text, sent: true });
    }),
    { numRuns: 200 },
  );
});

test.each([
  ["REFUSED_STREAM", http2.constants.NGHTTP2_REFUSED_STREAM, false],
  ["INTERNAL_ERROR", http2.constants.NGHTTP2_INTERNAL_ERROR, true],
])("a call that the server ends with %s may have been seen or not", async (_name, code, sent) => {
  const { endpoint } = await peerOf(({ stream }) => stream.close(code));
  const error = await failureOf(call(await connect(endpoint), sized(5, 5)));
  expect(error).toMatchObject({ code: 14, sent });
});

test("an answer with no status, or of no server of gRPC, is a failure", async () => {
  const { endpoint } = await peerOf(({ stream, method }) => {
    if (method === "Txn") {
      stream.respond({ ":status": 503 });
      stream.end("no");
    } else {
      stream.respond({ ":status": 200 });
      stream.end(frame(sized(5, 5)));
    }
  });
  const connection = await connect(endpoint);
  expect(await failureOf(call(connection, sized(5, 5)))).toMatchObject({ code: 14, sent: true });
  expect(await failureOf(call(connection, sized(5, 5), "Txn"))).toMatchObject({ code: 14, sent: true });
});

test("an answer that is too large is refused before it is read", async () => {
  const { endpoint } = await peerOf(({ stream }) => reply(stream, sized(5_000_000, 1)));
  const connection = await connect(endpoint, { responseBytesMax: 100_000 });
  const error = await failureOf(call(connection, sized(5, 5)));
  expect(error.message).toContain("received message larger than max (5000000 vs. 100000)");
});

test("a call that is not answered in time is given up, and the others go on", async () => {
  const { endpoint } = await peerOf((incoming) => incoming.body.length > 10 && echo(incoming));
  const connection = await connect(endpoint);
  const late = call(connection, sized(1, 1), "Range", 100);
  expect(await failureOf(late)).toMatchObject({ code: 4, sent: true });
  expect((await call(connection, sized(20, 1))).length).toBe(20);
});

test("a server that goes away lets calls end that it has seen; later ones have not been sent", async () => {
  const streams: http2.ServerHttp2Stream[] = [];
  const peer = await peerOf(({ stream }) => streams.push(stream));
  const connection = await connect(peer.endpoint);
  const left = vi.fn();
  connection.onLeaving = left;
  const first = call(connection, sized(5, 5));
  await vi.waitFor(() => expect(streams).toHaveLength(1));
  for (const session of peer.sessions) session.goaway(0, streams[0]?.id);
  await vi.waitFor(() => expect(left).toHaveBeenCalledOnce());
  expect(connection.up).toBe(false);
  expect(await failureOf(call(connection, sized(5, 5)))).toMatchObject({ code: 14, sent: false });
  const [stream] = streams;
  if (stream !== undefined) reply(stream, sized(6, 6));
  expect((await first).length).toBe(6);
});

test("a connection that breaks fails its calls and streams, which may have been seen", async () => {
  const peer = await peerOf(() => undefined);
  const connection = await connect(peer.endpoint);
  const waiting = failureOf(call(connection, sized(5, 5)));
  const ended = new Promise((end) => {
    connection.open("Watch", frame(sized(5, 5)), { message: () => undefined, end });
  });
  await vi.waitFor(() => expect(peer.called).toHaveLength(1));
  for (const session of peer.sessions) session.destroy();
  expect(await waiting).toMatchObject({ code: 14, sent: true });
  expect(await ended).toMatchObject({ code: 14 });
});

test("a stream carries messages both ways until one side ends it", async () => {
  const server = http2.createServer();
  server.on("stream", (stream) => {
    respond(stream, { "grpc-status": 14, "grpc-message": "etcdserver: no leader" });
    stream.on("data", (chunk: Buffer) => {
      if (stream.writableEnded) return;
      if (chunk.length > 6) stream.end(chunk);
      else stream.write(chunk);
    });
  });
  server.listen(0, "127.0.0.1");
  await vi.waitFor(() => expect(server.listening).toBe(true));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const connection = await connect(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
  const messages: string[] = [];
  const ended = new Promise((end) => {
    const stream = connection.open("Watch", frame(Buffer.from("1")), {
      message: (message) => {
        messages.push(message.toString());
        stream.write(frame(Buffer.from("2".repeat(messages.length))));
      },
      end,
    });
  });
  expect(await ended).toMatchObject({ code: 14, message: "etcdserver: no leader" });
  expect(messages).toEqual(["1", "2", "22"]);
});

test("a server that does not answer pings is given up, one that does is not", async () => {
  const limits = { pingAfterMs: 200, pingTimeoutMs: 500 };
  const deaf = net.createServer((socket) => {
    // The settings that open a session, and nothing after.
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    socket.on("error", () => undefined).resume();
  });
  deaf.listen(0, "127.0.0.1");
  await vi.waitFor(() => expect(deaf.listening).toBe(true));
  cleanups.push(() => new Promise((resolve) => deaf.close(resolve)));
  const connection = await connect(`http://127.0.0.1:${(deaf.address() as net.AddressInfo).port}`, limits);
  const error = await failureOf(call(connection, sized(5, 5)));
  expect(error).toMatchObject({ code: 14, message: "the server does not answer", sent: true });

  const slow = await peerOf((incoming) => void setTimeout(() => echo(incoming), 1_500));
  expect(await call(await connect(slow.endpoint, limits), sized(5, 5))).toHaveLength(5);
});

test.each([
  ["says nothing", (socket: net.Socket) => void socket.on("data", () => undefined), "no answer in time"],
  ["closes at once", (socket: net.Socket) => void socket.destroy(), /closed|ECONNRESET/],
  [
    "speaks HTTP/1.1",
    (socket: net.Socket) => void socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"),
    /http2: a frame of/,
  ],
])("connecting to a server that %s fails in time", async (_what, greet, message) => {
  const server = net.createServer((socket) => {
    socket.on("error", () => undefined);
    greet(socket);
    cleanups.push(async () => socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await vi.waitFor(() => expect(server.listening).toBe(true));
  cleanups.push(async () => server.close());
  const endpoint = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  await expect(connect(endpoint, { connectTimeoutMs: 300 })).rejects.toThrow(message);
});
