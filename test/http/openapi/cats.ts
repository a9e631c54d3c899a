import { scaleKind, type Endpoint } from "../../../runtime/http/endpoint.ts";
import type { OpenApiSources } from "../../../runtime/http/openapi/openapi.ts";
import type { Definitions } from "../../../runtime/scheme/descriptor.ts";
import { allVerbs, describe } from "./wardle.ts";

/** An API of our own: one kind with every sort of subresource, and a cluster-wide one that can only be read. */
export const group = "animal.skai.io";
const gv = { group, version: "v1alpha1" };
const names = { kind: "Cat", plural: "cats", package: "io.skai.animal" };

export const cat = describe(names, gv);
export const owl = describe({ ...names, kind: "Owl", plural: "owls" }, gv, { scope: "Cluster" });

const endpoints: readonly Endpoint[] = [
  { descriptor: cat, subresource: "", verbs: allVerbs },
  { descriptor: cat, subresource: "status", verbs: ["get", "update", "patch"] },
  { descriptor: cat, subresource: "scale", verbs: ["get", "update", "patch"], served: scaleKind },
  { descriptor: cat, subresource: "proxy", verbs: [], connect: { methods: ["GET", "POST"], subpath: true } },
  { descriptor: cat, subresource: "feeding", verbs: ["create"] },
  { descriptor: owl, subresource: "", verbs: ["get", "list"] },
  { descriptor: owl, subresource: "status", verbs: ["update", "patch"] },
];

const ref = (name: string): object => ({ $ref: `#/definitions/${name}` });
const metaName = (kind: string): string => `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`;

/** Schemas with every keyword that is published. */
const schemas: Definitions = {
  "io.skai.animal.v1alpha1.Cat": {
    description: "Cat is a cat.",
    type: "object",
    required: ["spec"],
    properties: {
      metadata: { description: "metadata", ...ref(metaName("ObjectMeta")) },
      spec: {
        type: "object",
        properties: {
          constructor: { type: "string", title: "Breed", pattern: "^[a-z ]+$", minLength: 1, maxLength: 64 },
          mode: { type: "string", enum: ["Indoor", "Outdoor: no, really", "true"], example: { a: [1, "b"] } },
          lives: {
            type: "integer",
            format: "int32",
            minimum: -1,
            maximum: 9.5,
            exclusiveMaximum: true,
            multipleOf: 0.5,
          },
          toys: {
            type: "array",
            minItems: 1,
            maxItems: 300,
            uniqueItems: true,
            items: ref("io.skai.animal.v1alpha1.Toy"),
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
          },
          quirks: { type: "object", minProperties: 1, maxProperties: 32, additionalProperties: { type: "string" } },
          nothing: { type: "object", additionalProperties: false },
          anything: { type: "object", additionalProperties: true, "x-kubernetes-preserve-unknown-fields": true },
          both: {
            type: ["string", "integer"],
            allOf: [{ minimum: 1 }, { maximum: 2, exclusiveMinimum: true, minimum: 0.5 }],
          },
          seen: { type: "string", readOnly: true, externalDocs: { description: "more", url: "https://example.com" } },
        },
      },
    },
    "x-kubernetes-validations": [{ rule: 'self.spec.lives != 8: "x"', message: "not eight\nlives" }],
  },
  "io.skai.animal.v1alpha1.CatList": {
    type: "object",
    properties: {
      items: { type: "array", items: ref("io.skai.animal.v1alpha1.Cat") },
      metadata: ref(metaName("ListMeta")),
    },
  },
  "io.skai.animal.v1alpha1.Toy": { type: "object", properties: { name: { type: "string" } } },
  "io.skai.animal.v1alpha1.Owl": { type: "object" },
  "io.skai.animal.v1alpha1.OwlList": { type: "object", properties: { items: ref("io.skai.animal.v1alpha1.Owl") } },
  "io.skai.animal.v1alpha1.Unused": { type: "object" },
  [metaName("ObjectMeta")]: { type: "object" },
  [metaName("ListMeta")]: { type: "object" },
  [metaName("DeleteOptions")]: { type: "object" },
  [metaName("Status")]: { type: "object" },
  [metaName("WatchEvent")]: { type: "object" },
};

/** The same schemas as OpenAPI v3 refers to them. */
const v3: Definitions = JSON.parse(JSON.stringify(schemas).replaceAll("#/definitions/", "#/components/schemas/"));

export const catSources: OpenApiSources = {
  groupVersions: [{ ...gv, openApi: { v2: schemas, v3 } }],
  endpoints,
  info: { title: "animals", version: "v1.2.3" },
  patchTypes: ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"],
  security: "bearer",
};
