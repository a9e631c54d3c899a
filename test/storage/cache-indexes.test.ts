import { expect, test } from "vitest";
import { cachedStorage } from "../../runtime/storage/cache/cached-storage.ts";
import type { CachedStorage } from "../../runtime/storage/cache/cached-storage.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Entry, EntryIndex, Revision, Storage } from "../../runtime/storage/storage.ts";

const root = "/registry/cats/";

/** An index by the last character of the value that counts how often it is asked. */
function lastCharacter(): EntryIndex & { asked: number } {
  return {
    asked: 0,
    valueOf(entry: Entry) {
      this.asked++;
      const last = entry.value.at(-1);
      return last === undefined ? undefined : String.fromCharCode(last);
    },
  };
}

function keyOf(index: number): string {
  return `${root}ns${index % 100}/${String(index).padStart(6, "0")}`;
}

async function fill(storage: Storage, size: number): Promise<void> {
  for (let start = 0; start < size; start += 500) {
    const keys = Array.from({ length: Math.min(500, size - start) }, (_unset, index) => start + index);
    await Promise.all(keys.map((index) => storage.put(keyOf(index), Buffer.from(`value ${index}`), "absent")));
  }
}

function indexesOf(cache: CachedStorage): number | undefined {
  return cache.statistics()[0]?.indexes;
}

test("a list by an index looks at every entry once, and later lists and changes at what they concern", async () => {
  const backend = memoryStorage();
  await fill(backend, 20_000);
  const cache = cachedStorage(backend, { prefixes: [root] });
  await cache.ready();
  const index = lastCharacter();
  const selected = { index, values: ["7"] };
  const lists = [cache.list(root, { selected }), cache.list(root, { selected, limit: 10 })];
  const [all, page] = await Promise.all(lists);
  expect([all?.entries.length, page?.entries.length, page?.remaining]).toEqual([2_000, 10, 1_990]);
  expect(index.asked).toBe(20_000);
  expect((await cache.list(`${root}ns7/`, { selected })).entries).toHaveLength(200);
  expect((await cache.list(`${root}ns8/`, { selected })).entries).toHaveLength(0);
  expect((await cache.list(root, { selected: { index, values: ["7", "8"] }, limit: 50 })).remaining).toBe(3_950);
  expect(index.asked).toBe(20_000);
  const entry = await cache.get(keyOf(17));
  await cache.put(keyOf(17), Buffer.from("changed to 8"), entry?.revision ?? 0);
  expect((await cache.list(root, { selected })).entries).toHaveLength(1_999);
  expect(index.asked).toBe(20_002);
  await cache.close();
});

test("what changes while an index is built is in it as it is in the end", async () => {
  const backend = memoryStorage();
  await fill(backend, 5_000);
  const cache = cachedStorage(backend, { prefixes: [root] });
  await cache.ready();
  const index = lastCharacter();
  let writes: Promise<unknown>[] = [];
  const valueOf = index.valueOf.bind(index);
  index.valueOf = (entry) => {
    // Long enough for the build to take several turns.
    for (const start = performance.now(); performance.now() - start < 0.02;);
    if (writes.length === 0 && index.asked === 1_000) {
      writes = Array.from({ length: 500 }, (_unset, place) => change(backend, keyOf(place * 10 + 7), place));
    }
    return valueOf(entry);
  };
  const listed = cache.list(root, { selected: { index, values: ["7"] } });
  await expect.poll(() => writes.length).toBe(500);
  await Promise.all([listed, ...writes]);
  const { entries } = await cache.list(root, { selected: { index, values: ["7"] } });
  const scanned = (await backend.list(root)).entries.filter((entry) => entry.value.at(-1) === "7".charCodeAt(0));
  expect(entries.map(({ key }) => key)).toEqual(scanned.map(({ key }) => key));
  expect(entries.length).toBeLessThan(500);
  await cache.close();
});

async function change(storage: Storage, key: string, place: number): Promise<void> {
  const { revision = 0 } = (await storage.get(key)) ?? {};
  if (place % 3 === 0) await storage.delete(key, revision);
  else await storage.put(key, Buffer.from(place % 3 === 1 ? "to 7" : "to 8"), revision);
}

test("a short list has no index made for it", async () => {
  const backend = memoryStorage();
  await fill(backend, 1_000);
  const cache = cachedStorage(backend, { prefixes: [root], limits: { unindexedKeysMax: 10 } });
  await cache.ready();
  const index = lastCharacter();
  expect((await cache.list(`${root}ns7/`, { selected: { index, values: ["7"] } })).entries).toHaveLength(10);
  expect([index.asked, indexesOf(cache)]).toEqual([0, 0]);
  await cache.list(root, { selected: { index, values: ["7"] } });
  expect([index.asked, indexesOf(cache)]).toEqual([1_000, 1]);
  await cache.close();
});

test("indexes are dropped when there are too many, and when nobody uses them", async () => {
  let nowMs = 0;
  const backend = memoryStorage();
  await fill(backend, 50);
  const limits = { unindexedKeysMax: 0, indexesMax: 2, indexIdleMs: 1_000, maintenanceMs: 5 };
  const cache = cachedStorage(backend, { prefixes: [root], limits, now: () => nowMs });
  await cache.ready();
  const [first, second, third] = [lastCharacter(), lastCharacter(), lastCharacter()];
  const use = (index: EntryIndex) => cache.list(root, { selected: { index, values: ["7"] } });
  for (const index of [first, second, first, third, first]) expect((await use(index)).entries).toHaveLength(5);
  expect([first.asked, second.asked, third.asked, indexesOf(cache)]).toEqual([50, 50, 50, 2]);
  nowMs = 900;
  await use(third);
  nowMs = 1_100;
  await expect.poll(() => indexesOf(cache)).toBe(1);
  await use(third);
  expect(third.asked).toBe(50);
  await use(first);
  expect(first.asked).toBe(100);
  await cache.close();
});

test("at a hundred thousand entries a page, a count, a change and a selected list look at few keys", async () => {
  let looks = 0;
  const size = 100_000;
  const counted = (key: string, revision: Revision): Entry => ({
    get key() {
      looks++;
      return key;
    },
    value: Buffer.from(key),
    revision,
  });
  const backend = memoryStorage();
  const keys = Array.from({ length: size }, (_unset, place) => keyOf(place)).toSorted();
  // The store holds what the test writes alone.
  backend.list = async () => {
    const revision = await backend.currentRevision();
    return { entries: keys.map((key) => counted(key, revision)), revision, remaining: 0 };
  };
  const cache = cachedStorage(backend, { prefixes: [root] });
  await cache.ready();
  const index = lastCharacter();
  const selected = { index, values: ["7"] };
  await cache.list(root, { selected, limit: 1 });
  const cost = async (work: () => Promise<unknown>): Promise<number> => {
    looks = 0;
    await work();
    return looks;
  };
  const after = keyOf(50_055);
  const first = await cache.list(root, { limit: 500 });
  expect([first.entries.length, first.remaining]).toEqual([500, size - 500]);
  expect(await cost(() => cache.get(after))).toBe(0);
  expect(await cost(() => cache.list(root, { limit: 500, after }))).toBeLessThan(150);
  expect(await cost(() => cache.list(`${root}ns55/`))).toBeLessThan(100);
  expect(await cost(() => cache.list(`${root}ns57/`, { selected, limit: 100 }))).toBeLessThan(100);
  const write = async (place: number) => {
    const { revision = "absent" } = (await backend.get(keyOf(place))) ?? {};
    await cache.put(keyOf(place), Buffer.from(`again ${place}`), revision);
  };
  expect(await cost(() => write(50_055))).toBeLessThan(150);
  for (let place = 0; place < 1_000; place++) await write(place * 97);
  const { revision } = first;
  // The first time has a thousand changes to undo.
  await cache.list(root, { limit: 500, at: revision });
  await write(1);
  expect(await cost(() => cache.list(root, { limit: 500, at: revision, after }))).toBeLessThan(2_000);
  expect(await cost(() => cache.list(`${root}ns55/`, { at: revision }))).toBeLessThan(4_000);
  await cache.close();
});
