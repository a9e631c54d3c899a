import { afterAll, beforeAll, beforeEach, afterEach, expect, test, vi } from "vitest";
import { openEtcdStorage } from "../../runtime/storage/etcd/etcd.ts";
import { defaultEtcdLimits } from "../../runtime/storage/etcd/limits.ts";
import type { Change, Revision, Storage, WatchBatch } from "../../runtime/storage/storage.ts";
import { StorageCompacted, StorageTooLarge, StorageUnavailable } from "../../runtime/storage/storage.ts";
import { startEtcd, type Etcd, type EtcdMember } from "../etcd/etcd.ts";
import { startTraffic } from "../etcd/traffic.ts";

let etcd: Etcd;
let storage: Storage;
let prefix: string;
let count = 0;

beforeAll(async () => {
  etcd = await startEtcd();
});

beforeEach(async () => {
  prefix = `/storage/${count++}/`;
  storage = await openEtcdStorage({ endpoints: etcd.endpoints });
});

afterEach(async () => {
  await storage.close();
});

afterAll(() => etcd.stop());

function bytes(words: string): Uint8Array {
  return Buffer.from(words);
}

function member(): EtcdMember {
  return etcd.members[0] ?? expect.fail("no members");
}

/** Reads a watch until so many changes have come. */
async function changesOf(watch: AsyncIterable<WatchBatch>, wanted: number): Promise<Change[]> {
  const changes: Change[] = [];
  if (wanted === 0) return changes;
  for await (const batch of watch) {
    changes.push(...batch.changes);
    if (changes.length >= wanted) break;
  }
  return changes;
}

async function fill(store: Storage, wanted: number, value: Uint8Array): Promise<Revision> {
  let next = 0;
  let revision = 0;
  const worker = async (): Promise<void> => {
    while (next < wanted) {
      const name = String(next++).padStart(6, "0");
      const entry = await store.put(`${prefix}${name}`, value, "absent");
      revision = Math.max(revision, entry.revision);
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
  return revision;
}

test("a watch goes on over restarts of etcd, with every change once", async () => {
  const traffic = await startTraffic(storage, prefix);
  for (let restart = 0; restart < 3; restart++) {
    await traffic.more(20);
    await member().restart();
  }
  await traffic.more(20);
  await traffic.check();
});

test("a watch that was away delivers what others wrote meanwhile", async () => {
  const other = await openEtcdStorage({ endpoints: etcd.endpoints });
  const first = await storage.put(`${prefix}a`, bytes("0"), "absent");
  const changes = changesOf(storage.watch(prefix, first.revision, new AbortController().signal), 100);
  let revision = first.revision;
  for (let index = 1; index <= 100; index++) {
    if (index % 40 === 0) await member().restart();
    const entry = await vi.waitFor(() => other.put(`${prefix}a`, bytes(String(index)), revision), { timeout: 30_000 });
    revision = entry.revision;
  }
  expect((await changes).map(({ entry }) => Buffer.from(entry?.value ?? []).toString())).toEqual(
    Array.from({ length: 100 }, (_unset, index) => String(index + 1)),
  );
  await other.close();
});

test("a watch that compaction has overtaken while it was away says so", async () => {
  const other = await openEtcdStorage({ endpoints: etcd.endpoints });
  const first = await storage.put(`${prefix}a`, bytes("0"), "absent");
  await other.put(`${prefix}a`, bytes("1"), first.revision);
  const last = await other.put(`${prefix}b`, bytes("1"), "absent");
  await other.compact(last.revision);
  const watch = storage.watch(prefix, first.revision, new AbortController().signal)[Symbol.asyncIterator]();
  const error: unknown = await watch.next().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StorageCompacted);
  expect(error).toMatchObject({ requested: first.revision, oldest: last.revision });
  await other.close();
});

test("the value that a write gives is the one that a watch delivers, without another copy", async () => {
  const from = await storage.currentRevision();
  const watch = changesOf(storage.watch(prefix, from, new AbortController().signal), 3);
  const first = await storage.put(`${prefix}a`, bytes("1"), "absent");
  const second = await storage.put(`${prefix}a`, bytes("2"), first.revision);
  await storage.delete(`${prefix}a`, second.revision);
  const [created, modified, deleted] = await watch;
  expect(created?.entry).toBe(first);
  expect(modified?.entry).toBe(second);
  expect(modified?.previous).toBe(first);
  expect(deleted?.previous).toBe(second);
});

test("a watch that tells a revision has delivered everything up to it, from wherever it began", async () => {
  const traffic = await startTraffic(storage, prefix, 8);
  const start = await storage.currentRevision();
  const parts: { from: Revision; told: Revision; seen: Revision[] }[] = [];
  for (let round = 0; round < 25; round++) {
    const newest = await storage.currentRevision();
    // From the past, of which etcd tells a thousand revisions every 100 ms, from now, and from what is still to come.
    for (const from of [Math.max(start, newest - 300), newest - 3, newest, newest + 3])
      parts.push({ from, told: from, seen: [] });
    await Promise.all(parts.slice(-4).map((part) => readUntil(part, newest + 3)));
  }
  const all = (await traffic.check()).map(({ revision }) => revision);
  for (const { from, told, seen } of parts) {
    expect(seen).toEqual(all.filter((revision) => revision > from && revision <= told));
  }
});

async function readUntil(part: { from: Revision; told: Revision; seen: Revision[] }, until: Revision): Promise<void> {
  for await (const { changes, revision } of storage.watch(prefix, part.from, new AbortController().signal)) {
    part.seen.push(...changes.map((change) => change.revision));
    part.told = revision;
    if (revision >= until) return;
    void storage.currentRevision();
  }
}

test("history is replayed at the pace of its reader, however much there is", async () => {
  const limits = { watchBufferChangesMax: 50 };
  const small = await openEtcdStorage({ endpoints: etcd.endpoints, limits });
  const from = await storage.currentRevision();
  await fill(storage, 3_000, bytes("x"));
  const seen: Revision[] = [];
  for await (const { changes } of small.watch(prefix, from, new AbortController().signal)) {
    seen.push(...changes.map(({ revision }) => revision));
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (seen.length >= 3_000) break;
  }
  expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
  expect(seen).toHaveLength(3_000);
  await small.close();
});

test("a list whose parts are larger than what is taken at once is read in smaller parts", async () => {
  const value = new Uint8Array(20_000).fill(120);
  const revision = await fill(storage, 300, value);
  const limits = { responseBytesMax: 1 << 20, pageBytes: 256 << 10 };
  const small = await openEtcdStorage({ endpoints: etcd.endpoints, limits });
  const page = await small.list(prefix);
  expect(page.entries).toHaveLength(300);
  expect(page.entries.every((entry) => entry.value.length === 20_000)).toBe(true);
  expect(page).toMatchObject({ revision, remaining: 0 });
  const part = await small.list(prefix, { limit: 120 });
  expect(part.entries).toHaveLength(120);
  expect(part.remaining).toBe(180);
  await small.close();
});

test("a value that etcd does not take is refused as too large", async () => {
  for (const size of [1_600_000, 3_000_000, 10_000_000]) {
    await expect(storage.put(`${prefix}a`, new Uint8Array(size), "absent")).rejects.toThrow(StorageTooLarge);
  }
  expect(await storage.get(`${prefix}a`)).toBeUndefined();
});

test("values of nearly the same time to live share a lease, and go when it ends", async () => {
  const entries = await Promise.all(
    ["a", "b", "c"].map((name) => storage.put(prefix + name, bytes(name), "absent", { ttlSeconds: 2 })),
  );
  expect((await storage.list(prefix)).entries).toEqual(entries);
  await vi.waitFor(async () => expect((await storage.list(prefix)).entries).toEqual([]), { timeout: 20_000 });
});

test("two servers compact by turns: what is older than one interval goes, what is newer stays", async () => {
  const options = { endpoints: etcd.endpoints, compactionIntervalMs: 400 };
  const servers = [await openEtcdStorage(options), await openEtcdStorage(options)];
  const first = await storage.put(`${prefix}a`, bytes("1"), "absent");
  let last = await storage.put(`${prefix}a`, bytes("2"), first.revision);
  await vi.waitFor(
    async () => {
      await expect(storage.list(prefix, { at: first.revision })).rejects.toThrow(StorageCompacted);
    },
    { timeout: 20_000 },
  );
  last = await storage.put(`${prefix}a`, bytes("3"), last.revision);
  expect((await storage.list(prefix, { at: last.revision })).entries).toEqual([last]);
  const key = await storage.get("compact_rev_key");
  expect(Number(Buffer.from(key?.value ?? []).toString())).toBeGreaterThanOrEqual(first.revision);
  await Promise.all(servers.map((server) => server.close()));
});

test("while etcd is away, calls fail in time and say why, and work again when it is back", async () => {
  const limits = { callTimeoutMs: 500 };
  const impatient = await openEtcdStorage({ endpoints: etcd.endpoints, limits });
  await member().kill();
  await expect(impatient.get(`${prefix}a`)).rejects.toThrow(StorageUnavailable);
  const refused = impatient.put(`${prefix}a`, bytes("1"), "absent");
  await expect(refused).rejects.toMatchObject({
    uncertain: false,
    message: expect.stringContaining("no etcd endpoint"),
  });
  await member().restart();
  await vi.waitFor(() => impatient.put(`${prefix}a`, bytes("1"), "absent"), { timeout: 30_000 });
  await impatient.close();
});

test("more calls than may wait are refused before they are sent", async () => {
  const small = await openEtcdStorage({ endpoints: etcd.endpoints, limits: { callsMax: 10 } });
  const results = await Promise.allSettled(Array.from({ length: 15 }, () => small.get(`${prefix}a`)));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
  await expect(small.get(`${prefix}a`)).resolves.toBeUndefined();
  await small.close();
});

test("opening says which endpoints do not answer", async () => {
  const limits = { ...defaultEtcdLimits, openTimeoutMs: 300 };
  const open = (...endpoints: string[]) => openEtcdStorage({ endpoints, limits });
  await expect(open("http://127.0.0.1:1")).rejects.toThrow(/cannot open etcd at http:\/\/127.0.0.1:1: .*ECONNREFUSED/);
  await expect(open("ftp://127.0.0.1")).rejects.toThrow(/is no endpoint of etcd/);
  await expect(open()).rejects.toThrow(/--etcd-servers/);
});
