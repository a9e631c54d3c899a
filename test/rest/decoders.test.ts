import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StatusError } from "../../runtime/meta/status-error.ts";
import { BodyError } from "../../runtime/rest/body-error.ts";
import { scanJson } from "../../runtime/rest/json-scan.ts";
import { jsonInYaml } from "../../runtime/rest/json-in-yaml.ts";
import { jsonSyntaxError } from "../../runtime/rest/json-syntax.ts";
import { applyJsonPatch } from "../../runtime/rest/patch/json-patch.ts";
import { applyMergePatch } from "../../runtime/rest/patch/merge-patch.ts";
import { yamlToJson } from "../../runtime/rest/yaml-to-json.ts";
import { bytesOf } from "./requests.ts";

/** What Go's libraries make of inputs: encoding/json, sigs.k8s.io/json, sigs.k8s.io/yaml, evanphx/json-patch. */
interface GoDecoders {
  /** A text, and why it is no JSON; empty where it is. */
  readonly syntax: [string, string][];
  readonly duplicates: [string, string[]][];
  /** YAML, and its JSON with the duplicates in it; or null and an error. */
  readonly yaml: ([string, unknown, string[]] | [string, null, string])[];
  /** A patch, and the patched document; or null and an error, empty where the patch cannot be applied. */
  readonly jsonPatch: { document: unknown; cases: [string, unknown, string?][] };
  readonly mergePatch: { document: unknown; cases: [unknown, unknown][] };
}

const text = readFileSync(new URL("./data/go-decoders.json", import.meta.url), "utf8");
const go = JSON.parse(text) as GoDecoders;

describe("JSON that is none is refused in Go's words", () => {
  test.each(go.syntax)("%j", (json, error) => {
    const parse = (): unknown => JSON.parse(json);
    if (error === "") expect(parse).not.toThrow();
    else {
      expect(parse).toThrow(SyntaxError);
      expect(jsonSyntaxError(bytesOf(json))).toBe(error);
    }
  });
});

describe("fields that stand twice are found", () => {
  test.each(go.duplicates)("in %s", (json, problems) => {
    expect(scanJson(json)).toEqual({ problems, inexact: undefined });
  });
});

/** YAML that another parser refuses in other words than Go's. */
const otherWords = new Map([["? [a]\n: b\n", "yaml: invalid map key"]]);

describe("YAML becomes the JSON that Go makes of it", () => {
  test.each(go.yaml)("%j", (yaml, json, more) => {
    if (typeof more === "string") {
      expect(() => yamlToJson(yaml)).toThrow(new BodyError(otherWords.get(yaml) ?? more));
      return;
    }
    const result = yamlToJson(yaml);
    expect(JSON.parse(result.json)).toEqual(json);
    expect(result.duplicates).toEqual(more);
  });
});

test("YAML that is JSON is read as JSON, to the same effect", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1, 2), (value, indent) => {
      const json = JSON.stringify(value, null, indent);
      const plain = jsonInYaml(json);
      if (plain !== undefined) expect(plain).toBe(yamlToJson(json).json);
    }),
  );
});

test.each(['{"a":1,"a":2}', '{"a":9007199254740993}', '{"a":\t1}', "{a: 1}", '["a"]', '{"a":1}\n---\nb: 1\n', "a: 1"])(
  "%j is read as YAML",
  (yaml) => expect(jsonInYaml(yaml)).toBeUndefined(),
);

test("YAML of very many tokens is refused before it has taken long", () => {
  expect(() => yamlToJson("[".concat("a,".repeat(200_000), "]"))).toThrow("limit is 200000 tokens of YAML");
});

describe("a JSON patch does what Go's does", () => {
  test.each(go.jsonPatch.cases)("%s", (patch, patched, error) => {
    const apply = (): unknown => applyJsonPatch(structuredClone(go.jsonPatch.document), bytesOf(patch), "Strict").value;
    if (error === undefined) expect(apply()).toEqual(patched);
    else expect(refusalOf(apply)).toBe(error === "" ? unprocessable : error);
  });
});

const unprocessable = "the server rejected our request due to an error in our request";

function refusalOf(call: () => unknown): string {
  try {
    return JSON.stringify(call());
  } catch (error) {
    if (error instanceof StatusError) return error.message;
    throw error;
  }
}

describe("a merge patch does what Go's does", () => {
  test.each(go.mergePatch.cases)("%j", (patch, patched) => {
    const { value } = applyMergePatch(structuredClone(go.mergePatch.document), bytesOf(patch), "Strict");
    expect(JSON.stringify(sorted(value))).toBe(JSON.stringify(sorted(patched)));
  });
});

/** Keys in order, `__proto__` among them. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, inner]) => [key, sorted(inner)]);
}

describe("the problems of a body", () => {
  const deep = (inner: string): string => `${'{"a":'.repeat(90)}${inner}${"}".repeat(90)}`;

  test("are found in no time where one key stands very often, deep down", () => {
    const started = performance.now();
    const { problems } = scanJson(deep(`{${'"b":1,'.repeat(300_000)}"b":1}`));
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(problems).toEqual([`duplicate field "${"a.".repeat(90)}b"`]);
  });

  test("are not told on and on where each is as long as the body", () => {
    const keys = Array.from({ length: 100 }, (_, i) => `"k${i}":1,"k${i}":1`);
    const { problems } = scanJson(`{"${"x".repeat(1_000_000)}":{${keys.join(",")}}}`);
    expect(problems).toEqual([`duplicate field "${"x".repeat(1_000_000)}.k0"`]);
  });
});
