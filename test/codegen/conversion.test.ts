import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { ApiModel } from "../../codegen/model/model.ts";
import { readModel } from "../../codegen/pipeline.ts";
import { newDecodeReport } from "../../runtime/meta/decode.ts";
import type { KubeObject, ManagedFieldsEntry, ObjectMeta } from "../../runtime/meta/v1.ts";
import type { ResourceDescriptor } from "../../runtime/scheme/descriptor.ts";
import { convert } from "../../runtime/scheme/versioned.ts";
import { scheme } from "../farm/generated/index.ts";
import { arbitraryObject } from "./emit/arbitrary-object.ts";

const farm = fileURLToPath(new URL("../farm", import.meta.url));
const group = "farm.example.dev";
const [stored, older] = ["v1", "v1beta1"].map((version) => {
  const descriptor = scheme.resource(group, version, "herds");
  if (descriptor === undefined) throw new Error(`no herds in ${version}`);
  return descriptor;
}) as [ResourceDescriptor, ResourceDescriptor];

let model: ApiModel;
beforeAll(() => {
  model = readModel(farm).model;
});

/** What objects carry into a conversion beside their spec; the annotation is where v1beta1 keeps a temper. */
const metadata: fc.Arbitrary<ObjectMeta> = fc.record(
  {
    name: fc.constantFrom("sheep", "goats"),
    uid: fc.constant("8c31bd1d-7f4b-45c8-88b1-e194a24e7f6e"),
    labels: fc.constantFrom({ a: "b" }, JSON.parse(`{ "__proto__": "c" }`) as Record<string, string>),
    annotations: fc.constantFrom<Record<string, string>[]>({}, { vet: "ann" }),
    finalizers: fc.constant<string[]>(["farm.example.dev/shear"]),
    managedFields: fc.constant<ManagedFieldsEntry[]>([
      { manager: "ann", operation: "Update", fieldsV1: { "f:spec": {} } },
    ]),
  },
  { requiredKeys: ["name"] },
);
const temper = fc.constantFrom<Record<string, string>[]>(
  {},
  { "farm.example.dev/temper": "Wild" },
  { "farm.example.dev/temper": "Mad", vet: "bob" },
);
const olderMetadata: fc.Arbitrary<ObjectMeta> = fc
  .tuple(metadata, temper)
  .map(([meta, more]) => ({ ...meta, annotations: { ...meta.annotations, ...more } }));

/** Objects of a version as a client may have sent them: decoded, with defaults, and valid. */
function validHerds(descriptor: ResourceDescriptor, meta: fc.Arbitrary<ObjectMeta>): fc.Arbitrary<KubeObject> {
  const groupVersion = model.groupVersions.find(({ version }) => version === descriptor.gvk.version);
  if (groupVersion === undefined) throw new Error(`${descriptor.gvk.version} is not in the model`);
  return fc
    .tuple(arbitraryObject(groupVersion, "Herd"), meta)
    .map(([object, each]) => read(descriptor, { ...object, metadata: structuredClone(each) }))
    .filter((object) => descriptor.validate(object, undefined).length === 0);
}

/** Reads JSON as the server does; fails on anything that the version does not have. */
function read(descriptor: ResourceDescriptor, json: object): KubeObject {
  const report = newDecodeReport();
  const object = descriptor.decode(JSON.parse(JSON.stringify(json)) as object, report);
  expect([report.unknownFields, report.typeError]).toEqual([[], undefined]);
  descriptor.applyDefaults(object);
  return object;
}

/** The object in another version, by way of what is written to the storage. */
function converted(object: KubeObject, from: ResourceDescriptor, to: ResourceDescriptor): KubeObject {
  return read(to, convert(scheme, from.deepCopy(object), from, to));
}

/** An object's fields without regard to their order, and without annotations that are there but empty. */
function content(object: KubeObject): string {
  return JSON.stringify(object, (key, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    if (key === "annotations" && Object.keys(value).length === 0) return undefined;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

describe.each([
  { from: older, to: stored, meta: olderMetadata },
  { from: stored, to: older, meta: metadata },
])("a valid herd of $from.gvk.version", ({ from, to, meta }) => {
  test(`is the same again after it has been ${to.gvk.version}`, () => {
    fc.assert(
      fc.property(validHerds(from, meta), (herd) => {
        const before = content(herd);
        expect(content(converted(converted(herd, from, to), to, from))).toBe(before);
        expect(content(herd), "what was converted is unchanged").toBe(before);
      }),
      { numRuns: 400 },
    );
  });

  test(`is valid as ${to.gvk.version}, and says that it is that`, () => {
    fc.assert(
      fc.property(validHerds(from, meta), (herd) => {
        const other = converted(herd, from, to);
        expect(to.validate(other, undefined)).toEqual([]);
        expect(other).toMatchObject({ apiVersion: `${group}/${to.gvk.version}`, kind: "Herd" });
      }),
      { numRuns: 200 },
    );
  });

  test("gives the defaults of one version what they are in the other", () => {
    const bare = { apiVersion: `${group}/${from.gvk.version}`, kind: "Herd", metadata: {}, spec: { breed: "merino" } };
    expect(content(converted(read(from, bare), from, to))).toBe(
      content(read(to, { ...bare, apiVersion: `${group}/${to.gvk.version}` })),
    );
  });
});

test("what the older version cannot say outlives an update by a client that speaks it", () => {
  const wild = read(stored, {
    apiVersion: `${group}/v1`,
    kind: "Herd",
    metadata: { name: "goats", annotations: { vet: "ann" } },
    spec: { breed: "angora", temper: "Wild" },
  });
  const seen = converted(wild, stored, older);
  expect(seen).toMatchObject({ metadata: { annotations: { vet: "ann", "farm.example.dev/temper": "Wild" } } });
  const renamed = { ...seen, spec: { breed: "boer" } };
  expect(converted(renamed, older, stored)).toMatchObject({
    metadata: { annotations: { vet: "ann" } },
    spec: { breed: "boer", temper: "Wild" },
  });
});
