import { beforeAll, expect, test } from "vitest";
import { cborToJson } from "../../runtime/meta/cbor-reader.ts";
import { encodeCbor } from "../../runtime/meta/cbor-writer.ts";
import type { WatchEvent } from "../../runtime/registry/rest-storage.ts";
import { resourceTargets } from "../../runtime/resource-targets.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { widgetOf, widgetScheme } from "../registry/widget.ts";
import { scheme as wardle } from "../wardle/generated/index.ts";
import { recordedBody } from "./openapi/recorded.ts";
import { widgetApp, widgetJson, widgets } from "./widget-app.ts";

const cbor = "application/cbor";
const meta = "v=v1;g=meta.k8s.io";
const app = widgetApp({ cbor: true });
const without = widgetApp();

beforeAll(async () => {
  for (const name of ["a", "b"]) await send("POST", widgets, { body: JSON.stringify(widgetJson(name)) });
});

interface Sent {
  readonly accept?: string;
  readonly type?: string;
  readonly body?: string | Uint8Array;
}

function send(method: string, url: string, { accept, type = "application/json", body }: Sent = {}, to = app) {
  return to.inject({
    method: method as "GET",
    url,
    headers: { ...(accept === undefined ? {} : { accept }), ...(body === undefined ? {} : { "content-type": type }) },
    ...(body === undefined ? {} : { payload: typeof body === "string" ? body : Buffer.from(body) }),
  });
}

function read(bytes: Uint8Array): unknown {
  expect(Buffer.from(bytes.subarray(0, 3)).toString("hex")).toBe("d9d9f7");
  return JSON.parse(cborToJson(bytes));
}

test.each([
  ["an object", `${widgets}/a`, ""],
  ["a list", widgets, ""],
  ["a list of nothing", `${widgets}?labelSelector=none`, ""],
  ["the metadata of an object", `${widgets}/a`, `;as=PartialObjectMetadata;${meta}`],
  ["the metadata of a list", widgets, `;as=PartialObjectMetadataList;${meta}`],
  ["a Status", `${widgets}/nope`, ""],
])("%s in CBOR says what it says in JSON", async (_name, url, as) => {
  const json = await send("GET", url, { accept: `application/json${as},application/json` });
  const answer = await send("GET", url, { accept: `${cbor}${as},${cbor}` });
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([json.statusCode, cbor]);
  expect(read(answer.rawPayload)).toEqual(json.json());
});

test("a table is not had in CBOR", async () => {
  expect((await send("GET", widgets, { accept: `${cbor};as=Table;${meta}` })).statusCode).toBe(406);
  const answer = await send("GET", widgets, { accept: `${cbor};as=Table;${meta},${cbor}` });
  expect(read(answer.rawPayload)).toMatchObject({ kind: "WidgetList" });
});

test("objects are created, replaced, applied and deleted by bodies in CBOR", async () => {
  const url = `${widgets}/new`;
  const object = { ...widgetJson("new", { size: 3 }) };
  const created = await send("POST", widgets, { type: cbor, accept: cbor, body: encodeCbor(object) });
  expect([created.statusCode, read(created.rawPayload)]).toMatchObject([201, { spec: { color: "green", size: 3 } }]);
  const replaced = await send("PUT", url, { type: cbor, body: encodeCbor(widgetJson("new", { color: "red" })) });
  expect([replaced.statusCode, replaced.json()]).toMatchObject([200, { spec: { color: "red" } }]);
  const options = encodeCbor({ kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid: "other" } });
  expect((await send("DELETE", url, { type: cbor, body: options })).statusCode).toBe(409);
  expect((await send("DELETE", url, { type: cbor, body: encodeCbor({}) })).statusCode).toBe(200);
});

test("unknown fields of a body in CBOR are told", async () => {
  const body = encodeCbor({ ...widgetJson("new"), nope: 1 });
  const strict = await send("POST", `${widgets}?fieldValidation=Strict`, { type: cbor, body });
  expect([strict.statusCode, strict.json().message]).toEqual([400, expect.stringContaining('unknown field "nope"')]);
});

test.each([
  ["a key that stands twice", "a2416101416102", 'cbor: found duplicate map key "a" at map element index 1'],
  ["an end that comes too soon", "a14161", "unexpected EOF"],
])("a body in CBOR with %s is refused", async (_name, hex, why) => {
  const body = Buffer.from(hex, "hex");
  const answer = await send("POST", widgets, { type: cbor, body });
  expect([answer.statusCode, answer.json().message]).toEqual([
    400,
    `the object provided is unrecognized (must be of type Widget): ${why} (${hex})`,
  ]);
});

test("what is applied in CBOR is there, and its fields are the manager's", async () => {
  const targets = resourceTargets({ scheme: wardle, storage: memoryStorage() });
  const flunders = widgetApp({ scheme: wardle, targets, cbor: true });
  const flunder = {
    kind: "Flunder",
    apiVersion: "wardle.example.com/v1alpha1",
    metadata: { name: "f" },
    spec: { reference: "x", referenceType: "Flunder" },
  };
  const url = "/apis/wardle.example.com/v1alpha1/namespaces/ns/flunders/f?fieldManager=m";
  const sent = { type: "application/apply-patch+cbor", accept: cbor, body: encodeCbor(flunder) };
  const answer = await send("PATCH", url, sent, flunders);
  expect([answer.statusCode, read(answer.rawPayload)]).toMatchObject([
    201,
    {
      spec: flunder.spec,
      metadata: {
        managedFields: [{ manager: "m", operation: "Apply", fieldsV1: { "f:spec": { "f:reference": {} } } }],
      },
    },
  ]);
});

test("an apply in CBOR that cannot be read is refused before the object is looked for", async () => {
  const type = "application/apply-patch+cbor";
  const answer = await send("PATCH", `${widgets}/x?fieldManager=m`, { type, body: Buffer.from("a1", "hex") });
  expect([answer.statusCode, answer.json().message]).toEqual([400, "error decoding CBOR: unexpected EOF"]);
});

const widget = { kind: "Widget", apiVersion: "example.dev/v1", metadata: { name: "a", resourceVersion: "7" } };

/** What a watch answers whose storage has this event, and then fails. */
async function watched(accept: string) {
  const scheme = widgetScheme();
  async function* watch(): AsyncGenerator<readonly WatchEvent[]> {
    yield [{ type: "ADDED", object: widget }];
    await new Promise((resolve) => setTimeout(resolve, 5));
    throw new Error("secret");
  }
  const targets = [{ scheme, descriptor: widgetOf(scheme, "v1"), subresource: "", storage: { watch } }];
  return widgetApp({ scheme, targets, cbor: true }).inject({ url: `${widgets}?watch=1`, headers: { accept } });
}

test.each([
  ["application/cbor-seq", widget],
  [cbor, widget],
  [`${cbor};as=PartialObjectMetadata;${meta}`, { kind: "PartialObjectMetadata", metadata: widget.metadata }],
])("a watch for %s is a sequence of documents in CBOR", async (accept, object) => {
  const answer = await watched(accept);
  expect(answer.headers["content-type"]).toBe("application/cbor-seq");
  const bytes = answer.rawPayload;
  // Every event begins like this, and its object begins with the tag too, though not with a map of two.
  const second = bytes.indexOf(Buffer.from("d9d9f7a24474797065", "hex"), 1);
  expect(read(bytes.subarray(0, second))).toMatchObject({ type: "ADDED", object });
  expect(read(bytes.subarray(second))).toMatchObject({ type: "ERROR", object: { kind: "Status", code: 500 } });
});

const standard = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

test.each([
  ["an answer", "GET", `${widgets}/a`, { accept: cbor }, "get-cbor"],
  ["a list", "GET", widgets, { accept: cbor }, "list-cbor"],
  ["a watch", "GET", `${widgets}?watch=1`, { accept: "application/cbor-seq" }, "watch-cbor"],
  ["an apply", "PATCH", `${widgets}/a`, { type: "application/apply-patch+cbor", body: "x" }, "patch-apply-cbor"],
])("unless it is asked for, %s in CBOR is refused in the Go server's words", async (_name, method, url, sent, id) => {
  const answer = await send(method, url, sent, without);
  expect(answer.json()).toEqual(recordedBody(id));
});

test("unless it is asked for, a body in CBOR is refused, and who takes JSON too gets JSON", async () => {
  const refused = await send("POST", widgets, { type: cbor, body: encodeCbor(widgetJson("c")) }, without);
  expect([refused.statusCode, refused.json().message]).toEqual([
    415,
    `the body of the request was in an unknown format - accepted media types include: ${standard}`,
  ]);
  const answer = await send("GET", widgets, { accept: `${cbor},application/json` }, without);
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "application/json"]);
});
