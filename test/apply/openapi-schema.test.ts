import { expect, test } from "vitest";
import { typedSchemaOf } from "../../runtime/apply/openapi-schema.ts";
import type { TypedSchema, TypeDefinition } from "../../runtime/apply/typed-schema.ts";
import { recordedBody } from "../http/openapi/recorded.ts";
import { loadSchemas } from "../vectors/load.ts";

/** The type that a schema of the name `T` becomes. */
function typeOf(schema: object): TypeDefinition | undefined {
  return typedSchemaOf({ T: schema }).types.find(({ name }) => name === "T");
}

/** Types with the fields in order: upstream walks maps, and its order is none. */
function inOrder(types: readonly TypeDefinition[]): unknown {
  const text = JSON.stringify(types.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  return JSON.parse(text, (key, value: unknown) =>
    key === "fields" ? (value as { name: string }[]).toSorted((a, b) => (a.name < b.name ? -1 : 1)) : value,
  );
}

test("the definitions of the sample API server become the schema that Kubernetes makes of the same types", () => {
  const { components } = recordedBody("oa-v3-gv") as { components: { schemas: Record<string, object> } };
  const ours = typedSchemaOf(components.schemas).types;
  const configMap = "scda3dd158b8d";
  const known = loadSchemas()[configMap] as TypedSchema | undefined;
  const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
  const names = ["ObjectMeta", "ManagedFieldsEntry", "OwnerReference", "Time"].map((kind) => `${meta}.${kind}`);
  const shared = (types: readonly TypeDefinition[]): TypeDefinition[] =>
    types.filter(({ name }) => names.includes(name));
  expect(shared(known?.types ?? [])).toHaveLength(names.length);
  expect(inOrder(shared(ours))).toEqual(inOrder(shared(known?.types ?? [])));
});

test("a kind's own types refer to others by name, and keep the defaults of fields", () => {
  const { components } = recordedBody("oa-v3-gv") as { components: { schemas: Record<string, object> } };
  const prefix = "io.k8s.sample-apiserver.pkg.apis.wardle.v1alpha1";
  const types = typedSchemaOf(components.schemas).types;
  expect(types.find(({ name }) => name === `${prefix}.Flunder`)?.map?.fields).toEqual([
    { name: "apiVersion", type: { scalar: "string" } },
    { name: "kind", type: { scalar: "string" } },
    { name: "metadata", type: { namedType: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" }, default: {} },
    { name: "spec", type: { namedType: `${prefix}.FlunderSpec` }, default: {} },
    { name: "status", type: { namedType: `${prefix}.FlunderStatus` }, default: {} },
  ]);
  expect(types.find(({ name }) => name === `${prefix}.FlunderStatus`)).toEqual({
    name: `${prefix}.FlunderStatus`,
    map: { elementType: { namedType: "__untyped_deduced_" } },
  });
});

const anything = {
  scalar: "untyped",
  list: { elementType: { namedType: "__untyped_atomic_" }, elementRelationship: "atomic" },
  map: { elementType: { namedType: "__untyped_deduced_" } },
};
const text = { type: "string" };

test.each([
  ["a string", { type: "string" }, { scalar: "string" }],
  ["bytes", { type: "string", format: "byte" }, { scalar: "string" }],
  ["a time", { type: "string", format: "date-time" }, { scalar: "untyped" }],
  ["a number or string of the older form", { type: "string", format: "int-or-string" }, { scalar: "untyped" }],
  ["a number or string", { oneOf: [{ type: "integer" }, text], format: "int-or-string" }, anything],
  ["a number or string of custom resources", { "x-kubernetes-int-or-string": true }, anything],
  ["an integer", { type: "integer", format: "int64" }, { scalar: "numeric" }],
  ["a number", { type: "number" }, { scalar: "numeric" }],
  ["a boolean", { type: "boolean" }, { scalar: "boolean" }],
  ["a free-form object", { type: "object" }, { map: { elementType: { namedType: "__untyped_deduced_" } } }],
  ["a map", { type: "object", additionalProperties: text }, { map: { elementType: { scalar: "string" } } }],
  [
    "an object that forbids other keys",
    { type: "object", properties: { a: text }, additionalProperties: false },
    { map: { fields: [{ name: "a", type: { scalar: "string" } }] } },
  ],
  [
    "an object that allows other keys",
    { type: "object", properties: { a: text }, additionalProperties: true },
    { map: { fields: [{ name: "a", type: { scalar: "string" } }], elementType: { namedType: "__untyped_deduced_" } } },
  ],
  [
    "an object that keeps unknown fields, here and below",
    {
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
      properties: { a: { type: "object", properties: { b: text } } },
    },
    {
      map: {
        fields: [
          {
            name: "a",
            type: {
              map: {
                fields: [{ name: "b", type: { scalar: "string" } }],
                elementType: { namedType: "__untyped_deduced_" },
              },
            },
          },
        ],
        elementType: { namedType: "__untyped_deduced_" },
      },
    },
  ],
  [
    "an atomic map",
    { type: "object", additionalProperties: text, "x-kubernetes-map-type": "atomic" },
    { map: { elementType: { scalar: "string" }, elementRelationship: "atomic" } },
  ],
  [
    "a reference that is to be atomic, and may be null",
    {
      type: "object",
      properties: {
        a: { allOf: [{ $ref: "#/components/schemas/x.Y" }], "x-kubernetes-map-type": "atomic", nullable: true },
      },
    },
    { map: { fields: [{ name: "a", type: { namedType: "x.Y", elementRelationship: "atomic", nullable: true } }] } },
  ],
  [
    "a list without a type",
    { type: "array", items: text },
    { list: { elementType: { scalar: "string" }, elementRelationship: "atomic" } },
  ],
  [
    "a set",
    { type: "array", items: text, "x-kubernetes-list-type": "set" },
    { list: { elementType: { scalar: "string" }, elementRelationship: "associative" } },
  ],
  [
    "a list map with the default of a key",
    {
      type: "array",
      items: { type: "object", properties: { port: { type: "integer" }, protocol: { ...text, default: "TCP" } } },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["port", "protocol"],
    },
    {
      list: {
        elementType: {
          map: {
            fields: [
              { name: "port", type: { scalar: "numeric" } },
              { name: "protocol", type: { scalar: "string" }, default: "TCP" },
            ],
          },
        },
        elementRelationship: "associative",
        keys: ["port", "protocol"],
      },
    },
  ],
  [
    "a list that strategic patches merge by a key",
    { type: "array", items: text, "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "name" },
    { list: { elementType: { scalar: "string" }, elementRelationship: "associative", keys: ["name"] } },
  ],
  [
    "a list that strategic patches merge as a set",
    { type: "array", items: text, "x-kubernetes-patch-strategy": "merge" },
    { list: { elementType: { scalar: "string" }, elementRelationship: "associative" } },
  ],
  [
    "a list whose objects retain keys",
    { type: "array", items: text, "x-kubernetes-patch-strategy": "retainKeys" },
    { list: { elementType: { scalar: "string" }, elementRelationship: "atomic" } },
  ],
])("%s becomes the type that structured merge needs", (_name, schema, expected) => {
  expect(typeOf(schema)).toEqual({ name: "T", ...expected });
});

test("quantities and raw objects are known by name", () => {
  const quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";
  const raw = "io.k8s.apimachinery.pkg.runtime.RawExtension";
  const { types } = typedSchemaOf({ [quantity]: text, [raw]: { type: "object" } });
  expect(types[0]).toEqual({ name: quantity, scalar: "untyped" });
  expect(types[1]?.map).toEqual({ elementType: { namedType: "__untyped_atomic_" }, elementRelationship: "atomic" });
});

test.each([
  [{ type: "array", items: text, "x-kubernetes-list-type": "bag" }, "T: unknown list type bag"],
  [{ type: "array", items: text, "x-kubernetes-list-type": "map" }, "T: missing map keys"],
  [{ type: "array", items: text, "x-kubernetes-patch-strategy": "mix" }, "T: unknown patch strategy mix"],
  [{ type: "array" }, "T: `items` must be specified on arrays"],
  [{ type: "object", "x-kubernetes-map-type": "flat" }, "T: unknown map type flat"],
  [{ type: "object", properties: { a: { type: "file" } } }, "inlined in T: unrecognized type: 'file'"],
])("a definition that makes no sense is refused: %j", (schema, problem) => {
  expect(() => typeOf(schema)).toThrow(`failed to convert models to schema: ${problem}`);
});
