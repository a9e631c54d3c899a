import { afterEach, expect, test, vi } from "vitest";
import { parseFieldSelector } from "../../runtime/meta/field-selector.ts";
import { parseLabelSelector } from "../../runtime/meta/label-selector.ts";
import type { ListOptions } from "../../runtime/meta/options.ts";
import { StatusError } from "../../runtime/meta/status-error.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { StorageOverrun, type Storage, type WatchBatch } from "../../runtime/storage/storage.ts";
import { change, create, fixture, storageWith, watching, type Watching } from "./fixture.ts";
import { allow, deleteOptions, listOptions, request } from "./request.ts";
import { newWidget, olderWidget } from "./widget.ts";

afterEach(() => {
  vi.useRealTimers();
});

const anyVersion = { resourceVersion: "0" };
const initialEvents = {
  sendInitialEvents: true,
  resourceVersionMatch: "NotOlderThan",
  allowWatchBookmarks: true,
} as const;

function versions({ events }: Watching): (string | undefined)[] {
  return events.map(({ object }) => object.metadata.resourceVersion);
}

test.each<Partial<ListOptions>>([{}, anyVersion])("a watch with %j begins with what there is", async (options) => {
  const { store } = fixture();
  const first = await create(store, newWidget({ name: "a" }));
  await create(store, newWidget({ name: "b" }));
  const watch = watching(store, options);
  await watch.count(2);
  await create(store, newWidget({ name: "c" }));
  await watch.count(3);
  watch.stop();
  await watch.ended;
  expect(watch.seen).toEqual(["ADDED a", "ADDED b", "ADDED c"]);
  expect(watch.events[0]).toEqual({ type: "ADDED", object: first });
});

test("a watch from a version has what came after it, in order", async () => {
  const { store } = fixture();
  await create(store, newWidget({ name: "a" }));
  await create(store, newWidget({ name: "b" }));
  await change(store, "b", (widget) => (widget.spec.size = 2));
  const watch = watching(store, { resourceVersion: "2" });
  await store.delete(request(), "b", allow, deleteOptions());
  await watch.count(3);
  watch.stop();
  expect(watch.seen).toEqual(["ADDED b", "MODIFIED b", "DELETED b"]);
  expect(versions(watch)).toEqual(["3", "4", "5"]);
  expect(watch.events[2]?.object).toMatchObject({ spec: { size: 2 } });
});

test("an object that leaves the selection is deleted to the watch, one that enters is added", async () => {
  const { store } = fixture();
  const watch = watching(store, { resourceVersion: "1", labels: parseLabelSelector("w=yes") });
  const label = (w: string): Promise<unknown> => change(store, "a", ({ metadata }) => (metadata.labels = { w }));
  await create(store, newWidget({ name: "a", labels: { w: "yes" } }));
  await label("no");
  await change(store, "a", ({ metadata }) => (metadata.annotations = { unseen: "yes" }));
  await label("yes");
  await change(store, "a", (widget) => (widget.spec.size = 5));
  await store.delete(request(), "a", allow, deleteOptions());
  await watch.count(5);
  watch.stop();
  expect(watch.seen).toEqual(["ADDED a", "DELETED a", "ADDED a", "MODIFIED a", "DELETED a"]);
  expect(versions(watch)).toEqual(["2", "3", "5", "6", "7"]);
  expect(watch.events[1]?.object).toMatchObject({ metadata: { labels: { w: "yes" } } });
});

test("a deletion in two steps is a change, then the deletion of the last stored state", async () => {
  const { store } = fixture();
  const watch = watching(store, { ...anyVersion, fields: parseFieldSelector("metadata.name=a") });
  await create(store, newWidget({ name: "a", finalizers: ["example.dev/x"] }));
  await create(store, newWidget({ name: "ab" }));
  await store.delete(request(), "a", allow, deleteOptions());
  await change(store, "a", ({ metadata }) => (metadata.finalizers = []));
  await watch.count(3);
  watch.stop();
  expect(watch.seen).toEqual(["ADDED a", "MODIFIED a", "DELETED a"]);
  expect(versions(watch)).toEqual(["2", "4", "5"]);
  expect(watch.events[2]?.object).toMatchObject({ metadata: { finalizers: ["example.dev/x"] } });
});

test("a watch sees its namespace alone, or all", async () => {
  const { store } = fixture();
  const one = watching(store, {}, "ns");
  const all = watching(store, {}, "");
  for (const namespace of ["ns", "other"]) await create(store, newWidget({ name: namespace }), request({ namespace }));
  await all.count(2);
  await one.count(1);
  one.stop();
  all.stop();
  expect(one.seen).toEqual(["ADDED ns"]);
  expect(all.seen).toEqual(["ADDED ns", "ADDED other"]);
});

test("watchers share objects and events, each version its own", async () => {
  const { store, older } = fixture();
  const watches = [watching(store), watching(store), watching(older)];
  await create(older, olderWidget({ name: "a" }));
  await store.delete(request(), "a", allow, deleteOptions());
  for (const watch of watches) await watch.count(2);
  for (const watch of watches) watch.stop();
  const [one, two, other] = watches;
  expect(one?.events).toHaveLength(2);
  expect(one?.events.every((event, i) => event === two?.events[i])).toBe(true);
  expect(other?.events[1]?.object).toMatchObject({ apiVersion: "example.dev/v1beta1", spec: { colour: "green" } });
});

test("a version that is too old ends the watch with an error", async () => {
  const { store, storage } = fixture({ storage: memoryStorage({ startRevision: 20 }) });
  await create(store);
  await storage.compact(21);
  const watch = watching(store, { resourceVersion: "5" });
  await watch.ended;
  expect(watch.events).toMatchObject([
    { type: "ERROR", object: { code: 410, reason: "Expired", message: "too old resource version: 5 (21)" } },
  ]);
});

test("a version that is not reached is waited for", async () => {
  const { store } = fixture();
  const watch = watching(store, { resourceVersion: "4" });
  for (const name of ["a", "b", "c", "d"]) await create(store, newWidget({ name }));
  await watch.count(1);
  watch.stop();
  await watch.ended;
  expect(watch.seen).toEqual(["ADDED d"]);
});

test("a version that is no number is refused at once", () => {
  const { store } = fixture();
  expect(() => store.watch(request(), listOptions({ resourceVersion: "abc" }))).toThrow(StatusError);
});

test.each<Partial<ListOptions>>([{}, anyVersion, { resourceVersion: "3" }])(
  "initial events with %j end with a bookmark that says so",
  async (options) => {
    const { store } = fixture();
    for (const name of ["a", "b"]) await create(store, newWidget({ name }));
    const watch = watching(store, { ...initialEvents, ...options });
    await watch.count(3);
    watch.stop();
    expect(watch.seen).toEqual(["ADDED a", "ADDED b", "BOOKMARK"]);
    expect(watch.events[2]?.object).toEqual({
      kind: "Widget",
      apiVersion: "example.dev/v1",
      metadata: { resourceVersion: "3", annotations: { "k8s.io/initial-events-end": "true" } },
      spec: { color: "" },
    });
  },
);

test("initial events of many objects are all of one state", async () => {
  const { store } = fixture();
  await Promise.all(Array.from({ length: 1201 }, (_, i) => create(store, newWidget({ name: `w${i}` }))));
  const watch = watching(store, initialEvents);
  await watch.count(1202);
  watch.stop();
  expect(watch.seen.slice(0, -1).every((text) => text.startsWith("ADDED"))).toBe(true);
  expect(new Set(watch.seen).size).toBe(1202);
});

test("initial events of a version that is not reached end with an error", async () => {
  const { store } = fixture();
  const watch = watching(store, { ...initialEvents, resourceVersion: "99" });
  await watch.ended;
  expect(watch.events).toMatchObject([{ type: "ERROR", object: { code: 504, reason: "Timeout" } }]);
});

test("without initial events a watch of any version begins now", async () => {
  const { store } = fixture();
  await create(store, newWidget({ name: "a" }));
  const watch = watching(store, { ...anyVersion, sendInitialEvents: false, resourceVersionMatch: "NotOlderThan" });
  await new Promise((resolve) => setTimeout(resolve, 5));
  await create(store, newWidget({ name: "b" }));
  await watch.count(1);
  watch.stop();
  expect(watch.seen).toEqual(["ADDED b"]);
});

test("a quiet watch says now and then how far it has come, if it has come any further", async () => {
  const { store } = fixture({ bookmarkPeriodMs: 20 });
  const quiet = watching(store, { resourceVersion: "1", allowWatchBookmarks: true });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(quiet.seen).toEqual([]);
  await create(store, newWidget({ name: "x" }), request({ namespace: "other" }));
  await quiet.count(2);
  quiet.stop();
  expect(quiet.seen).toEqual(["BOOKMARK", "BOOKMARK"]);
  expect(quiet.events[0]?.object).toEqual({
    kind: "Widget",
    apiVersion: "example.dev/v1",
    metadata: { resourceVersion: "2" },
    spec: { color: "" },
  });
});

test("a watch ends when its time is up, with a bookmark two seconds before", async () => {
  vi.useFakeTimers();
  const { store } = fixture();
  const watch = watching(store, { resourceVersion: "1", timeoutSeconds: 5, allowWatchBookmarks: true });
  await create(store, newWidget({ name: "a" }));
  await vi.advanceTimersByTimeAsync(2_900);
  expect(watch.seen).toEqual(["ADDED a"]);
  await vi.advanceTimersByTimeAsync(200);
  expect(watch.seen).toEqual(["ADDED a", "BOOKMARK"]);
  await vi.advanceTimersByTimeAsync(1_800);
  expect(watch.seen).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(200);
  await watch.ended;
  expect(watch.seen).toHaveLength(2);
});

test("a watch of any length can be asked for", async () => {
  const { store } = fixture();
  const watch = watching(store, { resourceVersion: "1", timeoutSeconds: 10 ** 10 });
  await create(store, newWidget({ name: "a" }));
  await watch.count(1);
  watch.stop();
  expect(watch.seen).toEqual(["ADDED a"]);
});

test("a watch that is stopped frees the storage's", async () => {
  const signals: AbortSignal[] = [];
  const { store } = fixture({ storage: watchedBy((batches, signal) => (signals.push(signal), batches)) });
  await create(store);
  for await (const _ of store.watch(request(), listOptions({ resourceVersion: "1" }))) break;
  const watch = watching(store, { resourceVersion: "1" });
  await watch.count(1);
  watch.stop();
  await watch.ended;
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});

/** A memory storage whose watches go through a function. */
function watchedBy(
  through: (batches: AsyncIterable<WatchBatch>, signal: AbortSignal) => AsyncIterable<WatchBatch>,
): Storage {
  const storage = memoryStorage();
  return storageWith(storage, {
    watch: (prefix, from, signal) => through(storage.watch(prefix, from, signal), signal),
  });
}

async function* overrun(): AsyncGenerator<WatchBatch> {
  yield { changes: [], revision: 1 };
  throw new StorageOverrun("too slow");
}

test("a reader that is too slow sees the watch end", async () => {
  const watch = watching(fixture({ storage: watchedBy(overrun) }).store);
  await watch.ended;
  expect(watch.events).toEqual([]);
});

async function* failing(): AsyncGenerator<WatchBatch> {
  yield { changes: [], revision: 1 };
  throw new Error("the disk is gone");
}

test("a storage that fails ends the watch with an error", async () => {
  const watch = watching(fixture({ storage: watchedBy(failing) }).store);
  await watch.ended;
  expect(watch.events).toMatchObject([
    { type: "ERROR", object: { code: 500, message: "Internal error occurred: the watch failed" } },
  ]);
});
