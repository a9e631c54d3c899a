import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cachedStorage } from "../../runtime/storage/cache/cached-storage.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Page, RangeOptions, Storage } from "../../runtime/storage/storage.ts";
import { StorageCompacted } from "../../runtime/storage/storage.ts";
import { byColor } from "../../runtime/testing/storage-case.ts";

const root = "/registry/cats/";
const names = ["a/1", "a/2", "a/3", "ab", "b/1", "b/2", "c", "d/1", "d/2", "\u{1f408}"];
const colors = ["red", "blue", "green"];

type Step =
  | { readonly kind: "put"; readonly name: string; readonly color: string }
  | { readonly kind: "delete"; readonly name: string }
  | {
      readonly kind: "list";
      readonly back: number;
      readonly under: string;
      readonly limit: number;
      readonly after: number;
    };

const name = fc.constantFrom(...names);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("put" as const), name, color: fc.constantFrom(...colors) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), name }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("list" as const),
      back: fc.nat(12),
      under: fc.constantFrom("", "a/", "a", "b/", "x/"),
      limit: fc.nat(4),
      after: fc.nat(12),
    }),
  },
);

async function apply(storage: Storage, action: Exclude<Step, { kind: "list" }>, index: number): Promise<void> {
  const current = await storage.get(root + action.name);
  if (action.kind === "put") {
    await storage.put(root + action.name, Buffer.from(`${action.color} ${index}`), current?.revision ?? "absent");
  } else if (current !== undefined) await storage.delete(root + action.name, current.revision);
}

function inWords({ entries, revision, remaining }: Page): unknown {
  return { revision, remaining, entries: entries.map(({ key, revision: of }) => `${key}@${of}`) };
}

/** What the store itself lists of some colors, page by page as a cache with an index gives it. */
async function selectedPage(storage: Storage, prefix: string, options: RangeOptions, values: readonly string[]) {
  const { limit = 0, ...whole } = options;
  const page = await storage.list(prefix, whole);
  const entries = page.entries.filter((entry) => values.includes(byColor.valueOf(entry) ?? ""));
  const taken = limit === 0 ? entries : entries.slice(0, limit);
  return inWords({ ...page, entries: taken, remaining: entries.length - taken.length });
}

test("every page, now or in the past, selected or not, is the one that the store itself gives", async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
    const backend = memoryStorage();
    const cache = cachedStorage(backend, { prefixes: [root], limits: { unindexedKeysMax: -1, pastViewsMax: 3 } });
    await cache.ready();
    const first = await backend.currentRevision();
    for (const [index, action] of steps.entries()) {
      if (action.kind !== "list") {
        await apply(index % 2 === 0 ? cache : backend, action, index);
        continue;
      }
      const { back, limit, after } = action;
      const prefix = root + action.under;
      const current = await backend.currentRevision();
      const options: RangeOptions = {
        ...(back === 0 ? {} : { at: Math.max(first, current - back) }),
        ...(limit === 0 ? {} : { limit }),
        ...(names[after] === undefined ? {} : { after: root + names[after] }),
      };
      expect(inWords(await cache.list(prefix, options))).toEqual(inWords(await backend.list(prefix, options)));
      for (const values of [["red"], ["green", "red", "green"], []]) {
        const selected = await cache.list(prefix, { ...options, selected: { index: byColor, values } });
        expect(inWords(selected)).toEqual(await selectedPage(backend, prefix, options, values));
      }
    }
    await cache.close();
  });
  await fc.assert(property, { numRuns: 200 });
});

test("the pages of a long list are of one revision while writes go on, without asking the store", async () => {
  const backend = memoryStorage();
  for (let index = 0; index < 300; index++) await put(backend, `k${String(index).padStart(3, "0")}`);
  let lists = 0;
  const list = backend.list.bind(backend);
  backend.list = (...options) => {
    lists++;
    return list(...options);
  };
  const cache = cachedStorage(backend, { prefixes: [root] });
  await cache.ready();
  lists = 0;
  const found: string[] = [];
  let page = await cache.list(root, { limit: 20 });
  const { revision } = page;
  for (let round = 0; ; round++) {
    found.push(...page.entries.map(({ key }) => key.slice(root.length)));
    if (page.remaining === 0) break;
    expect(page.remaining).toBe(300 - found.length);
    for (let index = 0; index < 10; index++)
      await put(cache, `k${String((round * 37 + index * 11) % 300).padStart(3, "0")}`);
    await put(cache, `new${round}`);
    await put(cache, `k${round}0-new`);
    page = await cache.list(root, { limit: 20, at: revision, after: page.entries.at(-1)?.key ?? "" });
    expect(page.revision).toBe(revision);
  }
  expect(found).toEqual(Array.from({ length: 300 }, (_unset, index) => `k${String(index).padStart(3, "0")}`));
  expect(lists).toBe(0);
  await cache.close();
});

test("a list of the past has all of it, however much is gone since", async () => {
  const backend = memoryStorage({ writesWaitingMax: 20_000 });
  const keys = Array.from({ length: 9_000 }, (_unset, index) => `${root}k${String(index).padStart(4, "0")}`);
  const written = await Promise.all(keys.map((key) => backend.put(key, Buffer.from("red"), "absent")));
  const cache = cachedStorage(backend, { prefixes: [root] });
  await cache.ready();
  const then = await cache.currentRevision();
  const most = written.filter((_entry, index) => index % 1_000 > 0);
  await Promise.all(most.map(({ key, revision }) => cache.delete(key, revision)));
  expect((await cache.list(root)).entries).toHaveLength(9);
  const { entries } = await cache.list(root, { at: then });
  expect(entries.map(({ key }) => key).join()).toBe(keys.join());
  expect((await cache.list(root, { at: then, limit: 8_000 })).remaining).toBe(1_000);
  await cache.close();
});

test("a revision that the window has forgotten is the store's to give", async () => {
  const backend = memoryStorage();
  const cache = cachedStorage(backend, { prefixes: [root], limits: { windowChangesMax: 3 } });
  await cache.ready();
  const first = await put(cache, "a");
  const page = await cache.list(root, { limit: 1 });
  for (let index = 0; index < 5; index++) await put(cache, "a");
  expect((await cache.list(root, { at: page.revision })).entries[0]?.revision).toBe(first);
  await cache.compact(first + 2);
  await expect(cache.list(root, { at: page.revision })).rejects.toThrow(StorageCompacted);
  expect((await cache.list(root, { at: first + 2 })).entries[0]?.revision).toBe(first + 2);
  await cache.close();
});

async function put(storage: Storage, key: string): Promise<number> {
  const { revision } = (await storage.get(root + key)) ?? {};
  return (await storage.put(root + key, Buffer.from("red"), revision ?? "absent")).revision;
}
