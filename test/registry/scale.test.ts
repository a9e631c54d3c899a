import { expect, test } from "vitest";
import { newDecodeReport } from "../../runtime/meta/decode.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { scaleDescriptor } from "../../runtime/registry/scale-descriptor.ts";
import type { Scale } from "../../runtime/registry/scale.ts";
import { scaleStore } from "../../runtime/registry/scale-store.ts";
import { change, create, fixture, refusal, type Fixture } from "./fixture.ts";
import { allow, allowUpdate, request, updateOptions } from "./request.ts";
import { newWidget } from "./widget.ts";

const paths = {
  specReplicasPath: ".spec.replicas",
  statusReplicasPath: ".status.replicas",
  labelSelectorPath: ".status.selector",
};

const read = { resourceVersion: "" };

interface ScaleFixture extends Fixture {
  readonly scale: ReturnType<typeof scaleStore>;
}

/** Stores of widgets with a scale, and one widget in them. */
async function scaled(spec: object = { replicas: 3 }): Promise<ScaleFixture> {
  const widgets = fixture({ scale: paths });
  await create(widgets.store, newWidget({ name: "w" }, spec));
  await change(widgets.status, "w", (widget) => Object.assign(widget, { status: { replicas: 2, selector: "app=w" } }));
  return { ...widgets, scale: scaleStore(widgets.store, paths) };
}

const created = {
  name: "w",
  namespace: "ns",
  uid: "00000000-0000-4000-8000-000000000000",
  resourceVersion: "3",
  creationTimestamp: "2026-01-02T15:04:05Z",
};

/** A scale as a client sends it. */
function scaleTo(replicas: number | undefined, metadata: Scale["metadata"] = { name: "w" }): Scale {
  return { metadata, spec: replicas === undefined ? {} : { replicas }, status: { replicas: 9, selector: "app=x" } };
}

async function put({ scale }: Pick<ScaleFixture, "scale">, sent: Scale): Promise<Scale> {
  return (await scale.update(request(), "w", async () => sent, allowUpdate, updateOptions())).object;
}

test("the scale of an object shows its numbers, and where its pods are found", async () => {
  const { scale } = await scaled();
  const shown = await scale.get(request(), "w", read);
  expect(shown).toEqual({
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: created,
    spec: { replicas: 3 },
    status: { replicas: 2, selector: "app=w" },
  });
  expect(JSON.stringify(shown)).toMatch(/^\{"kind":.*,"apiVersion":.*,"metadata":\{"name":.*,"spec":.*,"status":/);
  expect([shown, shown.metadata, shown.spec, shown.status].every((part) => Object.isFrozen(part))).toBe(true);
});

test("a scale of 0, and what is not known yet, are told as Kubernetes tells them", async () => {
  const { store } = fixture({ scale: paths });
  await create(store, newWidget({ name: "w" }, { replicas: 0 } as object));
  const { labelSelectorPath: _, ...unselective } = paths;
  for (const each of [paths, unselective]) {
    expect(await scaleStore(store, each).get(request(), "w", read)).toMatchObject({
      spec: {},
      status: { replicas: 0 },
    });
    expect((await scaleStore(store, each).get(request(), "w", read)).status).toEqual({ replicas: 0 });
  }
});

test("an object without a number of replicas has no scale to show, but can be given one", async () => {
  const widgets = await scaled({});
  expect(await refusal(widgets.scale.get(request(), "w", read))).toMatchObject({
    code: 500,
    message: 'Internal error occurred: the spec replicas field ".spec.replicas" does not exist',
  });
  expect(await put(widgets, scaleTo(12))).toMatchObject({ spec: { replicas: 12 } });
});

test("an update changes the number of replicas and the generation, and nothing else", async () => {
  const widgets = await scaled();
  const before = await widgets.store.get(request(), "w", read);
  const metadata = { ...created, labels: { a: "b" }, finalizers: ["example.dev/x"] };
  expect(await put(widgets, scaleTo(5, metadata))).toEqual({
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { ...created, resourceVersion: "4" },
    spec: { replicas: 5 },
    status: { replicas: 2, selector: "app=w" },
  });
  expect(await widgets.store.get(request(), "w", read)).toEqual({
    ...before,
    metadata: { ...before.metadata, resourceVersion: "4", generation: 2 },
    spec: { color: "green", size: 1, replicas: 5 },
  });
});

test.each<[string, Scale, object]>([
  ["of the version that is stored", scaleTo(4, { name: "w", resourceVersion: "3" }), { replicas: 4 }],
  ["of no version in particular", scaleTo(4), { replicas: 4 }],
  ["to nothing", scaleTo(0), {}],
  ["that names no number, which is nothing", scaleTo(undefined), {}],
])("an update %s is done", async (_, sent, spec) => {
  expect((await put(await scaled(), sent)).spec).toEqual(spec);
});

test.each<[string, Scale, number, string]>([
  [
    "of a version that is not stored any more",
    scaleTo(4, { name: "w", resourceVersion: "2" }),
    409,
    'Operation cannot be fulfilled on widgets.example.dev "w": the object has been modified; please apply your changes to the latest version and try again',
  ],
  [
    "to less than nothing",
    scaleTo(-1),
    422,
    'Widget.example.dev "w" is invalid: .spec.replicas: Invalid value: -1: should be a non-negative integer',
  ],
  [
    "to the number that stands for none",
    scaleTo(-(2 ** 31)),
    400,
    'the spec replicas field ".spec.replicas" cannot be empty',
  ],
])("an update %s is refused", async (_, sent, code, message) => {
  const widgets = await scaled();
  expect(await refusal(put(widgets, sent))).toMatchObject({ code, message });
  expect(await widgets.scale.get(request(), "w", read)).toMatchObject({ metadata: created, spec: { replicas: 3 } });
});

test("a change of something else does not give replicas to an object that has none", async () => {
  const { scale } = await scaled({});
  const update = scale.update(request(), "w", async (old) => old ?? scaleTo(1), allowUpdate, updateOptions());
  expect(await refusal(update)).toMatchObject({
    code: 400,
    message: 'the spec replicas field ".spec.replicas" cannot be empty',
  });
});

test("the scale of an object that is not there can be neither read nor changed, whatever the kind allows", async () => {
  const { store } = fixture({ scale: paths, strategy: { allowCreateOnUpdate: true } });
  const scale = scaleStore(store, paths);
  const missing = { code: 404, message: 'widgets.example.dev "w" not found' };
  expect(await refusal(scale.get(request(), "w", read))).toMatchObject(missing);
  expect(await refusal(put({ scale }, scaleTo(1)))).toMatchObject(missing);
});

test("an update of another object of that name is refused", async () => {
  const { scale } = await scaled();
  const options = updateOptions({ preconditions: { uid: "other" } });
  const update = scale.update(request(), "w", async () => scaleTo(4), allowUpdate, options);
  expect(await refusal(update)).toMatchObject({ code: 409 });
});

test("a write that comes in between is not lost", async () => {
  const { store, scale } = await scaled();
  const seen: unknown[] = [];
  const transform = async (old: Scale | undefined): Promise<Scale> => {
    seen.push(old?.metadata.resourceVersion, old?.spec.replicas);
    if (seen.length === 2) await change(store, "w", ({ spec }) => Object.assign(spec, { replicas: 7, size: 5 }));
    return scaleTo((old?.spec.replicas ?? 0) + 1);
  };
  expect(await scale.update(request(), "w", transform, allowUpdate, updateOptions())).toMatchObject({
    created: false,
    object: { spec: { replicas: 8 } },
  });
  expect(seen).toEqual(["3", 3, "4", 7]);
  expect(await store.get(request(), "w", read)).toMatchObject({ spec: { size: 5, replicas: 8 } });
});

test("who judges the update is shown scales", async () => {
  const { scale } = await scaled();
  const seen: unknown[] = [];
  const check = { create: allow, update: async (object: Scale, old?: Scale) => void seen.push(object, old) };
  await scale.update(request(), "w", async () => scaleTo(4), check, updateOptions());
  expect(seen).toMatchObject([
    { kind: "Scale", spec: { replicas: 4 } },
    { kind: "Scale", spec: { replicas: 3 } },
  ]);
});

test("a dry run tells the outcome and writes nothing", async () => {
  const { scale, storage } = await scaled();
  const options = updateOptions({ dryRun: true });
  const { object } = await scale.update(request(), "w", async () => scaleTo(4), allowUpdate, options);
  expect(object).toMatchObject({ metadata: created, spec: { replicas: 4 } });
  expect(await storage.currentRevision()).toBe(3);
});

test("each version of a kind has a scale", async () => {
  const { store, older } = await scaled();
  await put({ scale: scaleStore(older, paths) }, scaleTo(6));
  expect(await store.get(request(), "w", read)).toMatchObject({ spec: { color: "green", replicas: 6 } });
});

test.each<[string, object, string[]]>([
  ["replicas below 0", { spec: { color: "green", replicas: -1 } }, [".spec.replicas"]],
  ["more replicas than there can be", { spec: { color: "green", replicas: 2 ** 31 } }, [".spec.replicas"]],
  [
    "a status of too many and a spec of too few",
    { spec: { color: "green", replicas: -1 }, status: { replicas: 2 ** 31 } },
    [".spec.replicas", ".status.replicas"],
  ],
])("an object with %s is refused", async (_, parts, fields) => {
  const { store } = fixture({ scale: paths, separateStatus: false });
  const status = await refusal(create(store, { ...newWidget(), ...parts }));
  expect(status).toMatchObject({ code: 422 });
  expect(status.details?.causes?.map(({ field }) => field)).toEqual(fields);
});

test("a place for replicas is made where the object has none", async () => {
  const deep = { ...paths, specReplicasPath: ".spec.pods.replicas" };
  const { store } = fixture({ scale: deep });
  await create(store);
  await put({ scale: scaleStore(store, deep) }, scaleTo(2));
  expect(await store.get(request(), "w", read)).toMatchObject({ spec: { color: "green", pods: { replicas: 2 } } });
});

function decoded(json: string): { object: KubeObject; unknown: string[]; error: string | undefined } {
  const report = newDecodeReport();
  const object = scaleDescriptor.decode(JSON.parse(json) as object, report);
  return { object, unknown: report.unknownFields, error: report.typeError };
}

test.each([
  ["{}", { metadata: {}, spec: {}, status: { replicas: 0 } }, []],
  [
    '{"kind":"Scale","metadata":{"name":"w"},"spec":{"replicas":2},"status":{"replicas":1,"selector":"a=b"}}',
    { kind: "Scale", metadata: { name: "w" }, spec: { replicas: 2 }, status: { replicas: 1, selector: "a=b" } },
    [],
  ],
  ['{"metadata":null,"spec":null,"status":{"replicas":null}}', { metadata: {}, spec: {}, status: { replicas: 0 } }, []],
  [
    '{"spec":{"x":1,"__proto__":{"a":1}},"more":1,"metadata":{"y":1}}',
    { metadata: {}, spec: {}, status: { replicas: 0 } },
    ["spec.x", "spec.__proto__", "more", "metadata.y"],
  ],
])("the body %s is read as a scale", (json, object, unknown) => {
  expect(decoded(json)).toEqual({ object, unknown, error: undefined });
});

test.each([
  ['{"spec":{"replicas":"1"}}', "string into Go struct field ScaleSpec.spec.replicas of type int32"],
  ['{"spec":{"replicas":1.5}}', "number 1.5 into Go struct field ScaleSpec.spec.replicas of type int32"],
  ['{"spec":[]}', "array into Go struct field Scale.spec of type v1.ScaleSpec"],
  ['{"status":{"selector":{}}}', "object into Go struct field ScaleStatus.status.selector of type string"],
  ['{"metadata":1}', "number into Go struct field Scale.metadata of type v1.ObjectMeta"],
])("the body %s is no scale", (json, error) => {
  expect(decoded(json).error).toBe(`json: cannot unmarshal ${error}`);
});

test("a copy of a scale shares nothing with it", () => {
  const scale = scaleTo(1, { name: "w", labels: { a: "b" } });
  const copy = scaleDescriptor.deepCopy(scale);
  expect(copy).toEqual(scale);
  for (const part of ["metadata", "spec", "status"] as const) expect(copy[part]).not.toBe(scale[part]);
});
