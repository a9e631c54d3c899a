import type { X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildConfig, type ConfigRequest } from "../../codegen/deploy/build-config.ts";
import { noLongerRendered, type LiveObject } from "../../codegen/deploy/live-objects.ts";
import { certificatesIn } from "../../codegen/deploy/overlap.ts";
import type { Settings } from "../../codegen/deploy/settings.ts";
import { projectFolder } from "./project.ts";

let parent: string;
let root: string;

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), "apiserver-ts-config-"));
  root = projectFolder(parent);
});
afterAll(() => {
  rmSync(parent, { recursive: true });
});

async function build(flags: Partial<Settings>, more: Partial<ConfigRequest> = {}): Promise<string> {
  const lines: string[] = [];
  const request = { flags, rotate: false, dryRun: false, now: new Date(), ...more };
  await buildConfig(root, request, (line) => void lines.push(line));
  return lines.join("\n");
}

const read = (path: string): string => readFileSync(join(root, "config", path), "utf8");
const authorities = (): X509Certificate[] => certificatesIn(read("certificates/ca.crt"));

test("what is missing is asked for by the names of its flags", async () => {
  await expect(build({ name: "demo" })).rejects.toThrow("give --namespace, --image; --help has examples");
});

test("a dry run tells what it would make, and makes nothing", async () => {
  const told = await build({ name: "demo", namespace: "demo", image: "r/demo:1" }, { dryRun: true });
  expect(told).toContain("+ config/apiservice.yaml");
  expect(existsSync(join(root, "config"))).toBe(false);
});

test("a later run keeps to what earlier ones were told, and shows what changes", async () => {
  await build({ name: "demo", namespace: "demo", image: "r/demo:1" });
  expect(await build({})).toBe("config/ is up to date");
  const told = await build({ image: "r/demo:2" });
  expect(told).toContain("-          image: r/demo:1\n+          image: r/demo:2");
  expect(read("aggregated-apiserver.yaml")).not.toContain("r/demo:1");
});

test("files that are rendered no more go, and those of a person stay", async () => {
  writeFileSync(join(root, "config/own.yaml"), "a: 1\n");
  await build({ etcdImage: "r/etcd:1" });
  expect(read("etcd.yaml")).toContain("kind: StatefulSet");
  rmSync(join(root, "config/settings/deployment.json"));
  expect(await build({ name: "demo", namespace: "demo", image: "r/demo:2" })).toContain("removed config/etcd.yaml");
  expect(read("own.yaml")).toBe("a: 1\n");
});

test("private keys are for their owner alone, and for no repository", () => {
  expect(statSync(join(root, "config/certificates/ca.key")).mode & 0o777).toBe(0o600);
  expect(statSync(join(root, "config/certificates")).mode & 0o777).toBe(0o700);
  expect(read("certificates/.gitignore")).toBe("*\n");
});

test("a new authority is trusted beside the one before, which has signed what servers still show", async () => {
  const [before] = authorities();
  const shown = read("certificates/tls.crt");
  await build({}, { rotate: true });
  const [newest, older] = authorities();
  expect(older?.fingerprint256).toBe(before?.fingerprint256);
  expect(newest?.fingerprint256).not.toBe(before?.fingerprint256);
  expect(certificatesIn(shown)[0]?.checkIssued(older ?? expect.fail("there is one authority"))).toBe(true);
  expect(certificatesIn(read("certificates/tls.crt"))[0]?.checkHost("demo.demo.svc")).toBe("demo.demo.svc");
});

test("a certificate near its end is made anew, by the same authority", async () => {
  const [authority] = authorities();
  const shown = read("certificates/tls.crt");
  const soon = new Date(Date.now() + 340 * 24 * 3600 * 1000);
  await build({}, { now: soon });
  expect(read("certificates/tls.crt")).not.toBe(shown);
  expect(authorities()[0]?.fingerprint256).toBe(authority?.fingerprint256);
});

test("of what the cluster has, only what is rendered no more goes: no data, and nothing of others", () => {
  const live = (kind: string, name: string, apiVersion = "v1", annotations = {}): LiveObject => ({
    apiVersion,
    kind,
    metadata: { name, namespace: "demo", annotations },
  });
  const there = [
    live("Service", "demo"),
    live("Service", "old"),
    live("Deployment", "demo", "apps/v1"),
    live("PersistentVolumeClaim", "demo-data"),
    live("Secret", "demo-serving", "v1", { "cert-manager.io/certificate-name": "demo-serving" }),
    live("PodDisruptionBudget", "demo", "policy/v1"),
  ];
  const rendered = [
    live("Service", "demo"),
    live("Deployment", "demo", "apps/v1"),
    // The version of an API is not what makes an object.
    live("PodDisruptionBudget", "demo", "policy/v1beta1"),
  ];
  expect(noLongerRendered(there, rendered).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    "Service old",
  ]);
});
