import { setMaxListeners } from "node:events";
import { expect, test } from "vitest";
import { cachedStorage } from "../../runtime/storage/cache/cached-storage.ts";
import type { CachedStorage } from "../../runtime/storage/cache/cached-storage.ts";
import type { CacheLimits } from "../../runtime/storage/cache/limits.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Change, Revision, Storage } from "../../runtime/storage/storage.ts";
import { StorageCompacted, StorageOverrun, StorageUnavailable } from "../../runtime/storage/storage.ts";
import { RemoteStorage } from "./remote-storage.ts";

const cats = "/registry/cats/";
const value = Buffer.from("value");

async function start(limits: Partial<CacheLimits> = {}, backend: Storage = memoryStorage()) {
  const remote = new RemoteStorage(backend);
  const cache = cachedStorage(remote, { prefixes: [cats], limits: { retryMinMs: 1, ...limits } });
  await cache.ready();
  await expect.poll(() => remote.watches.size).toBe(1);
  return { backend, remote, cache };
}

async function put(storage: Storage, name: string): Promise<Revision> {
  const key = cats + name;
  return (await storage.put(key, value, (await storage.get(key))?.revision ?? "absent")).revision;
}

/** A watch that is read from the start on; it ends once `count` changes have come. */
async function changesOf(storage: Storage, prefix: string, from: Revision, count: number): Promise<Change[]> {
  const found: Change[] = [];
  for await (const { changes } of storage.watch(prefix, from, new AbortController().signal)) {
    found.push(...changes);
    if (found.length >= count) break;
  }
  return found;
}

function revisions(changes: readonly Change[]): Revision[] {
  return changes.map(({ revision }) => revision);
}

test("watches within the window ask the store for nothing", async () => {
  const { remote, cache } = await start();
  const from = await cache.currentRevision();
  const written: Revision[] = [];
  for (let index = 0; index < 10; index++) written.push(await put(cache, `k${index % 3}`));
  await cache.currentRevision();
  remote.calls.watch = 0;
  expect(revisions(await changesOf(cache, cats, from, 10))).toEqual(written);
  expect(revisions(await changesOf(cache, `${cats}k1`, from, 3))).toEqual([written[1], written[4], written[7]]);
  expect(remote.calls.watch).toBe(0);
  await cache.close();
});

test("a watch that starts before the window reads the store's history, then goes over to memory", async () => {
  const { backend, remote, cache } = await start({ windowChangesMax: 4 });
  const from = await cache.currentRevision();
  const written: Revision[] = [];
  for (let index = 0; index < 20; index++) written.push(await put(backend, `k${index % 3}`));
  const seen: Change[] = [];
  let open = -1;
  for await (const { changes } of cache.watch(cats, from, new AbortController().signal)) {
    seen.push(...changes);
    if (seen.length === 20) written.push(await put(cache, "last"));
    if (seen.length === 21) open = remote.watches.size;
    if (seen.length >= 21) break;
  }
  expect(revisions(seen)).toEqual(written);
  expect(seen.slice(3).every(({ previous, key }, place) => previous === undefined || seen[place]?.key === key)).toBe(
    true,
  );
  // Only the one that fills the cache.
  expect(open).toBe(1);
  await cache.close();
});

test("a quiet watch that starts before the window is not left waiting for the store's history", async () => {
  const { backend, remote, cache } = await start({ windowChangesMax: 2 });
  const from = await put(backend, "quiet/1");
  for (let index = 0; index < 20; index++) await put(backend, `busy/${index}`);
  const current = await cache.currentRevision();
  remote.calls.currentRevision = 0;
  const next = changesOf(cache, `${cats}quiet/`, from, 1);
  // The store tells quiet watches how far it is when it is asked.
  await expect.poll(() => remote.calls.currentRevision).toBeGreaterThan(0);
  await expect.poll(() => remote.watches.size).toBe(1);
  const revision = await put(backend, "quiet/2");
  expect(revisions(await next)).toEqual([revision]);
  expect(revision).toBeGreaterThan(current);
  await cache.close();
});

test("watches go on after a restart of the cache", async () => {
  const backend = memoryStorage();
  const from = await put(backend, "a");
  const later = [await put(backend, "a"), await put(backend, "b")];
  const { cache } = await start({}, backend);
  expect(revisions(await changesOf(cache, cats, from, 2))).toEqual(later);
  await cache.close();
});

test("a watch from what the store has compacted is refused, at once and in the middle of the history", async () => {
  const { backend, cache } = await start({ windowChangesMax: 2 });
  const from = await put(cache, "a");
  for (let index = 0; index < 5; index++) await put(cache, "a");
  const until = await put(cache, "a");
  await cache.compact(until);
  await expect(changesOf(cache, cats, from, 1)).rejects.toThrow(StorageCompacted);
  await expect(cache.list(cats, { at: from })).rejects.toThrow(StorageCompacted);
  const next = changesOf(cache, cats, until, 1);
  const revision = await put(backend, "a");
  expect(revisions(await next)).toEqual([revision]);
  await cache.close();
});

test("when the store's watch breaks, clients' watches go on where it was, without a gap", async () => {
  const { backend, remote, cache } = await start();
  const from = await cache.currentRevision();
  const written: Revision[] = [];
  const seen = changesOf(cache, cats, from, 30);
  for (let index = 0; index < 30; index++) {
    if (index % 10 === 5) {
      remote.failure = new StorageUnavailable("lost the connection");
      remote.breakWatches(index === 15 ? new StorageOverrun("too slow") : remote.failure);
    }
    written.push(await put(backend, `k${index}`));
    if (index % 10 !== 8) continue;
    remote.failure = undefined;
    await expect.poll(() => remote.watches.size).toBe(1);
  }
  expect(revisions(await seen)).toEqual(written);
  expect(cache.statistics()[0]).toMatchObject({ fills: 1, entries: 30 });
  await cache.close();
});

test("when the store has forgotten what came meanwhile, all is read anew and watches end with that", async () => {
  const { backend, remote, cache } = await start();
  const kept = await cache.put(`${cats}kept`, value, "absent");
  const gone = await cache.put(`${cats}gone`, value, "absent");
  const from = await cache.currentRevision();
  const watching = expect(changesOf(cache, cats, from, 1)).rejects.toThrow(StorageCompacted);
  const down = new StorageUnavailable("lost the connection");
  remote.failure = down;
  remote.breakWatches(down);
  await backend.delete(`${cats}gone`, gone.revision);
  const until = await put(backend, "new");
  await backend.compact(until);
  remote.failure = undefined;
  await watching;
  const { entries, revision } = await cache.list(cats, { notOlderThan: 0 });
  expect(revision).toBe(until);
  expect(entries.map(({ key }) => key)).toEqual([`${cats}kept`, `${cats}new`]);
  expect(entries[0]).toBe(kept);
  expect(cache.statistics()[0]?.fills).toBe(2);
  await expect(changesOf(cache, cats, from, 1)).rejects.toThrow(StorageCompacted);
  const next = changesOf(cache, cats, until, 1);
  const last = await put(cache, "last");
  expect(revisions(await next)).toEqual([last]);
  await cache.close();
});

test("the window is bounded by count, bytes and age", async () => {
  let nowMs = 0;
  const backend = memoryStorage();
  const limits = { windowChangesMax: 10, windowBytesMax: 100_000, windowAgeMaxMs: 1_000, maintenanceMs: 5 };
  const cache = cachedStorage(backend, { prefixes: [cats], limits, now: () => nowMs });
  await cache.ready();
  const window = () => {
    const [range] = cache.statistics();
    return [range?.windowChanges, range?.oldest];
  };
  for (let index = 0; index < 15; index++) await put(cache, `k${index}`);
  const current = await cache.currentRevision();
  await expect.poll(window).toEqual([10, current - 10]);
  let last = await cache.put(`${cats}large`, Buffer.alloc(60_000), "absent");
  for (let index = 0; index < 4; index++) last = await cache.put(`${cats}large`, Buffer.alloc(60_000), last.revision);
  await expect.poll(window).toEqual([1, last.revision - 1]);
  nowMs = 1_001;
  await expect.poll(window).toEqual([0, last.revision]);
  await cache.close();
});

test("of thousands of watches of single keys a change is told to those that it concerns alone", async () => {
  const cache = cachedStorage(memoryStorage(), { prefixes: [cats], limits: { watchProgressMs: 600_000 } });
  await cache.ready();
  const from = await cache.currentRevision();
  const told: string[] = [];
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  const watches = Array.from({ length: 3_000 }, async (_unset, index) => {
    for await (const { changes } of cache.watch(`${cats}k${index}`, from, abort.signal)) {
      if (changes.length > 0) told.push(`${index}: ${changes.map(({ key }) => key.slice(cats.length)).join(" ")}`);
    }
  });
  for (const index of [7, 77, 777, 2_999]) await put(cache, `k${index}`);
  // A key starts with those that are shorter.
  const expected = ["7: k7", "7: k77", "77: k77", "7: k777", "77: k777", "777: k777"];
  await expect.poll(() => told.length).toBeGreaterThanOrEqual(10);
  expect(told.toSorted()).toEqual([...expected, "2: k2999", "29: k2999", "299: k2999", "2999: k2999"].toSorted());
  abort.abort();
  await Promise.all(watches);
  await cache.close();
});

test("watches that come before all is in memory wait for that, but not for ever", async () => {
  const backend = memoryStorage();
  const from = await backend.currentRevision();
  const remote = new RemoteStorage(backend);
  const down = new StorageUnavailable("not yet");
  remote.failure = down;
  const limits = { retryMinMs: 1, retryMaxMs: 2, freshnessWaitMs: 10_000 };
  const cache = cachedStorage(remote, { prefixes: [cats], limits });
  const early = Array.from({ length: 20 }, () => changesOf(cache, cats, from, 1));
  const abort = new AbortController();
  const aborted = cache.watch(cats, from, abort.signal)[Symbol.asyncIterator]().next();
  abort.abort();
  expect(await aborted).toEqual({ done: true, value: undefined });
  const left = cache.watch(cats, from, new AbortController().signal)[Symbol.asyncIterator]();
  const pending = left.next();
  await left.return?.();
  remote.failure = undefined;
  expect((await pending).done).toBe(true);
  await cache.ready();
  const revision = await put(backend, "a");
  for (const seen of early) expect(revisions(await seen)).toEqual([revision]);
  expect(remote.calls.watch).toBe(1);
  await cache.close();
  const other = new RemoteStorage(memoryStorage());
  other.failure = down;
  const impatient = cachedStorage(other, { prefixes: [cats], limits: { ...limits, freshnessWaitMs: 5 } });
  await expect(changesOf(impatient, cats, from, 1)).rejects.toThrow(down);
  await impatient.close();
});

test("closing the cache ends its watches and closes the store, before and after it was ready", async () => {
  const backend = memoryStorage();
  const cache: CachedStorage = cachedStorage(backend, { prefixes: [cats] });
  const early = changesOf(cache, cats, 1, 1);
  await cache.ready();
  const late = changesOf(cache, cats, 1, 1);
  await cache.close();
  expect(await Promise.all([early, late])).toEqual([[], []]);
  await expect(backend.currentRevision()).rejects.toThrow(StorageUnavailable);
});
