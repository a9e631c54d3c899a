import { beforeAll, expect, test } from "vitest";
import { answerDiscovery, prepareDiscovery } from "../../runtime/http/discovery/discovery.ts";
import type { WatchEvent } from "../../runtime/registry/rest-storage.ts";
import { widgetOf, widgetScheme } from "../registry/widget.ts";
import { recorded, recordedBody } from "./openapi/recorded.ts";
import { wardleEndpoints, wardleGroupVersions } from "./openapi/wardle.ts";
import { readEvents, readObject, writeMessage, writeObject } from "./protobuf-schema.ts";
import { widgetApp, widgetJson, widgets } from "./widget-app.ts";

const protobuf = "application/vnd.kubernetes.protobuf";
const meta = "v=v1;g=meta.k8s.io";
const one = `${protobuf};as=PartialObjectMetadata;${meta}`;
const many = `${protobuf};as=PartialObjectMetadataList;${meta}`;

const app = widgetApp();

beforeAll(async () => {
  for (const name of ["a", "b", "c"]) await send("POST", widgets, { body: widgetJson(name, {}, { labels: { name } }) });
});

interface Sent {
  readonly accept?: string;
  readonly type?: string;
  readonly body?: object | string | Buffer;
}

function send(method: string, url: string, { accept, type = "application/json", body }: Sent = {}) {
  return app.inject({
    method: method as "GET",
    url,
    headers: { ...(accept === undefined ? {} : { accept }), ...(body === undefined ? {} : { "content-type": type }) },
    ...(body === undefined ? {} : { payload: body }),
  });
}

/** The first bytes that the Go server sent: they tell the type. */
function recordedBeginning(id: string): { readonly status: number; readonly hex: string } {
  const { response } = recorded(id);
  const { bodyBinary } = response as unknown as { bodyBinary: { first8Hex: string } };
  return { status: response.status, hex: bodyBinary.first8Hex };
}

function beginning(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 8)).toString("hex");
}

test("one object's metadata is had in protobuf, in the envelope that the Go server puts it in", async () => {
  const answer = await send("GET", `${widgets}/a`, { accept: one });
  expect(answer.headers["content-type"]).toBe(protobuf);
  const { status, hex } = recordedBeginning("get-pom-proto");
  expect([answer.statusCode, beginning(answer.rawPayload)]).toEqual([status, hex]);
  expect(readObject(answer.rawPayload)).toMatchObject({
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: {
      name: "a",
      namespace: "ns",
      labels: { name: "a" },
      creationTimestamp: { seconds: Date.parse("2026-01-02T15:04:05Z") / 1000, nanos: 0 },
    },
  });
});

test.each([
  ["", ["a", "b", "c"]],
  ["?limit=2", ["a", "b"]],
  ["?labelSelector=none", []],
])("the metadata of a list is had in protobuf: %s", async (query, names) => {
  const json: { metadata: Record<string, unknown> } = (await send("GET", `${widgets}${query}`)).json();
  const answer = await send("GET", `${widgets}${query}`, { accept: many });
  const { items = [], metadata, kind } = readObject(answer.rawPayload);
  expect((items as { metadata: { name: string } }[]).map((item) => item.metadata.name)).toEqual(names);
  expect(kind).toBe("PartialObjectMetadataList");
  expect(metadata).toMatchObject(json.metadata);
});

test("objects themselves have no protobuf form: who takes another gets that", async () => {
  const answer = await send("GET", `${widgets}/a`, { accept: `${protobuf},application/json` });
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "application/json"]);
});

test.each([
  ["GET", `${widgets}/a`, undefined],
  ["GET", widgets, undefined],
  ["GET", `${widgets}?watch=1&timeoutSeconds=1`, undefined],
  ["POST", widgets, widgetJson("new")],
])("who takes nothing but protobuf is told in protobuf what else there is: %s %s", async (method, url, body) => {
  const answer = await send(method, url, { accept: protobuf, ...(body === undefined ? {} : { body }) });
  expect(answer.headers["content-type"]).toBe(protobuf);
  const { status, hex } = recordedBeginning("list-proto");
  expect([answer.statusCode, beginning(answer.rawPayload)]).toEqual([status, hex]);
  expect(readObject(answer.rawPayload)).toMatchObject({
    kind: "Status",
    apiVersion: "v1",
    code: 406,
    reason: "NotAcceptable",
    message: "only the following media types are accepted: application/json, application/yaml",
  });
  expect((await send("GET", `${widgets}/new`)).statusCode).toBe(404);
});

test("a Status is told in protobuf to who prefers it", async () => {
  const answer = await send("GET", `${widgets}/nope`, { accept: `${protobuf},application/json` });
  expect(answer.statusCode).toBe(404);
  expect(readObject(answer.rawPayload)).toMatchObject({
    message: 'widgets.example.dev "nope" not found',
    details: { name: "nope", group: "example.dev", kind: "widgets" },
  });
});

test.each(["Table", "Bogus"])("a %s has no protobuf form", async (kind) => {
  const answer = await send("GET", widgets, { accept: `${protobuf};as=${kind};${meta}` });
  expect(answer.statusCode).toBe(406);
  expect(answer.json()).toMatchObject({
    message: `only the following media types are accepted: application/json, application/yaml, ${protobuf}`,
  });
});

test("an empty body is refused in the Go server's words", async () => {
  const answer = await send("POST", widgets, { type: protobuf, body: Buffer.from("6b387300", "hex") });
  const { message }: { message: string } = recordedBody("create-proto");
  expect([answer.statusCode, answer.json().message]).toEqual([400, message.replace("Flunder", "Widget")]);
});

test.each([
  [
    "of an object",
    widgetBody(),
    415,
    /^the body of the request is protobuf, .* Widget .* include: application\/json, /,
  ],
  ["that is none", "{}", 400, /does not appear to be a protobuf message, expected prefix \[107 56 115 0\] \({}\)$/],
])("a body %s is refused, and it is said what to do", async (_name, body, code, message) => {
  for (const [method, url] of [
    ["POST", widgets],
    ["PUT", `${widgets}/a`],
  ] as const) {
    const answer = await send(method, url, { type: protobuf, body });
    expect([answer.statusCode, answer.json().message]).toEqual([code, expect.stringMatching(message)]);
  }
});

function widgetBody(): Buffer {
  return writeObject("example.dev/v1", "Widget", writeMessage("PartialObjectMetadata", { metadata: { name: "x" } }));
}

function deleteBody(options: Record<string, unknown>, apiVersion = "v1"): Buffer {
  return writeObject(apiVersion, "DeleteOptions", writeMessage("DeleteOptions", options));
}

test("DeleteOptions in protobuf are obeyed, and the answer is a Status in protobuf", async () => {
  const url = `${widgets}/goes`;
  await send("POST", widgets, { body: widgetJson("goes") });
  const wrong = await send("DELETE", url, { type: protobuf, body: deleteBody({ preconditions: { uid: "other" } }) });
  expect(wrong.statusCode).toBe(409);
  const dry = await send("DELETE", url, { type: protobuf, body: deleteBody({ dryRun: ["All"] }) });
  expect([dry.statusCode, (await send("GET", url)).statusCode]).toEqual([200, 200]);
  const body = deleteBody({ propagationPolicy: "Background", gracePeriodSeconds: 0 }, "meta.k8s.io/v1");
  const gone = await send("DELETE", url, { accept: one, type: protobuf, body });
  expect(readObject(gone.rawPayload)).toMatchObject({ kind: "Status", status: "Success" });
  expect((await send("GET", url)).statusCode).toBe(404);
});

test("a collection is deleted by DeleteOptions in protobuf", async () => {
  const url = "/apis/example.dev/v1/namespaces/other/widgets";
  await send("POST", url, { body: widgetJson("x") });
  const answer = await send("DELETE", url, { accept: many, type: protobuf, body: deleteBody({ dryRun: ["All"] }) });
  expect(readObject(answer.rawPayload)).toMatchObject({ items: [{ metadata: { name: "x" } }] });
  expect((await send("GET", `${url}/x`)).statusCode).toBe(200);
});

test.each([
  [
    "another kind",
    writeObject("v1", "Status", Buffer.alloc(0)),
    400,
    /^no kind "Status" is registered for version "v1"/,
  ],
  ["what goes wrong", deleteBody({ propagationPolicy: "Never" }), 422, /propagationPolicy/],
  ["bytes that end too soon", deleteBody({ dryRun: ["All"] }).subarray(0, -1), 400, /^unexpected EOF$/],
  ["no protobuf", Buffer.from("x"), 400, /expected prefix/],
])("DeleteOptions that are %s are refused", async (_name, body, code, message) => {
  const answer = await send("DELETE", `${widgets}/a`, { type: protobuf, body });
  expect([answer.statusCode, answer.json().message]).toEqual([code, expect.stringMatching(message)]);
});

const widget = { kind: "Widget", apiVersion: "example.dev/v1", metadata: { name: "a", resourceVersion: "7" } };

/** What a watch answers whose storage has these events, and then fails. */
async function watched(accept: string) {
  const scheme = widgetScheme();
  async function* watch(): AsyncGenerator<readonly WatchEvent[]> {
    yield [
      { type: "ADDED", object: widget },
      { type: "BOOKMARK", object: { ...widget, metadata: { resourceVersion: "8" } } },
    ];
    await new Promise((resolve) => setTimeout(resolve, 5));
    throw new Error("secret");
  }
  const targets = [{ scheme, descriptor: widgetOf(scheme, "v1"), subresource: "", storage: { watch } }];
  return widgetApp({ scheme, targets }).inject({ url: `${widgets}?watch=1`, headers: { accept } });
}

test.each([`${protobuf};stream=watch;as=PartialObjectMetadata;${meta}`, `${one},application/json`])(
  "a watch of metadata is a stream of protobuf for %s",
  async (accept) => {
    const answer = await watched(accept);
    expect(answer.headers["content-type"]).toBe(`${protobuf};stream=watch`);
    const kind = "PartialObjectMetadata";
    expect(readEvents(answer.rawPayload)).toMatchObject([
      { type: "ADDED", object: { kind, metadata: { name: "a", resourceVersion: "7" } } },
      { type: "BOOKMARK", object: { kind, metadata: { resourceVersion: "8" } } },
      { type: "ERROR", object: { kind: "Status", code: 500 } },
    ]);
  },
);

test.each([
  [many, "the events of a watch are no lists: ask for PartialObjectMetadata"],
  [
    "application/yaml",
    `only the following media types are accepted: application/json;stream=watch, ${protobuf};stream=watch`,
  ],
])("there is no watch for %s", async (accept, message) => {
  const answer = await watched(accept);
  expect(answer.statusCode).toBe(406);
  expect(answer.body).toContain(message);
});

test("a watch in protobuf of the objects themselves is one in JSON for who takes that too", async () => {
  const answer = await watched(`${protobuf};stream=watch,application/json;stream=watch`);
  expect(answer.headers["content-type"]).toBe("application/json");
});

test("the groups are told in protobuf as the Go server tells them", () => {
  const { path, headers } = recorded("disc-apis-proto").request;
  const groupVersions = wardleGroupVersions({ v2: {}, v3: {} });
  const wardle = prepareDiscovery({ groupVersions, endpoints: wardleEndpoints, serverAddress: () => ":18443" });
  const answer = answerDiscovery(wardle, path, { accept: headers["Accept"] });
  expect(answer.headers["content-type"]).toBe(protobuf);
  expect(beginning(answer.body ?? new Uint8Array())).toBe(recordedBeginning("disc-apis-proto").hex);
});
