import { expect, test } from "vitest";
import type { DeleteOptions } from "../../runtime/meta/options.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import type { Store } from "../../runtime/registry/store.ts";
import { change, create, fixture, names, refusal } from "./fixture.ts";
import { allow, deleteOptions, listOptions, refuse, request } from "./request.ts";
import { newWidget } from "./widget.ts";

const read = { resourceVersion: "" };

function remove(store: Store, name: string, options: Partial<DeleteOptions> = {}): ReturnType<Store["delete"]> {
  return store.delete(request(), name, allow, deleteOptions(options));
}

test("a delete removes the object, and gives its last state with the deletion's resourceVersion", async () => {
  const { store } = fixture();
  const created = await create(store);
  expect(await remove(store, "w")).toEqual({
    object: { ...created, metadata: { ...created.metadata, resourceVersion: "3" } },
    deleted: true,
  });
  expect(await refusal(remove(store, "w"))).toMatchObject({ code: 404, message: 'widgets.example.dev "w" not found' });
});

test.each([
  [
    { uid: "other" },
    "the UID in the precondition (other) does not match the UID in record (00000000-0000-4000-8000-000000000000). The object might have been deleted and then recreated",
  ],
  [
    { resourceVersion: "1" },
    "the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (2). The object might have been modified",
  ],
])("the precondition %j is held against the object", async (preconditions, why) => {
  const { store } = fixture();
  const { metadata } = await create(store);
  const status = await refusal(remove(store, "w", { preconditions }));
  expect(status).toMatchObject({
    code: 409,
    message: `Operation cannot be fulfilled on Widget.example.dev "w": ${why}`,
    details: { name: "w", group: "example.dev", kind: "Widget" },
  });
  const { uid = "", resourceVersion = "" } = metadata;
  expect(await remove(store, "w", { preconditions: { uid, resourceVersion } })).toMatchObject({ deleted: true });
});

test("finalizers keep the object, marked as being deleted, until the last is gone", async () => {
  const { store } = fixture();
  await create(store, newWidget({ name: "w", finalizers: ["example.dev/a", "example.dev/b"] }));
  const marked = await remove(store, "w", { gracePeriodSeconds: 30 });
  expect(marked).toMatchObject({
    deleted: false,
    object: {
      metadata: {
        resourceVersion: "3",
        generation: 2,
        deletionTimestamp: "2026-01-02T15:04:05Z",
        deletionGracePeriodSeconds: 0,
        finalizers: ["example.dev/a", "example.dev/b"],
      },
    },
  });
  expect(await remove(store, "w")).toEqual(marked);

  const fewer = await change(store, "w", ({ metadata }) => (metadata.finalizers = ["example.dev/b"]));
  expect(fewer.metadata).toMatchObject({ resourceVersion: "4", finalizers: ["example.dev/b"] });
  const last = await change(store, "w", ({ metadata }) => delete metadata.finalizers);
  expect(last.metadata).toMatchObject({ resourceVersion: "4", deletionTimestamp: "2026-01-02T15:04:05Z" });
  expect(last.metadata.finalizers).toBeUndefined();
  expect(await refusal(store.get(request(), "w", read))).toMatchObject({ code: 404 });
});

test("an object that is being deleted gets no new finalizers", async () => {
  const { store } = fixture();
  await create(store, newWidget({ name: "w", finalizers: ["example.dev/a"] }));
  await remove(store, "w");
  const { message } = await refusal(change(store, "w", ({ metadata }) => metadata.finalizers?.push("example.dev/new")));
  expect(message).toContain("no new finalizers can be added if the object is being deleted");
});

test.each<[string, Partial<DeleteOptions>, string[], { deleted: boolean; finalizers?: string[] }]>([
  ["Foreground", { propagationPolicy: "Foreground" }, [], { deleted: false, finalizers: ["foregroundDeletion"] }],
  ["Orphan", { propagationPolicy: "Orphan" }, [], { deleted: false, finalizers: ["orphan"] }],
  ["Background", { propagationPolicy: "Background" }, [], { deleted: true }],
  ["orphanDependents", { orphanDependents: true }, [], { deleted: false, finalizers: ["orphan"] }],
  ["Background over orphan", { propagationPolicy: "Background" }, ["orphan"], { deleted: true }],
  ["no policy over orphan", {}, ["orphan"], { deleted: false, finalizers: ["orphan"] }],
])("the policy %s decides on the garbage collector's finalizers", async (_, options, finalizers, expected) => {
  const { store } = fixture();
  await create(store, newWidget({ name: "w", finalizers }));
  const { deleted, object } = await remove(store, "w", options);
  expect(deleted).toBe(expected.deleted);
  if (!deleted) expect(object.metadata.finalizers).toEqual(expected.finalizers);
});

test("a dry run deletes and marks nothing", async () => {
  const { store, storage } = fixture();
  await create(store, newWidget({ name: "a" }));
  await create(store, newWidget({ name: "b", finalizers: ["example.dev/x"] }));
  expect(await remove(store, "a", { dryRun: true })).toMatchObject({ deleted: true });
  expect(await remove(store, "b", { dryRun: true })).toMatchObject({
    deleted: false,
    object: { metadata: { resourceVersion: "3", deletionTimestamp: "2026-01-02T15:04:05Z" } },
  });
  expect(await storage.currentRevision()).toBe(3);
  expect(await names(store)).toEqual(["a", "b"]);
});

test("a check that refuses keeps the object", async () => {
  const { store } = fixture();
  const created = await create(store);
  const seen: unknown[] = [];
  const check = async (object: KubeObject, old: KubeObject | undefined): Promise<void> => {
    seen.push(object, old);
    await refuse();
  };
  expect(await refusal(store.delete(request(), "w", check, deleteOptions()))).toMatchObject({ code: 403 });
  expect(seen).toEqual([created, undefined]);
  expect(await names(store)).toEqual(["w"]);
});

test("a write that comes in between makes the delete start over", async () => {
  const { store } = fixture();
  await create(store);
  const versions: unknown[] = [];
  const check = async ({ metadata }: KubeObject): Promise<void> => {
    versions.push(metadata.resourceVersion);
    if (versions.length === 1)
      await change(store, "w", ({ metadata: found }) => (found.finalizers = ["example.dev/x"]));
  };
  expect(await store.delete(request(), "w", check, deleteOptions())).toMatchObject({ deleted: false });
  expect(versions).toEqual(["2", "3"]);
});

test("two updates that take the last finalizer off both succeed", async () => {
  const { store } = fixture();
  await create(store, newWidget({ name: "w", finalizers: ["example.dev/x"] }));
  await remove(store, "w");
  const finish = (): Promise<KubeObject> => change(store, "w", ({ metadata }) => (metadata.finalizers = []));
  const [one, two] = await Promise.all([finish(), finish()]);
  expect(one.metadata.uid).toBe(two.metadata.uid);
  expect(await names(store)).toEqual([]);
});

test("deletecollection deletes what the selection lists, and gives it as it was", async () => {
  const { store } = fixture();
  for (const name of ["a", "b", "c"])
    await create(store, newWidget({ name, labels: { go: name === "c" ? "no" : "yes" } }));
  await create(store, newWidget({ name: "d", labels: { go: "yes" }, finalizers: ["example.dev/x"] }));
  const selection = listOptions({ labels: [{ key: "go", operator: "=", values: ["yes"] }] });

  const dry = await store.deleteCollection(request(), allow, deleteOptions({ dryRun: true }), selection);
  expect(dry.items.map(({ metadata }) => metadata.name)).toEqual(["a", "b", "d"]);
  expect(await names(store)).toEqual(["a", "b", "c", "d"]);

  const list = await store.deleteCollection(request(), allow, deleteOptions(), selection);
  expect(list).toMatchObject({ kind: "WidgetList", metadata: { resourceVersion: "5" }, items: dry.items });
  expect(await names(store)).toEqual(["c", "d"]);
});

test("deletecollection deletes no more than its limit, and says where to go on", async () => {
  const { store } = fixture();
  for (const name of ["a", "b", "c"]) await create(store, newWidget({ name }));
  const list = await store.deleteCollection(request(), allow, deleteOptions(), listOptions({ limit: 2 }));
  expect(list.metadata).toMatchObject({ continue: expect.any(String), remainingItemCount: 1 });
  expect(await names(store)).toEqual(["c"]);
});

test("deletecollection goes through all pages, a thousand objects and more", async () => {
  const { store } = fixture();
  const objects = Array.from({ length: 1100 }, (_, i) => newWidget({ name: `w${i}` }));
  await Promise.all(objects.map((object) => create(store, object)));
  const list = await store.deleteCollection(request(), allow, deleteOptions(), listOptions());
  expect(list.items).toHaveLength(1100);
  expect(list.metadata.continue).toBeUndefined();
  expect(await names(store)).toEqual([]);
});

test("deletecollection stops at the first refusal", async () => {
  const { store } = fixture();
  for (let i = 0; i < 100; i++) await create(store, newWidget({ name: `w${i}` }));
  expect(await refusal(store.deleteCollection(request(), refuse, deleteOptions(), listOptions()))).toMatchObject({
    code: 403,
  });
  expect(await names(store)).toHaveLength(100);
});
