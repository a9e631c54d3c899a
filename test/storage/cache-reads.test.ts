import { expect, test } from "vitest";
import { cachedStorage } from "../../runtime/storage/cache/cached-storage.ts";
import type { CachedStorage } from "../../runtime/storage/cache/cached-storage.ts";
import type { CacheLimits } from "../../runtime/storage/cache/limits.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Change, Entry, Storage } from "../../runtime/storage/storage.ts";
import { StorageConflict, StorageFutureRevision, StorageUnavailable } from "../../runtime/storage/storage.ts";
import { RemoteStorage } from "./remote-storage.ts";

const cats = "/registry/cats/";
const dogs = "/registry/dogs/";
const value = Buffer.from("value");

interface Cached {
  readonly backend: Storage;
  readonly remote: RemoteStorage;
  readonly cache: CachedStorage;
}

async function start(limits: Partial<CacheLimits> = {}): Promise<Cached> {
  const backend = memoryStorage();
  await backend.put(`${cats}a`, value, "absent");
  const remote = new RemoteStorage(backend);
  const cache = cachedStorage(remote, { prefixes: [cats, dogs], limits: { retryMinMs: 1, ...limits } });
  await cache.ready();
  return { backend, remote, cache };
}

test("get, list, watch, put and conflicts hand out the same entry, whoever heard of it first", async () => {
  const { backend, remote, cache } = await start();
  const listed = (await cache.list(cats)).entries[0];
  expect(await cache.get(`${cats}a`)).toBe(listed);
  const seen: Change[] = [];
  const watching = (async () => {
    for await (const { changes } of cache.watch(cats, listed?.revision ?? 0, new AbortController().signal)) {
      seen.push(...changes);
      if (seen.length === 4) return;
    }
  })();
  // The watch is first.
  const first = await cache.put(`${cats}b`, value, "absent");
  expect(await cache.get(`${cats}b`)).toBe(first);
  // The writer is first.
  remote.stall();
  const second = await cache.put(`${cats}b`, value, first.revision);
  const conflict = await cache.put(`${cats}b`, value, "absent").catch((error: unknown) => error);
  expect(currentOf(conflict)).toBe(second);
  remote.resume();
  expect(await cache.get(`${cats}b`)).toBe(second);
  // Somebody else writes.
  const { revision } = await backend.put(`${cats}a`, value, listed?.revision ?? 0);
  const third = await cache.get(`${cats}a`);
  expect(third?.revision).toBe(revision);
  const refused = await cache.put(`${cats}a`, value, "absent").catch((error: unknown) => error);
  expect(currentOf(refused)).toBe(third);
  await cache.delete(`${cats}b`, second.revision);
  await watching;
  expect(seen.map(({ entry }) => entry)).toEqual([first, second, third, undefined]);
  for (const [place, entry] of [first, second, third].entries()) expect(seen[place]?.entry).toBe(entry);
  expect(seen.map(({ previous }) => previous)).toEqual([undefined, first, listed, second]);
  for (const [place, entry] of [undefined, first, listed, second].entries()) expect(seen[place]?.previous).toBe(entry);
  await cache.close();
});

function currentOf(error: unknown): Entry | undefined {
  return error instanceof StorageConflict ? error.current : undefined;
}

test("a list of all that comes before its range is in memory waits for it, and reads nothing itself", async () => {
  const remote = new RemoteStorage(memoryStorage());
  const written = await remote.put(`${cats}a`, value, "absent");
  const cache = cachedStorage(remote, { prefixes: [cats] });
  const { entries } = await cache.list(cats);
  expect(entries.map(({ revision }) => revision)).toEqual([written.revision]);
  expect(await cache.get(`${cats}a`)).toBe(entries[0]);
  expect(remote.calls.list).toBe(1);
  await cache.close();
});

test("a list does not wait for a range that cannot be read", async () => {
  const remote = new RemoteStorage(memoryStorage());
  remote.failure = new StorageUnavailable("it is down");
  const cache = cachedStorage(remote, { prefixes: [cats], limits: { freshnessWaitMs: 60_000, retryMaxMs: 60_000 } });
  await expect.poll(() => cache.statistics()[0]?.failure).toBe(remote.failure);
  await expect(cache.list(cats)).rejects.toBe(remote.failure);
  await cache.close();
});

test("a list that waits for its range fails when the cache is closed", async () => {
  const backend = memoryStorage();
  const cache = cachedStorage(
    { ...storageOf(backend), list: () => new Promise(() => {}) },
    { prefixes: [cats], limits: { freshnessWaitMs: 60_000 } },
  );
  const listed = expect(cache.list(cats)).rejects.toThrow(StorageUnavailable);
  await cache.close();
  await listed;
});

test("a list and a watch of the past hand out the entries that memory has", async () => {
  const { cache } = await start({ windowChangesMax: 2 });
  const entries: Entry[] = [];
  for (let index = 0; index < 6; index++) entries.push(await cache.put(`${cats}k${index}`, value, "absent"));
  const from = entries[0]?.revision ?? 0;
  const old = await cache.list(cats, { at: from + 1, after: `${cats}a` });
  expect(old.entries).toHaveLength(2);
  for (const [place, entry] of old.entries.entries()) expect(entry).toBe(entries[place]);
  const seen: Change[] = [];
  for await (const { changes } of cache.watch(cats, from, new AbortController().signal)) {
    seen.push(...changes);
    if (seen.length === 5) break;
  }
  for (const [place, { entry }] of seen.entries()) expect(entry).toBe(entries[place + 1]);
  await cache.close();
});

test("values do not keep the messages that they came in", async () => {
  const backend = memoryStorage();
  for (let index = 0; index < 50; index++) await backend.put(`${cats}${index}`, Buffer.alloc(1_000), "absent");
  const cache = cachedStorage(new RemoteStorage(backend), { prefixes: [cats] });
  await cache.ready();
  await backend.put(`${cats}new`, Buffer.alloc(1_000), "absent");
  const { entries } = await cache.list(cats);
  const buffers = new Set(entries.map((entry) => entry.value.buffer));
  const held = [...buffers].reduce((sum, buffer) => sum + buffer.byteLength, 0);
  expect(held).toBeLessThan(51 * 1_000 + 32_768);
  await cache.close();
});

test("reads of the newest state that come together share one question for the revision", async () => {
  const { remote, cache } = await start();
  remote.calls.currentRevision = 0;
  await Promise.all(Array.from({ length: 64 }, () => cache.get(`${cats}a`)));
  expect(remote.calls).toMatchObject({ currentRevision: 1, get: 0, list: 1 + 1 });
  await cache.close();
});

test("where memory is as new as the store, a read takes no turn of the event loop", async () => {
  const cache = cachedStorage(memoryStorage(), { prefixes: [cats] });
  await cache.ready();
  const written = await cache.put(`${cats}a`, value, "absent");
  let turned = false;
  setImmediate(() => (turned = true));
  expect(await cache.get(`${cats}a`)).toBe(written);
  expect((await cache.list(cats)).entries).toEqual([written]);
  expect((await cache.list(cats, { at: written.revision, limit: 1 })).entries).toEqual([written]);
  expect(turned).toBe(false);
  await cache.close();
});

test("a read that comes while the revision is asked for shares the next question, not this one", async () => {
  const { backend, remote, cache } = await start();
  let answer = (): void => {};
  remote.checking = () => new Promise((resolve) => (answer = resolve));
  remote.calls.currentRevision = 0;
  const early = cache.get(`${cats}b`);
  await expect.poll(() => remote.calls.currentRevision).toBe(1);
  const written = await backend.put(`${cats}b`, value, "absent");
  const late = [cache.get(`${cats}b`), cache.list(cats), cache.get(`${cats}b`)] as const;
  remote.checking = () => {};
  answer();
  await early;
  const [got, listed, again] = await Promise.all(late);
  expect([got?.revision, listed.revision, again?.revision]).toEqual(Array(3).fill(written.revision));
  expect(remote.calls.currentRevision).toBe(2);
  await cache.close();
});

test("a write of another prefix holds up no read", async () => {
  const { backend, remote, cache } = await start();
  const { revision } = await backend.put("/registry/other/1", value, "absent");
  await backend.put(`${dogs}1`, value, "absent");
  expect((await cache.list(cats)).revision).toBeGreaterThanOrEqual(revision);
  expect((await cache.list(dogs, { notOlderThan: revision })).entries).toHaveLength(1);
  expect(remote.calls.list).toBe(2);
  await cache.close();
});

test("reads that may be old ask nothing", async () => {
  const { backend, remote, cache } = await start();
  remote.stall();
  remote.calls.currentRevision = 0;
  const before = await cache.get(`${cats}a`, { notOlderThan: 0 });
  await backend.put(`${cats}a`, value, before?.revision ?? 0);
  expect(await cache.get(`${cats}a`, { notOlderThan: 0 })).toBe(before);
  expect((await cache.list(cats, { notOlderThan: before?.revision ?? 0 })).entries[0]).toBe(before);
  expect(remote.calls).toMatchObject({ currentRevision: 0, get: 0 });
  await cache.close();
});

test("a read not older than a revision waits for it, and is refused if it is not written in time", async () => {
  const { backend, remote, cache } = await start({ freshnessWaitMs: 200 });
  const current = await cache.currentRevision();
  const waiting = cache.get(`${cats}b`, { notOlderThan: current + 1 });
  const { revision } = await backend.put(`${cats}b`, value, "absent");
  expect((await waiting)?.revision).toBe(revision);
  await expect(cache.list(cats, { notOlderThan: revision + 5 })).rejects.toThrow(StorageFutureRevision);
  expect(remote.calls.get).toBe(0);
  await cache.close();
});

test("where memory does not catch up in time, the store answers, and the watch is started anew", async () => {
  const { backend, remote, cache } = await start({ freshnessWaitMs: 20 });
  await expect.poll(() => remote.watches.size).toBe(2);
  const watches = remote.calls.watch;
  remote.stall();
  const { revision } = await backend.put(`${cats}a`, Buffer.from("2"), (await backend.get(`${cats}a`))?.revision ?? 0);
  expect((await cache.get(`${cats}a`))?.revision).toBe(revision);
  expect((await cache.list(cats)).revision).toBe(revision);
  expect(remote.calls.get).toBe(1);
  await expect.poll(() => remote.calls.watch).toBeGreaterThan(watches);
  remote.resume();
  const fromMemory = async () => {
    const before = remote.calls.get;
    const entry = await cache.get(`${cats}a`);
    return entry?.revision === revision && remote.calls.get === before;
  };
  await expect.poll(fromMemory).toBe(true);
  await cache.close();
});

test("while the store is unavailable, reads that may be old go on, others fail as it does", async () => {
  const { backend, remote, cache } = await start();
  const old = await cache.get(`${cats}a`);
  const down = new StorageUnavailable("no route to the store");
  remote.failure = down;
  remote.breakWatches(down);
  await expect(cache.get(`${cats}a`)).rejects.toThrow(down);
  await expect(cache.list(cats)).rejects.toThrow(down);
  await expect(cache.put(`${cats}c`, value, "absent")).rejects.toThrow(down);
  expect(await cache.get(`${cats}a`, { notOlderThan: 0 })).toBe(old);
  expect((await cache.list(cats, { notOlderThan: 0 })).entries).toEqual([old]);
  await expect.poll(() => cache.statistics()[0]?.failure).toBe(down);
  const written = await backend.put(`${cats}b`, value, "absent");
  remote.failure = undefined;
  await expect.poll(() => cache.get(`${cats}b`, { notOlderThan: 0 })).toEqual(written);
  expect(cache.statistics()[0]).toMatchObject({ fills: 1, failure: undefined, entries: 2 });
  await cache.close();
});

test("before all is in memory, the store answers", async () => {
  const backend = memoryStorage();
  const remote = new RemoteStorage(backend);
  remote.failure = new StorageUnavailable("not yet");
  const cache = cachedStorage(remote, { prefixes: [cats], limits: { retryMinMs: 1 } });
  await expect.poll(() => remote.calls.list).toBeGreaterThan(2);
  await expect(cache.get(`${cats}a`, { notOlderThan: 0 })).rejects.toThrow("not yet");
  remote.failure = undefined;
  await cache.put(`${cats}a`, value, "absent");
  await cache.ready();
  remote.calls.get = 0;
  expect(await cache.get(`${cats}a`)).toBeDefined();
  expect(remote.calls.get).toBe(0);
  await cache.close();
});

test("a cache that is closed before it was ready says so", async () => {
  const remote = new RemoteStorage(memoryStorage());
  remote.failure = new StorageUnavailable("not yet");
  const cache = cachedStorage(remote, { prefixes: [cats] });
  const ready = expect(cache.ready()).rejects.toThrow(StorageUnavailable);
  await cache.close();
  await ready;
});

test("a store that was put back to an older state is read anew", async () => {
  const { backend, remote, cache } = await start();
  await backend.put(`${cats}b`, value, "absent");
  await cache.get(`${cats}b`);
  let restored = true;
  const newest = await backend.currentRevision();
  const currentRevision = remote.currentRevision.bind(remote);
  remote.currentRevision = async () => (restored ? newest - 1 : currentRevision());
  await cache.get(`${cats}a`);
  restored = false;
  await expect.poll(() => cache.statistics()[0]?.fills).toBe(2);
  expect((await cache.list(cats)).entries).toHaveLength(2);
  await cache.close();
});

test("keys outside of the prefixes, and lists over several, go straight to the store", async () => {
  const { remote, cache } = await start();
  await cache.put("/registry/other/1", value, "absent");
  expect((await cache.get("/registry/other/1", { notOlderThan: 0 }))?.key).toBe("/registry/other/1");
  const all = await cache.list("/registry/");
  expect(all.entries.map(({ key }) => key)).toEqual([`${cats}a`, "/registry/other/1"]);
  expect(all.entries[0]).toBe(await cache.get(`${cats}a`));
  expect(remote.calls).toMatchObject({ get: 1, list: 3 });
  await cache.close();
});

test("prefixes within others are one range", async () => {
  const backend = memoryStorage();
  const remote = new RemoteStorage(backend);
  const cache = cachedStorage(remote, { prefixes: [`${cats}x/`, cats, dogs, cats] });
  await cache.ready();
  expect(cache.statistics().map(({ prefix }) => prefix)).toEqual([cats, dogs]);
  await cache.put(`${cats}x/1`, value, "absent");
  expect((await cache.list(`${cats}x/`)).entries).toHaveLength(1);
  expect(remote.calls.list).toBe(2);
  await cache.close();
});

/** A storage of which methods can be replaced. */
function storageOf(storage: Storage): Storage {
  return {
    get: (key, options) => storage.get(key, options),
    list: (prefix, options) => storage.list(prefix, options),
    put: (key, bytes, expected, options) => storage.put(key, bytes, expected, options),
    delete: (key, expected) => storage.delete(key, expected),
    watch: (prefix, from, signal, selected) => storage.watch(prefix, from, signal, selected),
    currentRevision: () => storage.currentRevision(),
    compact: (revision) => storage.compact(revision),
    close: () => storage.close(),
  };
}
