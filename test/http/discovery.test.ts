import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { answerDiscovery, prepareDiscovery } from "../../runtime/http/discovery/discovery.ts";
import { storageVersionHash } from "../../runtime/http/discovery/storage-version-hash.ts";
import type { Answer, DocumentRequest } from "../../runtime/http/document.ts";
import { scaleKind, storageVerbs, type Endpoint } from "../../runtime/http/endpoint.ts";
import { StatusError } from "../../runtime/meta/status-error.ts";
import type { RestStorage } from "../../runtime/registry/rest-storage.ts";
import { allVerbs, describe, flunderAlpha, group, wardleEndpoints, wardleGroupVersions } from "./openapi/wardle.ts";
import { readJson, readText } from "./openapi/read-answer.ts";
import { recorded, recordedBody } from "./openapi/recorded.ts";

const aggregated = "application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList";

const wardle = prepareDiscovery({
  groupVersions: wardleGroupVersions({ v2: {}, v3: {} }),
  endpoints: wardleEndpoints,
  serverAddress: () => ":18443",
});

function get(path: string, request: DocumentRequest = { accept: "application/json" }): Answer {
  return answerDiscovery(wardle, path, request);
}

/** What the recorder does to volatile parts. */
function masked(body: string): string {
  return body.replace(":18443", ":<port>");
}

/** Headers that the whole server sets, not the document. */
const serverHeaders = new Set(["audit-id", "date", "content-length"]);

function ownHeaders(headers: Answer["headers"]): Record<string, unknown> {
  const own = Object.entries(headers).filter(([name]) => !serverHeaders.has(name));
  return Object.fromEntries(own.map(([name, value]) => [name, name === "etag" ? '"<hash>"' : value]));
}

test.each([
  "disc-apis-plain",
  "disc-apis-agg-v2",
  "disc-apis-agg-fallback",
  "disc-group",
  "disc-gv-alpha",
  "disc-gv-accept-any",
  "disc-gv-no-accept",
])("%s is answered byte for byte as the Go server does", (id) => {
  const { request, response } = recorded(id);
  const answer = get(request.path, { accept: request.headers["Accept"] });
  expect(answer.status).toBe(response.status);
  expect(masked(readText(answer))).toBe(`${JSON.stringify(response.body)}\n`);
  expect({ "cache-control": "no-cache, private", ...ownHeaders(answer.headers) }).toEqual(ownHeaders(response.headers));
});

test.each(["disc-apis-yaml", "disc-gv-yaml"])("%s is the Go server's YAML", (id) => {
  const { request, response } = recorded(id);
  const answer = get(request.path, { accept: request.headers["Accept"] });
  expect(answer.headers["content-type"]).toBe("application/yaml");
  expect(readText(answer)).toBe(response.bodyText);
});

test("aggregated discovery that the client has already is a 304 with the same headers", () => {
  const { response } = recorded("disc-apis-agg-v2-304");
  const etag = String(get("/apis", { accept: aggregated }).headers["etag"]);
  expect(etag).toMatch(/^"[0-9A-F]{128}"$/);
  for (const ifNoneMatch of [etag, `"other", ${etag}`, `W/${etag}`, "*"]) {
    const answer = get("/apis", { accept: aggregated, ifNoneMatch });
    expect(answer).toMatchObject({ status: response.status, body: undefined });
    expect(ownHeaders(answer.headers)).toEqual(ownHeaders(response.headers));
  }
  expect(get("/apis", { accept: aggregated, ifNoneMatch: '"other"' }).status).toBe(200);
});

test("the ETag changes with what is served", () => {
  const fewer = prepareDiscovery({
    groupVersions: wardleGroupVersions({ v2: {}, v3: {} }),
    endpoints: wardleEndpoints.slice(1),
    serverAddress: () => ":18443",
  });
  const before = get("/apis", { accept: aggregated });
  expect(answerDiscovery(fewer, "/apis", { accept: aggregated }).headers["etag"]).not.toBe(before.headers["etag"]);
});

test.each(["disc-apis-agg-v2beta1", "disc-apis-text"])("%s is refused in the Go server's words", (id) => {
  const { path, headers } = recorded(id).request;
  const status: object = recordedBody(id);
  expect(() => get(path, { accept: headers["Accept"] })).toThrow(
    expect.objectContaining({ name: "StatusError", status }),
  );
});

const forms: [accept: string, contentType: string | undefined][] = [
  ["", "application/json"],
  ["application/*", undefined],
  ["application/*, */*;q=0.1", "application/json"],
  ["application/vnd.kubernetes.protobuf, application/json;q=0.8", "application/vnd.kubernetes.protobuf"],
  ["application/json;q=0.5, application/yaml", "application/yaml"],
  // Whoever can read the aggregated form gets it, whatever else is named before it.
  [`application/json, ${aggregated}`, "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"],
  [aggregated.replace("json", "yaml"), "application/yaml;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"],
  [
    aggregated.replace("json", "vnd.kubernetes.protobuf"),
    "application/vnd.kubernetes.protobuf;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
  ],
  [`${aggregated.replace("v=v2", "v=v2beta1")},application/json`, "application/json"],
  ["application/json;as=Table;g=meta.k8s.io;v=v1", undefined],
  ["application/json;sv=v1", undefined],
];

test.each(forms)("/apis for Accept: %s", (accept, contentType) => {
  if (contentType === undefined) expect(() => get("/apis", { accept })).toThrow(StatusError);
  else expect(get("/apis", { accept }).headers["content-type"]).toBe(contentType);
});

test("a group version has no aggregated form", () => {
  expect(() => get(`/apis/${group}/v1alpha1`, { accept: aggregated })).toThrow("only the following media types");
});

test("/api, where the core group would be, is a document of a server that stands alone", () => {
  expect([...wardle.keys()].filter((path) => !path.startsWith("/apis"))).toEqual([]);
  const alone = prepareDiscovery({ groupVersions: [], endpoints: [], serverAddress: () => ":1", standsAlone: true });
  expect(readJson(answerDiscovery(alone, "/api", {}))).toMatchObject({ kind: "APIVersions", versions: [] });
  const list = readJson(answerDiscovery(alone, "/api", { accept: aggregated }));
  expect(list).toMatchObject({ kind: "APIGroupDiscoveryList", items: [] });
});

test("JSON is indented for those who ask", () => {
  const indented = get(`/apis/${group}`, { accept: "application/json", pretty: true });
  expect(readText(indented)).toBe(JSON.stringify(readJson(get(`/apis/${group}`)), undefined, 2));
  expect(readText(get(`/apis/${group}`, { accept: "application/json;pretty=1" }))).toBe(readText(indented));
});

test("a long document is compressed once, for those who take gzip", () => {
  const endpoints = ["lions", "tigers", "pumas", "lynxes", "ocelots", "servals"].map((plural): Endpoint => {
    const names = { kind: plural, plural, package: "example" };
    return { descriptor: describe(names, { group, version: "v1beta1" }), subresource: "", verbs: allVerbs };
  });
  const many = prepareDiscovery({ groupVersions: [{ group, version: "v1beta1" }], endpoints, serverAddress: () => "" });
  const ask = (acceptEncoding?: string): Answer =>
    answerDiscovery(many, "/apis", { accept: aggregated, acceptEncoding });
  const packed = ask("deflate, gzip;q=0.5");
  expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: ["Accept-Encoding", "Accept"] });
  expect(gunzipSync(packed.body ?? new Uint8Array())).toEqual(Buffer.from(ask().body ?? []));
  expect(ask("gzip").body).toBe(packed.body);
  for (const encodings of ["gzip;q=0", "br", ""]) {
    expect(ask(encodings).headers).toMatchObject({ vary: "Accept" });
    expect(ask(encodings).headers["content-encoding"]).toBeUndefined();
  }
});

test("a short document is not compressed", () => {
  expect(get(`/apis/${group}`, { acceptEncoding: "gzip" }).headers["content-encoding"]).toBeUndefined();
});

test("the storage version hash is the one that Go computes", () => {
  expect(storageVersionHash({ group, version: "v1alpha1", kind: "Flunder" })).toBe("UHqNx5H3K7A=");
});

const cat = describe(
  { kind: "Cat", plural: "cats", package: "io.skai.animal" },
  { group: "animal.skai.io", version: "v1" },
  {
    names: { plural: "cats", singular: "cat", shortNames: ["ct"], categories: ["all", "animals"], listKind: "CatList" },
    storageVersion: "v1",
  },
);

const catEndpoints: readonly Endpoint[] = [
  { descriptor: cat, subresource: "status", verbs: ["update", "patch", "get"] },
  { descriptor: cat, subresource: "", verbs: ["watch", "list", "get"] },
  { descriptor: cat, subresource: "scale", verbs: ["get", "update", "patch"], served: scaleKind },
  { descriptor: cat, subresource: "log", verbs: [], connect: { methods: ["POST", "GET", "HEAD"], subpath: false } },
];

const cats = prepareDiscovery({
  groupVersions: [{ group: "animal.skai.io", version: "v1" }],
  endpoints: catEndpoints,
  serverAddress: () => ":8443",
});

test("a group version lists subresources, short names, categories, and the kind of a scale", () => {
  const list: { resources: object[] } = readJson(answerDiscovery(cats, "/apis/animal.skai.io/v1", {}));
  expect(list.resources).toEqual([
    {
      name: "cats",
      singularName: "cat",
      namespaced: true,
      kind: "Cat",
      verbs: ["get", "list", "watch"],
      shortNames: ["ct"],
      categories: ["all", "animals"],
      storageVersionHash: storageVersionHash(cat.gvk),
    },
    { name: "cats/log", singularName: "", namespaced: true, kind: "Cat", verbs: ["create", "get"] },
    {
      name: "cats/scale",
      singularName: "",
      namespaced: true,
      group: "autoscaling",
      version: "v1",
      kind: "Scale",
      verbs: ["get", "patch", "update"],
    },
    { name: "cats/status", singularName: "", namespaced: true, kind: "Cat", verbs: ["get", "patch", "update"] },
  ]);
});

test("aggregated discovery nests subresources in their resource", () => {
  const own = { group: "", version: "", kind: "Cat" };
  const document: { items: unknown } = readJson(answerDiscovery(cats, "/apis", { accept: aggregated }));
  expect(document.items).toEqual([
    {
      metadata: { name: "animal.skai.io" },
      versions: [
        {
          version: "v1",
          freshness: "Current",
          resources: [
            {
              resource: "cats",
              responseKind: own,
              scope: "Namespaced",
              singularResource: "cat",
              verbs: ["get", "list", "watch"],
              shortNames: ["ct"],
              categories: ["all", "animals"],
              subresources: [
                { subresource: "log", responseKind: own, verbs: ["create", "get"] },
                { subresource: "scale", responseKind: scaleKind.gvk, verbs: ["get", "patch", "update"] },
                { subresource: "status", responseKind: own, verbs: ["get", "patch", "update"] },
              ],
            },
          ],
        },
      ],
    },
  ]);
});

test("a subresource without its resource brings the resource along, without verbs but with a kind", () => {
  const onlyStatus = prepareDiscovery({
    groupVersions: [{ group, version: "v1alpha1" }],
    endpoints: [{ descriptor: flunderAlpha, subresource: "status", verbs: ["get"] }],
    serverAddress: () => "",
  });
  const document = readJson(answerDiscovery(onlyStatus, "/apis", { accept: aggregated }));
  expect(document).toMatchObject({
    items: [{ versions: [{ resources: [{ resource: "flunders", responseKind: { kind: "" }, verbs: [] }] }] }],
  });
});

test("aggregated discovery sorts groups by name, the plain list keeps their order", () => {
  const two = prepareDiscovery({
    groupVersions: [
      { group: "b.example.com", version: "v1" },
      { group: "a.example.com", version: "v1" },
    ],
    endpoints: [],
    serverAddress: () => "",
  });
  expect(readJson(answerDiscovery(two, "/apis", {}))).toMatchObject({
    groups: [{ name: "b.example.com" }, { name: "a.example.com" }],
  });
  expect(readJson(answerDiscovery(two, "/apis", { accept: aggregated }))).toMatchObject({
    items: [{ metadata: { name: "a.example.com" } }, { metadata: { name: "b.example.com" } }],
  });
});

function method(): never {
  throw new Error("not called");
}

test("the verbs that a storage implements are the verbs that are served", () => {
  const readOnly: RestStorage = { get: method, list: method };
  expect(storageVerbs(readOnly)).toEqual(["get", "list"]);
  expect(storageVerbs({ ...readOnly, update: method })).toEqual(["get", "list", "update", "patch"]);
  expect(storageVerbs({ update: method })).toEqual(["update"]);
  const all = { ...readOnly, watch: method, create: method, update: method, delete: method, deleteCollection: method };
  expect(storageVerbs(all)).toEqual(allVerbs);
});

test("YAML says the same as JSON", () => {
  for (const path of wardle.keys()) {
    expect(parse(readText(get(path, { accept: "application/yaml" })))).toEqual(readJson(get(path)));
  }
});
