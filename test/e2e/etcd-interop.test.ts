import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEtcdStorage } from "../../runtime/storage/etcd/etcd.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { peerBinary } from "../bench/peer.ts";
import { startEtcd, type Etcd } from "../etcd/etcd.ts";
import type { Json, RestClient } from "./rest-client.ts";
import { startGoWardle, startOurWardle, type WardleServer } from "./wardle-servers.ts";

const prefix = "/registry";
const api = "/apis/wardle.example.com/v1alpha1";
const flunders = `${api}/namespaces/default/flunders`;
const applyPatch = "application/apply-patch+yaml";
const mergePatch = "application/merge-patch+json";

const peer = await peerBinary((line) => void process.stderr.write(`${line}\n`));

describe("the Go sample-apiserver and this one on the same etcd", () => {
  let etcd: Etcd;
  let storage: Storage;
  let goServer: WardleServer;
  let ourServer: WardleServer;

  beforeAll(async () => {
    etcd = await startEtcd();
    storage = await openEtcdStorage({ endpoints: etcd.endpoints, compactionIntervalMs: 0 });
    goServer = await startGoWardle(peer?.binary ?? "", etcd.endpoints, prefix);
    ourServer = await startOurWardle(etcd.endpoints, prefix);
  });

  afterAll(async () => {
    await ourServer.stop();
    await goServer.stop();
    await storage.close();
    await etcd.stop();
  });

  /** Both ways round: who writes first, and who comes after. */
  const directions = [
    ["Go", "ours"],
    ["ours", "Go"],
  ] as const;
  const clientOf = (name: "Go" | "ours"): RestClient => (name === "Go" ? goServer : ourServer).client;

  test.each(directions)("what %s has written, %s gets and lists as the same", async (writer, reader) => {
    const name = `read-${writer.toLowerCase()}`;
    const created = await clientOf(writer).send("POST", flunders, { body: fullFlunder(name) });
    expect(created.status).toBe(201);
    const read = await clientOf(reader).send("GET", `${flunders}/${name}`);
    expect(read.body).toEqual(created.body);
    const asBeta = `${flunders.replace("v1alpha1", "v1beta1")}/${name}`;
    expect((await clientOf(reader).send("GET", asBeta)).body).toEqual(
      (await clientOf(writer).send("GET", asBeta)).body,
    );
    const [list, own] = [await clientOf(reader).send("GET", flunders), await clientOf(writer).send("GET", flunders)];
    expect(list.body).toEqual(own.body);
    expect(list.body["items"]).toContainEqual(withoutType(created.body));
    const selected = await clientOf(reader).send("GET", `${flunders}?labelSelector=name%3D${name}`);
    expect(selected.body["items"]).toHaveLength(1);
  });

  test.each(directions)("a list that %s has begun, %s goes on with", async (writer, reader) => {
    const namespace = `${api}/namespaces/pages-${writer.toLowerCase()}/flunders`;
    for (const name of ["a", "b", "c"]) await clientOf(writer).send("POST", namespace, { body: flunder(name) });
    const first = await clientOf(writer).send("GET", `${namespace}?limit=2`);
    const token = encodeURIComponent(String(metadataOf(first.body)["continue"]));
    const second = await clientOf(reader).send("GET", `${namespace}?limit=2&continue=${token}`);
    expect(second.body["items"]).toMatchObject([{ metadata: { name: "c" } }]);
    expect(revisionOf(second.body)).toBe(revisionOf(first.body));
  });

  test.each(directions)("what %s writes, %s watches, with the same revisions", async (writer, reader) => {
    const name = `watched-${writer.toLowerCase()}`;
    const path = `${flunders}/${name}`;
    const from = revisionOf((await clientOf(reader).send("GET", flunders)).body);
    const query = `watch=1&resourceVersion=${from}&fieldSelector=metadata.name%3D${name}`;
    const events = clientOf(reader).watch(`${flunders}?${query}`, 3);
    const created = await clientOf(writer).send("POST", flunders, { body: flunder(name) });
    const patched = await clientOf(writer).send("PATCH", path, {
      type: mergePatch,
      body: { spec: { reference: "x" } },
    });
    await clientOf(writer).send("DELETE", path);
    const [added, modified, deleted] = await events;
    expect(added).toEqual({ type: "ADDED", object: created.body });
    expect(modified).toEqual({ type: "MODIFIED", object: patched.body });
    expect(deleted).toMatchObject({ type: "DELETED", object: { metadata: { name } } });
    // A third party agrees: the revision is that of etcd.
    expect(Number(revisionOf(deleted?.object ?? {}))).toBe(await storage.currentRevision());
  });

  test.each(directions)("what %s has written, %s updates, patches, applies and deletes", async (writer, changer) => {
    const name = `changed-${writer.toLowerCase()}`;
    const path = `${flunders}/${name}`;
    const [first, second] = [clientOf(writer), clientOf(changer)];
    const created = await first.send("POST", flunders, { body: fullFlunder(name), agent: "creator" });
    const spec = { reference: "other", referenceType: "Flunder" };
    const updated = await second.send("PUT", path, { body: { ...created.body, spec }, agent: "updater" });
    expect(updated.status).toBe(200);
    const stale = await first.send("PUT", path, { body: created.body });
    expect(stale).toMatchObject({ status: 409, body: { reason: "Conflict" } });
    const patch = { metadata: { labels: { patched: "yes" } } };
    expect((await second.send("PATCH", path, { type: mergePatch, body: patch, agent: "patcher" })).status).toBe(200);
    const wanted = { ...flunder(name), spec: { reference: "applied" } };
    const conflict = await second.send("PATCH", `${path}?fieldManager=applier`, { type: applyPatch, body: wanted });
    expect(conflict.status).toBe(409);
    expect(JSON.stringify(conflict.body)).toContain("updater");
    const forced = `${path}?fieldManager=applier&force=true`;
    expect((await second.send("PATCH", forced, { type: applyPatch, body: wanted })).status).toBe(200);
    const managers = managersOf((await first.send("GET", path)).body);
    // Who updated owns nothing any more: the apply took it.
    expect(managers).toEqual(["applier Apply", "creator Update", "patcher Update"]);
    // The finalizer keeps the object until the one who wrote it takes that off.
    expect((await second.send("DELETE", path)).status).toBe(200);
    const release = { metadata: { finalizers: [] } };
    expect((await first.send("PATCH", path, { type: mergePatch, body: release })).status).toBe(200);
    for (const client of [first, second]) expect((await client.send("GET", path)).status).toBe(404);
    expect(await storage.get(`${prefix}/wardle.example.com/flunders/default/${name}`)).toBeUndefined();
  });

  test.each(directions)(
    "what %s has applied, %s applies again without a change but of the form",
    async (writer, other) => {
      const name = `idle-${writer.toLowerCase()}`;
      const path = `${flunders}/${name}?fieldManager=applier`;
      const apply = { type: applyPatch, body: flunder(name) };
      const applied = await clientOf(writer).send("PATCH", path, apply);
      expect(applied.status).toBe(201);
      // Either writes once where it would have encoded the same otherwise, which is how storage is migrated.
      const again = await clientOf(other).send("PATCH", path, apply);
      const third = await clientOf(other).send("PATCH", path, apply);
      expect(third.body).toEqual(again.body);
      expect(withoutRevision(again.body)).toEqual(withoutRevision(applied.body));
    },
  );

  test("both keep the same objects under the same keys, as values of the same JSON", async () => {
    const written = new Map<string, string[]>();
    for (const [writer] of directions) {
      const client = clientOf(writer);
      const namespace = `values-${writer.toLowerCase()}`;
      const path = `${api}/namespaces/${namespace}/flunders`;
      await client.send("POST", path, { body: fullFlunder("full") });
      await client.send("POST", path, { body: { ...flunder("empty"), spec: {} } });
      await client.send("PATCH", `${path}/full`, { type: mergePatch, body: { metadata: { labels: { b: "3" } } } });
      await client.send("PATCH", `${path}/applied?fieldManager=m`, { type: applyPatch, body: flunder("applied") });
      await client.send("DELETE", `${path}/full`);
      const { entries } = await storage.list(`${prefix}/wardle.example.com/flunders/${namespace}/`);
      expect(entries.map(({ key }) => key.slice(key.lastIndexOf("/") + 1))).toEqual(["applied", "empty", "full"]);
      written.set(
        writer,
        entries.map(({ value }) => masked(Buffer.from(value).toString(), namespace)),
      );
    }
    const [theirs = [], ours = []] = [written.get("Go"), written.get("ours")];
    expect(ours).toHaveLength(3);
    // Byte for byte, but for what Go's encoder does beside: a line end, and escapes that HTML pages need. Go also sorts
    // the keys of maps, which the objects of this test have sorted already, and which stay as they came here.
    expect(ours).toEqual(theirs.map(asWrittenHere));
  });

  test("an empty list is kept here and left out by Go, which reads it all the same", async () => {
    const body = { apiVersion: "wardle.example.com/v1alpha1", kind: "Fischer", disallowedFlunders: [] };
    for (const [writer] of directions) {
      const metadata = { name: `empty-${writer.toLowerCase()}` };
      expect((await clientOf(writer).send("POST", `${api}/fischers`, { body: { ...body, metadata } })).status).toBe(
        201,
      );
    }
    const listsAt = async (name: "Go" | "ours"): Promise<unknown[]> => {
      const { items } = (await clientOf(name).send("GET", `${api}/fischers`)).body as { items: readonly Json[] };
      return items.map(({ disallowedFlunders }) => disallowedFlunders);
    };
    expect(await listsAt("Go")).toEqual([undefined, undefined]);
    expect(await listsAt("ours")).toEqual([undefined, []]);
  });
});

function flunder(name: string): Json {
  return { apiVersion: "wardle.example.com/v1alpha1", kind: "Flunder", metadata: { name }, spec: { reference: "r" } };
}

/** One with something in every part that has a form of its own. */
function fullFlunder(name: string): Json {
  const metadata = {
    name,
    labels: { a: "1", b: "2", name },
    annotations: { a: "", "example.com/text": '<&>\u2028é\u{1F600}\\"\t\u0001' },
    finalizers: ["example.com/keep"],
    ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: "u1", controller: true }],
  };
  return { ...flunder(name), metadata, spec: { reference: "<r>&\u2029", referenceType: "Flunder" } };
}

function metadataOf(object: Json): Json {
  return (object["metadata"] ?? {}) as Json;
}

function revisionOf(object: Json): string {
  return String(metadataOf(object)["resourceVersion"]);
}

function managersOf(object: Json): string[] {
  const entries = metadataOf(object)["managedFields"] as readonly { manager: string; operation: string }[];
  return entries.map(({ manager, operation }) => `${manager} ${operation}`).sort();
}

function withoutType({ kind: _kind, apiVersion: _apiVersion, ...rest }: Json): Json {
  return rest;
}

function withoutRevision(object: Json): Json {
  const { resourceVersion: _resourceVersion, ...metadata } = metadataOf(object);
  return { ...object, metadata };
}

/** What differs between two objects that were made alike. */
function masked(value: string, namespace: string): string {
  return value
    .replaceAll(/"uid":"[0-9a-f-]{36}"/g, '"uid":"?"')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "?")
    .replaceAll(namespace, "?");
}

function asWrittenHere(value: string): string {
  const unescape = (_: string, hex: string): string => String.fromCharCode(Number.parseInt(hex, 16));
  return value.replace(/\n$/, "").replaceAll(/\\u(003c|003e|0026|2028|2029)/g, unescape);
}
