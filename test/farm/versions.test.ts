import { afterAll, beforeAll, expect, test } from "vitest";
import { startFarm, type Answer, type FarmServer } from "./server.ts";

const apis = "/apis/farm.example.dev";
const herds = { v1: `${apis}/v1/namespaces/ns/herds`, v1beta1: `${apis}/v1beta1/namespaces/ns/herds` };
const deprecated =
  '299 - "farm.example.dev/v1beta1 Herd is deprecated in v1.30+, unavailable in v1.40+; use farm.example.dev/v1 Herd"';
const mergePatch = "application/merge-patch+json";

let farm: FarmServer;
beforeAll(async () => {
  farm = await startFarm();
});
afterAll(() => farm.close());

interface Metadata {
  readonly resourceVersion: string;
  readonly generation: number;
  readonly managedFields?: object[];
}

function metadataOf({ body }: Answer): Metadata {
  return body["metadata"] as Metadata;
}

/** A herd as the storage has it. */
async function stored(name: string): Promise<Record<string, unknown>> {
  const entry = await farm.storage.get(`/registry/farm.example.dev/herds/ns/${name}`);
  return JSON.parse(new TextDecoder().decode(entry?.value)) as Record<string, unknown>;
}

/** Puts a herd into the storage as a server wrote it that still stored v1beta1. */
async function storeOlder(name: string, spec: object): Promise<void> {
  const metadata = {
    name,
    namespace: "ns",
    uid: `uid-of-${name}`,
    generation: 4,
    creationTimestamp: "2026-01-02T15:04:05Z",
  };
  const older = { kind: "Herd", apiVersion: "farm.example.dev/v1beta1", metadata, spec, status: { size: 2 } };
  const value = new TextEncoder().encode(JSON.stringify(older));
  await farm.storage.put(`/registry/farm.example.dev/herds/ns/${name}`, value, "absent");
}

function olderHerd(name: string, spec: object = {}): object {
  return {
    kind: "Herd",
    apiVersion: "farm.example.dev/v1beta1",
    metadata: { name },
    spec: { breed: "angora", ...spec },
  };
}

function herd(name: string, spec: object = {}): object {
  return { ...olderHerd(name, spec), apiVersion: "farm.example.dev/v1" };
}

test("each version has an endpoint of its own for the same objects", async () => {
  const created = await farm.send("POST", herds.v1beta1, olderHerd("a", { size: 3, pastureName: "hill" }));
  expect(created).toMatchObject({ status: 201, warning: deprecated });
  expect(created.body).toMatchObject({
    apiVersion: "farm.example.dev/v1beta1",
    spec: { size: 3, pastureName: "hill" },
  });
  const read = await farm.send("GET", `${herds.v1}/a`);
  expect(read).toMatchObject({ status: 200, warning: undefined });
  expect(read.body).toMatchObject({
    apiVersion: "farm.example.dev/v1",
    spec: { animals: 3, pasture: { name: "hill" } },
  });
  expect(metadataOf(read)).toMatchObject({
    resourceVersion: metadataOf(created).resourceVersion,
    managedFields: [{ apiVersion: "farm.example.dev/v1beta1" }],
  });
  expect(await stored("a")).toMatchObject({ apiVersion: "farm.example.dev/v1", spec: { animals: 3 } });
});

test.each(["v1", "v1beta1"] as const)("a list of %s has items of that version alone", async (version) => {
  const { body } = await farm.send("GET", herds[version]);
  expect(body).toMatchObject({ kind: "HerdList", apiVersion: `farm.example.dev/${version}` });
  const items = body["items"] as Record<string, unknown>[];
  expect(items.length).toBeGreaterThan(0);
  const size = version === "v1" ? "animals" : "size";
  for (const { spec } of items) expect(Object.keys(spec as object)).toContain(size);
});

test.each([
  ["v1", { animals: 8 }],
  ["v1beta1", { size: 8 }],
] as const)("a watch of %s tells of writes to the other version, in its own", async (version, spec) => {
  const before = metadataOf(await farm.send("GET", herds[version])).resourceVersion;
  const events = farm.watch(`${herds[version]}?watch=true&resourceVersion=${before}`);
  const name = `watched-in-${version}`;
  const created =
    version === "v1"
      ? await farm.send("POST", herds.v1beta1, olderHerd(name, { size: 8 }))
      : await farm.send("POST", herds.v1, herd(name, { animals: 8 }));
  const { value } = await events.next();
  await events.return(undefined);
  expect(value).toMatchObject({
    type: "ADDED",
    object: {
      apiVersion: `farm.example.dev/${version}`,
      metadata: { name, resourceVersion: metadataOf(created).resourceVersion },
      spec,
    },
  });
});

test.each([
  ["v1", "animals"],
  ["v1beta1", "size"],
])("OpenAPI and discovery of %s speak of that version alone", async (version, field) => {
  const { body } = await farm.send("GET", `/openapi/v3/apis/farm.example.dev/${version}`);
  const { schemas } = body["components"] as { schemas: Record<string, { properties: object }> };
  expect(Object.keys(schemas[`dev.example.farm.${version}.HerdSpec`]?.properties ?? {})).toContain(field);
  expect(Object.keys(schemas).filter((name) => name.startsWith("dev.example.farm."))).toEqual(
    Object.keys(schemas).filter((name) => name.startsWith(`dev.example.farm.${version}.`)),
  );
  expect(Object.keys(body["paths"] as object)).toContain(`${apis}/${version}/namespaces/{namespace}/herds/{name}`);
  const discovery = await farm.send("GET", `${apis}/${version}`);
  const resources = discovery.body["resources"] as { name: string }[];
  expect(resources.map(({ name }) => name)).toEqual(["herds", "herds/scale", "herds/status"]);
});

test("a field selector chooses in both versions", async () => {
  await farm.send("POST", herds.v1, herd("chosen", { breed: "texel" }));
  for (const path of Object.values(herds)) {
    const { body } = await farm.send("GET", `${path}?fieldSelector=spec.breed%3Dtexel`);
    expect(body["items"]).toMatchObject([{ metadata: { name: "chosen" } }]);
  }
});

test("an object stored in an older version is read as any other, and stays as it is", async () => {
  await storeOlder("read", { breed: "boer", stalls: [{ stall: "big" }] });
  const { body } = await farm.send("GET", `${herds.v1}/read`);
  expect(body).toMatchObject({
    apiVersion: "farm.example.dev/v1",
    spec: { animals: 1, breed: "boer", pens: [{ name: "big", places: 10 }] },
    status: { animals: 2 },
  });
  expect(await farm.send("GET", `${herds.v1beta1}/read`)).toMatchObject({ body: { spec: { size: 1 } } });
  expect(await stored("read")).toMatchObject({ apiVersion: "farm.example.dev/v1beta1" });
});

test("an update of an object stored in an older version stores the present one", async () => {
  await storeOlder("patched", { breed: "boer" });
  const patched = await farm.send("PATCH", `${herds.v1beta1}/patched`, { spec: { size: 6 } }, mergePatch);
  expect(patched).toMatchObject({ status: 200, body: { spec: { size: 6 }, status: { size: 2 } } });
  expect(metadataOf(patched).generation).toBe(5);
  expect(await stored("patched")).toMatchObject({
    apiVersion: "farm.example.dev/v1",
    metadata: { uid: "uid-of-patched", generation: 5 },
    spec: { animals: 6, breed: "boer" },
    status: { animals: 2 },
  });
});

test("an update that changes nothing migrates an object stored in an older version, and only once", async () => {
  await storeOlder("kept", { breed: "boer" });
  const old = await farm.send("GET", `${herds.v1}/kept`);
  const migrated = await farm.send("PUT", `${herds.v1}/kept`, old.body);
  expect(await stored("kept")).toMatchObject({
    apiVersion: "farm.example.dev/v1",
    spec: { animals: 1, breed: "boer" },
  });
  expect(metadataOf(migrated).generation).toBe(4);
  expect(metadataOf(migrated).resourceVersion).not.toBe(metadataOf(old).resourceVersion);
  const again = await farm.send("PUT", `${herds.v1}/kept`, migrated.body);
  expect(metadataOf(again).resourceVersion).toBe(metadataOf(migrated).resourceVersion);
});

test("a status written in the older version is the status of both", async () => {
  await farm.send("POST", herds.v1, herd("counted", { animals: 5, temper: "Calm" }));
  const status = { spec: { size: 1 }, status: { size: 4, selector: "ear=left" } };
  const patched = await farm.send("PATCH", `${herds.v1beta1}/counted/status`, status, mergePatch);
  expect(patched).toMatchObject({ status: 200, body: { spec: { size: 5 }, status: status.status } });
  expect(await farm.send("GET", `${herds.v1}/counted`)).toMatchObject({
    body: {
      metadata: { generation: 1 },
      spec: { animals: 5, temper: "Calm" },
      status: { animals: 4, selector: "ear=left" },
    },
  });
});

test("what changes nothing is no write, whichever version it came in and is sent back in", async () => {
  const feed = { noon: "hay", dawn: "oats" };
  const spec = { keepers: ["ann"], size: 3, feed, breed: "boer", stalls: [{ capacity: 2, stall: "big" }] };
  const created = await farm.send("POST", herds.v1beta1, olderHerd("same", spec));
  const { resourceVersion } = metadataOf(created);
  for (const path of [herds.v1, herds.v1beta1, herds.v1]) {
    const { body } = await farm.send("GET", `${path}/same`);
    const sent = await farm.send("PUT", `${path}/same`, body);
    expect([sent.status, metadataOf(sent).resourceVersion]).toEqual([200, resourceVersion]);
  }
  const { body } = await farm.send("GET", `${herds.v1}/same`);
  const turned = { ...body, spec: { ...(body["spec"] as object), feed: { dawn: "oats", noon: "hay" } } };
  const sent = await farm.send("PUT", `${herds.v1}/same`, turned);
  expect(metadataOf(sent).resourceVersion).toBe(resourceVersion);
});

test("the scale of either version is where that version keeps its numbers", async () => {
  await farm.send("POST", herds.v1beta1, olderHerd("scaled", { size: 3 }));
  for (const [path, replicas] of [
    [herds.v1, 4],
    [herds.v1beta1, 5],
  ] as const) {
    const scaled = await farm.send("PATCH", `${path}/scaled/scale`, { spec: { replicas } }, mergePatch);
    expect(scaled).toMatchObject({ status: 200, body: { kind: "Scale", spec: { replicas } } });
    expect(await farm.send("GET", `${herds.v1}/scaled`)).toMatchObject({ body: { spec: { animals: replicas } } });
  }
});

test("a conflict between managers of two versions names the field as its owner does", async () => {
  const older = await farm.send(
    "PATCH",
    `${herds.v1beta1}/owned?fieldManager=ann`,
    olderHerd("owned", { size: 3 }),
    apply,
  );
  expect(older.status).toBe(201);
  const refused = await farm.send("PATCH", `${herds.v1}/owned?fieldManager=bob`, herd("owned", { animals: 4 }), apply);
  expect(refused).toMatchObject({ status: 409, body: { reason: "Conflict" } });
  expect(refused.body["message"]).toBe('Apply failed with 1 conflict: conflict with "ann": .spec.size');
  const forced = await farm.send(
    "PATCH",
    `${herds.v1}/owned?fieldManager=bob&force=true`,
    herd("owned", { animals: 4 }),
    apply,
  );
  expect(forced).toMatchObject({ status: 200, body: { spec: { animals: 4 } } });
});

const apply = "application/apply-patch+yaml";
const scaleOf = (replicas: number): object => ({ apiVersion: "autoscaling/v1", kind: "Scale", spec: { replicas } });

test.each([
  ["v1", "animals"],
  ["v1beta1", "size"],
] as const)("who scales by way of %s owns the number, and who applied it meets a conflict", async (version, field) => {
  const name = `fought-${version}`;
  const applied = herd(name, { animals: 3 });
  await farm.send("PATCH", `${herds.v1}/${name}?fieldManager=ann`, applied, apply);
  const path = `${herds[version]}/${name}/scale?fieldManager=hpa`;
  const scaled = await farm.send("PATCH", path, { spec: { replicas: 7 } }, mergePatch);
  expect(scaled).toMatchObject({ status: 200, body: { spec: { replicas: 7 } } });
  expect(metadataOf(scaled).managedFields).toBeUndefined();
  const { managedFields } = metadataOf(await farm.send("GET", `${herds.v1}/${name}`));
  expect(managedFields).toMatchObject([
    { manager: "ann", operation: "Apply", fieldsV1: { "f:spec": { "f:breed": {} } } },
    {
      manager: "hpa",
      operation: "Update",
      subresource: "scale",
      apiVersion: `farm.example.dev/${version}`,
      fieldsV1: { "f:spec": { [`f:${field}`]: {} } },
    },
  ]);
  const refused = await farm.send("PATCH", `${herds.v1}/${name}?fieldManager=ann`, applied, apply);
  expect(refused.body["message"]).toBe(
    `Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using farm.example.dev/${version}: .spec.${field}`,
  );
});

test("a scale can be applied, against those who own the number otherwise", async () => {
  await farm.send("PATCH", `${herds.v1}/paced?fieldManager=ann`, herd("paced", { animals: 3 }), apply);
  const path = `${herds.v1}/paced/scale?fieldManager=hpa`;
  const refused = await farm.send("PATCH", path, scaleOf(5), apply);
  expect(refused.body["message"]).toBe('Apply failed with 1 conflict: conflict with "ann": .spec.replicas');
  const forced = await farm.send("PATCH", `${path}&force=true`, scaleOf(5), apply);
  expect(forced).toMatchObject({ status: 200, body: { kind: "Scale", spec: { replicas: 5 } } });
  const read = await farm.send("GET", `${herds.v1}/paced`);
  expect(read).toMatchObject({ body: { spec: { animals: 5, breed: "angora" } } });
  expect(metadataOf(read).managedFields).toMatchObject([{ manager: "ann" }, { manager: "hpa", operation: "Apply" }]);
});

test("scaling to the number that there is takes it from nobody and is no write", async () => {
  await farm.send("PATCH", `${herds.v1}/steady?fieldManager=ann`, herd("steady", { animals: 3 }), apply);
  const before = metadataOf(await farm.send("GET", `${herds.v1}/steady`));
  await farm.send("PATCH", `${herds.v1}/steady/scale?fieldManager=hpa`, { spec: { replicas: 3 } }, mergePatch);
  expect(metadataOf(await farm.send("GET", `${herds.v1}/steady`))).toEqual(before);
});

test("what the older version cannot say outlives its updates, and goes where it is taken away", async () => {
  await farm.send("POST", herds.v1, herd("wild", { temper: "Wild" }));
  const path = `${herds.v1beta1}/wild`;
  await farm.send("PATCH", path, { spec: { size: 9 } }, mergePatch);
  expect(await farm.send("GET", `${herds.v1}/wild`)).toMatchObject({ body: { spec: { animals: 9, temper: "Wild" } } });
  const { body } = await farm.send(
    "PATCH",
    path,
    { metadata: { annotations: { "farm.example.dev/temper": null } } },
    mergePatch,
  );
  expect(body).toMatchObject({ spec: { size: 9 } });
  const { spec } = (await farm.send("GET", `${herds.v1}/wild`)).body;
  expect(spec).toEqual({ animals: 9, breed: "angora" });
});

test("an error speaks of the fields of the version that was sent", async () => {
  const refused = await farm.send(
    "POST",
    herds.v1beta1,
    olderHerd("bad", { stalls: [{ stall: "big", capacity: 0 }], pastureFenced: true }),
  );
  expect(refused).toMatchObject({ status: 422, body: { reason: "Invalid" } });
  const { causes } = refused.body["details"] as { causes: { field: string }[] };
  expect(causes.map(({ field }) => field)).toEqual(["spec.pastureName", "spec.stalls[0].capacity"]);
});
