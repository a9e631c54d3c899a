import { once } from "node:events";
import http2 from "node:http2";
import http, { type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterEach, expect, test } from "vitest";
import { Audit } from "../../runtime/audit/audit.ts";
import { readAuditPolicy } from "../../runtime/audit/policy-file.ts";
import { unauthorized } from "../../runtime/meta/status-error.ts";
import { issueAll, listen } from "./tls-fixture.ts";
import { widgetApp, widgetJson, widgets, type WidgetAppOptions } from "./widget-app.ts";

/** For what must not be told. */
const nothingLost = (): void => expect.fail("nothing is lost");

type Event = Record<string, unknown> & { readonly stage: string; readonly verb: string };

const ann = { name: "ann", uid: "7", groups: ["people", "system:authenticated"], extra: { scopes: ["all"] } };
const opened: FastifyInstance[] = [];

afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

/** A server that is audited by a policy, and the events so far. */
function audited(policy: string, options: WidgetAppOptions = {}) {
  let text = "";
  const destination = {
    write: (bytes: Uint8Array): Promise<void> => {
      text += Buffer.from(bytes).toString();
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const { policy: read } = readAuditPolicy(`apiVersion: audit.k8s.io/v1\nkind: Policy\n${policy}`);
  const audit = new Audit({ policy: read, destination, onLost: nothingLost });
  const app = widgetApp({
    audit,
    authenticators: [() => ann],
    authorizer: () => ({ allowed: true, reason: "why not" }),
    ...options,
  });
  opened.push(app);
  const events = async (): Promise<Event[]> => {
    await audit.flush();
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Event);
  };
  return { app, audit, events, text: () => text };
}

const level = (name: string): string => `rules:\n- level: ${name}\n`;
const complete = (events: readonly Event[]): Event[] => events.filter(({ stage }) => stage === "ResponseComplete");

test("a read is told of as the Go server does: who, what, from where, when, and what came of it", async () => {
  const { app, events } = audited(level("Metadata"));
  await app.inject({ method: "POST", url: widgets, payload: widgetJson("a") });
  const headers = {
    "user-agent": "cats/1.0",
    "x-forwarded-for": "1.2.3.4",
    "audit-id": "id-1",
    authorization: "Bearer s3cret",
  };
  await app.inject({ url: `${widgets}/a?pretty=true`, headers });
  const [received, done] = (await events()).slice(2);
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as unknown;
  const common = {
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "Metadata",
    auditID: "id-1",
    requestURI: `${widgets}/a?pretty=true`,
    verb: "get",
    user: { username: "ann", uid: "7", groups: ann.groups, extra: ann.extra },
    sourceIPs: ["1.2.3.4", "127.0.0.1"],
    userAgent: "cats/1.0",
    objectRef: { resource: "widgets", namespace: "ns", name: "a", apiGroup: "example.dev", apiVersion: "v1" },
    requestReceivedTimestamp: time,
    stageTimestamp: time,
  };
  expect(received).toEqual({ ...common, stage: "RequestReceived" });
  expect(done).toEqual({
    ...common,
    stage: "ResponseComplete",
    responseStatus: { metadata: {}, code: 200 },
    annotations: { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "why not" },
  });
  expect(Object.keys(done ?? {})).toEqual(
    "kind apiVersion level auditID stage requestURI verb user sourceIPs userAgent objectRef responseStatus requestReceivedTimestamp stageTimestamp annotations".split(
      " ",
    ),
  );
});

test("a write at level Request has its object, and the answer's only at RequestResponse", async () => {
  for (const [name, tells] of [
    ["Request", false],
    ["RequestResponse", true],
  ] as const) {
    const { app, events } = audited(level(name));
    const sent = widgetJson("", {}, { generateName: "g-", labels: { a: "b" } });
    const answer = await app.inject({ method: "POST", url: widgets, payload: sent });
    const [event] = complete(await events());
    expect(event?.["requestObject"]).toMatchObject({
      kind: "Widget",
      metadata: { generateName: "g-", labels: { a: "b" } },
    });
    expect(event?.["responseObject"]).toEqual(tells ? answer.json() : undefined);
    expect(event).toMatchObject({ verb: "create", responseStatus: { code: 201 }, objectRef: { namespace: "ns" } });
  }
});

test("an update tells of the revision that it was meant for, a patch of itself, a deletion of its options", async () => {
  const { app, events } = audited(level("RequestResponse"));
  const created = (await app.inject({ method: "POST", url: widgets, payload: widgetJson("a") })).json<{
    metadata: { uid: string; resourceVersion: string };
  }>();
  await app.inject({ method: "PUT", url: `${widgets}/a`, payload: created });
  const patch = '{\n  "metadata": {"labels": {"n": "1"}}\n}\n';
  await app.inject({
    method: "PATCH",
    url: `${widgets}/a`,
    headers: { "content-type": "application/merge-patch+json" },
    payload: patch,
  });
  const yaml = "metadata:\n  name: a\n";
  await app.inject({
    method: "PATCH",
    url: `${widgets}/a?fieldManager=m`,
    headers: { "content-type": "application/apply-patch+yaml" },
    payload: yaml,
  });
  await app.inject({ method: "DELETE", url: `${widgets}/a`, payload: { propagationPolicy: "Background" } });
  const [, put, patched, applied, deleted] = complete(await events());
  const { uid, resourceVersion } = created.metadata;
  expect(put).toMatchObject({
    verb: "update",
    objectRef: { name: "a", uid, resourceVersion },
    requestObject: { spec: { color: "green" } },
  });
  expect(patched?.["requestObject"]).toEqual({ metadata: { labels: { n: "1" } } });
  expect(applied?.["requestObject"]).toBe(yaml);
  expect(deleted).toMatchObject({
    verb: "delete",
    requestObject: { propagationPolicy: "Background" },
    responseStatus: { metadata: {}, status: "Success", code: 200, details: { name: "a", kind: "widgets", uid } },
    responseObject: { kind: "Status", status: "Success" },
  });
});

const table = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };

test("lists and tables are told as they are answered, without managedFields where they are not wanted", async () => {
  const { app, events } = audited(`omitManagedFields: true\n${level("RequestResponse")}`);
  const managedFields = [
    {
      manager: "m",
      operation: "Update",
      apiVersion: "example.dev/v1",
      time: "2026-01-01T00:00:00Z",
      fieldsType: "FieldsV1",
      fieldsV1: {},
    },
  ];
  await app.inject({ method: "POST", url: widgets, payload: widgetJson("a", {}, { managedFields }) });
  const list = (await app.inject(widgets)).json<object>();
  const shown = (await app.inject({ url: `${widgets}?includeObject=Object`, headers: table })).json<object>();
  const pretty = (await app.inject(`${widgets}/a?pretty=1`)).json<object>();
  const [created, ...answers] = complete(await events());
  expect(JSON.stringify([created, answers])).not.toContain("managedFields");
  expect(JSON.stringify(list)).toContain("managedFields");
  const bare = (value: object): unknown =>
    JSON.parse(JSON.stringify(value, (key, field: unknown) => (key === "managedFields" ? undefined : field)));
  expect(answers.map((event) => event["responseObject"])).toEqual([list, shown, pretty].map(bare));
});

test("an answer that is too long is left out, which an annotation tells", async () => {
  let line = "";
  const destination = {
    write: async (bytes: Uint8Array) => void (line += Buffer.from(bytes).toString()),
    close: async () => undefined,
  };
  const { policy } = readAuditPolicy(
    `apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\n${level("RequestResponse")}`,
  );
  const audit = new Audit({ policy, destination, onLost: nothingLost, limits: { eventCharactersMax: 1500 } });
  const app = widgetApp({ audit });
  for (const name of ["a", "b", "c", "d", "e", "f", "g"])
    await app.inject({ method: "POST", url: widgets, payload: widgetJson(name) });
  await app.inject(widgets);
  await audit.flush();
  const last = JSON.parse(line.trimEnd().split("\n").at(-1) ?? "") as Event;
  expect(last).toMatchObject({
    verb: "list",
    annotations: { "audit.k8s.io/truncated": "true" },
    responseStatus: { code: 200 },
  });
  expect(last["responseObject"]).toBeUndefined();
  await app.close();
});

test("a failure has its Status, and at the highest level its body", async () => {
  const { app, events } = audited(level("RequestResponse"));
  const answer = await app.inject(`${widgets}/none`);
  const [event] = complete(await events());
  const { message, reason, details } = answer.json<Record<string, unknown>>();
  expect(event?.["responseStatus"]).toEqual({ metadata: {}, status: "Failure", message, reason, details, code: 404 });
  expect(event?.["responseObject"]).toEqual(answer.json());
});

test("who may not is told with the decision; who acts as another with both", async () => {
  const refusing = audited(level("Metadata"), { authorizer: () => ({ allowed: false, reason: "no role" }) });
  await refusing.app.inject(widgets);
  expect(complete(await refusing.events())).toMatchObject([
    {
      responseStatus: { code: 403 },
      annotations: { "authorization.k8s.io/decision": "forbid", "authorization.k8s.io/reason": "no role" },
    },
  ]);
  const allowing = audited(level("Metadata"));
  await allowing.app.inject({ url: widgets, headers: { "impersonate-user": "bob" } });
  expect(complete(await allowing.events())).toMatchObject([
    { user: { username: "ann" }, impersonatedUser: { username: "bob" } },
  ]);
});

test("who is not recognised has one event, without a user", async () => {
  const { app, events } = audited(level("Metadata"), {
    authenticators: [
      () => {
        throw unauthorized();
      },
    ],
  });
  await app.inject({ url: widgets, headers: { authorization: "Bearer s3cret" } });
  const [event, ...more] = await events();
  expect(more).toEqual([]);
  expect(event).toMatchObject({
    stage: "ResponseStarted",
    verb: "list",
    user: {},
    responseStatus: { code: 401, message: "Unauthorized" },
  });
  expect(JSON.stringify(event)).not.toContain("s3cret");
});

test("a watch has an event when it begins and one when it ends", async () => {
  const { app, events } = audited(level("RequestResponse"));
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const watch = http.get({ port, path: `${widgets}?watch=1&timeoutSeconds=1`, agent: false });
  const [response] = (await once(watch, "response")) as [IncomingMessage];
  expect((await events()).map(({ stage }) => stage)).toEqual(["RequestReceived", "ResponseStarted"]);
  await once(response.resume(), "end");
  await expect
    .poll(async () => (await events()).map(({ stage }) => stage))
    .toEqual(["RequestReceived", "ResponseStarted", "ResponseComplete"]);
  expect((await events()).every((event) => event["responseObject"] === undefined)).toBe(true);
});

test("a fault of the server's own is told as one", async () => {
  const { app, events } = audited(level("Metadata"), {
    authorizer: () => {
      throw new TypeError("broken");
    },
  });
  expect((await app.inject(widgets)).statusCode).toBe(500);
  expect((await events()).map(({ stage, ...event }) => [stage, event["responseStatus"]])).toEqual([
    ["RequestReceived", undefined],
    [
      "Panic",
      { metadata: {}, status: "Failure", reason: "InternalError", message: "APIServer panic'd: broken", code: 500 },
    ],
  ]);
});

test("the policy decides once a request, and nothing is told of what it does not want", async () => {
  const { app, audit, events } = audited(
    `omitStages: [RequestReceived]\nrules:\n- {level: None, nonResourceURLs: ["/livez*"]}\n- {level: Metadata, omitStages: [ResponseComplete], verbs: [list]}\n- level: Request\n`,
  );
  for (const url of ["/livez", widgets, `${widgets}/a`]) await app.inject(url);
  expect((await events()).map(({ level: told, verb }) => [told, verb])).toEqual([["Request", "get"]]);
  expect(audit.counts).toEqual({
    events: 1,
    errors: 0,
    levels: { None: 1, Metadata: 1, Request: 1, RequestResponse: 0 },
  });
});

test("requests wait while the log has fallen behind, and are served once it has not", async () => {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const destination = { write: () => released, close: () => Promise.resolve() };
  const { policy } = readAuditPolicy(`apiVersion: audit.k8s.io/v1\nkind: Policy\n${level("Metadata")}`);
  const audit = new Audit({ policy, destination, onLost: nothingLost, limits: { waitingCharactersMax: 100 } });
  const app = widgetApp({ audit });
  expect((await app.inject(widgets)).statusCode).toBe(200);
  let answered = false;
  const second = app.inject(widgets).then((answer) => {
    answered = true;
    return answer.statusCode;
  });
  await expect.poll(() => audit.counts.levels.Metadata).toBe(2);
  expect(answered).toBe(false);
  release();
  expect(await second).toBe(200);
  await app.close();
});

test("what was answered last is written before the server has closed", async () => {
  const { app, text } = audited(level("Metadata"));
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const watch = http.get({ port, path: `${widgets}?watch=1`, agent: false });
  const [response] = (await once(watch, "response")) as [IncomingMessage];
  response.on("error", () => undefined).resume();
  await app.close();
  expect(
    text()
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as Event).stage),
  ).toEqual(["RequestReceived", "ResponseStarted", "ResponseComplete"]);
});

test("over HTTP/2 too the address is that of the connection; what is deprecated is told", async () => {
  const certificates = await issueAll();
  const lifecycle = { introduced: "1.1", deprecated: "1.2", removed: "1.99" };
  let text = "";
  const destination = {
    write: async (bytes: Uint8Array) => void (text += Buffer.from(bytes).toString()),
    close: async () => undefined,
  };
  const { policy } = readAuditPolicy(`apiVersion: audit.k8s.io/v1\nkind: Policy\n${level("Metadata")}`);
  const audit = new Audit({ policy, destination, onLost: nothingLost });
  const { app, port } = await listen(certificates, { audit, lifecycle });
  opened.push(app);
  const { key, certificate: cert } = certificates.client;
  const session = http2.connect(`https://127.0.0.1:${port}`, { ca: certificates.authority.certificate, key, cert });
  const stream = session.request({ ":path": widgets.replace("/v1/", "/v1beta1/") });
  await once(stream.resume(), "end");
  session.close();
  await expect.poll(() => text).toContain("ResponseComplete");
  const last = JSON.parse(text.trimEnd().split("\n").at(-1) ?? "") as Event;
  expect(last).toMatchObject({
    user: { username: "ann" },
    sourceIPs: ["127.0.0.1"],
    annotations: { "k8s.io/deprecated": "true", "k8s.io/removed-release": "1.99" },
  });
});
