import { beforeEach, expect, test } from "vitest";
import { parseFieldSelector } from "../../runtime/meta/field-selector.ts";
import { parseLabelSelector } from "../../runtime/meta/label-selector.ts";
import type { ListOptions } from "../../runtime/meta/options.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { change, create, fixture, names, refusal, storageWith, type Fixture } from "./fixture.ts";
import { allow, deleteOptions, listOptions, request } from "./request.ts";
import { newWidget } from "./widget.ts";

let widgets: Fixture;

// Revisions: p0 is at 2, p1 at 3, p2 at 4, p3 at 5, p10 at 6, and p0 of the other namespace at 7.
beforeEach(async () => {
  widgets = fixture();
  for (const [i, name] of ["p0", "p1", "p2", "p3", "p10"].entries()) {
    const labels = { app: i % 2 === 0 ? "even" : "odd" };
    await create(widgets.store, newWidget({ name, labels }, { size: i, color: i === 2 ? "blue" : "green" }));
  }
  await create(widgets.store, newWidget({ name: "p0" }), request({ namespace: "other" }));
});

function list(options: Partial<ListOptions> = {}, namespace = "ns"): ReturnType<Fixture["store"]["list"]> {
  return widgets.store.list(request({ namespace }), listOptions(options));
}

function token(text: string | undefined): unknown {
  return JSON.parse(Buffer.from(text ?? "", "base64url").toString());
}

test("a list has the objects of a namespace by name, and the revision that it is true at", async () => {
  const { kind, apiVersion, metadata, items } = await list();
  expect({ kind, apiVersion, metadata }).toEqual({
    kind: "WidgetList",
    apiVersion: "example.dev/v1",
    metadata: { resourceVersion: "7" },
  });
  expect(items.map((item) => item.metadata.name)).toEqual(["p0", "p1", "p10", "p2", "p3"]);
});

test("a list without a namespace has the objects of all", async () => {
  const { items } = await list({}, "");
  expect(items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
    "ns/p0",
    "ns/p1",
    "ns/p10",
    "ns/p2",
    "ns/p3",
    "other/p0",
  ]);
});

test("objects that are read again are the same objects", async () => {
  const entry = (await widgets.storage.list("/registry/example.dev/widgets/ns/p0")).entries[0];
  if (entry === undefined) throw new Error("p0 is missing");
  const { objects } = widgets.store.kind;
  expect(objects.read(entry)).toBe(objects.read(entry));
});

test.each([
  ["app=odd", "", ["p1", "p3"]],
  ["app!=odd", "", ["p0", "p10", "p2"]],
  ["app in (even,odd)", "metadata.name!=p0", ["p1", "p10", "p2", "p3"]],
  ["", "metadata.name=p1", ["p1"]],
  ["app=even", "metadata.name=p1", []],
  ["", "metadata.name=p", []],
  ["", "metadata.name=p1,metadata.namespace=ns", ["p1"]],
  ["", "metadata.name=p1,metadata.namespace=other", []],
  ["", "metadata.namespace=ns", ["p0", "p1", "p10", "p2", "p3"]],
  ["", "metadata.namespace=Not/A/Namespace", []],
  ["", "metadata.name=../other/p0", []],
  ["", "spec.color=blue", ["p2"]],
  ["", "spec.size=3", ["p3"]],
  ["", "spec.missing=", ["p0", "p1", "p10", "p2", "p3"]],
])("labels %j and fields %j select %j", async (labels, fields, expected) => {
  const options = { labels: parseLabelSelector(labels), fields: parseFieldSelector(fields) };
  expect(await names(widgets.store, options)).toEqual(expected);
});

test("a field selector narrows a list of all namespaces down", async () => {
  const read = recording(widgets.storage);
  const { store } = fixture({ storage: read.storage });
  const all = request({ namespace: "" });
  expect(await names(store, { fields: parseFieldSelector("metadata.namespace=other") }, all)).toEqual(["p0"]);
  const one = parseFieldSelector("metadata.name=p0,metadata.namespace=other");
  expect(await names(store, { fields: one }, all)).toEqual(["p0"]);
  const named = await store.list(all, listOptions({ fields: parseFieldSelector("metadata.name=p0") }));
  expect(named.items.map(({ metadata }) => metadata.namespace)).toEqual(["ns", "other"]);
  expect(read.prefixes).toEqual([
    "/registry/example.dev/widgets/other/",
    "/registry/example.dev/widgets/other/p0",
    "/registry/example.dev/widgets/",
  ]);
});

function recording(storage: Storage): { storage: Storage; prefixes: string[]; limits: unknown[] } {
  const prefixes: string[] = [];
  const limits: unknown[] = [];
  const recorded = storageWith(storage, {
    list: (prefix, options) => {
      prefixes.push(prefix);
      limits.push(options?.limit);
      return storage.list(prefix, options);
    },
  });
  return { storage: recorded, prefixes, limits };
}

test("pages together are the list, as it was at the first page", async () => {
  const first = await list({ limit: 2 });
  expect(first.metadata).toEqual({ resourceVersion: "7", remainingItemCount: 3, continue: expect.any(String) });
  expect(token(first.metadata.continue)).toEqual({ v: "meta.k8s.io/v1", rv: 7, start: "/p1\0" });

  await change(widgets.store, "p2", (widget) => (widget.spec.size = 99));
  await widgets.store.delete(request(), "p3", allow, deleteOptions());
  await create(widgets.store, newWidget({ name: "p20" }));

  const second = await list({ limit: 2, continue: first.metadata.continue ?? "" });
  expect(second.metadata).toMatchObject({ resourceVersion: "7", remainingItemCount: 1 });
  expect(second.items).toMatchObject([{ metadata: { name: "p10" } }, { metadata: { name: "p2" }, spec: { size: 2 } }]);
  const last = await list({ limit: 2, continue: second.metadata.continue ?? "" });
  expect(last.metadata).toEqual({ resourceVersion: "7" });
  expect(last.items.map(({ metadata }) => metadata.name)).toEqual(["p3"]);
});

test("a list of all namespaces goes on across them", async () => {
  const first = await list({ limit: 5 }, "");
  expect(token(first.metadata.continue)).toMatchObject({ start: "/ns/p3\0" });
  const second = await list({ limit: 5, continue: first.metadata.continue ?? "" }, "");
  expect(second.items.map(({ metadata }) => metadata.namespace)).toEqual(["other"]);
});

test("a page is filled although selectors drop objects, and tells no remaining count", async () => {
  const read = recording(widgets.storage);
  const { store } = fixture({ storage: read.storage });
  const labels = parseLabelSelector("app=odd");
  const first = await store.list(request(), listOptions({ labels, limit: 1 }));
  expect(first.items.map(({ metadata }) => metadata.name)).toEqual(["p1"]);
  expect(first.metadata).toEqual({ resourceVersion: "7", continue: expect.any(String) });
  expect(token(first.metadata.continue)).toMatchObject({ start: "/p1\0" });
  expect(read.limits).toEqual([1, 2]);
  const rest = await store.list(request(), listOptions({ labels, limit: 5, continue: first.metadata.continue ?? "" }));
  expect(rest.items.map(({ metadata }) => metadata.name)).toEqual(["p3"]);
  expect(rest.metadata).toEqual({ resourceVersion: "7" });
});

test("a token of a compacted revision is refused with 410, and one that goes on regardless", async () => {
  const first = await list({ limit: 2 });
  await create(widgets.store, newWidget({ name: "p11" }));
  await widgets.storage.compact(8);
  const status = await refusal(list({ limit: 2, continue: first.metadata.continue ?? "" }));
  expect(status).toMatchObject({
    code: 410,
    reason: "Expired",
    message:
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  });
  expect(token(status.metadata.continue)).toEqual({ v: "meta.k8s.io/v1", rv: -1, start: "p1\0" });
  const rest = await list({ continue: status.metadata.continue ?? "" });
  expect(rest.items.map(({ metadata }) => metadata.name)).toEqual(["p10", "p11", "p2", "p3"]);
  expect(rest.metadata).toEqual({ resourceVersion: "8" });
});

test.each<[Partial<ListOptions>, string]>([
  [{ continue: "bogus" }, "invalid continue token: continue key is not valid: illegal base64 data at input byte 4"],
  [
    { resourceVersion: "abc" },
    'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
  ],
  [
    { continue: Buffer.from('{"v":"meta.k8s.io/v1","rv":7,"start":"a"}').toString("base64url"), resourceVersion: "5" },
    "specifying resource version is not allowed when using continue",
  ],
])("%j cannot be read", async (options, message) => {
  expect(await refusal(list(options))).toMatchObject({ code: 400, reason: "BadRequest", message });
});

test.each<[Partial<ListOptions>, string[], string]>([
  [{ resourceVersion: "" }, ["p0", "p1", "p10", "p2", "p3"], "7"],
  [{ resourceVersion: "0" }, ["p0", "p1", "p10", "p2", "p3"], "7"],
  [{ resourceVersion: "3" }, ["p0", "p1", "p10", "p2", "p3"], "7"],
  [{ resourceVersion: "3", resourceVersionMatch: "NotOlderThan" }, ["p0", "p1", "p10", "p2", "p3"], "7"],
  [{ resourceVersion: "3", resourceVersionMatch: "Exact" }, ["p0", "p1"], "3"],
  [{ resourceVersion: "3", limit: 5 }, ["p0", "p1"], "3"],
  [{ resourceVersion: "3", resourceVersionMatch: "NotOlderThan", limit: 2 }, ["p0", "p1"], "7"],
  [{ resourceVersion: "0", limit: 2 }, ["p0", "p1", "p10", "p2", "p3"], "7"],
  [{ resourceVersion: "3", resourceVersionMatch: "Exact", fields: parseFieldSelector("metadata.name=p2") }, [], "3"],
  [
    { resourceVersion: "4", resourceVersionMatch: "Exact", fields: parseFieldSelector("metadata.name=p2") },
    ["p2"],
    "4",
  ],
])("%j gives that state of the list", async (options, expected, resourceVersion) => {
  const { items, metadata } = await list(options);
  expect(items.map((item) => item.metadata.name)).toEqual(expected);
  expect(metadata.resourceVersion).toBe(resourceVersion);
});

test.each<Partial<ListOptions>>([
  { resourceVersion: "99" },
  { resourceVersion: "99", resourceVersionMatch: "NotOlderThan" },
  { resourceVersion: "99", resourceVersionMatch: "Exact" },
  { resourceVersion: "99", fields: parseFieldSelector("metadata.name=p2") },
])("a revision that is not reached, %j, is told with 504", async (options) => {
  expect(await refusal(list(options))).toMatchObject({
    code: 504,
    reason: "Timeout",
    message: "Timeout: Too large resource version: 99, current: 7",
    details: { causes: [{ reason: "ResourceVersionTooLarge" }], retryAfterSeconds: 1 },
  });
});

test("a compacted revision is refused with 410", async () => {
  await widgets.storage.compact(5);
  expect(await refusal(list({ resourceVersion: "3", resourceVersionMatch: "Exact" }))).toMatchObject({
    code: 410,
    reason: "Expired",
    message: "The resourceVersion for the provided list is too old.",
  });
});

test.each([
  ["", "2"],
  ["0", "2"],
  ["2", "2"],
  ["7", "2"],
])("a get with resourceVersion %j gives the newest state", async (resourceVersion, found) => {
  const { metadata } = await widgets.store.get(request(), "p0", { resourceVersion });
  expect(metadata.resourceVersion).toBe(found);
});

function get(name: string, resourceVersion: string): Promise<unknown> {
  return widgets.store.get(request(), name, { resourceVersion });
}

test("a get of a revision that is not reached is told with 504, of a missing object with 404", async () => {
  expect(await refusal(get("p0", "99"))).toMatchObject({ code: 504 });
  expect(await refusal(get("x", "99"))).toMatchObject({ code: 504 });
  expect(await refusal(get("x", "0"))).toMatchObject({ code: 404, message: 'widgets.example.dev "x" not found' });
  expect(await refusal(get("p0", "abc"))).toMatchObject({
    code: 500,
    message: expect.stringContaining("invalid syntax"),
  });
});

test("a storage that cannot answer is told with a reason to try again", async () => {
  await widgets.storage.close();
  const calls = {
    get: widgets.store.get(request(), "p0", { resourceVersion: "" }),
    list: list(),
    delete: widgets.store.delete(request(), "p0", allow, deleteOptions()),
    create: create(widgets.store, newWidget({ name: "x" })),
    update: change(widgets.store, "p0", () => undefined),
  };
  for (const [operation, call] of Object.entries(calls)) {
    expect(await refusal(call)).toMatchObject({
      code: 500,
      reason: "ServerTimeout",
      message: `The ${operation} operation against widgets.example.dev could not be completed at this time, please try again.`,
      details: { name: operation, group: "example.dev", kind: "widgets", retryAfterSeconds: 2 },
    });
  }
});

test("an object that is too large for the storage is told with 413", async () => {
  const { store } = fixture({ storage: memoryStorage({ valueBytesMax: 2000 }) });
  const large = newWidget({ name: "w", annotations: { a: "x".repeat(3000) } });
  expect(await refusal(create(store, large))).toMatchObject({ code: 413, reason: "RequestEntityTooLarge" });
});

test("what is no failure of the storage is not made one", async () => {
  const error = new TypeError("a bug");
  const check = async (): Promise<void> => {
    throw error;
  };
  await expect(widgets.store.delete(request(), "p0", check, deleteOptions())).rejects.toBe(error);
});
