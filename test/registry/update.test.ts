import { expect, test } from "vitest";
import { forbidden, invalid } from "../../runtime/meta/field-error.ts";
import { pathSegmentName } from "../../runtime/meta/names.ts";
import { statusStore } from "../../runtime/registry/store.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { change, create, fixture, names, refusal, replace } from "./fixture.ts";
import { allow, allowUpdate, deleteOptions, request, updateOptions } from "./request.ts";
import { newWidget, olderWidget, type Widget, type WidgetV1beta1 } from "./widget.ts";

const read = { resourceVersion: "" };

test("an update changes the object and its resourceVersion, and keeps what the server has set", async () => {
  const { store } = fixture();
  const created = await create(store);
  const updated = await change(store, "w", (widget) => (widget.spec.size = 2));
  expect(updated).toEqual({
    ...created,
    metadata: { ...created.metadata, resourceVersion: "3", generation: 2 },
    spec: { color: "green", size: 2 },
  });
  expect(await store.get(request(), "w", read)).toEqual(updated);
});

test("an update that leaves the server's fields out, or makes them up, gets the stored ones", async () => {
  const { store } = fixture();
  const { metadata } = await create(store);
  const made = { name: "w", creationTimestamp: "2001-01-01T00:00:00Z", generation: 9 };
  const updated = await replace(store, newWidget(made, { size: 3 }));
  expect(updated.metadata).toEqual({ ...metadata, resourceVersion: "3", generation: 2 });
});

test("a stale resourceVersion is refused with 409", async () => {
  const { store } = fixture();
  await create(store);
  await change(store, "w", (widget) => (widget.spec.size = 2));
  const status = await refusal(replace(store, newWidget({ name: "w", resourceVersion: "2" }, { size: 3 })));
  expect(status).toMatchObject({
    code: 409,
    reason: "Conflict",
    message:
      'Operation cannot be fulfilled on widgets.example.dev "w": the object has been modified; please apply your changes to the latest version and try again',
    details: { name: "w", group: "example.dev", kind: "widgets" },
  });
});

test("a resourceVersion that is no number is refused", async () => {
  const { store } = fixture();
  await create(store);
  const status = await refusal(replace(store, newWidget({ name: "w", resourceVersion: "abc" })));
  expect(status).toMatchObject({ code: 500, message: 'strconv.ParseUint: parsing "abc": invalid syntax' });
});

test("where unconditional updates are not allowed, an update without a resourceVersion is refused with 422", async () => {
  const { store } = fixture({ strategy: { allowUnconditionalUpdate: false } });
  await create(store);
  expect(await refusal(replace(store, newWidget({ name: "w" }, { size: 2 })))).toMatchObject({
    code: 422,
    message:
      'widgets.example.dev "w" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    details: { name: "w", group: "example.dev", kind: "widgets" },
  });
});

test("an update that changes nothing keeps the resourceVersion and is no write", async () => {
  const { store, storage } = fixture();
  const created = await create(store);
  const updated = await change(store, "w", (widget) => (widget.metadata.labels = {}));
  expect(updated).toBe(created);
  expect(await storage.currentRevision()).toBe(2);
});

test("new times in managedFields alone are no change", async () => {
  const { store } = fixture();
  const entry = { manager: "m", operation: "Update" as const, apiVersion: "example.dev/v1", fieldsType: "FieldsV1" };
  await create(store, newWidget({ name: "w", managedFields: [{ ...entry, time: "2026-01-01T00:00:00Z" }] }));
  const later = await change(store, "w", ({ metadata }) => {
    metadata.managedFields = [{ ...entry, time: "2026-02-02T00:00:00Z" }];
  });
  expect(later.metadata).toMatchObject({ resourceVersion: "2", managedFields: [{ time: "2026-01-01T00:00:00Z" }] });
  const changed = await change(store, "w", ({ metadata, spec }) => {
    metadata.managedFields = [{ ...entry, time: "2026-02-02T00:00:00Z" }];
    spec.size = 5;
  });
  expect(changed.metadata).toMatchObject({ resourceVersion: "3", managedFields: [{ time: "2026-02-02T00:00:00Z" }] });
});

test.each<[string, (widget: Widget) => void, number]>([
  ["the spec", (widget) => (widget.spec.size = 7), 2],
  ["a field that comes anew", (widget) => (widget.spec.tags = ["x"]), 2],
  ["labels", (widget) => (widget.metadata.labels = { a: "b" }), 1],
  ["the status", (widget) => (widget.status = { phase: "Done" }), 1],
])("a change of %s counts as it should in the generation", async (_, edit, generation) => {
  const { store } = fixture();
  await create(store);
  expect((await change(store, "w", edit)).metadata.generation).toBe(generation);
});

test("an update of the object leaves its status alone", async () => {
  const { store, status } = fixture();
  await create(store);
  await change(status, "w", (widget) => (widget.status = { phase: "Done" }));
  const updated = await change(store, "w", (widget) => {
    widget.status = { phase: "Other" };
    widget.spec.size = 2;
  });
  expect(updated).toMatchObject({ spec: { size: 2 }, status: { phase: "Done" } });
});

test("an update of the status changes the status alone, and no generation", async () => {
  const { store, status } = fixture({ strategy: { prepareForUpdate: (widget) => (widget.spec.tags = ["prepared"]) } });
  const created = await create(store);
  const managedFields = [{ manager: "m", operation: "Update" as const, apiVersion: "example.dev/v1" }];
  const updated = await change(status, "w", (widget) => {
    widget.spec = { color: "pink", size: 9 };
    widget.metadata.labels = { a: "b" };
    widget.metadata.managedFields = managedFields;
    widget.status = { phase: "Done" };
  });
  expect(updated).toEqual({
    ...created,
    metadata: { ...created.metadata, resourceVersion: "3", managedFields },
    status: { phase: "Done" },
  });
  expect(await status.get(request(), "w", read)).toEqual(updated);
});

test("an update of the status by another version need not bring a valid spec", async () => {
  const { store, older } = fixture();
  await create(store);
  const sent = { ...olderWidget({ name: "w" }, "pink"), status: { phase: "Done" } };
  const object = await replace(statusStore(older), sent);
  expect(object).toMatchObject({ spec: { colour: "green" }, status: { phase: "Done" } });
});

test("a status can be taken away, and that of a missing object cannot be set", async () => {
  const { store, status } = fixture();
  await create(store);
  await change(status, "w", (widget) => (widget.status = { phase: "Done" }));
  expect(await change(status, "w", (widget) => delete widget.status)).not.toHaveProperty("status");
  const options = updateOptions({ forceAllowCreate: true });
  const missing = status.update(request(), "x", async () => newWidget({ name: "x" }), allowUpdate, options);
  expect(await refusal(missing)).toMatchObject({ code: 404 });
});

async function atVersion9(): Promise<KubeObject> {
  return newWidget({ name: "w", resourceVersion: "9" });
}

test("a missing object is told with 404, unless an update may create it", async () => {
  const { store } = fixture();
  const update = (forceAllowCreate: boolean): ReturnType<typeof store.update> =>
    store.update(request(), "w", atVersion9, allowUpdate, updateOptions({ forceAllowCreate }));
  expect(await refusal(update(false))).toMatchObject({ code: 404, message: 'widgets.example.dev "w" not found' });
  expect(await update(true)).toMatchObject({ created: true, object: { metadata: { generation: 1 } } });
  expect(await update(true).catch(() => "refused")).toBe("refused");

  const willing = fixture({ strategy: { allowCreateOnUpdate: true } }).store;
  expect(await replace(willing, newWidget())).toMatchObject({ metadata: { name: "w", resourceVersion: "2" } });
});

test("an update that creates is checked as a create", async () => {
  const { store } = fixture();
  const checked: string[] = [];
  const check = {
    create: async () => void checked.push("create"),
    update: async () => void checked.push("update"),
  };
  const options = updateOptions({ forceAllowCreate: true });
  for (const size of [1, 2]) {
    await store.update(request(), "w", async () => newWidget({ name: "w" }, { size }), check, options);
  }
  expect(checked).toEqual(["create", "update"]);
});

test("an update of an object with another uid is refused with 409", async () => {
  const { store } = fixture();
  const { metadata } = await create(store);
  const options = updateOptions({ preconditions: { uid: "other" } });
  const status = await refusal(store.update(request(), "w", async () => newWidget(), allowUpdate, options));
  expect(status).toMatchObject({
    code: 409,
    message: `Operation cannot be fulfilled on widgets.example.dev "w": StorageError: invalid object, Code: 4, Key: /registry/example.dev/widgets/ns/w, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: other, UID in object meta: ${metadata.uid}`,
  });
});

test("what may not change is refused with 422, together with all else that is wrong", async () => {
  const { store } = fixture({
    strategy: { validateUpdate: () => [{ type: "FieldValueForbidden", field: "spec", detail: "" }] },
  });
  await create(store);
  const status = await refusal(
    change(store, "w", (widget) => {
      widget.metadata.uid = "other";
      widget.spec.color = "pink";
    }),
  );
  expect(status.details?.causes?.map(({ field }) => field)).toEqual(["metadata.uid", "spec.color", "spec"]);
});

test("an update sees what the hooks make of it, with the old object beside", async () => {
  const seen: unknown[] = [];
  const { store } = fixture({
    strategy: {
      prepareForUpdate: (widget, old) => (widget.spec.tags = [old.spec.color]),
      validateUpdate: (widget, old) => (seen.push([...(widget.spec.tags ?? [])], Object.isFrozen(old)), []),
      canonicalize: (widget) => widget.spec.tags?.push("last"),
    },
  });
  await create(store);
  const updated = await change(store, "w", (widget) => (widget.spec.size = 2));
  expect(updated).toMatchObject({ spec: { tags: ["green", "last"] } });
  expect(seen).toEqual([["green"], true]);
});

test("a write that comes in between makes the update start over from the newer object", async () => {
  const { store } = fixture();
  await create(store);
  const sizes: unknown[] = [];
  const transform = async (old: KubeObject | undefined): Promise<KubeObject> => {
    const { spec } = old as Widget;
    sizes.push(spec.size);
    if (sizes.length < 3) await change(store, "w", (widget) => (widget.spec.size = 10 * sizes.length));
    return { ...(old as Widget), spec: { ...spec, tags: ["t"] } } as Widget;
  };
  const { object } = await store.update(request(), "w", transform, allowUpdate, updateOptions());
  expect(sizes).toEqual([1, 10, 20]);
  expect(object).toMatchObject({ spec: { size: 20, tags: ["t"] } });
});

test("an update of an object that is deleted meanwhile is told with 404", async () => {
  const { store } = fixture();
  await create(store);
  const transform = async (old: KubeObject | undefined): Promise<KubeObject> => {
    await store.delete(request(), "w", allow, deleteOptions());
    return { ...(old as Widget), spec: { color: "blue" } } as Widget;
  };
  expect(await refusal(store.update(request(), "w", transform, allowUpdate, updateOptions()))).toMatchObject({
    code: 404,
  });
});

test("many clients that update at once all get through", async () => {
  const { store } = fixture();
  await create(store, newWidget({ name: "w" }, { size: 0 }));
  const clients = Array.from({ length: 20 }, () =>
    change(store, "w", ({ spec }) => (spec.size = (spec.size ?? 0) + 1)),
  );
  await Promise.all(clients);
  expect(await store.get(request(), "w", read)).toMatchObject({ spec: { size: 20 } });
});

test("a transform may give the old object back, or share parts of it", async () => {
  const { store } = fixture({ strategy: { prepareForUpdate: (widget) => (widget.spec.tags = ["x"]) } });
  await create(store);
  const same = await store.update(request(), "w", async (old) => old ?? newWidget(), allowUpdate, updateOptions());
  expect(same.object).toMatchObject({ spec: { tags: ["x"] } });
});

async function inBlue(old: KubeObject | undefined): Promise<Widget> {
  return { ...(old as Widget), spec: { color: "blue" } };
}

test("a dry run tells the outcome and writes nothing", async () => {
  const { store, storage } = fixture();
  await create(store);
  const { object } = await store.update(request(), "w", inBlue, allowUpdate, updateOptions({ dryRun: true }));
  expect(object).toMatchObject({ metadata: { resourceVersion: "2", generation: 2 }, spec: { color: "blue", size: 1 } });
  expect(await storage.currentRevision()).toBe(2);
});

async function inColourBlue(old: KubeObject | undefined): Promise<WidgetV1beta1> {
  return { ...(old as WidgetV1beta1), spec: { colour: "blue" } };
}

test("an object is served, changed and checked in each version, and stored in one", async () => {
  const { store, older } = fixture();
  await create(older, olderWidget({ name: "w" }));
  expect(await older.get(request(), "w", read)).toMatchObject({
    apiVersion: "example.dev/v1beta1",
    spec: { colour: "green", size: 1 },
  });
  const seen: unknown[] = [];
  const check = { create: allow, update: async (object: KubeObject, old?: KubeObject) => void seen.push(object, old) };
  const { object } = await older.update(request(), "w", inColourBlue, check, updateOptions());
  expect(object).toMatchObject({ apiVersion: "example.dev/v1beta1", spec: { colour: "blue", size: 1 } });
  expect(seen).toMatchObject([{ spec: { colour: "blue" } }, { spec: { colour: "green" } }]);
  expect(await store.get(request(), "w", read)).toMatchObject({
    apiVersion: "example.dev/v1",
    spec: { color: "blue" },
  });
});

test("an object that is invalid in the version it comes in never reaches the conversion", async () => {
  const { older } = fixture();
  const status = await refusal(create(older, olderWidget({ name: "w", labels: { a: "not valid!" } }, "pink")));
  expect(status.details?.causes?.map(({ field }) => field)).toEqual(["metadata.labels", "spec.colour"]);
});

const olderRules = {
  validate: ({ spec }: WidgetV1beta1) => (spec.colour === "beige" ? [invalid("spec.colour", "beige", "too pale")] : []),
  validateUpdate: ({ spec }: WidgetV1beta1, old: WidgetV1beta1) =>
    spec.size === old.spec.size ? [] : [forbidden("spec.size", "may not change")],
};

test.each<[string, WidgetV1beta1, string[]]>([
  ["by its author's rules", olderWidget({ name: "w" }, "beige"), ["spec.colour"]],
  [
    "by its tags and its author's rules",
    { ...olderWidget({ name: "w" }, "pink"), spec: { colour: "pink" } },
    ["spec.colour", "spec.size"],
  ],
  [
    "by all rules there are",
    { ...olderWidget({ name: "w", uid: "other", labels: { a: "not valid!" } }), spec: { colour: "beige", size: 2 } },
    ["metadata.labels", "metadata.uid", "metadata.labels", "spec.colour", "spec.size"],
  ],
])(
  "an update that is invalid in the version it comes in %s is refused with all that is wrong",
  async (_, sent, fields) => {
    const { store, older } = fixture({ strategy: { validate: () => [] }, olderStrategy: olderRules });
    await create(store);
    const status = await refusal(replace(older, sent));
    expect(status).toMatchObject({ code: 422, details: { name: "w", group: "example.dev", kind: "Widget" } });
    expect(status.details?.causes?.map(({ field }) => field)).toEqual(fields);
  },
);

test("an object keeps its name, and can be changed, when the rules for names become stricter", async () => {
  const { storage, store } = fixture({ strategy: { names: pathSegmentName } });
  await create(store, newWidget({ name: "Upper_Case" }));
  const strict = fixture({ storage }).store;
  expect(await change(strict, "Upper_Case", ({ spec }) => (spec.size = 2))).toMatchObject({ spec: { size: 2 } });
});

test("the rules of a version bind those who write it, and nobody else", async () => {
  const { store, older } = fixture({ olderStrategy: olderRules, strategy: {} });
  await create(store, newWidget({ name: "w" }, { color: "beige" }));
  const status = await refusal(create(older, olderWidget({ name: "x" }, "beige")));
  expect(status.message).toBe('Widget.example.dev "x" is invalid: spec.colour: Invalid value: "beige": too pale');
  expect(await change(store, "w", ({ spec }) => (spec.size = 2))).toMatchObject({ spec: { color: "beige", size: 2 } });
});

test("the names of a kind are those of the version that is stored, whichever is written", async () => {
  const { older } = fixture({ strategy: { names: pathSegmentName }, olderStrategy: olderRules });
  const status = await refusal(create(older, olderWidget({ name: "Upper_Case" }, "beige")));
  expect(status.details?.causes?.map(({ field }) => field)).toEqual(["spec.colour"]);
  expect(await create(older, olderWidget({ name: "Upper_Case" }))).toMatchObject({ metadata: { name: "Upper_Case" } });
});

test("the strategy of the stored version sees writes of every version", async () => {
  const { older } = fixture({ strategy: { prepareForCreate: (widget) => (widget.spec.tags = [widget.spec.color]) } });
  expect(await create(older, olderWidget())).toMatchObject({ spec: { colour: "green", tags: ["green"] } });
});

test("objects that were stored in another version are read, and rewritten when they change", async () => {
  const first = fixture({ storageVersion: "v1beta1" });
  await create(first.store);
  const { store, storage } = fixture({ storage: first.storage });
  expect(await store.get(request(), "w", read)).toMatchObject({
    apiVersion: "example.dev/v1",
    spec: { color: "green" },
  });
  expect(await names(store)).toEqual(["w"]);
  await change(store, "w", (widget) => (widget.spec.size = 2));
  const { entries } = await storage.list("");
  expect(JSON.parse(new TextDecoder().decode(entries[0]?.value))).toMatchObject({ apiVersion: "example.dev/v1" });
});

test("an author's defaults are set after those of tags, on what is read from the storage too", async () => {
  const first = fixture();
  await create(first.store, newWidget({ name: "w" }, { tags: [] }));
  const { store } = fixture({
    storage: first.storage,
    strategy: { setDefaults: ({ spec }) => void (spec.tags ??= [`size ${spec.size}`]) },
  });
  expect(await store.get(request(), "w", read)).toMatchObject({ spec: { tags: [] } });
  await change(first.store, "w", ({ spec }) => delete spec.tags);
  expect(await store.get(request(), "w", read)).toMatchObject({ spec: { size: 1, tags: ["size 1"] } });
});

test("stored objects get the defaults of fields that came later, and lose fields that went", async () => {
  const { store, storage } = fixture();
  const stored = {
    kind: "Widget",
    apiVersion: "example.dev/v1",
    metadata: { name: "w", namespace: "ns" },
    gone: 1,
    spec: { color: "red" },
  };
  await storage.put("/registry/example.dev/widgets/ns/w", new TextEncoder().encode(JSON.stringify(stored)), "absent");
  expect(await store.get(request(), "w", read)).toEqual({
    kind: "Widget",
    apiVersion: "example.dev/v1",
    metadata: { name: "w", namespace: "ns", resourceVersion: "2" },
    spec: { color: "red", size: 1 },
  });
});

test.each([
  ["no JSON", "{", "it is not JSON"],
  ["a number", "1", "it is no object"],
  [
    "an unknown version",
    '{"apiVersion":"example.dev/v9"}',
    'no kind "Widget" is registered for version "example.dev/v9"',
  ],
  ["a wrong type", '{"apiVersion":"example.dev/v1","spec":{"color":1}}', "cannot unmarshal number"],
])("a stored value that is %s is an internal error", async (_, text, message) => {
  const { store, storage } = fixture();
  await storage.put("/registry/example.dev/widgets/ns/w", new TextEncoder().encode(text), "absent");
  const status = await refusal(store.get(request(), "w", read));
  expect(status).toMatchObject({ code: 500, reason: "InternalError", message: expect.stringContaining(message) });
});

test("a key such as __proto__ is a key like any other, and sets no prototype", async () => {
  const { store, older } = fixture();
  const spec = JSON.parse('{"color":"green","__proto__":{"polluted":true}}') as Widget["spec"];
  const widget: Widget = { ...newWidget(), spec };
  await create(store, widget);
  await change(store, "w", (changed) => (changed.spec.size = 2));
  for (const version of [store, older]) {
    const object = (await version.get(request(), "w", { resourceVersion: "" })) as Widget;
    expect(Object.keys(object.spec)).toContain("__proto__");
    expect((object.spec as Record<string, unknown>)["polluted"]).toBeUndefined();
  }
});
