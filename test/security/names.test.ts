import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { Client, type Answered, type Asked } from "./client.ts";
import { ownersOf, startGuardedServer, type GuardedServer } from "./guarded-server.ts";
import { issueIdentities, type Identities } from "./identities.ts";

/*
 * Whoever may do everything in one namespace tries to get at what is in another, and at what is nobody's, by what
 * paths, names, selectors and tokens look like.
 */
const cats = (namespace: string): string => `/apis/animal.skai.io/v1alpha1/namespaces/${namespace}/cats`;
const strays = "/apis/street.skai.io/v1alpha1/namespaces/mine/strays";

const secret = "what nobody else may read";

let known: Identities;

beforeAll(async () => {
  known = await issueIdentities();
});

afterAll(() => known.remove());

function cat(name: string, metadata: object = {}): string {
  const kind = { apiVersion: "animal.skai.io/v1alpha1", kind: "Cat" };
  return JSON.stringify({ ...kind, metadata: { name, ...metadata }, spec: { name: "Tom" } });
}

/** A stray that tells its name a second time. */
function stray(name: string): string {
  const kind = { apiVersion: "street.skai.io/v1alpha1", kind: "Stray" };
  const metadata = { name, annotations: { told: Buffer.from(name, "utf16le").toString("hex") } };
  return JSON.stringify({ ...kind, metadata, spec: { name: "Tom" } });
}

const json = "application/json";
const merge = "application/merge-patch+json";

describe.each(["memory", "LMDB"])("with objects in %s", (engine) => {
  let folder: string;
  let storage: Storage;
  let server: GuardedServer;
  /** May do everything in the namespace `mine`. */
  let owner: Client;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "names-"));
    storage = engine === "LMDB" ? await openLmdbStorage({ folder }) : memoryStorage();
    server = await startGuardedServer({ folder: known.folder, storage });
    owner = new Client(server.port, known.proxy, { "x-remote-user": "ann", "x-remote-group": ownersOf("mine") });
    const root = new Client(server.port, known.proxy, { "x-remote-user": "r", "x-remote-group": "system:masters" });
    for (const namespace of ["mine", "theirs", "mine2"]) {
      const name = namespace === "mine" ? "own" : "hidden";
      const text = cat(name).replace("Tom", namespace === "mine" ? "Tom" : secret);
      await root.ask({ method: "POST", path: cats(namespace), type: json, body: text });
    }
    root.close();
  });

  afterAll(async () => {
    owner.close();
    await server.close();
    await storage.close();
    await rm(folder, { recursive: true });
  });

  /** The keys of what is not the owner's, with their revisions. */
  async function others(): Promise<readonly string[]> {
    const { entries } = await storage.list("/");
    return entries
      .filter(({ key }) => !/^\/registry\/[^/]+\/[^/]+\/mine\/[^/]+$/.test(key))
      .map(({ key, revision }) => `${key} ${revision}`);
  }

  /** Asks, and sees to it that nothing of others has been told or changed, whatever was answered. */
  async function attack(asked: Asked): Promise<Answered> {
    const before = await others();
    const answer = await owner.ask(asked);
    expect(await others()).toEqual(before);
    expect(answer.text).not.toContain(secret);
    return answer;
  }

  test("what is the owner's own is served", async () => {
    const { status, text } = await attack({ path: `${cats("mine")}/own` });
    expect([status, text.includes("Tom")]).toEqual([200, true]);
  });

  test.each([
    `${cats("theirs")}/hidden`,
    `${cats("mine")}/../../theirs/cats/hidden`,
    `${cats("mine")}/../../theirs/cats`,
    `${cats("mine")}/../theirs/hidden`,
    `${cats("mine")}/..%2f..%2ftheirs%2fcats%2fhidden`,
    `${cats("mine")}/%2e%2e/%2e%2e/theirs/cats/hidden`,
    `${cats("mine")}/%2e%2e%2ftheirs%2fhidden`,
    `${cats("mine")}/..%252ftheirs%252fhidden`,
    `${cats("mine")}/..\\..\\theirs\\hidden`,
    `${cats("mine")}/..%5ctheirs%5chidden`,
    `${cats("mine")}/..;/theirs/hidden`,
    `${cats("mine")}/..%00/theirs/hidden`,
    `${cats("mine")}/own%00/../../theirs/hidden`,
    `${cats("mine")}/%c0%ae%c0%ae%c0%aftheirs%c0%afhidden`,
    `${cats("mine")}/%e0%80%af..%e0%80%aftheirs`,
    `${cats("mine")}/%u002e%u002e%u2215theirs`,
    `${cats("mine")}/\u{ff0e}\u{ff0e}\u{ff0f}theirs\u{ff0f}hidden`,
    `${cats("mine")}/\u{2024}\u{2024}\u{2215}theirs`,
    `${cats("mine")}//../theirs/hidden`,
    `${cats("mine")}/./own`,
    `${cats("mine")}/.`,
    `${cats("mine")}/..`,
    cats(""),
    cats("."),
    cats(".."),
    cats("*"),
    cats("mine%2f..%2ftheirs"),
    cats("mine/../theirs"),
    cats("mine%00"),
    cats("mine2"),
    cats("mine,theirs"),
    cats("mine%2c%74heirs"),
    cats("MINE"),
    cats("m\u{131}ne"),
    cats("mine%20"),
    cats("mine\u{200b}"),
    cats("min"),
    "/apis/animal.skai.io/v1alpha1/cats",
    "/apis/animal.skai.io/v1alpha1/cats/hidden",
    "/apis/animal.skai.io/v1alpha1/cats?namespace=mine",
    "/apis/animal.skai.io/v1alpha1/cats?fieldSelector=metadata.namespace%3Dmine",
    "/apis/animal.skai.io/v1alpha1/watch/cats?timeoutSeconds=1",
    "/apis/animal.skai.io/v1alpha1/watch/namespaces/theirs/cats?timeoutSeconds=1",
    "/apis/animal.skai.io/v1alpha1/watch/namespaces/mine/../theirs/cats?timeoutSeconds=1",
    "/apis/animal.skai.io/v1alpha1/proxy/namespaces/mine/cats/hidden",
    "/apis/animal.skai.io/v1alpha1/namespaces/mine",
    "/apis/animal.skai.io/v1alpha1/namespaces/mine/status/cats/hidden",
    "/apis/animal.skai.io/v1alpha1//namespaces/theirs/cats",
    "//apis/animal.skai.io/v1alpha1/namespaces/theirs/cats",
    "/livez/../apis/animal.skai.io/v1alpha1/namespaces/theirs/cats",
    "/livez/..%2f../apis/animal.skai.io/v1alpha1/namespaces/theirs/cats",
    "/healthz%2f..%2fmetrics",
    "/openapi/v3/../../apis/animal.skai.io/v1alpha1/cats",
    "/openapi/v3/..%2f..%2fetc%2fpasswd",
    "/api/../apis/animal.skai.io/v1alpha1/cats",
    `/apis/animal.skai.io/v1alpha1/namespaces/mine/..%2f..%2f..%2fanimal.skai.io/cats`,
    `/apis/street.skai.io/v1alpha1/namespaces/mine/strays%2f..%2f..%2f..%2fanimal.skai.io%2fcats`,
    `/apis/animal.skai.io%2fcats/v1alpha1/namespaces/mine/theirs`,
  ])("GET %s tells nothing of others", async (path) => {
    // Each character of a path is a byte.
    const bytes = Buffer.from(path).toString("latin1");
    const { status } = await attack({ path: bytes });
    expect(status).toBeGreaterThanOrEqual(400);
    for (const method of ["PUT", "DELETE", "PATCH"]) {
      const body = method === "DELETE" ? "" : cat("hidden");
      const type = method === "PATCH" ? merge : json;
      const changed = await attack({ method, path: bytes, type, body });
      expect(changed.status).toBeGreaterThanOrEqual(400);
    }
  });

  test.each<[string, Asked]>([
    [
      "another namespace in the object",
      { method: "POST", path: cats("mine"), type: json, body: cat("x", { namespace: "theirs" }) },
    ],
    [
      "a path for a namespace",
      { method: "POST", path: cats("mine"), type: json, body: cat("x", { namespace: "../theirs" }) },
    ],
    ["a path for a name", { method: "POST", path: cats("mine"), type: json, body: cat("../theirs/hidden") }],
    [
      "a path for the beginning of a name",
      { method: "POST", path: cats("mine"), type: json, body: cat("", { generateName: "../theirs/" }) },
    ],
    [
      "a namespace that two fields tell",
      {
        method: "POST",
        path: cats("mine"),
        type: json,
        body: cat("x", { namespace: "mine" }).replace('"mine"', '"mine","namespace":"theirs"'),
      },
    ],
    [
      "another name",
      { method: "PUT", path: `${cats("mine")}/own`, type: json, body: cat("hidden", { namespace: "theirs" }) },
    ],
    [
      "another namespace",
      { method: "PUT", path: `${cats("mine")}/own`, type: json, body: cat("own", { namespace: "theirs" }) },
    ],
    [
      "a patch of the name",
      { method: "PATCH", path: `${cats("mine")}/own`, type: merge, body: '{"metadata":{"name":"hidden"}}' },
    ],
    [
      "a patch of the namespace",
      { method: "PATCH", path: `${cats("mine")}/own`, type: merge, body: '{"metadata":{"namespace":"theirs"}}' },
    ],
    [
      "a JSON patch of the namespace",
      {
        method: "PATCH",
        path: `${cats("mine")}/own`,
        type: "application/json-patch+json",
        body: '[{"op":"replace","path":"/metadata/namespace","value":"theirs"}]',
      },
    ],
    [
      "an apply to another namespace",
      {
        method: "PATCH",
        path: `${cats("mine")}/new?fieldManager=m`,
        type: "application/apply-patch+yaml",
        body: cat("new", { namespace: "theirs" }),
      },
    ],
    ["a continue token that leads out", { path: `${cats("mine")}?limit=1&continue=${token("../theirs/")}` }],
    ["a continue token that leads up", { path: `${cats("mine")}?limit=1&continue=${token("/../../")}` }],
    ["a continue token that ends in a slash", { path: `${cats("mine")}?limit=1&continue=${token("theirs/")}` }],
    ["a continue token of a wrong type", { path: `${cats("mine")}?limit=1&continue=${token({ toString: "x" })}` }],
    ["a field selector of another namespace", { path: `${cats("theirs")}?fieldSelector=metadata.namespace%3Dmine` }],
  ])("%s is refused", async (_what, asked) => {
    const { status } = await attack(asked);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  test.each([token("own"), token("\u{10ffff}"), token("a\0b"), token("x".repeat(5_000)), token("theirs/hidden")])(
    "a list that goes on at %s tells what is there, or nothing",
    async (next) => {
      const { status, text } = await attack({ path: `${cats("mine")}?limit=1&continue=${next}` });
      expect(status).toBe(200);
      expect(text).toMatch(/"items":\[(\]|\{.*"name":"own")/);
    },
  );

  test.each([
    ["a path", "../theirs/x", 422],
    ["a step up", "..", 422],
    ["a step nowhere", ".", 422],
    ["a slash", "a/b", 422],
    ["an escape", "a%2fb", 422],
    ["a full-width slash", "a\u{ff0f}b", 201],
    ["a backslash", "a\\b", 201],
    ["a NUL", "a\0b", 201],
    ["a NUL at its end", "own\0", 201],
    ["a line end", "a\r\nb", 201],
    ["a composed letter", "\u{e9}", 201],
    ["the same letter, decomposed", "e\u{301}", 201],
    ["a letter of another script", "\u{441}at", 201],
    ["a letter beyond 16 bits", "\u{1f408}", 201],
    ["the mark of lost bytes", "\u{fffd}", 201],
    ["half a letter", "\u{d800}", 422],
    ["half a letter in it", "a\u{dc00}b", 422],
    ["a byte order mark", "\u{feff}own", 201],
    ["a change of direction", "\u{202e}nwo", 201],
    ["a property of JavaScript", "__proto__", 201],
    ["another", "constructor", 201],
    ["a star", "*", 201],
    ["a blank", " ", 201],
    ["a key longer than a store takes", "\u{20ac}".repeat(700), 413],
  ])("a name that is %s is a name of its own, or none", async (_what, name, expected) => {
    const { status, text } = await attack({ method: "POST", path: strays, type: json, body: stray(name) });
    if (engine === "memory" && expected === 413) return;
    expect(status, text).toBe(expected);
    const path = `${strays}/${encodeURIComponent(name.replace(/\p{Surrogate}/gu, "\u{fffd}"))}`;
    const found = await attack({ path });
    if (expected !== 201) {
      expect(found.status).not.toBe(200);
      return;
    }
    expect(found.status, found.text).toBe(200);
    const { metadata }: { readonly metadata: KubeObject["metadata"] } = JSON.parse(found.text);
    expect(metadata.name).toBe(name);
    expect(metadata.annotations?.["told"]).toBe(Buffer.from(name, "utf16le").toString("hex"));
    expect((await attack({ method: "DELETE", path })).status).toBe(200);
  });

  test("a name or namespace longer than any key is nothing that is there", async () => {
    const long = "x".repeat(4_000);
    for (const path of [`${cats("mine")}/${long}`, `${cats("mine")}?fieldSelector=metadata.name%3D${long}`]) {
      expect([200, 404]).toContain((await attack({ path })).status);
    }
    expect((await attack({ method: "DELETE", path: `${cats("mine")}/${long}` })).status).toBe(404);
    const root = new Client(server.port, known.proxy, { "x-remote-user": "r", "x-remote-group": "system:masters" });
    for (const path of [cats(long), `${cats(long)}/x`, cats("a%00b"), cats("..")]) {
      expect([200, 404], path).toContain((await root.ask({ path })).status);
    }
    for (const namespace of [long, "..", ".", "a%00b", "%f0%9f%90%88"]) {
      const { status } = await root.ask({ method: "POST", path: cats(namespace), type: json, body: cat("x") });
      expect([422, 413], namespace).toContain(status);
    }
    root.close();
  });
});

function token(start: unknown): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: -1, start })).toString("base64url");
}
