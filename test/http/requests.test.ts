import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { version, widgetApp, widgetJson, widgets } from "./widget-app.ts";

const app = widgetApp({ lifecycle: { introduced: "1.0", deprecated: "1.30" } });
const group = "/apis/example.dev/v1";
const older = "/apis/example.dev/v1beta1/namespaces/ns/widgets";

beforeAll(async () => {
  for (const name of ["a", "b"]) await send("POST", widgets, { body: widgetJson(name) });
});

interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: object | string;
}

function send(method: string, url: string, { headers = {}, body }: Sent = {}) {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  return app.inject({
    method: method as "GET",
    url,
    headers: { "user-agent": "test/1", ...(body === undefined ? {} : { "content-type": type }), ...headers },
    ...(body === undefined ? {} : { payload: body }),
  });
}

const notFound = "the server could not find the requested resource";
const notAllowed = "the server does not allow this method on the requested resource";

test.each([
  ["GET", `${widgets}/nope`, 404, 'widgets.example.dev "nope" not found'],
  ["GET", `${group}/namespaces/ns/nopes`, 404, notFound],
  ["GET", `${group}/namespaces/ns/nopes/a`, 404, notFound],
  ["GET", `${widgets}/a/nope`, 404, notFound],
  ["GET", `${widgets}/a/status/more`, 404, notFound],
  ["GET", `${group}/widgets/a`, 404, notFound],
  ["GET", `${group}/namespaces/ns/gadgets`, 404, notFound],
  ["GET", `${widgets}/`, 404, notFound],
  ["GET", `${group}/namespaces//widgets`, 404, notFound],
  ["GET", `${widgets}//status`, 404, notFound],
  ["GET", `${group}/proxy/widgets`, 404, notFound],
  ["GET", `${group}/watch/widgets/a`, 404, notFound],
  ["GET", `/apis/example.dev/v9/widgets`, 404, notFound],
  ["GET", "/apis/", 404, notFound],
  ["GET", "/apis/example.dev/", 404, notFound],
  ["GET", "/version/", 404, notFound],
  ["POST", `${group}/widgets`, 405, notAllowed],
  ["DELETE", `${group}/widgets`, 405, notAllowed],
  ["PUT", widgets, 405, notAllowed],
  ["PATCH", widgets, 405, notAllowed],
  ["POST", `${widgets}/a`, 405, notAllowed],
  ["PROPFIND", `${widgets}/a`, 405, notAllowed],
  ["DELETE", `${widgets}/a/status`, 405, notAllowed],
  ["POST", `${group}/watch/widgets`, 405, notAllowed],
  ["POST", "/apis", 405, notAllowed],
  ["POST", "/version", 405, notAllowed],
])("%s %s is %i", async (method, url, code, message) => {
  const answer = await send(method, url);
  expect(answer.statusCode).toBe(code);
  expect(answer.json()).toMatchObject({ kind: "Status", status: "Failure", code, message });
});

test("a path that is nothing at all is 404 with the paths that there are", async () => {
  for (const url of ["/nope", "/apis/nope", "/apis/nope/v1/things"]) {
    const answer = await send("GET", url);
    expect(answer.statusCode, url).toBe(404);
    expect(answer.json<{ paths: string[] }>().paths).toContain("/apis/example.dev/v1");
  }
});

test("/ lists the paths in order, indented, without a newline at the end", async () => {
  const { body } = await send("GET", "/");
  const { paths } = JSON.parse(body) as { paths: string[] };
  expect(paths).toEqual(paths.toSorted());
  expect(paths).toEqual(expect.arrayContaining(["/apis", "/healthz/ping", "/openapi/v2", "/openapi/v3", "/version"]));
  expect(body).toBe(JSON.stringify({ paths }, null, 2));
});

test("/version tells the version", async () => {
  const answer = await send("GET", "/version");
  expect(answer.json()).toEqual(version);
  expect((await send("GET", "/version", { headers: { accept: "text/html" } })).statusCode).toBe(406);
});

test("discovery tells of the verbs that are served", async () => {
  const { resources } = (await send("GET", group)).json<{ resources: { name: string; verbs: string[] }[] }>();
  const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
  expect(resources.find(({ name }) => name === "widgets")?.verbs).toEqual(verbs);
  expect(resources.find(({ name }) => name === "gadgets/status")?.verbs).toEqual(["get", "patch", "update"]);
});

test("a URL that cannot be decoded is 400", async () => {
  expect((await send("GET", `${widgets}/%zz`)).statusCode).toBe(400);
});

test("a name may be percent-encoded", async () => {
  expect((await send("GET", `${widgets}/%61`)).statusCode).toBe(200);
});

test("every answer has the standing headers", async () => {
  const answer = await send("GET", `${widgets}/a`, { headers: { "audit-id": "mine" } });
  const { date: _date, connection: _connection, ...headers } = answer.headers;
  expect(headers).toEqual({
    "audit-id": "mine",
    "cache-control": "no-cache, private",
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(answer.body)),
  });
  const [first, second] = [await send("GET", "/healthz"), await send("GET", "/nope")];
  expect(first.headers["audit-id"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(second.headers["audit-id"]).not.toBe(first.headers["audit-id"]);
});

test("objects of a deprecated version come with a warning, errors about them too; what is no resource of it does not", async () => {
  const warning = ['299 - "example.dev/v1beta1 Widget is deprecated in v1.30+"'];
  expect((await send("GET", older)).headers["warning"]).toEqual(warning);
  expect((await send("GET", `${older}/nope`)).headers["warning"]).toEqual(warning);
  expect((await send("GET", `${older}/a/nope`)).headers["warning"]).toBeUndefined();
  expect(
    (await send("PATCH", `${older}/a`, { body: {}, headers: { "content-type": "text/plain" } })).headers["warning"],
  ).toBeUndefined();
  expect((await send("GET", widgets)).headers["warning"]).toBeUndefined();
});

test("an object comes on one line with a newline, indented without", async () => {
  const { body } = await send("GET", `${widgets}/a`);
  expect(body).toBe(`${JSON.stringify(JSON.parse(body))}\n`);
  const indented = JSON.stringify(JSON.parse(body), null, 2);
  expect((await send("GET", `${widgets}/a?pretty=1`)).body).toBe(indented);
  expect((await send("GET", `${widgets}/a`, { headers: { "user-agent": "curl/8.0" } })).body).toBe(indented);
});

test("an object can be had as YAML, and so can what is wrong", async () => {
  const headers = { accept: "application/yaml" };
  const answer = await send("GET", `${widgets}/a`, { headers });
  expect(answer.headers["content-type"]).toBe("application/yaml");
  expect(parse(answer.body)).toEqual((await send("GET", `${widgets}/a`)).json());
  expect((await send("GET", `${widgets}/nope`, { headers })).body).toBe(
    'apiVersion: v1\ncode: 404\ndetails:\n  group: example.dev\n  kind: widgets\n  name: nope\nkind: Status\nmessage: widgets.example.dev "nope" not found\nmetadata: {}\nreason: NotFound\nstatus: Failure\n',
  );
});

test.each([
  ["", "\n"],
  ["?pretty=true", ""],
])("a list%s has the objects without their type", async (query, end) => {
  const { body } = await send("GET", `${widgets}${query}`);
  const list = JSON.parse(body) as { items: { metadata: { name: string } }[] };
  expect(Object.keys(list)).toEqual(["kind", "apiVersion", "metadata", "items"]);
  expect(list.items.map((item) => Object.keys(item)[0])).toEqual(["metadata", "metadata"]);
  expect(body).toBe(`${JSON.stringify(list, null, query === "" ? 0 : 2)}${end}`);
  const yaml = await send("GET", widgets, { headers: { accept: "application/yaml" } });
  expect(parse(yaml.body)).toEqual(list);
});

test.each(["", "?pretty=1"])("an empty list%s has empty items", async (query) => {
  const url = `${group}/namespaces/empty/widgets${query}`;
  expect((await send("GET", url)).json()).toMatchObject({ kind: "WidgetList", items: [] });
  expect(parse((await send("GET", url, { headers: { accept: "application/yaml" } })).body)).toMatchObject({
    items: [],
  });
});

const meta = "v=v1;g=meta.k8s.io";

test("an object and a list can be had as tables", async () => {
  const headers = { accept: `application/json;as=Table;${meta}` };
  const one = (await send("GET", `${widgets}/a`, { headers })).json<{ rows: { cells: unknown[] }[] }>();
  expect(one.rows[0]?.cells[0]).toBe("a");
  const list = (await send("GET", widgets, { headers })).json<typeof one & { kind: string }>();
  expect(Object.keys(list)).toEqual(["kind", "apiVersion", "metadata", "columnDefinitions", "rows"]);
  expect(list.rows.map(({ cells }) => cells[0])).toEqual(["a", "b"]);
  const refused = await send("GET", `${widgets}?includeObject=Bogus`, { headers });
  expect(refused.statusCode).toBe(400);
});

test("an object and a list can be had as metadata alone, in the form that fits", async () => {
  const one = { accept: `application/json;as=PartialObjectMetadata;${meta}` };
  const many = { accept: `application/json;as=PartialObjectMetadataList;${meta}` };
  expect((await send("GET", `${widgets}/a`, { headers: one })).json()).toMatchObject({ kind: "PartialObjectMetadata" });
  const list = (await send("GET", widgets, { headers: many })).json<{ items: object[] }>();
  expect(list.items).toMatchObject([{ kind: "PartialObjectMetadata" }, { kind: "PartialObjectMetadata" }]);
  const wrong = await send("GET", widgets, { headers: one });
  expect(wrong.statusCode).toBe(406);
  expect(wrong.json()).toMatchObject({
    message: "you requested PartialObjectMetadata, but the requested object is a list (*example.WidgetList)",
  });
  expect((await send("GET", `${widgets}/a`, { headers: many })).statusCode).toBe(406);
  const none = await send("GET", `${widgets}?labelSelector=none`, { headers: many });
  expect(none.json()).toMatchObject({ kind: "PartialObjectMetadataList", items: null });
});

const mediaTypes = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

test.each([
  ["application/cbor", `406: Not Acceptable\n\nAvailable representations: ${mediaTypes}`],
  [`application/json;as=Bogus;${meta}`, `only the following media types are accepted: ${mediaTypes}`],
])("the Accept header %s is 406, told in indented JSON", async (accept, message) => {
  const answer = await send("GET", `${widgets}/a`, { headers: { accept } });
  expect(answer.statusCode).toBe(406);
  expect(answer.json()).toMatchObject({ reason: "NotAcceptable", message });
  expect(answer.body).toBe(JSON.stringify(answer.json(), null, 2));
});

const unknownFormat = `the body of the request was in an unknown format - accepted media types include: ${mediaTypes}`;

test.each([
  ["POST", widgets, "text/plain", unknownFormat],
  ["POST", widgets, ";;;", unknownFormat],
  ["PUT", `${widgets}/a`, "application/cbor", unknownFormat],
  ["PATCH", `${widgets}/a`, "application/json", "415: Unsupported Media Type"],
  ["PATCH", `${widgets}/a`, "application/apply-patch+cbor", "415: Unsupported Media Type"],
  ["DELETE", `${widgets}/a`, "text/plain", unknownFormat],
])("%s %s of %s is 415", async (method, url, type, message) => {
  const answer = await send(method, url, { headers: { "content-type": type }, body: "x" });
  expect(answer.statusCode).toBe(415);
  expect(answer.json()).toMatchObject({ reason: "UnsupportedMediaType", message });
});

test("a body may be YAML, JSON with a charset, or of no declared type", async () => {
  const yaml = "kind: Widget\napiVersion: example.dev/v1\nmetadata: {name: yaml}\nspec: {color: red}\n";
  const url = `${group}/namespaces/bodies/widgets`;
  expect((await send("POST", url, { headers: { "content-type": "application/yaml" }, body: yaml })).statusCode).toBe(
    201,
  );
  const charset = { "content-type": "application/json; charset=utf-8" };
  expect((await send("POST", url, { headers: charset, body: JSON.stringify(widgetJson("c")) })).statusCode).toBe(201);
  const body = JSON.stringify(widgetJson("n"));
  expect((await app.inject({ method: "POST", url, payload: Buffer.from(body) })).statusCode).toBe(201);
});

test("an object lives through all verbs", async () => {
  const url = `${group}/gadgets`;
  const gadget = { kind: "Gadget", apiVersion: "example.dev/v1", metadata: { name: "g" }, spec: { color: "red" } };
  expect((await send("POST", url, { body: gadget })).statusCode).toBe(201);
  expect((await send("POST", url, { body: gadget })).statusCode).toBe(409);
  expect((await send("PUT", `${url}/g`, { body: { ...gadget, spec: { color: "red", size: 3 } } })).statusCode).toBe(
    200,
  );
  const patched = await send("PATCH", `${url}/g`, { body: { metadata: { labels: { a: "b" } } } });
  expect(patched.json()).toMatchObject({ metadata: { labels: { a: "b" } }, spec: { size: 3 } });
  const status = await send("PATCH", `${url}/g/status`, { body: { status: { phase: "Done" }, spec: { size: 9 } } });
  expect(status.json()).toMatchObject({ status: { phase: "Done" }, spec: { size: 3 } });
  const deleted = await send("DELETE", `${url}/g`);
  expect(deleted.statusCode).toBe(200);
  expect(deleted.json()).toMatchObject({ kind: "Status", status: "Success", details: { name: "g", kind: "gadgets" } });
  expect((await send("GET", `${url}/g`)).statusCode).toBe(404);
});

test("a collection can be deleted, and tells what was in it", async () => {
  const url = `${group}/namespaces/doomed/widgets`;
  await send("POST", url, { body: widgetJson("x") });
  expect((await send("DELETE", url)).json()).toMatchObject({
    kind: "WidgetList",
    items: [{ metadata: { name: "x" } }],
  });
  expect((await send("GET", url)).json()).toMatchObject({ items: [] });
});
