import { expect, test } from "vitest";
import {
  answerOpenApiV2,
  answerOpenApiV3,
  answerOpenApiV3Index,
  type OpenApi,
} from "../../../runtime/http/openapi/openapi.ts";
import { readJson, readText } from "./read-answer.ts";
import { recordedBody } from "./recorded.ts";
import { wardleOpenApi } from "./wardle-openapi.ts";

type Json = null | boolean | number | string | Json[] | JsonObject;
type JsonObject = { [key: string]: Json };

/** How our documents differ from the Go server's, on purpose: the whole list. */
const differences = {
  patchTypes: {
    why: "only the patches that the server takes are published: this one is set up for two",
    ours: (mediaType: string): boolean =>
      mediaType !== "application/apply-patch+yaml" && mediaType !== "application/strategic-merge-patch+json",
  },
};

function served(mediaType: string): boolean {
  return Object.values(differences).every(({ ours }) => ours(mediaType));
}

/** The recorded document without what we do not serve, and either document without the words of descriptions. */
function comparable(value: Json, key = ""): Json {
  if (Array.isArray(value)) {
    const items =
      key === "consumes" || key === "produces"
        ? value.filter((item) => typeof item === "string" && served(item))
        : value;
    return items.map((item) => comparable(item));
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([name]) => key !== "content" || served(name));
  return Object.fromEntries(
    entries.map(([name, child]) => [
      name,
      name === "description" && typeof child === "string" ? "<text>" : comparable(child, name),
    ]),
  );
}

/** Puts shared parameters back in their places: their names hold a hash of their words. */
function inlined(document: JsonObject): Json {
  const shared = new Map(
    Object.entries<Json>(Object(document["parameters"])).map(([name, value]) => [`#/parameters/${name}`, value]),
  );
  const walk = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    const reference = value["$ref"];
    const parameter = typeof reference === "string" ? shared.get(reference) : undefined;
    return parameter ?? Object.fromEntries(Object.entries(value).map(([name, child]) => [name, walk(child)]));
  };
  const { parameters, ...rest } = document;
  return walk({
    ...rest,
    "shared parameters": Object.keys(parameters ?? {}).map((name) => name.replace(/-.{8}$/, "")),
  });
}

const wardle: OpenApi = wardleOpenApi();
const now = new Date("2026-01-02T03:04:05Z");

test("the Swagger document is the Go server's, key by key and in its order", () => {
  const expected: JsonObject = recordedBody("oa-v2");
  const actual: JsonObject = readJson(answerOpenApiV2(wardle, {}));
  expect(comparable(inlined(actual))).toEqual(comparable(inlined(expected)));
  expect(JSON.stringify(comparable(inlined(actual)))).toBe(JSON.stringify(comparable(inlined(expected))));
});

test.each([
  ["oa-v3-gv", "apis/wardle.example.com/v1alpha1"],
  ["oa-v3-version", "version"],
])("%s is the Go server's document", (id, key) => {
  const expected: Json = recordedBody(id);
  const actual: Json = readJson(answerOpenApiV3(wardle, { key, hash: undefined, now }, {}));
  expect(comparable(actual)).toEqual(comparable(expected));
  expect(JSON.stringify(comparable(actual))).toBe(JSON.stringify(comparable(expected)));
});

test("the index names the Go server's documents, each with its hash", () => {
  const expected: object = recordedBody("oa-v3-index");
  const text = readText(answerOpenApiV3Index(wardle, {}));
  expect(text.replace(/hash=[0-9A-F]{128}"/g, 'hash=<hash>"')).toBe(JSON.stringify(expected));
});

test("no difference is listed that is none", () => {
  const text = JSON.stringify(recordedBody("oa-v2"));
  const mediaTypes = [...text.matchAll(/"(application\/[^"]+)"/g)].map(([, mediaType]) => mediaType ?? "");
  for (const { ours } of Object.values(differences)) expect(mediaTypes.every(ours)).toBe(false);
});
