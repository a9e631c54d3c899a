import { expect, test } from "vitest";
import {
  answerOpenApiV2,
  answerOpenApiV3,
  prepareOpenApi,
  type OpenApiSources,
} from "../../../runtime/http/openapi/openapi.ts";
import { referenceTo } from "../../../runtime/http/openapi/definitions.ts";
import { readJson } from "./read-answer.ts";
import { catSources, group } from "./cats.ts";
import { wardleOpenApi } from "./wardle-openapi.ts";

type Schemas = Readonly<Record<string, { readonly "x-kubernetes-group-version-kind"?: object[] } & object>>;

const [registration] = catSources.groupVersions;

function v2Schemas(changes: Partial<OpenApiSources> = {}): Schemas {
  return readJson(answerOpenApiV2(prepareOpenApi({ ...catSources, ...changes }), {})).definitions;
}

function withDefinitions(v2: OpenApiSources["groupVersions"][number]["openApi"]["v2"]): Partial<OpenApiSources> {
  return { groupVersions: [{ group, version: "v1alpha1", openApi: { v2, v3: {} } }] };
}

test("only what routes lead to is published, sorted by name", () => {
  const names = Object.keys(v2Schemas());
  expect(names).toContain("io.skai.animal.v1alpha1.Toy");
  expect(names).not.toContain("io.skai.animal.v1alpha1.Unused");
  expect(names).toEqual(names.toSorted());
});

test("kinds and lists say which kind they are", () => {
  expect(v2Schemas()["io.skai.animal.v1alpha1.Cat"]?.["x-kubernetes-group-version-kind"]).toEqual([
    { group, kind: "Cat", version: "v1alpha1" },
  ]);
  expect(v2Schemas()["io.skai.animal.v1alpha1.OwlList"]?.["x-kubernetes-group-version-kind"]).toEqual([
    { group, kind: "OwlList", version: "v1alpha1" },
  ]);
  expect(v2Schemas()["io.skai.animal.v1alpha1.Toy"]?.["x-kubernetes-group-version-kind"]).toBeUndefined();
});

test("options that every group version has are of each, and of the core group", () => {
  const wardle = answerOpenApiV3(
    wardleOpenApi(),
    { key: "apis/wardle.example.com/v1beta1", hash: undefined, now: new Date(0) },
    {},
  );
  const { components }: { components: { schemas: Schemas } } = readJson(wardle);
  for (const kind of ["DeleteOptions", "WatchEvent"]) {
    const schema = components.schemas[`io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`];
    expect(schema?.["x-kubernetes-group-version-kind"]).toEqual([
      { group: "", kind, version: "v1" },
      { group: "wardle.example.com", kind, version: "v1beta1" },
    ]);
  }
});

test("a definition that is missing is named", () => {
  const { "io.skai.animal.v1alpha1.Toy": _, ...others } = registration?.openApi.v2 ?? {};
  const openApi = prepareOpenApi({ ...catSources, ...withDefinitions(others) });
  expect(() => answerOpenApiV2(openApi, {})).toThrow(
    "OpenAPI needs the definition io.skai.animal.v1alpha1.Toy, which nobody registered",
  );
});

test("a registered definition wins over the server's own", () => {
  const patch = { type: "object", description: "registered" };
  const name = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
  expect(v2Schemas()[name]).not.toEqual(patch);
  expect(v2Schemas(withDefinitions({ ...registration?.openApi.v2, [name]: patch }))[name]).toEqual(patch);
});

test("a recursive definition is published once", () => {
  const name = "io.skai.animal.v1alpha1.Toy";
  const toy = { type: "object", properties: { inner: { $ref: `#/definitions/${name}` } } };
  expect(v2Schemas(withDefinitions({ ...registration?.openApi.v2, [name]: toy }))[name]).toEqual(toy);
});

test("slashes and tildes in names are escaped in references, and read back", () => {
  expect(referenceTo("v2", "a/b~c")).toBe("#/definitions/a~1b~0c");
  const toy = { properties: { inner: { $ref: referenceTo("v2", "a/b~c") } } };
  const definitions = { ...registration?.openApi.v2, "io.skai.animal.v1alpha1.Toy": toy, "a/b~c": { type: "string" } };
  expect(v2Schemas(withDefinitions(definitions))["a/b~c"]).toEqual({ type: "string" });
});

test("Swagger has no defaults of the server's own types, and references beside descriptions", () => {
  const scale = v2Schemas()["io.k8s.api.autoscaling.v1.Scale"];
  expect(JSON.stringify(v2Schemas())).not.toContain('"default"');
  expect(scale).toMatchObject({
    properties: { spec: { description: "What is wished.", $ref: "#/definitions/io.k8s.api.autoscaling.v1.ScaleSpec" } },
  });
});

test("every reference of every document leads somewhere", () => {
  for (const openApi of [prepareOpenApi(catSources), wardleOpenApi()]) {
    const documents = [...openApi.v3.values()].map((made) => made().body.bytes);
    for (const bytes of [...documents, openApi.v2().json.body.bytes]) {
      const text = Buffer.from(bytes).toString();
      const content: {
        definitions?: Schemas;
        components?: { schemas: Schemas };
        parameters?: object;
      } = JSON.parse(text);
      const schemas = content.definitions ?? content.components?.schemas ?? {};
      for (const [, kind = "", name = ""] of text.matchAll(
        /"\$ref":"#\/(definitions|components\/schemas|parameters)\/([^"]+)"/g,
      )) {
        expect(kind === "parameters" ? content.parameters : schemas).toHaveProperty([name]);
      }
    }
  }
});
