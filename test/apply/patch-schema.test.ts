import { expect, test } from "vitest";
import type { PatchSchema } from "../../runtime/apply/patch-schema.ts";
import { patchTypesOf } from "../../runtime/apply/patch-schema-openapi.ts";
import { strategicMerge } from "../../runtime/apply/strategic-merge.ts";
import type { JsonObject } from "../../runtime/apply/value.ts";
import { recordedBody } from "../http/openapi/recorded.ts";

const text = { type: "string" };

const definitions = {
  "x.v1.Cat": {
    type: "object",
    properties: {
      toys: {
        type: "array",
        items: { allOf: [{ $ref: "#/components/schemas/x.v1.Toy" }], default: {} },
        "x-kubernetes-patch-strategy": "merge,retainKeys",
        "x-kubernetes-patch-merge-key": "name",
      },
      home: { type: "object", properties: { street: text, rooms: { type: "array", items: text } } },
      kittens: { type: "object", additionalProperties: { $ref: "#/components/schemas/x.v1.Cat" } },
      quirks: { $ref: "#/components/schemas/x.v1.Quirks" },
      notes: { type: "object" },
      open: { type: "object", properties: { a: text }, "x-kubernetes-preserve-unknown-fields": true },
      nest: { $ref: "#/components/schemas/x.v1.Nest" },
    },
  },
  "x.v1.Toy": { type: "object", properties: { name: text, colour: text } },
  "x.v1.Quirks": { type: "object", additionalProperties: text },
  "x.v1.Nest": { type: "array", items: { $ref: "#/components/schemas/x.v1.Nest" } },
};
const cat: PatchSchema = { root: { kind: "struct", ref: "x.v1.Cat" }, types: patchTypesOf(definitions) };

test("definitions become the types that strategic merge patches are read by", () => {
  expect(cat.types["x.v1.Cat"]?.fields).toEqual({
    toys: {
      kind: "list",
      items: { kind: "struct", ref: "x.v1.Toy" },
      patchStrategy: ["merge", "retainKeys"],
      patchMergeKey: "name",
    },
    home: { kind: "struct", ref: "x.v1.Cat.home" },
    kittens: { kind: "map", values: { kind: "struct", ref: "x.v1.Cat" } },
    quirks: { kind: "map", values: { kind: "scalar" } },
    notes: { kind: "untyped" },
    open: { kind: "struct", ref: "x.v1.Cat.open" },
    nest: { kind: "list", items: { kind: "untyped" } },
  });
  expect(cat.types["x.v1.Cat.home"]?.fields).toEqual({
    street: { kind: "scalar" },
    rooms: { kind: "list", items: { kind: "scalar" } },
  });
});

test("the metadata of recorded definitions merges finalizers, and owners by uid", () => {
  const { components } = recordedBody("oa-v3-gv") as { components: { schemas: Record<string, object> } };
  const { fields } = patchTypesOf(components.schemas)["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"] ?? {};
  expect(fields?.["finalizers"]).toEqual({ kind: "list", items: { kind: "scalar" }, patchStrategy: ["merge"] });
  expect(fields?.["ownerReferences"]?.patchMergeKey).toBe("uid");
});

test.each<[string, JsonObject, JsonObject, JsonObject]>([
  [
    "merges a list by its key",
    { toys: [{ name: "ball", colour: "red" }, { name: "mouse" }] },
    { toys: [{ name: "ball", colour: "blue" }, { name: "string" }] },
    { toys: [{ name: "ball", colour: "blue" }, { name: "string" }, { name: "mouse" }] },
  ],
  [
    "replaces a list that has no strategy",
    { home: { rooms: ["a"] } },
    { home: { rooms: ["b"] } },
    { home: { rooms: ["b"] } },
  ],
  [
    "merges the objects of a map",
    { kittens: { tom: { notes: { a: 1 } } } },
    { kittens: { tom: { notes: { b: 2 } } } },
    { kittens: { tom: { notes: { a: 1, b: 2 } } } },
  ],
  [
    "merges objects that nothing is known of, and replaces their lists",
    { notes: { a: { b: 1, l: [1] } } },
    { notes: { a: { c: 2, l: [2] } } },
    { notes: { a: { b: 1, c: 2, l: [2] } } },
  ],
  [
    "merges what an open object keeps",
    { open: { x: { a: 1 } } },
    { open: { x: { b: 2 } } },
    { open: { x: { a: 1, b: 2 } } },
  ],
  ["finds fields whatever their case", { HOME: { street: "a" } }, { HOME: { street: "b" } }, { HOME: { street: "b" } }],
])("a strategic merge patch %s", (_does, original, patch, expected) => {
  expect(strategicMerge(cat, original, patch)).toEqual(expected);
});

test.each<[JsonObject, string]>([
  [{ home: { cellar: {} } }, 'unable to find api field in struct home for the json field "cellar"'],
  [{ quirks: { a: {} } }, "merging an object in json but data type is not struct, instead is: map"],
])("an object under a name that the type does not know is refused: %j", (object, message) => {
  expect(() => strategicMerge(cat, object, object)).toThrow(message);
});
