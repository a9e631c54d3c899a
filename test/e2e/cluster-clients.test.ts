import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cachedBuild, type Command } from "../clients/cached-build.ts";
import { clients, type Client } from "../clients/clients.ts";
import { startAggregatedServer, type AggregatedServer } from "../cluster/aggregated-server.ts";
import { startControlPlane, type ClusterObject, type ControlPlane } from "../cluster/control-plane.ts";
import { tellImpossible } from "../etcd/impossible-tests.ts";
import { outcomeOf } from "./kubectl.ts";
import { startServer, type RunningServer } from "./server.ts";

// A first build of all takes minutes.
const buildMaxMs = 20 * 60_000;
const roundMaxMs = 150_000;

/** What a tool says of its version; undefined where it is missing. */
async function versionOf({ program, args }: Command): Promise<string | undefined> {
  return promisify(execFile)(program, [...args]).then(
    ({ stdout, stderr }) => stdout + stderr,
    () => undefined,
  );
}

/** What the tools of a client say of themselves, for clients whose tools are all present. */
const tools = new Map<Client, string>();
const leftOut: string[] = [];
for (const client of clients) {
  const versions = await Promise.all(client.toolchain.map(versionOf));
  const missing = client.toolchain.filter((_, index) => versions[index] === undefined);
  if (missing.length === 0) tools.set(client, versions.join(""));
  else leftOut.push(`${client.name} (no ${missing.map(({ program }) => program).join(", ")})`);
}
const present = [...tools.keys()];
if (leftOut.length > 0) {
  const running = present.map(({ name }) => name).join(", ");
  tellImpossible(`of the clients ${running} run; left out are ${leftOut.join(", ")}`);
}

const targets = new Map<Client, string>();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "clients-"));
  for (const [client, version] of tools) {
    const target = client.build === undefined ? folder : await cachedBuild({ ...client.build, tools: version });
    targets.set(client, target);
  }
}, buildMaxMs);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Runs a round to its end; its lines say what went well, and what did not. */
async function makeRound(
  { program, args, env }: Command,
  kubeconfig: string,
): Promise<{ code: number; steps: string[] }> {
  const child = spawn(program, [...args], {
    cwd: folder,
    env: { ...process.env, ...env, KUBECONFIG: kubeconfig },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: roundMaxMs,
    killSignal: "SIGKILL",
  });
  const { code, stdout, stderr } = await outcomeOf(child);
  const steps = stdout.trimEnd().split("\n");
  return { code, steps: code === 0 ? steps : [...steps, stderr.slice(-4_000)] };
}

async function passesRound(client: Client, kubeconfig: string, namespace: string): Promise<void> {
  const round = await client.run(targets.get(client) ?? folder, namespace);
  const { code, steps } = await makeRound(round, kubeconfig);
  expect(steps.filter((line) => !line.startsWith("ok: "))).toEqual([]);
  expect(code).toBe(0);
  expect(steps.length).toBeGreaterThan(5);
  process.stderr.write(`${client.name}: ${steps.length} steps\n`);
}

describe("through kube-apiserver, as a user with a Role in one namespace", () => {
  let cluster: ControlPlane;
  let server: AggregatedServer;

  beforeAll(async () => {
    cluster = await startControlPlane();
    server = await startAggregatedServer(cluster);
  });
  afterAll(async () => {
    await server.kill();
    await cluster.stop();
  });

  test.each(present)("$name makes a round", async (client) => {
    const namespace = namespaceOf(client);
    await cluster.apply(...roleIn(namespace, client.name));
    await passesRound(client, await cluster.kubeconfigFor({ name: client.name }), namespace);
  });
});

function namespaceOf({ name }: Client): string {
  return `round-of-${name}`;
}

const rbac = "rbac.authorization.k8s.io";

function roleIn(namespace: string, user: string): ClusterObject[] {
  const verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
  const metadata = { name: "cat-keeper", namespace };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata,
      rules: [
        { apiGroups: ["animal.skai.io"], resources: ["cats", "cats/status"], verbs },
        // Where Helm keeps its releases.
        { apiGroups: [""], resources: ["secrets"], verbs },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata,
      subjects: [{ apiGroup: rbac, kind: "User", name: user }],
      roleRef: { apiGroup: rbac, kind: "Role", name: metadata.name },
    },
  ];
}

describe("at a server alone", () => {
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    await server.stop();
  });

  test.each(present.filter(({ needsCluster }) => needsCluster !== true))("$name makes a round", (client) =>
    passesRound(client, server.kubeconfig, namespaceOf(client)),
  );
});
