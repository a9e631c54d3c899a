import { afterAll, beforeAll, expect, test } from "vitest";
import { startAggregatedServer, type AggregatedServer } from "../cluster/aggregated-server.ts";
import { startControlPlane, type ControlPlane } from "../cluster/control-plane.ts";
import { poll } from "../cluster/poll.ts";
import type { Kubectl } from "./kubectl.ts";
import { lucky } from "./kubectl-list.ts";

let cluster: ControlPlane;
let server: AggregatedServer;
let kubectl: Kubectl;

beforeAll(async () => {
  cluster = await startControlPlane();
  server = await startAggregatedServer(cluster);
  await cluster.startControllerManager();
  kubectl = await cluster.kubectl();
});
afterAll(async () => {
  await server.kill();
  await cluster.stop();
});

const cats = "/apis/animal.skai.io/v1alpha1/namespaces/barn/cats";

test("a server that is killed is told of by a reason, harms no other group, and comes back with its objects", async () => {
  await kubectl.ok(["create", "namespace", "barn"]);
  await kubectl.ok(["create", "-n", "barn", "-f", "-"], { input: lucky });
  await server.kill();

  const down = await kubectl.run(["get", "cats", "-n", "barn"]);
  expect(down.code).toBe(1);
  expect(down.stderr).toContain("(ServiceUnavailable): the server is currently unable to handle the request");
  expect(await server.becomesUnavailable()).toMatchObject({ status: "False", reason: "FailedDiscoveryCheck" });
  const table = await kubectl.ok(["get", "apiservice", "v1alpha1.animal.skai.io"]);
  expect(table).toMatch(/ False \(FailedDiscoveryCheck\) /);

  // Other groups never notice.
  await kubectl.ok(["create", "configmap", "meanwhile"]);
  expect(await kubectl.ok(["get", "configmap,deployments", "-o", "name"])).toContain("configmap/meanwhile\n");
  expect(await kubectl.ok(["api-resources", "--api-group=apps"])).toContain("deployments");

  // A namespace stays until it is known what is in it.
  await kubectl.ok(["delete", "namespace", "barn", "--wait=false"]);
  await poll(
    async () => (await conditions()).includes("NamespaceDeletionDiscoveryFailure=True"),
    async () => `the namespace has ${(await conditions()).join(", ")}`,
  );

  await server.start();
  expect(await server.becomesAvailable()).toMatchObject({ status: "True", reason: "Passed" });
  await poll(
    async () => (await cluster.admin.send("GET", "/api/v1/namespaces/barn")).status === 404,
    async () => `the namespace does not go away; it has ${(await conditions()).join(", ")}`,
  );
  expect((await cluster.admin.send("GET", cats)).body).toMatchObject({ kind: "CatList", items: [] });
});

async function conditions(): Promise<string[]> {
  const { body } = await cluster.admin.send("GET", "/api/v1/namespaces/barn");
  const status = body["status"] as { conditions?: readonly { type: string; status: string }[] } | undefined;
  return (status?.conditions ?? []).map((condition) => `${condition.type}=${condition.status}`);
}

test("objects outlive a kill, and watches through kube-apiserver begin anew", async () => {
  await kubectl.ok(["create", "-f", "-"], { input: lucky });
  const before = await kubectl.ok([
    "get",
    "cat",
    "mycat",
    "-o",
    "jsonpath={.metadata.uid} {.metadata.resourceVersion}",
  ]);
  await server.kill();
  await server.start();
  await server.becomesAvailable();
  const after = await kubectl.ok(["get", "cat", "mycat", "-o", "jsonpath={.metadata.uid} {.metadata.resourceVersion}"]);
  expect(after).toBe(before);
  const watched = await kubectl.ok([
    "get",
    "--raw",
    "/apis/animal.skai.io/v1alpha1/cats?watch=true&timeoutSeconds=1&resourceVersion=0",
  ]);
  expect(watched).toContain('"type":"ADDED"');
});

test("a server that hangs is told of likewise, and harms no other group", async () => {
  server.pause();
  try {
    expect(await server.becomesUnavailable()).toMatchObject({ reason: "FailedDiscoveryCheck" });
    expect(await kubectl.ok(["get", "configmap", "meanwhile", "-o", "name"])).toBe("configmap/meanwhile\n");
  } finally {
    server.resume();
  }
  await server.becomesAvailable();
  expect(await kubectl.ok(["get", "cat", "mycat", "-o", "name"])).toBe("cat.animal.skai.io/mycat\n");
});

test("SIGTERM ends it with exit code 0, and its APIService waits for it to come back", async () => {
  expect(await server.end("SIGTERM")).toBe(0);
  expect(await server.becomesUnavailable()).toMatchObject({ reason: "FailedDiscoveryCheck" });
  await server.start();
  expect(await server.becomesAvailable()).toMatchObject({ reason: "Passed" });
});

test("without kube-apiserver it stays alive, and serves again once that is back", async () => {
  await cluster.apiserver.kill();
  expect((await server.direct().send("GET", "/livez")).status).toBe(200);
  await cluster.apiserver.restart();
  await server.becomesAvailable();
  await poll(
    async () => (await kubectl.run(["get", "cat", "mycat"])).code === 0,
    async () => (await kubectl.run(["get", "cat", "mycat"])).stderr,
  );
});
