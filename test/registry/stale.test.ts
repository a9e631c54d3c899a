import { expect, test } from "vitest";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import {
  StorageTooLarge,
  StorageUnavailable,
  type Entry,
  type ReadOptions,
  type Storage,
} from "../../runtime/storage/storage.ts";
import { change, create, fixture, refusal, replace, storageWith, type Fixture } from "./fixture.ts";
import { allow, allowUpdate, deleteOptions, refuse, request, updateOptions } from "./request.ts";
import { newWidget, type Widget } from "./widget.ts";

/** Writes that begin from a cache which has not heard of the latest writes. */

const key = "/registry/example.dev/widgets/ns/w";
const newest = { resourceVersion: "" };

/** A storage whose reads of any state give what there was when it was last told to remember; and how it was read. */
interface StaleStorage {
  readonly storage: Storage;
  readonly reads: ("any" | "newest")[];
  readonly remember: () => Promise<void>;
}

function staleStorage(): StaleStorage {
  const backing = memoryStorage();
  const reads: ("any" | "newest")[] = [];
  let remembered: Entry | undefined;
  let stale = false;
  const get = async (read: string, options?: ReadOptions): Promise<Entry | undefined> => {
    const any = options?.notOlderThan === 0;
    reads.push(any ? "any" : "newest");
    return any && stale ? remembered : backing.get(read, options);
  };
  return {
    storage: storageWith(backing, { get }),
    reads,
    remember: async () => {
      remembered = await backing.get(key);
      stale = true;
    },
  };
}

interface Stale extends Fixture, StaleStorage {}

/** Stores of a widget `w`, of which the cache knows only what it was at first: green, of size 1. */
async function staleWidget(later: (widget: Widget) => void): Promise<Stale> {
  const stale = staleStorage();
  const widgets = fixture({ storage: stale.storage });
  await create(widgets.store, newWidget({ name: "w", labels: { at: "first" } }));
  await stale.remember();
  await change(widgets.store, "w", later);
  stale.reads.length = 0;
  return { ...widgets, ...stale };
}

test("an update begins from the cache's state and goes on from the newest, without another read", async () => {
  const { store, reads } = await staleWidget((widget) => (widget.spec.size = 2));
  const sizes: unknown[] = [];
  const changed = await change(store, "w", (widget) => {
    sizes.push(widget.spec.size);
    widget.spec.tags = [`size ${widget.spec.size}`];
  });
  expect(changed).toMatchObject({ spec: { size: 2, tags: ["size 2"] } });
  expect(sizes).toEqual([1, 2]);
  expect(reads).toEqual(["any"]);
});

test("an update of what the cache has as it is reads nothing else", async () => {
  const { store, reads, remember } = await staleWidget((widget) => (widget.spec.size = 2));
  await remember();
  await change(store, "w", (widget) => (widget.spec.size = 3));
  expect(reads).toEqual(["any"]);
});

test("a resourceVersion that the cache has not heard of is no conflict", async () => {
  const { store, reads } = await staleWidget((widget) => (widget.spec.size = 2));
  const { resourceVersion = "" } = (await store.get(request(), "w", newest)).metadata;
  reads.length = 0;
  const replaced = await replace(store, newWidget({ name: "w", resourceVersion }, { size: 3 }));
  expect(replaced).toMatchObject({ spec: { size: 3 } });
  expect(reads).toEqual(["any", "newest"]);
});

test("a resourceVersion that the cache still has is a conflict", async () => {
  const { store } = await staleWidget((widget) => (widget.spec.size = 2));
  expect(await refusal(replace(store, newWidget({ name: "w", resourceVersion: "2" })))).toMatchObject({ code: 409 });
});

test("what changes nothing in the cache's state is written where it changes the newest", async () => {
  const { store, reads } = await staleWidget((widget) => (widget.spec.size = 2));
  const back = await change(store, "w", (widget) => (widget.spec.size = 1));
  expect(back).toMatchObject({ metadata: { resourceVersion: "4" }, spec: { size: 1 } });
  expect(reads).toEqual(["any", "newest"]);
});

test("what changes nothing in the newest is no write, and gives the newest", async () => {
  const { store } = await staleWidget((widget) => (widget.spec.size = 2));
  const same = await change(store, "w", () => undefined);
  expect(same).toMatchObject({ metadata: { resourceVersion: "3" }, spec: { size: 2 } });
});

test("a refusal of what the cache has is not told where the newest would pass", async () => {
  // The first state is red, and red stays red.
  const stale = staleStorage();
  const { store } = fixture({ storage: stale.storage });
  await create(store, newWidget({ name: "w" }, { color: "red" }));
  await stale.remember();
  await store.delete(request(), "w", allow, deleteOptions());
  await create(store, newWidget({ name: "w" }, { color: "green" }));
  expect(await replace(store, newWidget({ name: "w" }, { color: "blue" }))).toMatchObject({ spec: { color: "blue" } });
});

test("a refusal of the newest is told, and of what is the newest too", async () => {
  const stale = staleStorage();
  const { store } = fixture({ storage: stale.storage });
  await create(store, newWidget({ name: "w" }, { color: "red" }));
  await stale.remember();
  let runs = 0;
  const transform = async (): Promise<KubeObject> => {
    runs++;
    return newWidget({ name: "w" }, { color: "blue" });
  };
  const update = (): Promise<unknown> => store.update(request(), "w", transform, allowUpdate, updateOptions());
  expect(await refusal(update())).toMatchObject({ code: 422 });
  expect(runs).toBe(1);
  await change(store, "w", (widget) => (widget.spec.size = 2));
  expect(await refusal(update())).toMatchObject({ code: 422 });
  expect(runs).toBe(3);
});

test("who judges a write is asked about the newest before a refusal is told", async () => {
  const { store } = await staleWidget((widget) => (widget.spec.size = 2));
  const judged: unknown[] = [];
  const onlyTwo = async (_: KubeObject, old: KubeObject | undefined): Promise<void> => {
    const { size } = (old as Widget).spec;
    judged.push(size);
    if (size !== 2) await refuse();
  };
  const check = { create: refuse, update: onlyTwo };
  const blue = async (): Promise<KubeObject> => newWidget({ name: "w" }, { color: "blue" });
  const { object } = await store.update(request(), "w", blue, check, updateOptions());
  expect(object).toMatchObject({ spec: { color: "blue" } });
  expect(judged).toEqual([1, 2]);
});

test("an object that the cache does not have yet is updated, and not created", async () => {
  const stale = staleStorage();
  const { store } = fixture({ storage: stale.storage });
  await stale.remember();
  await create(store);
  const olds: unknown[] = [];
  const transform = async (old: KubeObject | undefined): Promise<KubeObject> => {
    olds.push(old?.metadata.name);
    return newWidget({ name: "w" }, { size: 5 });
  };
  const options = updateOptions({ forceAllowCreate: true });
  expect(await store.update(request(), "w", transform, allowUpdate, options)).toMatchObject({ created: false });
  expect(olds).toEqual(["w"]);
  expect((await store.delete(request(), "w", allow, deleteOptions())).deleted).toBe(true);
});

test("an object that the cache still has, but is gone, is told with 404 or created anew", async () => {
  const stale = staleStorage();
  const { store } = fixture({ storage: stale.storage });
  await create(store);
  await stale.remember();
  await store.delete(request(), "w", allow, deleteOptions());
  expect(await refusal(change(store, "w", (widget) => (widget.spec.size = 2)))).toMatchObject({ code: 404 });
  expect(await refusal(store.delete(request(), "w", allow, deleteOptions()))).toMatchObject({ code: 404 });
  const transform = async (): Promise<KubeObject> => newWidget();
  const options = updateOptions({ forceAllowCreate: true });
  expect(await store.update(request(), "w", transform, allowUpdate, options)).toMatchObject({ created: true });
});

test("the uid that a precondition wants is looked for in the newest", async () => {
  const stale = staleStorage();
  const { store } = fixture({ storage: stale.storage });
  const { uid: first = "" } = (await create(store)).metadata;
  await stale.remember();
  await store.delete(request(), "w", allow, deleteOptions());
  const { uid: second = "" } = (await create(store)).metadata;
  const put = (uid: string): Promise<unknown> => {
    const options = updateOptions({ preconditions: { uid } });
    return store.update(request(), "w", async () => newWidget({ name: "w" }, { size: 2 }), allowUpdate, options);
  };
  expect(await refusal(put(first))).toMatchObject({ code: 409 });
  await put(second);
  const remove = (uid: string): Promise<unknown> =>
    store.delete(request(), "w", allow, deleteOptions({ preconditions: { uid } }));
  expect(await refusal(remove(first))).toMatchObject({ code: 409 });
  await remove(second);
  expect(await refusal(store.get(request(), "w", newest))).toMatchObject({ code: 404 });
});

test("a deletion sees finalizers that the cache has not heard of", async () => {
  const { store } = await staleWidget(({ metadata }) => (metadata.finalizers = ["example.dev/wait"]));
  expect(await store.delete(request(), "w", allow, deleteOptions())).toMatchObject({ deleted: false });
});

test("a deletion that is under way by the cache, but not any more, deletes", async () => {
  const stale = staleStorage();
  const { store } = fixture({ storage: stale.storage });
  await create(store, newWidget({ name: "w", finalizers: ["example.dev/wait"] }));
  await store.delete(request(), "w", allow, deleteOptions());
  await stale.remember();
  await change(store, "w", ({ metadata }) => (metadata.finalizers = []));
  await create(store);
  expect(await store.delete(request(), "w", allow, deleteOptions())).toMatchObject({ deleted: true });
});

test("a dry run tells of the newest", async () => {
  const { store, reads } = await staleWidget((widget) => (widget.spec.size = 2));
  const dryRun = updateOptions({ dryRun: true });
  const blue = async (old: KubeObject | undefined): Promise<KubeObject> => {
    const widget = structuredClone(old) as Widget;
    widget.spec.color = "blue";
    return widget;
  };
  const { object } = await store.update(request(), "w", blue, allowUpdate, dryRun);
  expect(object).toMatchObject({ metadata: { resourceVersion: "3" }, spec: { color: "blue", size: 2 } });
  expect(reads).toEqual(["any", "newest"]);
  const deleted = await store.delete(request(), "w", allow, deleteOptions({ dryRun: true }));
  expect(deleted).toMatchObject({ deleted: true, object: { spec: { size: 2 } } });
});

test("what is too large with the cache's state is tried with the newest", async () => {
  const stale = staleStorage();
  const limited = storageWith(stale.storage, {
    put: async (at, value, expected) => {
      if (value.length > 1000) throw new StorageTooLarge("too large");
      return stale.storage.put(at, value, expected);
    },
  });
  await create(fixture({ storage: stale.storage }).store, newWidget({ name: "w" }, { tags: ["x".repeat(2000)] }));
  await stale.remember();
  await change(fixture({ storage: stale.storage }).store, "w", (widget) => (widget.spec.tags = []));
  const { store } = fixture({ storage: limited });
  expect(await change(store, "w", (widget) => (widget.spec.size = 4))).toMatchObject({ spec: { size: 4 } });
});

test("a write that may have happened is not done again", async () => {
  const { storage } = await staleWidget((widget) => (widget.spec.size = 2));
  let puts = 0;
  const put = async (): Promise<never> => {
    puts++;
    throw new StorageUnavailable("no answer", { uncertain: true });
  };
  const { store } = fixture({ storage: storageWith(storage, { put }) });
  const update = change(store, "w", (widget) => (widget.spec.size = 3));
  expect(await refusal(update)).toMatchObject({ code: 500, reason: "ServerTimeout" });
  expect(puts).toBe(1);
});

test("a status is set on the newest object", async () => {
  const { status } = await staleWidget((widget) => (widget.spec.size = 2));
  const changed = await change(status, "w", (widget) => (widget.status = { phase: "Done" }));
  expect(changed).toMatchObject({ spec: { size: 2 }, status: { phase: "Done" } });
});
