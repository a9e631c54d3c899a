import { expect, test } from "vitest";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { fixture, create, names, refusal } from "./fixture.ts";
import { allow, deleteOptions, refuse, request, updateOptions } from "./request.ts";
import { newWidget, olderWidget, type Widget } from "./widget.ts";

test("a created object has what the server gives it", async () => {
  const { store } = fixture();
  const created = await create(store, newWidget({ name: "w", labels: { a: "b" } }));
  expect(created).toEqual({
    kind: "Widget",
    apiVersion: "example.dev/v1",
    metadata: {
      name: "w",
      namespace: "ns",
      uid: "00000000-0000-4000-8000-000000000000",
      resourceVersion: "2",
      generation: 1,
      creationTimestamp: "2026-01-02T15:04:05Z",
      labels: { a: "b" },
    },
    spec: { color: "green", size: 1 },
  });
  expect(await store.get(request(), "w", { resourceVersion: "" })).toEqual(created);
});

test("what is handed out is frozen all through", async () => {
  const { store } = fixture();
  const created = (await create(store, newWidget({ name: "w", labels: { a: "b" } }))) as Widget;
  const parts = [created, created.metadata, created.metadata.labels, created.spec];
  expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
});

test("the object that was sent stays as it was", async () => {
  const { store } = fixture();
  const sent = newWidget();
  const before = structuredClone(sent);
  await create(store, sent);
  expect(sent).toEqual(before);
});

test("an object is stored as JSON in the storage version, without resourceVersion, under group, resource and namespace", async () => {
  const { store, older, storage } = fixture();
  await create(older, olderWidget({ name: "w", labels: {} }));
  const { entries } = await storage.list("");
  expect(entries.map(({ key }) => key)).toEqual(["/registry/example.dev/widgets/ns/w"]);
  const text = new TextDecoder().decode(entries[0]?.value);
  expect(text).toBe(
    '{"kind":"Widget","apiVersion":"example.dev/v1","metadata":{"name":"w","namespace":"ns",' +
      '"uid":"00000000-0000-4000-8000-000000000000","generation":1,"creationTimestamp":"2026-01-02T15:04:05Z"},' +
      '"spec":{"color":"green","size":1}}',
  );
  expect(await store.get(request(), "w", { resourceVersion: "" })).toMatchObject({ spec: { color: "green" } });
});

test("objects of a cluster-scoped kind have no namespace, in their key or elsewhere", async () => {
  const { store, storage } = fixture({ scope: "Cluster", keyPrefix: "/other" });
  const created = await create(store, newWidget(), request({ namespace: "" }));
  expect(created.metadata.namespace).toBeUndefined();
  expect((await storage.list("")).entries.map(({ key }) => key)).toEqual(["/other/example.dev/widgets/w"]);
});

test("fields that only the server sets are not taken from the client", async () => {
  const { store } = fixture();
  const { metadata } = await create(
    store,
    newWidget({
      name: "w",
      uid: "mine",
      creationTimestamp: "2001-01-01T00:00:00Z",
      deletionTimestamp: "2001-01-01T00:00:00Z",
      deletionGracePeriodSeconds: 5,
      selfLink: "/x",
      generation: 7,
    }),
  );
  expect(metadata).toEqual({
    name: "w",
    namespace: "ns",
    uid: "00000000-0000-4000-8000-000000000000",
    resourceVersion: "2",
    generation: 1,
    creationTimestamp: "2026-01-02T15:04:05Z",
  });
});

test("a status in the body is dropped where status has an endpoint of its own, and kept elsewhere", async () => {
  const sent: Widget = { ...newWidget(), status: { phase: "Done" } };
  expect(await create(fixture().store, sent)).not.toHaveProperty("status");
  expect(await create(fixture({ separateStatus: false }).store, sent)).toHaveProperty("status", { phase: "Done" });
});

test("a kind without a status endpoint counts no generations", async () => {
  const { metadata } = await create(fixture({ separateStatus: false }).store);
  expect(metadata.generation).toBeUndefined();
});

test("a taken name is refused with 409", async () => {
  const { store } = fixture();
  await create(store);
  const status = await refusal(create(store));
  expect(status).toMatchObject({
    code: 409,
    reason: "AlreadyExists",
    message: 'widgets.example.dev "w" already exists',
    details: { name: "w", group: "example.dev", kind: "widgets" },
  });
});

test("a name that is taken by an object being deleted is refused saying so", async () => {
  const { store } = fixture();
  await create(store, newWidget({ name: "w", finalizers: ["example.dev/x"] }));
  await store.delete(request(), "w", allow, deleteOptions());
  const { message } = await refusal(create(store));
  expect(message).toBe('object is being deleted: widgets.example.dev "w" already exists');
});

test("a generated name has five characters of suffix", async () => {
  const { metadata } = await create(fixture().store, newWidget({ generateName: "gen-" }));
  expect(metadata).toMatchObject({ generateName: "gen-", name: expect.stringMatching(/^gen-[a-z0-9]{5}$/) });
});

test("generated names are tried until one is free, eight times", async () => {
  // Each name comes five times, then the next one.
  let draws = 0;
  const { store } = fixture({ randomness: { integer: (max) => Math.floor(draws++ / 25) % max, uuid: () => "u" } });
  for (let i = 0; i < 3; i++) await create(store, newWidget({ generateName: "gen-" }));
  expect(await names(store)).toHaveLength(3);

  const same = fixture({ randomness: { integer: () => 0, uuid: () => "u" } }).store;
  let checks = 0;
  const counted = async (): Promise<void> => void checks++;
  await create(same, newWidget({ generateName: "gen-" }));
  const status = await refusal(same.create(request(), newWidget({ generateName: "gen-" }), counted, updateOptions()));
  expect(checks).toBe(8);
  expect(status).toMatchObject({
    code: 409,
    reason: "AlreadyExists",
    message:
      'widgets.example.dev "gen-bbbbb" already exists, the server was not able to generate a unique name for the object',
    details: { retryAfterSeconds: 1 },
  });
});

test("all that is wrong with an object is told at once", async () => {
  const { store } = fixture({
    strategy: { validate: () => [{ type: "FieldValueForbidden", field: "spec.size", detail: "not today" }] },
  });
  const status = await refusal(create(store, newWidget({ name: "w", labels: { a: "not valid!" } }, { color: "pink" })));
  expect(status).toMatchObject({ code: 422, reason: "Invalid" });
  expect(status.details?.causes?.map(({ field }) => field)).toEqual(["metadata.labels", "spec.color", "spec.size"]);
  expect(status.message).toMatch(
    /^Widget\.example\.dev "w" is invalid: \[metadata\.labels: .*, spec\.color: .*, spec\.size: .*\]$/,
  );
});

test("an object without any name is refused with 422", async () => {
  const { message } = await refusal(create(fixture().store, newWidget({})));
  expect(message).toBe(
    'Widget.example.dev "" is invalid: metadata.name: Required value: name or generateName is required',
  );
});

test("an object of another namespace is refused with 400", async () => {
  const status = await refusal(create(fixture().store, newWidget({ name: "w", namespace: "elsewhere" })));
  expect(status).toMatchObject({ code: 400, message: expect.stringContaining("does not match the namespace") });
});

test("an object with a resourceVersion cannot be created", async () => {
  const status = await refusal(create(fixture().store, newWidget({ name: "w", resourceVersion: "1" })));
  expect(status).toMatchObject({ code: 500, message: "resourceVersion should not be set on objects to be created" });
});

test("hooks run in their order, the check after them", async () => {
  const order: string[] = [];
  const { store } = fixture({
    strategy: {
      prepareForCreate: (widget, { user }) => {
        order.push("prepareForCreate");
        widget.metadata.annotations = { by: user.name };
      },
      validate: () => (order.push("validate"), []),
      warnings: () => (order.push("warnings"), ["size 1 is small"]),
      canonicalize: (widget) => {
        order.push("canonicalize");
        widget.spec.tags = ["canonical"];
      },
    },
  });
  const warnings: string[] = [];
  const check = async (object: KubeObject): Promise<void> => {
    order.push("check");
    expect(object).toMatchObject({ metadata: { annotations: { by: "alice" } }, spec: { tags: ["canonical"] } });
    expect(Object.isFrozen(object)).toBe(true);
  };
  const context = request({ warn: (text) => warnings.push(text) });
  const created = await store.create(context, newWidget(), check, updateOptions());
  expect(order).toEqual(["prepareForCreate", "validate", "warnings", "canonicalize", "check"]);
  expect(warnings).toEqual(["size 1 is small"]);
  expect(created).toMatchObject({ metadata: { annotations: { by: "alice" } }, spec: { tags: ["canonical"] } });
});

test("a check that refuses keeps the object out", async () => {
  const { store } = fixture();
  expect(await refusal(store.create(request(), newWidget(), refuse, updateOptions()))).toMatchObject({ code: 403 });
  expect(await names(store)).toEqual([]);
});

test("a dry run does everything but the write", async () => {
  const { store, storage } = fixture();
  const before = await storage.currentRevision();
  const dryRun = updateOptions({ dryRun: true });
  const created = await store.create(request(), newWidget(), allow, dryRun);
  expect(created.metadata).toMatchObject({ name: "w", uid: expect.any(String), generation: 1 });
  expect(created.metadata.resourceVersion).toBeUndefined();
  expect(await storage.currentRevision()).toBe(before);

  await create(store);
  expect(await refusal(store.create(request(), newWidget(), allow, dryRun))).toMatchObject({ code: 409 });
  const invalid = store.create(request(), newWidget({ name: "x" }, { color: "pink" }), allow, dryRun);
  expect(await refusal(invalid)).toMatchObject({ code: 422 });
});

test.each([
  ["", "Name parameter required."],
  ["..", `Name parameter invalid: "..": may not be '..'`],
  ["a/b", `Name parameter invalid: "a/b": may not contain '/'`],
])("the name %j cannot be asked for", async (name, message) => {
  const status = await refusal(fixture().store.get(request(), name, { resourceVersion: "" }));
  expect(status).toMatchObject({ code: 400, message });
});
