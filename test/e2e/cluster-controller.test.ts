import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleProgram } from "../../codegen/bundle.ts";
import { startAggregatedServer, type AggregatedServer } from "../cluster/aggregated-server.ts";
import { startControlPlane, type ClusterObject, type ControlPlane } from "../cluster/control-plane.ts";
import { freePort } from "../etcd/etcd.ts";
import { MemberProcess } from "../etcd/member.ts";
import type { Json } from "./rest-client.ts";

let cluster: ControlPlane;
let server: AggregatedServer;
let kubeconfig: string;
/** Which of them leads is for the tests to find out. */
let managers: Manager[];

interface Manager {
  readonly name: string;
  readonly process: MemberProcess;
  readonly healthPort: number;
  readonly metricsPort: number;
  readonly log: () => Promise<string>;
}

const account = { name: "cat-manager", namespace: "default" };
const group = "animal.skai.io";

/** What a manager may do, and no more. */
const rules = [
  { apiGroups: [group], resources: ["cats"], verbs: ["get", "list", "watch", "patch"] },
  { apiGroups: [group], resources: ["cats/status"], verbs: ["patch"] },
  { apiGroups: [""], resources: ["configmaps"], verbs: ["list", "watch", "create", "patch"] },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create", "update"] },
  { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
];

function accountObjects(): ClusterObject[] {
  const rbac = "rbac.authorization.k8s.io";
  const { name } = account;
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: account },
    { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      subjects: [{ kind: "ServiceAccount", ...account }],
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
    },
  ];
}

beforeAll(async () => {
  cluster = await startControlPlane();
  server = await startAggregatedServer(cluster);
  await cluster.apply(...accountObjects());
  const token = await cluster.serviceAccountToken(account.namespace, account.name);
  kubeconfig = await cluster.kubeconfigWith({ token });
  const folder = join(cluster.folder, "cat-manager");
  const entry = fileURLToPath(new URL("../cat-manager/main.ts", import.meta.url));
  await bundleProgram({ entry, folder, version: "0" });
  managers = await Promise.all(["one", "two"].map((name) => managerCalled(name, join(folder, "main.js"))));
  for (const { process: one } of managers) await one.start();
});
afterAll(async () => {
  for (const { process: one } of managers ?? []) await one.kill();
  await server?.kill();
  await cluster?.stop();
});

async function managerCalled(name: string, program: string): Promise<Manager> {
  const [healthPort, metricsPort] = [await freePort(), await freePort()];
  const folder = join(cluster.folder, `manager-${name}`);
  const member = new MemberProcess({
    folder,
    command: [process.execPath, program],
    flags: [
      `--kubeconfig=${kubeconfig}`,
      "--leader-elect",
      "--leader-elect-lease-duration=3s",
      "--leader-elect-renew-deadline=2s",
      "--leader-elect-retry-period=500ms",
      `--health-probe-bind-address=127.0.0.1:${healthPort}`,
      `--metrics-bind-address=127.0.0.1:${metricsPort}`,
    ],
  });
  return { name, process: member, healthPort, metricsPort, log: () => readFile(join(folder, "log"), "utf8") };
}

const patience = { timeout: 60_000, interval: 100 };
const catsPath = `/apis/${group}/v1alpha1/namespaces/default/cats`;
const configMapsPath = "/api/v1/namespaces/default/configmaps";

/** What the cluster has at a path; undefined where it has nothing. */
async function at(path: string): Promise<Json | undefined> {
  const { status, body } = await cluster.admin.send("GET", path);
  if (status !== 200 && status !== 404) throw new Error(JSON.stringify(body));
  return status === 200 ? body : undefined;
}

interface Known {
  readonly metadata: { readonly uid: string; readonly generation: number; readonly finalizers?: readonly string[] };
  readonly status?: { readonly observedGeneration?: number };
  readonly data?: Readonly<Record<string, string>>;
}

async function known(path: string): Promise<Known | undefined> {
  return (await at(path)) as Known | undefined;
}

async function createCat(name: string, spec: object = {}): Promise<void> {
  const cat = { apiVersion: `${group}/v1alpha1`, kind: "Cat", metadata: { name }, spec: { name, ...spec } };
  const { status, body } = await cluster.admin.send("POST", catsPath, { body: cat });
  expect(status, JSON.stringify(body)).toBe(201);
}

async function patch(path: string, body: object): Promise<void> {
  const answer = await cluster.admin.send("PATCH", path, { type: "application/merge-patch+json", body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

interface Lease {
  readonly spec: { readonly holderIdentity: string; readonly leaseTransitions: number };
}

async function lease(): Promise<Lease["spec"] | undefined> {
  const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/cat-manager";
  return ((await at(path)) as Lease | undefined)?.spec;
}

/** The manager that leads, and the other. */
async function leaderAndOther(): Promise<[Manager, Manager]> {
  const logs = await Promise.all(managers.map(({ log }) => log()));
  const holder = (await lease())?.holderIdentity ?? "";
  const index = logs.findIndex(
    (log) => holder !== "" && log.includes(`"leads" lease="default/cat-manager" identity="${holder}"`),
  );
  const [leader, other] = [managers[index], managers[1 - index]];
  if (leader === undefined || other === undefined) throw new Error(`nobody leads\n${logs.join("\n")}`);
  return [leader, other];
}

async function metric(line: RegExp): Promise<number> {
  const [{ metricsPort }] = await leaderAndOther();
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return Number(line.exec(text)?.[1] ?? Number.NaN);
}

test("of two managers one works and one waits, and both are ready", async () => {
  await expect.poll(async () => (await lease())?.holderIdentity ?? "", patience).not.toBe("");
  await expect
    .poll(
      () =>
        leaderAndOther().then(
          () => true,
          () => false,
        ),
      patience,
    )
    .toBe(true);
  const [leader, other] = await leaderAndOther();
  await expect.poll(() => other.log(), patience).toContain('"another one leads"');
  expect(await other.log()).not.toContain('"leads"');
  for (const { healthPort } of [leader, other]) {
    const ready = async (): Promise<number> => (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).status;
    await expect.poll(ready, patience).toBe(200);
  }
  expect(await metric(/^leader_election_master_status\{name="cat-manager"\} (\d)$/m)).toBe(1);
});

test("a cat is reconciled: it has a finalizer, a collar, an event, and a status of its generation", async () => {
  await createCat("lucky");
  await expect.poll(async () => (await known(`${catsPath}/lucky`))?.status?.observedGeneration, patience).toBe(1);
  const cat = await known(`${catsPath}/lucky`);
  expect(cat?.metadata.finalizers).toEqual(["animal.skai.io/grave"]);
  expect(await at(`${configMapsPath}/collar-of-lucky`)).toMatchObject({
    data: { name: "lucky" },
    metadata: {
      ownerReferences: [
        { apiVersion: `${group}/v1alpha1`, kind: "Cat", name: "lucky", uid: cat?.metadata.uid, controller: true },
      ],
      managedFields: [{ manager: "collars", operation: "Apply" }],
    },
  });
  const kubectl = await cluster.kubectl();
  await expect
    .poll(() => kubectl.ok(["events", "--for", "cat.animal.skai.io/lucky"]), patience)
    .toMatch(/Normal +Collared +Cat\.?\S*\/lucky +the cat wears a collar/);
  await patch(`${catsPath}/lucky`, { spec: { name: "luckier" } });
  await expect.poll(async () => (await known(`${catsPath}/lucky`))?.status?.observedGeneration, patience).toBe(2);
  expect((await known(`${configMapsPath}/collar-of-lucky`))?.data).toEqual({ name: "luckier" });
});

test("what a cat owns is made again when it is deleted or changed", async () => {
  const collar = `${configMapsPath}/collar-of-lucky`;
  const before = await known(collar);
  await cluster.admin.send("DELETE", collar);
  await expect.poll(async () => (await known(collar))?.data, patience).toEqual({ name: "luckier" });
  expect((await known(collar))?.metadata.uid).not.toBe(before?.metadata.uid);
  await patch(collar, { data: { name: "stolen" } });
  await expect.poll(async () => (await known(collar))?.data, patience).toEqual({ name: "luckier" });
});

test("what fails is tried again after longer each time, and works once it can", async () => {
  await createCat("fury", { quirks: { bites: "everyone" } });
  const errors = (): Promise<number> =>
    metric(/^controller_runtime_reconcile_errors_total\{controller="collars"\} (\d+)$/m);
  await expect.poll(errors, patience).toBeGreaterThanOrEqual(8);
  // Ten times by then at most: after the eighth failure the next is 640 ms away.
  expect(await errors()).toBeLessThan(20);
  await patch(`${catsPath}/fury`, { spec: { quirks: null } });
  await expect.poll(async () => (await known(`${catsPath}/fury`))?.status?.observedGeneration, patience).toBe(2);
  const path = `/apis/events.k8s.io/v1/namespaces/default/events?fieldSelector=reason=Bitten`;
  const { items } = (await at(path)) as { items: readonly { type: string; series?: { count: number } }[] };
  // However often it was bitten.
  expect(items).toHaveLength(1);
  expect(items[0]?.type).toBe("Warning");
});

test("a deleted cat goes once its finalizer has done its work", async () => {
  await cluster.admin.send("DELETE", `${catsPath}/fury`);
  await expect.poll(() => at(`${catsPath}/fury`), patience).toBeUndefined();
  expect((await known(`${configMapsPath}/grave-of-fury`))?.data).toEqual({ name: "fury" });
});

test("when the server of the cats is away and comes back, controllers go on", async () => {
  await server.kill();
  await server.start();
  await server.becomesAvailable();
  await createCat("patient");
  await expect.poll(async () => (await known(`${catsPath}/patient`))?.status?.observedGeneration, patience).toBe(1);
});

test("when the leader is killed the other takes over, after the lease has run out", async () => {
  const [leader, other] = await leaderAndOther();
  const before = await lease();
  await leader.process.kill();
  await createCat("orphan");
  await expect.poll(async () => (await known(`${catsPath}/orphan`))?.status?.observedGeneration, patience).toBe(1);
  expect((await leaderAndOther())[0].name).toBe(other.name);
  expect((await lease())?.leaseTransitions).toBe((before?.leaseTransitions ?? 0) + 1);
  await leader.process.start();
});

test("a leader that is stopped finishes, gives its lease away, and ends with exit code 0", async () => {
  const [leader, other] = await leaderAndOther();
  await expect.poll(() => other.log(), patience).toContain('"another one leads"');
  expect(await leader.process.end("SIGTERM")).toBe(0);
  expect(await leader.log()).toMatch(/"finishing what is under way" signal="SIGTERM"[\s\S]*"stopped" code=0\n$/);
  await createCat("heir");
  await expect.poll(async () => (await known(`${catsPath}/heir`))?.status?.observedGeneration, patience).toBe(1);
  expect((await leaderAndOther())[0].name).toBe(other.name);
});

test("a leader that cannot renew its lease stops working, and ends with exit code 1", async () => {
  const [leader] = await leaderAndOther();
  // It sleeps while its lease runs out, and another one takes it.
  leader.process.pause();
  const spare = managers.find(({ name }) => name !== leader.name);
  await spare?.process.start();
  const before = (await lease())?.holderIdentity;
  await expect.poll(async () => (await lease())?.holderIdentity, patience).not.toBe(before);
  leader.process.resume();
  await expect.poll(() => leader.process.pid, patience).toBeUndefined();
  expect(await leader.log()).toMatch(/"lost the lease"[\s\S]*"stopped" code=1\n$/);
  await createCat("last");
  await expect.poll(async () => (await known(`${catsPath}/last`))?.status?.observedGeneration, patience).toBe(1);
});
