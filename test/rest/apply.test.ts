import { describe, expect, test } from "vitest";
import { forbiddenRequest } from "../../runtime/meta/status-error.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { apply, create, later, ownedWidgets, ownersOf, patch, put, widget } from "./owned-widgets.ts";
import { refusal, request } from "./requests.ts";

describe("applying", () => {
  test("creates what is not there, and owns what it says", async () => {
    const { main } = ownedWidgets();
    const { object, created } = await patch(main, "apply", widget({ color: "green" }, { labels: { a: "1" } }), {
      fieldManager: "ann",
    });
    expect(created).toBe(true);
    expect(object.metadata.uid).toBeDefined();
    expect(object).toMatchObject({ spec: { color: "green", size: 1 }, metadata: { generation: 1, namespace: "ns" } });
    expect(ownersOf(object)).toEqual({
      "ann Apply v1": { "f:metadata": { "f:labels": { "f:a": {} } }, "f:spec": { "f:color": {} } },
    });
    expect(object.metadata.managedFields?.[0]?.time).toBe("2026-01-02T15:04:05Z");
  });

  test("asks whether its user may create, where there is nothing yet", async () => {
    const authorizeCreate = async (): Promise<never> => {
      throw forbiddenRequest({ group: "example.dev", resource: "widgets" }, "w", "no");
    };
    const { main } = ownedWidgets({ target: { authorizeCreate } });
    const { code } = await refusal(() => apply(main, widget({ color: "green" }), "ann"));
    expect(code).toBe(403);
  });

  test("takes YAML, too", async () => {
    const yaml = "apiVersion: example.dev/v1\nkind: Widget\nmetadata: {name: w}\nspec:\n  color: blue\n  size: 0x10\n";
    expect(await apply(ownedWidgets().main, yaml, "ann")).toMatchObject({ spec: { color: "blue", size: 16 } });
  });

  test("again without a field takes the field out, unless another owns it too", async () => {
    const { main } = ownedWidgets();
    await apply(main, widget({ color: "green", tags: ["x", "y"] }, { labels: { a: "1", b: "1" } }), "ann");
    await apply(main, widget({ color: "green", tags: ["y"] }, { labels: { b: "1" } }), "bob");
    const object = await apply(main, widget({ color: "green" }), "ann");
    expect(object).toMatchObject({ spec: { tags: ["y"] }, metadata: { labels: { b: "1" } } });
    expect(object.metadata.labels).toEqual({ b: "1" });
  });

  test("what is there already writes nothing, whatever the time", async () => {
    const { main } = ownedWidgets();
    const before = await apply(main, widget({ color: "green" }), "ann");
    const { object } = await patch(main, "apply", widget({ color: "green" }), { fieldManager: "ann" }, later(60));
    expect(object).toBe(before);
  });

  test("over another's field is a conflict, unless it is forced", async () => {
    const { main } = ownedWidgets();
    await apply(main, widget({ color: "green" }), "ann");
    const blue = widget({ color: "blue" });
    const status = await refusal(() => apply(main, blue, "bob"));
    expect(status).toMatchObject({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "ann": .spec.color',
      details: { causes: [{ reason: "FieldManagerConflict", field: ".spec.color" }] },
    });
    const object = await apply(main, blue, "bob", { force: true });
    expect(ownersOf(object)).toEqual({ "bob Apply v1": { "f:spec": { "f:color": {} } } });
  });

  test("over what was there before anyone kept track tells who had it: before-first-apply", async () => {
    const { main } = ownedWidgets();
    const { schemas: _, ...untracked } = main;
    await create(untracked, widget({ color: "green" }), "ann");
    const status = await refusal(() => apply(main, widget({ color: "blue" }), "bob"));
    expect(status.message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using example.dev/v1: .spec.color',
    );
    expect(ownersOf(await apply(main, widget({ color: "green" }), "bob"))).toEqual({
      "bob Apply v1": { "f:spec": { "f:color": {} } },
      "before-first-apply Update v1": { "f:spec": { "f:color": {}, "f:size": {} } },
    });
  });

  test("compares with what others changed in other versions", async () => {
    const { main, older } = ownedWidgets();
    await apply(main, widget({ color: "green", size: 2 }), "ann");
    await patch(older, "merge", { spec: { colour: "blue" } }, { fieldManager: "bob" });
    const status = await refusal(() => apply(main, widget({ color: "beige", size: 2 }), "ann"));
    expect(status.message).toBe(
      'Apply failed with 1 conflict: conflict with "bob" using example.dev/v1beta1: .spec.colour',
    );
    const object = await apply(main, widget({ color: "blue", size: 2 }), "ann");
    expect(ownersOf(object)).toEqual({
      "ann Apply v1": { "f:spec": { "f:color": {}, "f:size": {} } },
      "bob Update v1beta1": { "f:spec": { "f:colour": {} } },
    });
  });

  test("in another version than before goes on where it was", async () => {
    const { main, older } = ownedWidgets();
    await apply(main, widget({ color: "green", size: 2 }), "ann");
    const again = {
      apiVersion: "example.dev/v1beta1",
      kind: "Widget",
      metadata: { name: "w" },
      spec: { colour: "blue" },
    };
    const object = await apply(older, again, "ann");
    expect(object).toMatchObject({ spec: { colour: "blue", size: 1 } });
    expect(ownersOf(object)).toEqual({ "ann Apply v1beta1": { "f:spec": { "f:colour": {} } } });
  });

  test("by kubectl takes over what kubectl had applied on the client's side", async () => {
    const { main } = ownedWidgets();
    const key = "kubectl.kubernetes.io/last-applied-configuration";
    const applied = JSON.stringify(widget({ color: "green" }));
    await create(
      main,
      widget({ color: "green" }, { annotations: { [key]: `${applied}\n` } }),
      "kubectl-client-side-apply",
    );
    const object = await apply(main, widget({ color: "blue" }), "kubectl");
    expect(object).toMatchObject({ spec: { color: "blue" } });
    expect(JSON.parse(object.metadata.annotations?.[key] ?? "")).toEqual(widget({ color: "blue" }));
  });

  test("the status changes the status alone, and owns nothing else", async () => {
    const { main, status } = ownedWidgets();
    await apply(main, widget({ color: "green" }, {}, { status: { phase: "ignored" } }), "ann");
    const object = await apply(
      status,
      widget({ color: "blue" }, { labels: { a: "1" } }, { status: { phase: "up" } }),
      "bob",
      {
        force: true,
      },
    );
    expect(object).toMatchObject({ spec: { color: "green" }, status: { phase: "up" } });
    expect(object.metadata.labels).toBeUndefined();
    expect(ownersOf(object)).toEqual({
      "ann Apply v1": { "f:spec": { "f:color": {} } },
      "bob Apply v1/status": { "f:status": { "f:phase": {} } },
    });
  });

  test("the status of what is not there is a 404", async () => {
    const { code } = await refusal(() => apply(ownedWidgets().status, widget({}, {}, { status: {} }), "ann"));
    expect(code).toBe(404);
  });

  test("on a dry run stores nothing", async () => {
    const { main } = ownedWidgets();
    await apply(main, widget({ color: "green" }), "ann", { dryRun: true });
    expect((await refusal(() => patch(main, "merge", {}))).code).toBe(404);
  });

  test("a key called __proto__ changes no prototype", async () => {
    const { main } = ownedWidgets();
    const configuration =
      '{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"w","labels":{"__proto__":"x"}},"spec":{"color":"green","__proto__":{"size":7}}}';
    const status = await refusal(() => apply(main, configuration, "ann"));
    expect(status.message).toContain(".spec.__proto__: field not declared in schema");
    expect(({} as { size?: number }).size).toBeUndefined();
  });

  test("at once by many loses nothing", async () => {
    const { main } = ownedWidgets();
    const managers = Array.from({ length: 20 }, (_, i) => `m${i}`);
    await Promise.all(
      managers.map((name) => apply(main, widget({ color: "green" }, { labels: { [name]: "1" } }), name)),
    );
    const object = await apply(main, widget({ color: "green" }), "last");
    expect(Object.keys(object.metadata.labels ?? {})).toHaveLength(managers.length);
    expect(object.metadata.managedFields).toHaveLength(managers.length + 1);
  });
});

describe("a configuration", () => {
  const named = "apiVersion: example.dev/v1\nkind: Widget\nmetadata: {name: w}\n";

  test.each([
    ["[}", "400 error decoding YAML: error converting YAML to JSON: yaml: did not find expected node content"],
    [
      "[]",
      "400 error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
    ],
    ["", "400 invalid object type: /, Kind="],
    ["null", "400 invalid object type: /, Kind="],
    ["{apiVersion: 1, kind: 2}", "400 invalid object type: /, Kind="],
    ["{kind: Widget, apiVersion: v1}", "400 invalid object type: /v1, Kind=Widget"],
    [
      `${named}spec: {color: 7}`,
      "500 failed to create typed patch object (/w; example.dev/v1, Kind=Widget): .spec.color: expected string, got &value.valueUnstructured{Value:7}",
    ],
    [
      `${named}spec: {tags: [a, a]}`,
      '500 failed to create typed patch object (/w; example.dev/v1, Kind=Widget): .spec.tags: duplicate entries for key [="a"]',
    ],
    [
      "{apiVersion: example.dev/v1, kind: Widget, spec: {color: green}}",
      "400 the name of the object (w based on URL) was undeterminable: name must be provided",
    ],
    [
      `${named}  x: 1`,
      "400 error decoding YAML: error converting YAML to JSON: yaml: line 3: did not find expected key",
    ],
    [
      "{apiVersion: example.dev/v1, kind: Widget, metadata: {name: w, namespace: elsewhere}, spec: {color: green}}",
      "400 the namespace of the provided object does not match the namespace sent on the request",
    ],
    [
      `${named}spec: {color: pink}`,
      '422 Widget.example.dev "w" is invalid: spec.color: Invalid value: "pink": not a color',
    ],
  ])("%j is refused", async (configuration, expected) => {
    const { code, message } = await refusal(() => apply(ownedWidgets().main, configuration, "ann"));
    expect(`${code} ${message}`).toBe(expected);
  });

  test.each([
    [`${named}spec: {color: green, color: blue}`, 'line 4: key "color" already set in map'],
    [
      `{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"w"},\n"spec":{"color":"green","color":"blue"}}`,
      'line 2: key "color" already set in map',
    ],
  ])("with a key that stands twice is warned of, refused, or neither: %j", async (configuration, problem) => {
    const { main } = ownedWidgets();
    const context = request();
    const options = { fieldManager: "ann" };
    const { object } = await patch(main, "apply", configuration, options, context);
    expect(object).toMatchObject({ spec: { color: "blue" } });
    expect(context.warnings).toEqual([problem]);
    const strict = { ...options, fieldValidation: "Strict" as const };
    expect((await refusal(() => patch(main, "apply", configuration, strict))).message).toBe(
      `error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  ${problem}`,
    );
    const quiet = request();
    await patch(main, "apply", configuration, { ...options, fieldValidation: "Ignore" }, quiet);
    expect(quiet.warnings).toEqual([]);
  });
});

describe("owners", () => {
  test("are kept of what is created, updated and patched, without what the server sets", async () => {
    const { main } = ownedWidgets();
    expect(ownersOf(await create(main, widget({ color: "green" }), "ann"))).toEqual({
      "ann Update v1": { "f:spec": { "f:color": {}, "f:size": {} } },
    });
    expect(ownersOf(await put(main, widget({ color: "green", size: 2 }), "bob"))).toEqual({
      "ann Update v1": { "f:spec": { "f:color": {} } },
      "bob Update v1": { "f:spec": { "f:size": {} } },
    });
    const { object } = await patch(main, "json", [{ op: "add", path: "/spec/tags", value: ["x"] }], {
      fieldManager: "ann",
    });
    expect(ownersOf(object)).toEqual({
      "ann Update v1": { "f:spec": { "f:color": {}, "f:tags": { ".": {}, 'v:"x"': {} } } },
      "bob Update v1": { "f:spec": { "f:size": {} } },
    });
  });

  test("of the status come by its own endpoint alone", async () => {
    const { main, status } = ownedWidgets();
    await create(main, widget({ color: "green" }, {}, { status: { phase: "new" } }), "ann");
    await put(main, widget({ color: "green" }, {}, { status: { phase: "newer" } }), "bob");
    const object = await put(
      status,
      widget({ color: "blue" }, { managedFields: [{}] }, { status: { phase: "up" } }),
      "kim",
    );
    expect(object).toMatchObject({ spec: { color: "green" }, status: { phase: "up" } });
    expect(ownersOf(object)).toEqual({
      "ann Update v1": { "f:spec": { "f:color": {}, "f:size": {} } },
      "kim Update v1/status": { "f:status": { ".": {}, "f:phase": {} } },
    });
  });

  test("who change nothing are not noted, and write nothing", async () => {
    const { main } = ownedWidgets();
    const before = await create(main, widget({ color: "green" }), "ann");
    const { object } = await patch(main, "merge", { spec: { color: "green" } }, { fieldManager: "bob" }, later(60));
    expect(object.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect(ownersOf(object)).toEqual(ownersOf(before));
  });

  test.each([[[{}]], [[]]])("are forgotten where managedFields are set to %j", async (managedFields) => {
    const { main } = ownedWidgets();
    await create(main, widget({ color: "green" }), "ann");
    const { object } = await patch(main, "merge", { metadata: { managedFields } }, { fieldManager: "bob" });
    expect(object.metadata.managedFields).toBeUndefined();
    const { object: after } = await patch(main, "merge", { spec: { size: 3 } }, { fieldManager: "bob" });
    expect(after.metadata.managedFields).toBeUndefined();
  });

  test("are kept where managedFields are left out, or make no sense", async () => {
    const { main } = ownedWidgets();
    await create(main, widget({ color: "green" }), "ann");
    const nonsense = { managedFields: [{ manager: "x", operation: "Delete" }] };
    const { object } = await patch(main, "merge", { metadata: nonsense }, { fieldManager: "bob" });
    expect(Object.keys(ownersOf(object))).toEqual(["ann Update v1"]);
  });

  test("by update are at most ten, and the oldest are put together", async () => {
    const { main } = ownedWidgets();
    await create(main, widget({ color: "green" }), "m0");
    let object: KubeObject | undefined;
    for (let i = 1; i <= 11; i++) {
      const labels = { [`l${i}`]: "1" };
      ({ object } = await patch(main, "merge", { metadata: { labels } }, { fieldManager: `m${i}` }, later(i)));
    }
    const names = (object?.metadata.managedFields ?? []).map(({ manager }) => manager);
    expect(names).toEqual(["ancient-changes", "m3", "m4", "m5", "m6", "m7", "m8", "m9", "m10", "m11"]);
  });

  test("nobody named are called unknown", async () => {
    expect(Object.keys(ownersOf(await create(ownedWidgets().main, widget({ color: "green" }), "")))).toEqual([
      "unknown Update v1",
    ]);
  });

  test("who cannot be told keep nobody from writing", async () => {
    const broken = ownedWidgets({
      define: (definitions) => ({ ...definitions, "dev.example.v1.WidgetSpec": { type: "array" } }),
    });
    const object = await create(broken.main, widget({ color: "green" }), "ann");
    expect(object.metadata.managedFields).toBeUndefined();
    expect(await put(broken.main, widget({ color: "blue" }), "ann")).toMatchObject({ spec: { color: "blue" } });
  });

  test("are kept by what is there where a kind has no definition", async () => {
    const { main } = ownedWidgets({ define: () => ({}) });
    const object = await apply(main, widget({ color: "green", tags: ["a"] }), "ann");
    expect(ownersOf(object)).toEqual({ "ann Apply v1": { "f:spec": { ".": {}, "f:color": {}, "f:tags": {} } } });
  });

  test("are left out where the object would be too large to be stored with them", async () => {
    const labels = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`example.dev/label-${i}`, "1"]));
    const { main } = ownedWidgets({ storage: memoryStorage({ valueBytesMax: 1600 }) });
    const object = await create(main, widget({ color: "green" }, { labels }), "ann");
    expect(object.metadata.managedFields).toBeUndefined();
    const more = { labels: { ...labels, another: "1" } };
    for (const write of [put(main, widget({ color: "green" }, more), "bob"), merged(main, { metadata: more })]) {
      expect((await write).metadata.managedFields).toBeUndefined();
    }
    expect((await refusal(() => apply(main, widget({ color: "green" }, more), "ann"))).code).toBe(413);
  });

  test("are seen by admission, which cannot spoil them", async () => {
    const seen: unknown[] = [];
    const admission = {
      validate: async () => undefined,
      mutate: async ({ object }: { object: KubeObject }) => {
        seen.push(Object.keys(ownersOf(object)));
        return { ...object, metadata: { ...object.metadata, managedFields: [{ manager: "x" }] } };
      },
    };
    const { main } = ownedWidgets({ target: { admission } });
    const context = request();
    const { object } = await patch(main, "apply", widget({ color: "green" }), { fieldManager: "ann" }, context);
    expect(seen).toEqual([["ann Apply v1"]]);
    expect(Object.keys(ownersOf(object))).toEqual(["ann Apply v1"]);
    expect(context.warnings).toEqual([
      ".metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: operation must be `Apply` or `Update`",
    ]);
  });
});

async function merged(target: Parameters<typeof patch>[0], content: object): Promise<KubeObject> {
  return (await patch(target, "merge", content, { fieldManager: "bob" })).object;
}

test("of an object with very many parts nobody is told the owners, and it cannot be applied", async () => {
  const { main } = ownedWidgets();
  const tags = Array.from({ length: 100_001 }, (_, i) => `t${i}`);
  const few = await create(main, widget({ color: "green", tags: tags.slice(0, 10) }), "creator");
  expect(Object.keys(ownersOf(few))).toEqual(["creator Update v1"]);
  const many = await patch(main, "merge", { spec: { tags } }, { fieldManager: "patcher" });
  expect(many.object.metadata.managedFields).toBeUndefined();
  expect(await refusal(() => apply(main, widget({ color: "green", tags }), "applier"))).toMatchObject({
    code: 413,
    reason: "RequestEntityTooLarge",
  });
  expect(await refusal(() => apply(main, widget({ color: "green" }), "applier"))).toMatchObject({ code: 413 });
});
