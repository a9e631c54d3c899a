import { expect, test } from "vitest";
import { newDecodeReport, type DecodeReport } from "../../runtime/meta/decode.ts";
import { decodeObjectMeta, deepCopyObjectMeta } from "../../runtime/meta/object-meta.ts";
import type { ObjectMeta } from "../../runtime/meta/v1.ts";

function decode(json: string): { meta: ObjectMeta; report: DecodeReport } {
  const report = newDecodeReport();
  report.struct = "Cat";
  return { meta: decodeObjectMeta(JSON.parse(json), "metadata", report), report };
}

test("metadata without mistakes is read as it is", () => {
  const whole = {
    name: "tom",
    namespace: "home",
    uid: "u1",
    resourceVersion: "5",
    generation: 2,
    creationTimestamp: "2026-01-02T15:04:05Z",
    deletionTimestamp: "2026-01-02T15:04:06Z",
    deletionGracePeriodSeconds: 0,
    labels: { app: "web" },
    annotations: { "example.com/a": "b" },
    ownerReferences: [{ apiVersion: "v1", kind: "House", name: "h", uid: "u2", controller: false }],
    finalizers: ["example.com/f"],
    managedFields: [{ manager: "m", operation: "Apply", time: "2026-01-02T15:04:05Z", fieldsV1: { "f:spec": {} } }],
  };
  const { meta, report } = decode(JSON.stringify(whole));
  expect(meta).toEqual(whole);
  expect(report).toEqual({ ...newDecodeReport(), struct: "Cat" });
});

test.each([
  [`{"name":null,"labels":null,"finalizers":null,"creationTimestamp":null,"generation":null}`, {}],
  [`{"name":"","labels":{},"finalizers":[],"ownerReferences":[],"managedFields":null,"generation":0}`, {}],
  [`{"creationTimestamp":"0001-01-01T00:00:00Z"}`, {}],
  [`{"creationTimestamp":"2026-01-02T00:30:00.999+01:00"}`, { creationTimestamp: "2026-01-01T23:30:00Z" }],
  [`{"labels":{"a":null},"finalizers":[null]}`, { labels: { a: "" }, finalizers: [""] }],
  [`{"ownerReferences":[null]}`, { ownerReferences: [{ apiVersion: "", kind: "", name: "", uid: "" }] }],
  [`{"managedFields":[{"fieldsV1":null,"time":null,"manager":""}]}`, { managedFields: [{}] }],
  ["null", {}],
])("%s is brought into the form that Go writes", (json, expected) => {
  const { meta, report } = decode(json);
  expect(meta).toEqual(expected);
  expect(report.typeError).toBeUndefined();
});

test("an empty list of managedFields stays, for it asks for something", () => {
  expect(decode(`{"managedFields":[]}`).meta).toEqual({ managedFields: [] });
});

test("unknown fields are left out and told in their order, null or not", () => {
  const { meta, report } = decode(
    `{"x":1,"ownerReferences":[{"name":"a"},{"y":1}],"managedFields":[{"z":{}}],"Name":"n","w":null}`,
  );
  expect(report.unknownFields).toEqual([
    "metadata.x",
    "metadata.ownerReferences[1].y",
    "metadata.managedFields[0].z",
    "metadata.Name",
    "metadata.w",
  ]);
  expect(Object.keys(meta)).toEqual(["ownerReferences", "managedFields"]);
});

test.each([
  [`1`, "number into Go struct field Cat.metadata of type v1.ObjectMeta"],
  [`[]`, "array into Go struct field Cat.metadata of type v1.ObjectMeta"],
  [`{"name":1.5}`, "number into Go struct field ObjectMeta.metadata.name of type string"],
  [`{"name":{}}`, "object into Go struct field ObjectMeta.metadata.name of type string"],
  [`{"uid":true}`, "bool into Go struct field ObjectMeta.metadata.uid of type types.UID"],
  [`{"generation":"x"}`, "string into Go struct field ObjectMeta.metadata.generation of type int64"],
  [`{"generation":1.5}`, "number 1.5 into Go struct field ObjectMeta.metadata.generation of type int64"],
  [`{"creationTimestamp":1}`, "number into Go struct field ObjectMeta.metadata.creationTimestamp of type string"],
  [`{"labels":1}`, "number into Go struct field ObjectMeta.metadata.labels of type map[string]string"],
  [`{"labels":{"a":[]}}`, "array into Go struct field ObjectMeta.metadata.labels of type string"],
  [
    `{"ownerReferences":{}}`,
    "object into Go struct field ObjectMeta.metadata.ownerReferences of type []v1.OwnerReference",
  ],
  [
    `{"ownerReferences":[1]}`,
    "number into Go struct field ObjectMeta.metadata.ownerReferences of type v1.OwnerReference",
  ],
  [
    `{"ownerReferences":[{},{"controller":"x"}]}`,
    "string into Go struct field OwnerReference.metadata.ownerReferences.controller of type bool",
  ],
  [`{"finalizers":[1]}`, "number into Go struct field ObjectMeta.metadata.finalizers of type string"],
  [
    `{"managedFields":[{"operation":1}]}`,
    "number into Go struct field ManagedFieldsEntry.metadata.managedFields.operation of type v1.ManagedFieldsOperationType",
  ],
  // The first mistake is told, not the last.
  [`{"finalizers":"x","name":1}`, "string into Go struct field ObjectMeta.metadata.finalizers of type []string"],
])("%s is refused with Go's words", (json, expected) => {
  expect(decode(json).report.typeError).toBe(`json: cannot unmarshal ${expected}`);
});

test("a time that is none is refused with Go's words", () => {
  expect(decode(`{"creationTimestamp":"x"}`).report.typeError).toBe(
    `parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"`,
  );
});

test("keys such as __proto__ stay plain keys, in labels and field sets, decoded and copied", () => {
  const json = `{"labels":{"__proto__":"a","constructor":"b"},"managedFields":[{"fieldsV1":{"__proto__":{"x":{}}}}]}`;
  const { meta } = decode(json);
  const copy = deepCopyObjectMeta(meta);
  for (const { labels, managedFields } of [meta, copy]) {
    expect(Object.keys(labels ?? {})).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(labels)).toBe(Object.prototype);
    expect(JSON.stringify(managedFields)).toBe(`[{"fieldsV1":{"__proto__":{"x":{}}}}]`);
  }
  expect(JSON.stringify(copy)).toBe(json);
  expect({}).not.toHaveProperty("x");
});

test("__proto__ as a field of metadata is an unknown field", () => {
  const { meta, report } = decode(`{"__proto__":{"name":"evil"}}`);
  expect(meta.name).toBeUndefined();
  expect(report.unknownFields).toEqual(["metadata.__proto__"]);
});

test("a copy shares nothing with what it was copied from", () => {
  const from: ObjectMeta = {
    labels: { a: "b" },
    annotations: { c: "d" },
    ownerReferences: [{ apiVersion: "v1", kind: "House", name: "h", uid: "u" }],
    finalizers: ["f"],
    managedFields: [{ manager: "m", fieldsV1: { "f:spec": { "f:a": {} } } }],
  };
  const copy = deepCopyObjectMeta(from);
  expect(copy).toEqual(from);
  const shared = new Set(objectsIn(from));
  expect(objectsIn(copy).filter((object) => shared.has(object))).toEqual([]);
});

function objectsIn(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(objectsIn)];
}
