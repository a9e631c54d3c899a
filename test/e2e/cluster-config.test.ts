import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startControlPlane, type ControlPlane } from "../cluster/control-plane.ts";
import { poll } from "../cluster/poll.ts";
import { helmBinary } from "../deploy/helm.ts";
import { projectFor } from "../deploy/project.ts";
import type { Kubectl } from "./kubectl.ts";

const run = promisify(execFile);

let cluster: ControlPlane;
let kubectl: Kubectl;

beforeAll(async () => {
  cluster = await startControlPlane();
  kubectl = await cluster.kubectl();
  // What is rendered for others' operators: their own definitions are not here, their names are.
  await definition("ServiceMonitor", "servicemonitors", "monitoring.coreos.com");
  await definition("Issuer", "issuers", "cert-manager.io");
  await definition("Certificate", "certificates", "cert-manager.io");
  // A dry run makes no namespace that others could be in.
  await kubectl.ok(["create", "namespace", "demo-system"]);
});
afterAll(async () => {
  await cluster?.stop();
});

async function definition(kind: string, plural: string, group: string): Promise<void> {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const crd = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, kind },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  };
  await kubectl.ok(["create", "-f", "-"], { input: JSON.stringify(crd) });
  await kubectl.ok(["wait", "--for=condition=Established", `crd/${plural}.${group}`, "--timeout=60s"]);
  await poll(
    async () => (await cluster.admin.send("GET", `/apis/${group}/v1/${plural}`)).status === 200,
    () => `kube-apiserver does not serve ${plural}`,
  );
}

/** Flags of `build config`, each with what it adds, and the kinds that are only there with it. */
const variants: readonly [what: string, flags: readonly string[], kinds: readonly string[]][] = [
  ["an embedded store", [], ["PersistentVolumeClaim"]],
  ["an etcd that is there", ["--etcd-servers=http://etcd-0:2379,http://etcd-1:2379"], []],
  ["an etcd of its own", ["--etcd-image=registry.example/etcd:3.5", "--storage-class=fast"], ["StatefulSet"]],
  ["cert-manager", ["--cert-manager"], ["Certificate", "Issuer"]],
  ["Prometheus", ["--service-monitor"], ["ServiceMonitor"]],
  [
    "an account, pull secrets and flags",
    ["--service-account=server", "--image-pull-secrets=one,two", "--apiserver-args=--v=4"],
    [],
  ],
  ["a namespace that every cluster has", ["--namespace=default", "--storage-size=5Gi"], []],
];

test.each(variants)("with %s kube-apiserver and Helm take what is rendered", async (_, flags, kinds) => {
  const project = await projectFor(cluster);
  const named = ["--image=registry.example/demo:1", "--name=demo", "--namespace=demo-system"];
  await project.bootOk("build", "config", ...named, ...flags);
  const config = join(project.root, "config");
  const certificates = join(config, "certificates");
  const folders = [config, ...(existsSync(certificates) ? [certificates] : [])];
  const files = folders.flatMap((folder) => ["-f", folder]);
  const applied = await kubectl.ok(["apply", "--server-side", "--dry-run=server", "--validate=strict", ...files]);
  expect(applied).toContain("apiservice.apiregistration.k8s.io/v1alpha1.animal.skai.io serverside-applied");
  for (const kind of kinds)
    expect(applied.toLowerCase()).toMatch(new RegExp(`^${kind.toLowerCase()}(\\.[\\w.-]+)?/demo`, "m"));
  const chart = join(config, "chart");
  const values = existsSync(certificates) ? certificateValues(certificates) : [];
  const installed = await helm("install", "demo", chart, "--namespace=demo-system", "--dry-run=server", ...values);
  // Helm makes the namespace itself, and cannot have more than the files.
  const inFiles = (applied.match(/serverside-applied/g) ?? []).length - (applied.match(/^namespace\//gm) ?? []).length;
  expect(installed.match(/^kind: /gm)?.length).toBe(inFiles);
  expect(installed).toContain("namespace: demo-system");
  expect(installed).not.toMatch(/VALUE--|\{\{/);
  await helm("template", "demo", chart, "--namespace=elsewhere", ...values);
  expect(readdirSync(chart).toSorted()).toEqual(["Chart.yaml", "templates", "values.yaml"]);
});

function certificateValues(folder: string): string[] {
  const files = { caBundle: "ca.crt", certificate: "tls.crt", key: "tls.key" };
  return Object.entries(files).map(([value, file]) => `--set-file=certificates.${value}=${join(folder, file)}`);
}

async function helm(...args: readonly string[]): Promise<string> {
  const home = join(cluster.folder, "helm");
  const folders = { HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
  const env = { ...process.env, ...folders, HOME: cluster.folder, KUBECONFIG: cluster.kubeconfig };
  return (await run(await helmBinary(), args, { env })).stdout;
}
