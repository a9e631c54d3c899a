import { Buffer } from "node:buffer";
import { createServer } from "node:http2";
import { afterEach, expect, test, vi } from "vitest";
import { openEtcdStorage } from "../../runtime/storage/etcd/etcd.ts";
import type { EtcdLimits } from "../../runtime/storage/etcd/limits.ts";
import { canTellProgress } from "../../runtime/storage/etcd/version.ts";
import type { Storage, WatchBatch } from "../../runtime/storage/storage.ts";
import { encodeMessage, frame } from "./etcd-proto.ts";
import { refuse, reply, respond, startPeer, type GrpcPeer, type PeerCall } from "./grpc-peer.ts";

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

type Answer = (call: PeerCall) => void;

const written = encodeMessage("TxnResponse", { header: { revision: 7 }, succeeded: true });
const empty = encodeMessage("RangeResponse", { header: { revision: 7 } });
const granted = encodeMessage("LeaseGrantResponse", { header: { revision: 7 } });

const works: Answer = ({ method, stream }) => {
  reply(stream, method === "Txn" ? written : method === "LeaseGrant" ? granted : empty);
};

const refuses =
  (code: number, message: string): Answer =>
  ({ stream }) =>
    refuse(stream, code, message);

async function peers(...answers: readonly Answer[]): Promise<GrpcPeer[]> {
  const started = await Promise.all(answers.map((answer) => startPeer(answer)));
  cleanups.push(() => Promise.all(started.map((peer) => peer.close())));
  return started;
}

async function open(among: readonly GrpcPeer[], limits: Partial<EtcdLimits> = {}): Promise<Storage> {
  const endpoints = among.map(({ endpoint }) => endpoint);
  const storage = await openEtcdStorage({ endpoints, limits: { callTimeoutMs: 2_000, ...limits } });
  cleanups.push(() => storage.close());
  return storage;
}

const value = Buffer.from("1");

test.each([
  [14, "etcdserver: request timed out", { name: "StorageUnavailable", uncertain: true }],
  [14, "etcdserver: request timed out, possibly due to previous leader failure", { uncertain: true }],
  [14, "etcdserver: server stopped", { uncertain: true }],
  [14, "etcdserver: leader changed", { uncertain: true }],
  [4, "context deadline exceeded", { uncertain: true }],
  [2, "something else", { uncertain: true }],
  [13, "something else", { uncertain: true }],
  [8, "etcdserver: mvcc: database space exceeded", { uncertain: false, message: /compact and defragment etcd/ }],
  [8, "etcdserver: too many requests", { uncertain: false, message: /try again later/ }],
  [3, "etcdserver: request is too large", { name: "StorageTooLarge", message: /--max-request-bytes/ }],
  [8, "grpc: received message larger than max (9 vs. 8)", { name: "StorageTooLarge" }],
  [7, "etcdserver: permission denied", { uncertain: false, message: /needs a user of etcd/ }],
  [16, "etcdserver: invalid auth token", { uncertain: false, message: /needs a user of etcd/ }],
  [3, "etcdserver: user name is empty", { uncertain: false, message: /needs a user of etcd/ }],
  [5, "etcdserver: requested lease not found", { uncertain: false }],
  [15, "etcdserver: corrupt cluster", { uncertain: false, message: /a member of etcd is damaged/ }],
  [12, "unknown service", { uncertain: false }],
])("a write that etcd answers with %i %s is not made again", async (code, message, expected) => {
  const [first, second] = await peers(refuses(code, message), works);
  if (first === undefined || second === undefined) throw new Error("there are two");
  const storage = await open([first, second]);
  const error: unknown = await storage.put("/a", value, "absent").catch((reason: unknown) => reason);
  const { message: words = /./, ...fields } = expected as { message?: RegExp };
  expect(error).toMatchObject(fields);
  expect(error).toHaveProperty("message", expect.stringMatching(words));
  expect([...first.called, ...second.called]).toEqual(["Txn"]);
});

test.each([
  [14, "etcdserver: no leader"],
  [14, "etcdserver: not capable"],
  [14, "etcdserver: rpc not supported for learner"],
  [2, "raft proposal dropped"],
])("a write that a member refuses with %i %s is made by another one", async (code, message) => {
  const [first, second] = await peers(refuses(code, message), works);
  if (first === undefined || second === undefined) throw new Error("there are two");
  const storage = await open([first, second]);
  expect((await storage.put("/a", value, "absent")).revision).toBe(7);
  expect([first.called, second.called]).toEqual([["Txn"], ["Txn"]]);
});

test("a write that was never sent is made elsewhere", async () => {
  const [first, second] = await peers(works, works);
  if (first === undefined || second === undefined) throw new Error("there are two");
  const storage = await open([first, second]);
  await first.close();
  expect((await storage.put("/a", value, "absent")).revision).toBe(7);
  expect([first.called, second.called]).toEqual([[], ["Txn"]]);
});

test("a write whose connection breaks is uncertain, and not made again", async () => {
  const [first, second] = await peers(({ stream }) => stream.session?.destroy(), works);
  if (first === undefined || second === undefined) throw new Error("there are two");
  const storage = await open([first, second]);
  await expect(storage.put("/a", value, "absent")).rejects.toMatchObject({ uncertain: true });
  await expect(storage.delete("/a", 3)).resolves.toBe(7);
  expect([first.called, second.called]).toEqual([["Txn"], ["Txn"]]);
});

test("a write whose answer cannot be read is uncertain", async () => {
  const peer = await peers(({ stream }) => reply(stream, Buffer.from([0x0a, 0x50])));
  await expect((await open(peer)).put("/a", value, "absent")).rejects.toMatchObject({ uncertain: true });
});

test.each([
  [14, "etcdserver: request timed out"],
  [14, "etcdserver: no leader"],
  [14, "etcdserver: server stopped"],
  [4, "context deadline exceeded"],
])("a read that a member answers with %i %s is made by another one", async (code, message) => {
  const [first, second] = await peers(refuses(code, message), works);
  if (first === undefined || second === undefined) throw new Error("there are two");
  const storage = await open([first, second]);
  expect(await storage.get("/a")).toBeUndefined();
  expect((await storage.list("/a")).entries).toEqual([]);
  expect([first.called, second.called]).toEqual([["Range"], ["Range", "Range"]]);
});

test("a read that a member does not answer is made by another one", async () => {
  const [first, second] = await peers(() => undefined, works);
  if (first === undefined || second === undefined) throw new Error("there are two");
  const storage = await open([first, second], { readAttemptTimeoutMs: 100 });
  expect(await storage.get("/a")).toBeUndefined();
});

test("a value gets another lease where its lease is gone", async () => {
  let writes = 0;
  const peer = await peers((call) => {
    if (call.method === "Txn" && writes++ === 0) refuse(call.stream, 5, "etcdserver: requested lease not found");
    else works(call);
  });
  const storage = await open(peer);
  expect((await storage.put("/a", value, "absent", { ttlSeconds: 100 })).revision).toBe(7);
  expect(peer[0]?.called).toEqual(["LeaseGrant", "Txn", "LeaseGrant", "Txn"]);
});

interface Kv {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly mod_revision: number;
  readonly create_revision: number;
}

function kv(key: string, revision: number, created = revision): Kv {
  return { key: Buffer.from(key), value, mod_revision: revision, create_revision: created };
}

/** A storage whose watches get these messages from etcd. */
async function watching(messages: readonly Record<string, unknown>[]): Promise<Storage> {
  const server = createServer();
  server.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    if (!String(headers[":path"]).endsWith("Watch")) {
      reply(stream, encodeMessage("StatusResponse", { version: "3.5.35" }));
      return;
    }
    respond(stream, { "grpc-status": 0 });
    for (const message of messages) stream.write(frame(encodeMessage("WatchResponse", message)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no address");
  const storage = await openEtcdStorage({ endpoints: [`http://127.0.0.1:${address.port}`] });
  cleanups.push(
    () => storage.close(),
    async () => server.close(),
  );
  return storage;
}

async function batches(storage: Storage, from: number, count: number): Promise<unknown[]> {
  const found: WatchBatch[] = [];
  for await (const batch of storage.watch("/", from, new AbortController().signal)) {
    found.push(batch);
    if (found.reduce((sum, { changes }) => sum + Math.max(changes.length, 1), 0) >= count) break;
  }
  return found.flatMap(({ changes, revision }) => [
    ...changes.map((change) => [change.key, change.revision]),
    revision,
  ]);
}

test("a revision that comes in parts is delivered whole", async () => {
  const storage = await watching([
    { created: true, header: { revision: 5 } },
    { fragment: true, header: { revision: 9 }, events: [{ kv: kv("/a", 6) }, { kv: kv("/b", 7) }] },
    { fragment: true, header: { revision: 9 }, events: [{ kv: kv("/c", 7) }] },
    { header: { revision: 9 }, events: [{ kv: kv("/d", 7) }, { kv: kv("/e", 9) }] },
  ]);
  const found = await batches(storage, 5, 5);
  expect(found.filter(Array.isArray)).toEqual([
    ["/a", 6],
    ["/b", 7],
    ["/c", 7],
    ["/d", 7],
    ["/e", 9],
  ]);
  expect(found.filter((item) => item === 7)).toEqual([]);
});

test("what a watch has delivered already is not delivered again, and progress never goes back", async () => {
  const storage = await watching([
    { created: true, header: { revision: 9 } },
    { header: { revision: 9 }, watch_id: -1 },
    { header: { revision: 8 }, watch_id: -1 },
    { header: { revision: 9 }, events: [{ kv: kv("/a", 9) }, { kv: kv("/b", 10) }] },
  ]);
  const found = await batches(storage, 5, 2);
  expect(found.filter(Array.isArray)).toEqual([["/b", 10]]);
  expect(found.at(-1)).toBe(10);
});

test.each([
  ["a modification", { kv: kv("/a", 9, 3) }],
  ["a deletion", { type: 1, kv: { key: Buffer.from("/a"), mod_revision: 9 } }],
])("%s whose value before is compacted away ends the watch", async (_what, event) => {
  const storage = await watching([
    { created: true, header: { revision: 9 } },
    { header: { revision: 9 }, events: [event] },
  ]);
  await expect(batches(storage, 5, 1)).rejects.toMatchObject({ name: "StorageCompacted", requested: 5, oldest: 9 });
});

test.each([
  ["etcdserver: permission denied", /permission denied/],
  ["something new", /something new/],
])("a watch that etcd cancels with %s ends with an error", async (reason, message) => {
  const storage = await watching([{ created: true, canceled: true, watch_id: -1, cancel_reason: reason }]);
  await expect(batches(storage, 5, 1)).rejects.toThrow(message);
});

test("closing a store ends a watch that has no connection", async () => {
  const [peer] = await peers(works);
  if (peer === undefined) throw new Error("there is one");
  const storage = await open([peer]);
  await peer.close();
  const watch = storage.watch("/", 5, new AbortController().signal)[Symbol.asyncIterator]();
  const next = watch.next();
  await vi.waitFor(async () => expect(await storage.close()).toBeUndefined());
  expect(await next).toMatchObject({ done: true });
});

test.each([
  ["3.4.30", false],
  ["3.4.31", true],
  ["3.5.12", false],
  ["3.5.13", true],
  ["3.6.0", true],
  ["4.0.0", true],
  ["3.3.99", false],
  ["", false],
])("etcd %s can be asked for progress: %s", (version, expected) => {
  expect(canTellProgress(version)).toBe(expected);
});
