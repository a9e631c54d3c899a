import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { emitOpenApi } from "../../codegen/emit/openapi.ts";
import metaDefinitions from "../../codegen/emit/openapi/meta-definitions.json" with { type: "json" };
import { toV2, type Definitions, type Schema } from "../../codegen/emit/openapi/schema.ts";
import type { ApiModel, Field, GroupVersion, Kind, ObjectType, Type } from "../../codegen/model/model.ts";
import { goldenModel } from "./emit/golden-model.ts";

const metas: Definitions = metaDefinitions;

interface Recording {
  readonly cases: readonly { readonly id: string; readonly response: { readonly body: unknown } }[];
}

function recorded(id: string): unknown {
  const path = fileURLToPath(new URL("../exchanges/recording.json", import.meta.url));
  const { cases } = JSON.parse(readFileSync(path, "utf8")) as Recording;
  return cases.find((each) => each.id === id)?.response.body;
}

const recordedV3 = (recorded("oa-v3-gv") as { components: { schemas: Definitions } }).components.schemas;
const recordedV2 = (recorded("oa-v2") as { definitions: Definitions }).definitions;

/** Definitions without what the recording leaves out, the words, and what the server adds, the served versions. */
function shapeOf(definitions: Definitions): Definitions {
  const withoutWords = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(withoutWords);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([key, each]) => key !== "description" || typeof each !== "string");
    return Object.fromEntries(entries.map(([key, each]) => [key, withoutWords(each)]));
  };
  return Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => {
      const { [gvkKey]: served, ...rest } = withoutWords(schema) as Schema;
      const isMeta = name.includes("apimachinery");
      const own = Array.isArray(served) ? served.filter((each: { group: string }) => !isMeta || each.group === "") : [];
      return [name, own.length === 0 ? rest : { ...rest, [gvkKey]: own }];
    }),
  );
}

const gvkKey = "x-kubernetes-group-version-kind";

function definitionsOf(model: ApiModel, generation: "v2" | "v3"): Definitions {
  const file = emitOpenApi(model).find(({ path }) => path.startsWith(`generated/openapi/${generation}/`));
  return JSON.parse(file?.text ?? "{}") as Definitions;
}

const at = { file: "apis/wardle/v1alpha1/types.ts", line: 1, column: 1 };

function field(name: string, type: Type, presence: Field["presence"] = "optional"): Field {
  return { name, doc: "words", presence, nullable: false, type, rules: [], at };
}

function undescribed(name: string, ref: string): Field {
  return { ...field(name, { kind: "ref", name: ref }, "defaulted"), doc: "" };
}

function objectType(name: string, fields: readonly Field[]): ObjectType {
  const source = { module: "wardle/v1alpha1/types.ts", symbol: name, text: name };
  return { name, source, doc: "", atomic: false, union: false, fields, rules: [], at };
}

function kind(name: string, scope: Kind["scope"]): Kind {
  const plural = `${name.toLowerCase()}s`;
  const names = { name, listKind: `${name}List`, plural, singular: name.toLowerCase(), shortNames: [], categories: [] };
  return { ...names, scope, storageVersion: "v1alpha1", status: false, columns: [], selectableFields: [] };
}

/** The types of the sample API server whose documents were recorded. */
const wardle: GroupVersion = {
  group: "wardle.example.com",
  version: "v1alpha1",
  folder: "wardle/v1alpha1",
  modelPackage: "io.k8s.sample-apiserver.pkg.apis.wardle.v1alpha1",
  doc: "",
  off: [],
  kinds: [kind("Fischer", "Cluster"), kind("Flunder", "Namespaced")],
  types: [
    objectType("Fischer", [
      field("disallowedFlunders", { kind: "array", items: { kind: "string" }, list: { kind: "atomic" } }),
    ]),
    objectType("Flunder", [undescribed("spec", "FlunderSpec"), undescribed("status", "FlunderStatus")]),
    objectType("FlunderSpec", [field("reference", { kind: "string" }), field("referenceType", { kind: "string" })]),
    objectType("FlunderStatus", []),
  ],
};
const wardleModel: ApiModel = { groupVersions: [wardle] };

describe("definitions have the shape that the Go server publishes", () => {
  test("OpenAPI 3, of a whole group version", () => {
    expect(shapeOf(definitionsOf(wardleModel, "v3"))).toEqual(shapeOf(recordedV3));
  });

  test("OpenAPI 2, of the same types", () => {
    const emitted = shapeOf(definitionsOf(wardleModel, "v2"));
    const expected = shapeOf(recordedV2);
    for (const name of Object.keys(emitted)) expect([name, emitted[name]]).toEqual([name, expected[name]]);
  });

  test("every definition and field of the meta types is described", () => {
    const bare: string[] = [];
    for (const [name, schema] of Object.entries(metas)) {
      const described = Object.entries(schema.properties ?? {}).filter(([, each]) => each.description === undefined);
      bare.push(...described.map(([property]) => `${name}.${property}`));
      if (schema.description === undefined) bare.push(name);
    }
    expect(bare).toEqual(["io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent.type"]);
  });
});

describe("what the types and tags say", () => {
  const zoo = goldenModel().groupVersions.filter(({ version }) => version === "v1");
  const v3 = definitionsOf({ groupVersions: zoo }, "v3");
  const v2 = definitionsOf({ groupVersions: zoo }, "v2");
  const spec = v3["com.example.zoo.v1.AnimalSpec"]?.properties ?? {};

  test("required fields are those that a client must give, in order of declaration", () => {
    expect(v3["com.example.zoo.v1.AnimalSpec"]?.required).toEqual([
      "species",
      "diet",
      "vegetarian",
      "weight",
      "verdict",
      "moods",
    ]);
    expect(v3["com.example.zoo.v1.Animal"]?.required).toBeUndefined();
  });

  test("an object that is always there has an empty default, an optional one none", () => {
    const { spec: own, status } = v3["com.example.zoo.v1.Animal"]?.properties ?? {};
    expect([own?.default, status?.default]).toEqual([{}, undefined]);
    expect(spec["crate"]?.default).toEqual({ bars: 3 });
  });

  test("literal unions are enums, with their docs in the description", () => {
    const { enum: values, description } = spec["diet"] ?? {};
    expect(values).toEqual(["Carnivore", "Herbivore", "Omnivore"]);
    expect(description).toBe(
      'Possible enum values:\n - `"Carnivore"` Meat only.\n - `"Herbivore"` Plants only.\n' +
        ' - `"Omnivore"` Anything, where the kitchen offers it.',
    );
  });

  test("one tag gives validation and keyword", () => {
    expect(spec["meals"]).toMatchObject({ maxItems: 24, "x-kubernetes-list-type": "map" });
    expect(spec["meals"]?.["x-kubernetes-list-map-keys"]).toEqual(["hour", "dish"]);
    expect(spec["labels"]).toMatchObject({
      maxProperties: 8,
      minProperties: 1,
      additionalProperties: { maxLength: 63 },
    });
    expect(spec["scores"]?.items).toEqual({ type: "integer", format: "int32", minimum: 0, default: 0 });
    expect(spec["tag"]?.["pattern"]).toBe("^[A-Z]{2}-\\d+$");
    expect(v3["com.example.zoo.v1.Meal"]?.properties?.["hour"]).toMatchObject({ minimum: 0, maximum: 23 });
  });

  test("a list with one map key merges by it in strategic merge patches, one with several does not", () => {
    expect(spec["tasks"]).toMatchObject({
      "x-kubernetes-patch-merge-key": "name",
      "x-kubernetes-patch-strategy": "merge",
    });
    expect(spec["meals"]).not.toHaveProperty("x-kubernetes-patch-strategy");
  });

  test("a reference with siblings stands in allOf in version 3, beside them in version 2", () => {
    const time = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
    expect(v3["com.example.zoo.v1.Animal"]?.properties?.["status"]).toEqual({
      description: "status is what was seen of the animal.",
      allOf: [{ $ref: "#/components/schemas/com.example.zoo.v1.AnimalStatus" }],
    });
    expect(v2["com.example.zoo.v1.Animal"]?.properties?.["status"]).toEqual({
      description: "status is what was seen of the animal.",
      $ref: "#/definitions/com.example.zoo.v1.AnimalStatus",
    });
    expect(spec["born"]).toEqual({ $ref: `#/components/schemas/${time}` });
  });

  test("quantities and numbers-or-strings have the form of each version", () => {
    const quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";
    const intOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
    expect(v3[quantity]?.oneOf).toEqual([{ type: "string" }, { type: "number" }]);
    expect(v2[quantity]).toMatchObject({ type: "string" });
    expect(v2[quantity]).not.toHaveProperty("oneOf");
    expect(v2[intOrString]).toMatchObject({ type: "string", format: "int-or-string" });
    expect(spec["doses"]?.additionalProperties).toEqual({ $ref: `#/components/schemas/${quantity}` });
  });

  test("every reference leads to a definition, and every definition is reached", () => {
    const referred = new Set(JSON.stringify(v3).match(/(?<="#\/components\/schemas\/)[^"]+/g));
    const names = Object.keys(v3);
    expect([...referred].filter((name) => !names.includes(name))).toEqual([]);
    const roots = ["Animal", "AnimalList", "Keeper", "KeeperList"].map((name) => `com.example.zoo.v1.${name}`);
    const routes = ["APIResourceList", "DeleteOptions", "Patch", "Status", "WatchEvent"];
    const allowed = [...roots, ...routes.map((name) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`)];
    const unreached = names.filter((name) => !referred.has(name) && !allowed.includes(name));
    expect(unreached).toEqual(["io.k8s.api.autoscaling.v1.Scale"]);
  });

  test("nothing is published where the package switches it off", () => {
    const off = zoo.map((groupVersion): GroupVersion => ({ ...groupVersion, off: ["openapi"] }));
    expect([definitionsOf({ groupVersions: off }, "v2"), definitionsOf({ groupVersions: off }, "v3")]).toEqual([
      {},
      {},
    ]);
  });

  test("version 2 has no defaults", () => {
    expect(JSON.stringify(toV2(v3))).not.toContain('"default":');
  });
});
