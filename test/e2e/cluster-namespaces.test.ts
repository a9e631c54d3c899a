import { afterAll, beforeAll, expect, test } from "vitest";
import { startAggregatedServer, type AggregatedServer } from "../cluster/aggregated-server.ts";
import { startControlPlane, type ControlPlane } from "../cluster/control-plane.ts";
import { poll } from "../cluster/poll.ts";
import type { Kubectl } from "./kubectl.ts";
import { lucky } from "./kubectl-list.ts";
import type { Json, RestAnswer } from "./rest-client.ts";

let cluster: ControlPlane;
let server: AggregatedServer;
let kubectl: Kubectl;

beforeAll(async () => {
  cluster = await startControlPlane();
  server = await startAggregatedServer(cluster);
  // Only now: the garbage collector looks for new kinds when it starts, and then every 30 s.
  await cluster.startControllerManager();
  kubectl = await cluster.kubectl();
});
afterAll(async () => {
  await server.kill();
  await cluster.stop();
});

const cats = "/apis/animal.skai.io/v1alpha1";

/** A cat with more metadata than a name. */
function cat(metadata: Json): object {
  return { apiVersion: "animal.skai.io/v1alpha1", kind: "Cat", metadata, spec: { name: "lucky" } };
}

async function create(path: string, body: object): Promise<Json> {
  const answer = await cluster.admin.send("POST", path, { body });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body;
}

/** Resolves when there is nothing at a path any more. */
async function gone(path: string): Promise<void> {
  await poll(
    async () => (await cluster.admin.send("GET", path)).status === 404,
    async () => `${path} does not go away: ${JSON.stringify((await cluster.admin.send("GET", path)).body)}`,
  );
}

/** Tries to create a ConfigMap and a cat of the same name in a namespace. */
async function createBoth(namespace: string): Promise<{ readonly inTree: RestAnswer; readonly ours: RestAnswer }> {
  const metadata = { name: "late" };
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata };
  return {
    inTree: await cluster.admin.send("POST", `/api/v1/namespaces/${namespace}/configmaps`, { body: configMap }),
    ours: await cluster.admin.send("POST", `${cats}/namespaces/${namespace}/cats`, { body: cat(metadata) }),
  };
}

test("creating in a namespace that is not there fails as for any kind", async () => {
  const { inTree, ours } = await createBoth("nowhere");
  expect(ours).toEqual(inTree);
  const { code, stderr } = await kubectl.run(["create", "-n", "nowhere", "-f", "-"], { input: lucky });
  expect(code).toBe(1);
  expect(stderr).toContain('(NotFound): error when creating "STDIN": namespaces "nowhere" not found');
});

test("a namespace with cats in it deletes cleanly, and takes no more of them meanwhile", async () => {
  await kubectl.ok(["create", "namespace", "barn"]);
  for (const name of ["one", "two"]) {
    await create(`${cats}/namespaces/barn/cats`, cat({ name }));
  }
  const path = `${cats}/namespaces/barn/cats/held`;
  // It holds up the namespace until it is let go.
  await create(`${cats}/namespaces/barn/cats`, cat({ name: "held", finalizers: ["example.com/hold"] }));
  await kubectl.ok(["delete", "namespace", "barn", "--wait=false"]);
  await gone(`${cats}/namespaces/barn/cats/one`);
  await gone(`${cats}/namespaces/barn/cats/two`);

  await poll(
    async () => {
      const trial = `${cats}/namespaces/barn/cats?dryRun=All`;
      return (await cluster.admin.send("POST", trial, { body: cat({ name: "late" }) })).status === 403;
    },
    () => "the server does not learn that the namespace is being terminated",
  );
  const { inTree, ours } = await createBoth("barn");
  const { message, details } = inTree.body;
  expect(message).toBe(
    'configmaps "late" is forbidden: unable to create new content in namespace barn because it is being terminated',
  );
  expect(ours.body).toEqual({
    ...inTree.body,
    message: String(message).replace("configmaps", "cats.animal.skai.io"),
    details: { ...(details as Json), group: "animal.skai.io", kind: "cats" },
  });
  await poll(
    async () => (await kubectl.ok(["get", "namespace", "barn", "-o", "yaml"])).includes("cats.animal.skai.io has 1"),
    () => "the namespace does not tell of the cat that remains",
  );

  const body = { metadata: { finalizers: null } };
  await cluster.admin.send("PATCH", path, { type: "application/merge-patch+json", body });
  await gone("/api/v1/namespaces/barn");
});

/** Waits until the garbage collector knows all that there is: what has an owner that never was, it removes in turn. */
async function collectorCaughtUp(): Promise<void> {
  const reference = { apiVersion: "v1", kind: "ConfigMap", name: "never", uid: "6e1f8f0c-0a5b-4c4e-9a51-000000000000" };
  const metadata = { name: "ownerless", ownerReferences: [reference] };
  const configMaps = "/api/v1/namespaces/default/configmaps";
  await create(`${cats}/namespaces/default/cats`, cat(metadata));
  await create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata });
  await gone(`${cats}/namespaces/default/cats/ownerless`);
  await gone(`${configMaps}/ownerless`);
}

/** Creates a ConfigMap in the namespace `default`, to own cats. Gives the reference to it. */
async function owner(name: string): Promise<Json> {
  const made = await create("/api/v1/namespaces/default/configmaps", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name },
  });
  return { apiVersion: "v1", kind: "ConfigMap", name, uid: (made["metadata"] as Json)["uid"] };
}

test("a ConfigMap that owns a cat takes it along", async () => {
  const reference = await owner("basket");
  await create(`${cats}/namespaces/default/cats`, cat({ name: "owned", ownerReferences: [reference] }));
  await create(`${cats}/namespaces/default/cats`, cat({ name: "free" }));
  await kubectl.ok(["delete", "configmap", "basket"]);
  await gone(`${cats}/namespaces/default/cats/owned`);
  expect((await cluster.admin.send("GET", `${cats}/namespaces/default/cats/free`)).status).toBe(200);
});

test("a cat whose owner is deleted as an orphaner stays, without its owner", async () => {
  const reference = await owner("orphaner");
  await create(`${cats}/namespaces/default/cats`, cat({ name: "orphan", ownerReferences: [reference] }));
  await collectorCaughtUp();
  await kubectl.ok(["delete", "configmap", "orphaner", "--cascade=orphan"]);
  const path = `${cats}/namespaces/default/cats/orphan`;
  const metadata = (await cluster.admin.send("GET", path)).body["metadata"] as Json;
  expect(metadata["ownerReferences"]).toBeUndefined();
  expect(metadata["deletionTimestamp"]).toBeUndefined();
});

test("foreground deletion of the owner waits for a cat that blocks it", async () => {
  const reference = { ...(await owner("blocked")), blockOwnerDeletion: true };
  const metadata = { name: "blocker", ownerReferences: [reference], finalizers: ["example.com/hold"] };
  await create(`${cats}/namespaces/default/cats`, cat(metadata));
  await collectorCaughtUp();
  await kubectl.ok(["delete", "configmap", "blocked", "--cascade=foreground", "--wait=false"]);
  const path = `${cats}/namespaces/default/cats/blocker`;
  await poll(
    async () => {
      const { body } = await cluster.admin.send("GET", path);
      return (body["metadata"] as Json)["deletionTimestamp"] !== undefined;
    },
    () => "the garbage collector does not delete the cat",
  );
  const waiting = await cluster.admin.send("GET", "/api/v1/namespaces/default/configmaps/blocked");
  expect(waiting.body["metadata"]).toMatchObject({ finalizers: ["foregroundDeletion"] });

  const body = { metadata: { finalizers: null } };
  await cluster.admin.send("PATCH", path, { type: "application/merge-patch+json", body });
  await gone(path);
  await gone("/api/v1/namespaces/default/configmaps/blocked");
});

test("foreground deletion of a cat waits for what it owns", async () => {
  const parent = await create(`${cats}/namespaces/default/cats`, cat({ name: "mother" }));
  const { uid } = parent["metadata"] as Json;
  const reference = {
    apiVersion: "animal.skai.io/v1alpha1",
    kind: "Cat",
    name: "mother",
    uid,
    blockOwnerDeletion: true,
  };
  await create("/api/v1/namespaces/default/configmaps", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "kitten", ownerReferences: [reference], finalizers: ["example.com/hold"] },
  });
  await collectorCaughtUp();
  await kubectl.ok(["delete", "cat", "mother", "--cascade=foreground", "--wait=false"]);
  const kitten = "/api/v1/namespaces/default/configmaps/kitten";
  await poll(
    async () => {
      const { body } = await cluster.admin.send("GET", kitten);
      return (body["metadata"] as Json)["deletionTimestamp"] !== undefined;
    },
    () => "the garbage collector does not delete what the cat owns",
  );
  const mother = await cluster.admin.send("GET", `${cats}/namespaces/default/cats/mother`);
  expect(mother.body["metadata"]).toMatchObject({ finalizers: ["foregroundDeletion"] });

  const body = { metadata: { finalizers: null } };
  await cluster.admin.send("PATCH", kitten, { type: "application/merge-patch+json", body });
  await gone(kitten);
  await gone(`${cats}/namespaces/default/cats/mother`);
});
