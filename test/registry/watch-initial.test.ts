import { expect, test } from "vitest";
import { parseFieldSelector } from "../../runtime/meta/field-selector.ts";
import { parseLabelSelector } from "../../runtime/meta/label-selector.ts";
import type { ListOptions } from "../../runtime/meta/options.ts";
import type { WatchEvent } from "../../runtime/registry/rest-storage.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { StorageFutureRevision, type RangeOptions } from "../../runtime/storage/storage.ts";
import { create, fixture, storageWith, watching } from "./fixture.ts";
import { listOptions, request } from "./request.ts";
import { newWidget } from "./widget.ts";

const watchList = { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan", allowWatchBookmarks: true } as const;

async function nextOf(iterator: AsyncIterator<readonly WatchEvent[]>): Promise<readonly WatchEvent[]> {
  const { value, done } = await iterator.next();
  if (done === true) throw new Error("the watch has ended");
  return value;
}

test.each<[string, Partial<ListOptions>, RangeOptions]>([
  ["nothing is the newest", {}, {}],
  ["any version is any", { resourceVersion: "0" }, { notOlderThan: 0 }],
  ["initial events are the newest", watchList, {}],
  ["initial events of any version are any", { ...watchList, resourceVersion: "0" }, { notOlderThan: 0 }],
  ["initial events of a version are not older", { ...watchList, resourceVersion: "2" }, { notOlderThan: 2 }],
  [
    "one object",
    { resourceVersion: "0", fields: parseFieldSelector("metadata.name=a") },
    { notOlderThan: 0, limit: 1 },
  ],
])("how fresh the state is that a watch begins with: %s", async (_text, options, expected) => {
  const asked: (RangeOptions | undefined)[] = [];
  const inner = memoryStorage();
  const storage = storageWith(inner, {
    list: (prefix, range) => {
      asked.push(range);
      return inner.list(prefix, range);
    },
  });
  const { store } = fixture({ storage });
  await create(store, newWidget({ name: "a" }));
  const watch = watching(store, options);
  await watch.count(1);
  watch.stop();
  await watch.ended;
  expect(asked).toEqual([expected]);
});

test("of the present state a storage with indexes reads what is selected", async () => {
  const inner = memoryStorage();
  const asked: unknown[] = [];
  const storage = storageWith(inner, {
    list: (prefix, range) => {
      asked.push(range?.selected);
      return inner.list(prefix, range);
    },
  });
  const { store } = fixture({ storage });
  for (const [name, w] of [
    ["a", "yes"],
    ["b", "no"],
  ] as const)
    await create(store, newWidget({ name, labels: { w } }));
  const watch = watching(store, { labels: parseLabelSelector("w=yes") });
  await watch.count(1);
  watch.stop();
  await watch.ended;
  expect(watch.seen).toEqual(["ADDED a"]);
  expect(asked).toMatchObject([{ values: ["yes"] }]);
});

test("a state that the storage does not come to in time ends the watch with an error", async () => {
  const inner = memoryStorage();
  const storage = storageWith(inner, { list: () => Promise.reject(new StorageFutureRevision(9, 1)) });
  const { store } = fixture({ storage });
  const watch = watching(store, { ...watchList, resourceVersion: "9" });
  await watch.ended;
  expect(watch.events).toMatchObject([{ type: "ERROR", object: { code: 504, reason: "Timeout" } }]);
});

test("compaction takes nothing of the present state, however slowly that is read", async () => {
  const { store, storage } = fixture();
  await Promise.all(Array.from({ length: 1201 }, (_, i) => create(store, newWidget({ name: `w${i}` }))));
  const iterator = store.watch(request(), listOptions(watchList))[Symbol.asyncIterator]();
  const events = [...(await nextOf(iterator))];
  await create(store, newWidget({ name: "later" }));
  await storage.compact(await storage.currentRevision());
  while (events.at(-1)?.type !== "BOOKMARK") events.push(...(await nextOf(iterator)));
  expect(events).toHaveLength(1202);
  expect(events.at(-1)?.object.metadata).toMatchObject({ resourceVersion: "1202" });
  // What came in between is gone, and the client has to begin again.
  expect(await nextOf(iterator)).toMatchObject([{ type: "ERROR", object: { code: 410, reason: "Expired" } }]);
  expect((await iterator.next()).done).toBe(true);
});

test("what changes while the present state is read comes after it, once", async () => {
  const { store } = fixture();
  await Promise.all(Array.from({ length: 600 }, (_, i) => create(store, newWidget({ name: `w${i}` }))));
  const iterator = store.watch(request(), listOptions(watchList))[Symbol.asyncIterator]();
  const events = [...(await nextOf(iterator))];
  await create(store, newWidget({ name: "later" }));
  while (events.length < 602) events.push(...(await nextOf(iterator)));
  await iterator.return?.();
  expect(new Set(events.slice(0, 600).map(({ object }) => JSON.stringify(object))).size).toBe(600);
  expect(events.slice(600).map(({ type, object }) => `${type} ${object.metadata.resourceVersion}`)).toEqual([
    "BOOKMARK 601",
    "ADDED 602",
  ]);
});
