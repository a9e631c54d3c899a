import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { encodeCbor } from "../../runtime/meta/cbor-writer.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { Client, type Asked } from "./client.ts";
import { startGuardedServer, type GuardedServer } from "./guarded-server.ts";
import { issueIdentities, type Identities } from "./identities.ts";

/*
 * Keys that JavaScript knows are keys like any other: the server shares its prototypes with this test, which looks after
 * each attack whether they are what they were.
 */
const cats = "/apis/animal.skai.io/v1alpha1/namespaces/ns/cats";
const json = "application/json";

let known: Identities;
let server: GuardedServer;
let attacker: Client;
let other: Client;
let untouched: readonly string[];
let canary: string;

beforeAll(async () => {
  known = await issueIdentities();
  server = await startGuardedServer({ folder: known.folder, storage: memoryStorage() });
  const group = { "x-remote-group": "system:masters" };
  attacker = new Client(server.port, known.proxy, { "x-remote-user": "mallory", ...group });
  other = new Client(server.port, known.proxy, { "x-remote-user": "ann", ...group });
  for (const name of ["canary", "victim"]) {
    const { status } = await other.ask({ method: "POST", path: cats, type: json, body: catWith({}, name) });
    expect(status).toBe(201);
  }
  canary = (await other.ask({ path: `${cats}/canary` })).text;
  untouched = builtInProperties();
});

afterAll(async () => {
  attacker.close();
  other.close();
  await server.close();
  await known.remove();
});

afterEach(async () => {
  expect(builtInProperties()).toEqual(untouched);
  expect((await other.ask({ path: `${cats}/canary` })).text).toBe(canary);
});

/** All own properties of what every object inherits from. */
function builtInProperties(): readonly string[] {
  const builtIns = { Object, Array, String, Number, Boolean, Function, Map, Set, Promise, RegExp, Error, Date, Buffer };
  return Object.entries(builtIns).flatMap(([name, builtIn]) =>
    [builtIn, builtIn.prototype].flatMap((owner, at) =>
      Reflect.ownKeys(owner).map((key) => `${name}${at === 0 ? "" : ".prototype"}.${String(key)}`),
    ),
  );
}

/** Sees to it that an attack is answered, and not by accident; gives the answer. */
async function expectOrderly(asked: Asked, what: string): Promise<string> {
  const { status, text } = await attacker.ask(asked);
  // As in Kubernetes, what does not fit the schema of what is applied has no better status.
  const isFault = status >= 500 && !text.includes("failed to create typed patch object");
  expect(isFault, `${what}: ${text}`).toBe(false);
  return text;
}

const poison = { polluted: "yes", isAdmin: true, toString: "x", allowed: true, length: 9, groups: ["system:masters"] };
/** The three ways to a prototype, as JSON: an object of JavaScript would swallow the first. */
const poisons = [
  `"__proto__":${JSON.stringify(poison)}`,
  `"constructor":{"prototype":${JSON.stringify(poison)}}`,
  `"prototype":${JSON.stringify(poison)},"hasOwnProperty":"x","valueOf":1,"then":"x","toJSON":"x"`,
];

/** A cat as JSON, with more fields at some places. */
function catWith(more: Readonly<Record<string, string>>, name = "victim"): string {
  const at = (place: string): string => (more[place] === undefined ? "" : `,${more[place]}`);
  const map = (place: string): string => `{"a":"b"${at(place)}}`;
  return (
    `{"apiVersion":"animal.skai.io/v1alpha1","kind":"Cat"${at("top")},"metadata":{"name":"${name}"${at("metadata")},` +
    `"labels":${map("labels")},"annotations":${map("annotations")},` +
    `"managedFields":[{"manager":"m","operation":"Update","apiVersion":"animal.skai.io/v1alpha1","fieldsType":"FieldsV1",` +
    `"fieldsV1":{"f:spec":{"f:name":{}}${at("fieldsV1")}}${at("managedFields")}}]},` +
    `"spec":{"name":"Tom","quirks":${map("quirks")},"toys":[{"name":"ball"${at("toys")}}]${at("spec")}},"status":{"observedGeneration":1${at("status")}}}`
  );
}

const places = ["top", "metadata", "labels", "annotations", "managedFields", "spec", "quirks", "toys", "status"];
const fieldsV1 = [
  '"f:__proto__":{"f:polluted":{}}',
  '"f:constructor":{"f:prototype":{"f:polluted":{}}}',
  '"__proto__":{"polluted":{}}',
  '"k:{\\"__proto__\\":1}":{".":{}}',
];
const bodies: readonly (readonly [string, string])[] = [
  ...places.flatMap((place) => poisons.map((text) => [place, catWith({ [place]: text })] as const)),
  ...fieldsV1.map((text) => ["fieldsV1", catWith({ fieldsV1: text })] as const),
  // Strings, where maps of strings are wanted.
  ...["labels", "annotations", "quirks"].map(
    (place) => [place, catWith({ [place]: '"__proto__":"x","constructor":"y","hasOwnProperty":"z"' })] as const,
  ),
];

/** What each body is sent as. */
const ways: readonly (readonly [string, (body: string) => Asked])[] = [
  ["created", (body) => ({ method: "POST", path: cats, type: json, body: body.replace('"victim"', '"new"') })],
  ["created from YAML", (body) => ({ method: "POST", path: cats, type: "application/yaml", body: `# YAML\n${body}` })],
  ["created from CBOR", (body) => ({ method: "POST", path: cats, type: "application/cbor", body: cbor(body) })],
  ["updated", (body) => ({ method: "PUT", path: `${cats}/victim`, type: json, body })],
  ["its status updated", (body) => ({ method: "PUT", path: `${cats}/victim/status`, type: json, body })],
  ["merged", (body) => patch("merge-patch+json", body)],
  ["merged by strategy", (body) => patch("strategic-merge-patch+json", body)],
  ["applied", (body) => patch("apply-patch+yaml", withoutManagers(body), "m&force=true")],
  ["deleted with options", (body) => ({ method: "DELETE", path: `${cats}/none`, type: json, body })],
];

function patch(form: string, body: string, manager = "m"): Asked {
  return { method: "PATCH", path: `${cats}/victim?fieldManager=${manager}`, type: `application/${form}`, body };
}

function withoutManagers(body: string): string {
  return body.replace(/"managedFields":.*(?=\},"spec")/, '"finalizers":[]');
}

/** Keeps a key __proto__ as JSON.parse does. */
function cbor(body: string): Buffer {
  return Buffer.from(encodeCbor(JSON.parse(body)));
}

test.each(ways)("objects that are %s touch no prototype, whatever they are made of", async (_what, asked) => {
  for (const [place, body] of bodies) {
    await expectOrderly(asked(body), place);
    expect(builtInProperties(), place).toEqual(untouched);
  }
  await attacker.ask({ method: "DELETE", path: `${cats}/new` });
});

test("maps of strings have such keys for their own", async () => {
  const keys = '"__proto__":"x","constructor":"y","hasOwnProperty":"z"';
  const body = catWith({ labels: keys, annotations: keys, quirks: keys }, "odd");
  const created = await attacker.ask({ method: "POST", path: cats, type: json, body });
  // Labels and annotations do not begin with an underscore; quirks may.
  expect(created.status, created.text).toBe(422);
  const quirky = await attacker.ask({ method: "POST", path: cats, type: json, body: catWith({ quirks: keys }, "odd") });
  expect(quirky.status, quirky.text).toBe(201);
  const { spec }: { readonly spec: { readonly quirks: object } } = JSON.parse(quirky.text);
  expect(Object.entries(spec.quirks)).toEqual(
    expect.arrayContaining([
      ["__proto__", "x"],
      ["constructor", "y"],
      ["hasOwnProperty", "z"],
    ]),
  );
});

const value = JSON.stringify(poison);
const jsonPatches = [
  ...[
    "/__proto__",
    "/constructor/prototype",
    "/metadata/__proto__",
    "/metadata/labels/__proto__",
    "/spec/toys/__proto__",
  ].flatMap((path) => [
    `[{"op":"add","path":"${path}","value":${value}}]`,
    `[{"op":"add","path":"${path}/polluted","value":"yes"}]`,
    `[{"op":"replace","path":"${path}/toString","value":"yes"}]`,
    `[{"op":"remove","path":"${path}/toString"}]`,
    `[{"op":"copy","from":"/metadata/labels","path":"${path}/polluted"}]`,
    `[{"op":"move","from":"/metadata/name","path":"${path}/polluted"}]`,
    `[{"op":"copy","from":"${path}","path":"/metadata/annotations"}]`,
    `[{"op":"test","path":"${path}/polluted","value":null}]`,
    `[{"op":"add","path":"${path}","value":{}},{"op":"add","path":"${path}/polluted","value":"yes"}]`,
  ]),
  '[{"op":"add","path":"/spec/toys/length","value":4294967295}]',
  '[{"op":"add","path":"/spec/toys/constructor","value":{}}]',
  '[{"op":"add","path":"/spec/toys/push","value":{}}]',
  '[{"op":"remove","path":"/spec/toys/length"}]',
  '[{"op":"replace","path":"/spec/name/length","value":1}]',
  '[{"op":"add","path":"/spec/name/__proto__/polluted","value":1}]',
  `[{"__proto__":{"op":"add","path":"/metadata/labels/a","value":"c"}}]`,
  `[{"op":"__proto__","path":"constructor","value":1}]`,
  `[{"op":"constructor","path":"/metadata"}]`,
  '[{"op":"add","path":"/~0__proto__~1polluted","value":1}]',
];

test("no JSON patch reaches a prototype", async () => {
  for (const body of jsonPatches) {
    await expectOrderly(patch("json-patch+json", body), body);
    expect(builtInProperties(), body).toEqual(untouched);
  }
});

const yamls = [
  "a: &a\n  polluted: yes\n__proto__: *a\n",
  "<<: {__proto__: {polluted: yes}}\n",
  "metadata:\n  <<: [{__proto__: {polluted: yes}}, {constructor: {prototype: {polluted: yes}}}]\n  name: x\n",
  "? __proto__\n: polluted: yes\n",
  '!!js/function "() => 1"\n',
  "!!map {__proto__: {polluted: yes}}\n",
  '"\\u005f_proto__": {polluted: yes}\n',
  "!<tag:yaml.org,2002:set> {__proto__, constructor}\n",
];

test("no YAML reaches a prototype", async () => {
  const head = "apiVersion: animal.skai.io/v1alpha1\nkind: Cat\nspec: {name: Tom}\n";
  for (const yaml of yamls) {
    for (const asked of [
      { method: "POST", path: cats, type: "application/yaml", body: head + yaml },
      patch("apply-patch+yaml", head + yaml),
    ]) {
      await expectOrderly(asked, yaml);
      expect(builtInProperties(), yaml).toEqual(untouched);
    }
  }
});

test.each<Asked>([
  { path: `${cats}?__proto__=x&constructor=y&__proto__[polluted]=yes&constructor.prototype.polluted=yes` },
  { path: `${cats}?labelSelector=__proto__` },
  { path: `${cats}?labelSelector=constructor` },
  { path: `${cats}?labelSelector=toString%3Dx,hasOwnProperty%20notin%20(y)` },
  { path: `${cats}?fieldSelector=__proto__%3Dx` },
  { path: `${cats}?fieldSelector=spec.__proto__.polluted%3Dx` },
  { path: `${cats}?fieldSelector=constructor.prototype%3Dx` },
  { path: `${cats}?limit=__proto__&continue=__proto__&resourceVersion=constructor` },
  { path: `${cats}?pretty=__proto__&dryRun=__proto__&fieldValidation=constructor` },
  { path: "/apis/__proto__" },
  { path: "/apis/constructor/prototype" },
  { path: "/apis/__proto__/v1/namespaces/__proto__/constructor/toString" },
  { path: "/apis/animal.skai.io/__proto__/cats" },
  { path: "/apis/animal.skai.io/v1alpha1/__proto__" },
  { path: `${cats}/__proto__` },
  { path: `${cats}/victim/__proto__` },
  { path: "/__proto__" },
  { path: "/openapi/v3/__proto__" },
  { path: "/openapi/v3/apis/constructor/prototype" },
  { path: "/livez/__proto__" },
  { path: "/readyz?exclude=__proto__&exclude=constructor" },
  { path: cats, headers: { accept: "application/json;as=__proto__;v=constructor;g=toString" } },
  { path: cats, headers: { accept: "application/json;__proto__=x;constructor=y" } },
  { path: cats, headers: { accept: "__proto__/constructor, constructor, application/__proto__" } },
  {
    path: cats,
    headers: { __proto__x: "y", constructor: "x", "x-remote-extra-__proto__": "x", "x-remote-extra-constructor": "y" },
  },
  { method: "__proto__", path: cats },
  { method: "constructor", path: `${cats}/victim` },
  { method: "POST", path: cats, type: "__proto__", body: "{}" },
  { method: "PATCH", path: `${cats}/victim`, type: "constructor", body: "{}" },
  { method: "POST", path: cats, type: json, body: '{"apiVersion":"__proto__","kind":"constructor"}' },
  { method: "POST", path: cats, type: json, body: '{"apiVersion":"animal.skai.io/v1alpha1","kind":"__proto__"}' },
])("nothing comes of %j", async (asked) => {
  const text = await expectOrderly(asked, "");
  expect(text).not.toMatch(/native code|TypeError|undefined/);
});
