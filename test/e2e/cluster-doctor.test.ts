import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { issueAuthority, issueServing } from "../../runtime/start/issue-certificates.ts";
import { startControlPlane, type ControlPlane } from "../cluster/control-plane.ts";
import { poll } from "../cluster/poll.ts";
import { playNode, type PlayedNode } from "../deploy/played-node.ts";
import { builtImageFolder, projectFor, type Project } from "../deploy/project.ts";
import { releaseVolumes } from "../deploy/release-volumes.ts";
import type { Kubectl } from "./kubectl.ts";

const name = "v1alpha1.animal.skai.io";
const day = 24 * 3600 * 1000;

let cluster: ControlPlane;
let project: Project;
let kubectl: Kubectl;

beforeAll(async () => {
  cluster = await startControlPlane();
  await cluster.startControllerManager();
  project = await projectFor(cluster);
  kubectl = await cluster.kubectl();
  await project.bootOk("build", "config", "--image=localhost:5000/demo:1", "--name=demo", "--namespace=demo-system");
});
afterAll(async () => {
  await cluster?.stop();
});

/** Makes the cluster what config/ says, but for what nobody has changed. */
async function applyAll(): Promise<void> {
  const flags = ["--server-side", "--force-conflicts", "--field-manager=apiserver-boot"];
  const folder = join(project.root, "config");
  await kubectl.ok(["apply", ...flags, "-f", folder, "-f", join(folder, "certificates")]);
}

/** What the doctor says of the project's API, which is something, unless all is well. */
async function doctor(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await project.boot("doctor", ...args);
  expect(stderr).toBe("");
  expect(code).toBe(stdout.includes("nothing is wrong") ? 0 : 1);
  return stdout;
}

const merge = (kind: string, object: string, patch: object): Promise<string> =>
  kubectl.ok(["--namespace=demo-system", "patch", kind, object, "--type=merge", "-p", JSON.stringify(patch)]);
const remove = (kind: string, object: string): Promise<string> =>
  kubectl.ok(["--namespace=demo-system", "delete", kind, object]);

type Breakage = readonly [what: string, breaks: () => Promise<unknown>, says: string, mend: string];

describe("a server that has not come up", () => {
  test("there is nothing yet", async () => {
    expect(await doctor()).toContain(`the APIService ${name} does not exist\n    apiserver-boot run in-cluster`);
    await kubectl.ok(["apply", "-f", join(project.root, "config/apiservice.yaml")]);
    expect(await doctor()).toContain("the namespace demo-system, where the APIService leads to, does not exist");
  });

  const broken: readonly Breakage[] = [
    [
      "the service is gone",
      () => remove("service", "demo"),
      "the Service demo-system/demo does not exist",
      "apiserver-boot run in-cluster",
    ],
    [
      "the service has another port",
      () => kubectl.ok(["-n", "demo-system", "patch", "service", "demo", "--type=json", "-p", port("port", 444)]),
      "leads to port 443 of the Service demo-system/demo, which has only 444",
      "kubectl --namespace=demo-system delete service demo\n    apiserver-boot run in-cluster",
    ],
    [
      "the service leads to another port",
      () => kubectl.ok(["-n", "demo-system", "patch", "service", "demo", "--type=json", "-p", port("targetPort", 1)]),
      "leads to port 1 of its pods, which listen on 8443",
      "apiserver-boot run in-cluster",
    ],
    [
      "the deployment is gone",
      () => remove("deployment", "demo"),
      "no Deployment has pods with the labels app.kubernetes.io/component=apiserver,app.kubernetes.io/name=demo",
      "apiserver-boot run in-cluster",
    ],
    [
      "the deployment is of nothing",
      () => kubectl.ok(["-n", "demo-system", "scale", "deployment", "demo", "--replicas=0"]),
      "the Deployment demo is scaled to 0",
      "kubectl --namespace=demo-system scale deployment demo --replicas=1",
    ],
    [
      "there are no pods",
      async () => undefined,
      "has no endpoints: the Deployment demo has 0 of 1 pods ready",
      "kubectl --namespace=demo-system describe deployment demo",
    ],
    ["the image is nowhere", () => waitingPod("ImagePullBackOff"), "is not ready: ImagePullBackOff", "--build-image"],
    [
      "the program ends",
      () => waitingPod("CrashLoopBackOff"),
      "is not ready: CrashLoopBackOff",
      "logs demo-1 --previous",
    ],
    [
      "the Secret is gone",
      () => remove("secret", "demo-serving"),
      "the Secret demo-system/demo-serving with the serving certificate does not exist",
      "apiserver-boot run in-cluster",
    ],
    [
      "the service account is gone",
      () => remove("serviceaccount", "demo"),
      "the ServiceAccount demo-system/demo, whom the server's pods run as, does not exist",
      "apiserver-boot run in-cluster",
    ],
  ];

  test.each(broken)("%s", async (_, breaks, says, mend) => {
    // As the doctor says of one whose ports others changed.
    await kubectl.run(["-n", "demo-system", "delete", "service", "demo", "--ignore-not-found"]);
    await applyAll();
    await breaks();
    const told = await doctor();
    expect(told).toContain(says);
    expect(told).toContain(mend);
  });

  function port(field: string, value: number): string {
    return JSON.stringify([{ op: "replace", path: `/spec/ports/0/${field}`, value }]);
  }

  /** What kubelets say of a pod that does not start. */
  async function waitingPod(reason: string): Promise<void> {
    const path = "/api/v1/namespaces/demo-system/pods";
    const labels = { "app.kubernetes.io/name": "demo", "app.kubernetes.io/component": "apiserver" };
    const { body: deployment } = await cluster.admin.send(
      "GET",
      "/apis/apps/v1/namespaces/demo-system/deployments/demo",
    );
    const { template } = deployment["spec"] as { readonly template: { readonly spec: object } };
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "demo-1", labels }, spec: template.spec };
    await kubectl.run(["-n", "demo-system", "delete", "pod", "demo-1", "--ignore-not-found", "--force"]);
    const made = await cluster.admin.send("POST", path, { body: pod });
    expect(made.status).toBe(201);
    const containerStatuses = [
      {
        name: "apiserver",
        image: "demo",
        imageID: "",
        ready: false,
        restartCount: 0,
        state: { waiting: { reason, message: "as a kubelet says" } },
      },
    ];
    const status = { conditions: [{ type: "Ready", status: "False" }], containerStatuses };
    const type = "application/merge-patch+json";
    await cluster.admin.send("PATCH", `${path}/demo-1/status`, { type, body: { status } });
  }
});

describe("a server that was well", () => {
  let node: PlayedNode;

  beforeAll(async () => {
    await kubectl.run(["-n", "demo-system", "delete", "pod", "demo-1", "--ignore-not-found", "--force"]);
    await applyAll();
    const app = await builtImageFolder(join(cluster.folder, "app"));
    node = await playNode(cluster, { namespace: "demo-system", name: "demo", app });
    await project.bootOk("run", "in-cluster", "--timeout=60s");
    expect(await doctor()).toBe(`${name}: available, and nothing is wrong\n`);
  });
  afterAll(async () => {
    await node?.close();
  });
  afterEach(applyAll);

  /** Puts another serving certificate of the project's own authority into the Secret. */
  async function shows(host: string, from: Date): Promise<void> {
    const file = (path: string): string => readFileSync(join(project.root, "config/certificates", path), "utf8");
    const authority = { certificate: file("ca.crt"), key: file("ca.key") };
    const pair = await issueServing(authority, host, from);
    const data = { "tls.crt": base64(pair.certificate), "tls.key": base64(pair.key) };
    await merge("secret", "demo-serving", { data });
  }

  const host = "demo.demo-system.svc";
  const apply = "apiserver-boot run in-cluster  ";
  const rotate = "apiserver-boot run in-cluster --rotate";
  const broken: readonly Breakage[] = [
    ["its certificate is for another name", () => shows("x.svc", new Date()), `and not for ${host}`, apply],
    ["its certificate has expired", () => shows(host, ago(400)), "the serving certificate expired at", rotate],
    ["its certificate expires soon", () => shows(host, ago(360)), "the serving certificate expires soon", rotate],
    ["its certificate is not valid yet", () => shows(host, ago(-2)), "is not valid before", rotate],
    [
      "the APIService trusts another authority",
      async () => trusts(base64((await issueAuthority(new Date())).certificate)),
      "the APIService's caBundle has no authority that signed the serving certificate",
      apply,
    ],
    ["the APIService trusts none", () => trusts(null), "the APIService has no caBundle", apply],
    [
      "it may not ask the cluster who people are",
      () => remove("clusterrolebinding", "demo-auth-delegator"),
      "the ServiceAccount demo-system/demo may not ask whose a token is: it lacks the ClusterRole system:auth-delegator",
      apply,
    ],
    [
      "it may not read whom the front proxy is known by",
      () => kubectl.ok(["-n", "kube-system", "delete", "rolebinding", "demo-auth-reader"]),
      "it lacks the Role extension-apiserver-authentication-reader in kube-system",
      apply,
    ],
    [
      "it may not see namespaces",
      () => remove("clusterrole", "demo-apiserver"),
      "the ServiceAccount demo-system/demo may not list namespaces",
      apply,
    ],
    [
      "somebody else has taken the group version",
      () => merge("apiservice", name, { spec: { service: { namespace: "default", name: "other" } } }),
      "leads to the Service default/other, and not to the Service demo-system/demo",
      "--show-managed-fields",
    ],
  ];

  test.each(broken)("%s", async (_, breaks, says, mend) => {
    await breaks();
    const told = await doctor();
    expect(told).toContain(says);
    expect(told).toContain(mend);
  });

  test("a CustomResourceDefinition has the same group and version", async () => {
    const crd = "dogs.animal.skai.io";
    const schema = { openAPIV3Schema: { type: "object" } };
    await kubectl.ok(["create", "-f", "-"], {
      input: JSON.stringify({
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: crd },
        spec: {
          group: "animal.skai.io",
          scope: "Namespaced",
          names: { plural: "dogs", kind: "Dog" },
          versions: [{ name: "v1alpha1", served: true, storage: true, schema }],
        },
      }),
    });
    try {
      expect(await doctor()).toContain(`has two owners: the APIService, and the CustomResourceDefinitions ${crd}`);
    } finally {
      await kubectl.ok(["delete", "crd", crd]);
    }
  });

  test("an APIService tells of a version that the project does not serve", async () => {
    const spec = { group: "animal.skai.io", version: "v9", groupPriorityMinimum: 1, versionPriority: 1 };
    const service = { namespace: "demo-system", name: "demo", port: 443 };
    await cluster.apply({
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v9.animal.skai.io" },
      spec: { ...spec, service, insecureSkipTLSVerify: true },
    });
    try {
      const told = await doctor("v9.animal.skai.io");
      expect(told).toContain("the project serves v1alpha1 of animal.skai.io, and not v9");
      expect(told).toContain("kubectl delete apiservice v9.animal.skai.io");
    } finally {
      await kubectl.ok(["delete", "apiservice", "v9.animal.skai.io"]);
    }
  });

  test("the server lacks a kind that the project has", async () => {
    await availability("True");
    const file = join(project.root, "config/rbac.yaml");
    const before = readFileSync(file, "utf8");
    writeFileSync(file, before.replaceAll("- cats\n", "- cats\n      - dogs\n"));
    try {
      expect(await doctor()).toContain("does not serve dogs, which the project has: an older image runs");
    } finally {
      writeFileSync(file, before);
    }
  });

  test("a namespace cannot go while it is not available", async () => {
    await trusts(base64((await issueAuthority(new Date())).certificate));
    await availability("False");
    await kubectl.ok(["create", "namespace", "going"]);
    await kubectl.ok(["delete", "namespace", "going", "--wait=false"]);
    const told = await poll(
      async () => {
        const now = await doctor();
        return now.includes("stuck") || now.includes("cannot go") ? now : undefined;
      },
      () => "the namespace controller does not complain",
    );
    expect(told).toContain("the namespaces going cannot go");
    expect(told).toContain(`kubectl delete apiservice ${name}`);
  });

  test("whoever may see little is told so, and nothing that is not true", async () => {
    await applyAll();
    await availability("True");
    const kubeconfig = await cluster.kubeconfigFor({ name: "ann" });
    const told = await doctor("--kubeconfig", kubeconfig);
    expect(told).toContain("this user may not look at APIServices: there may be more that is wrong");
    expect(told).not.toContain("does not exist");
  });

  test("the program does not answer", async () => {
    await node.close();
    await kubectl.ok(["-n", "demo-system", "annotate", "service", "demo", "look=again"]);
    await availability("False");
    const told = await doctor();
    expect(told).toContain("kube-apiserver says FailedDiscoveryCheck: ");
    expect(told).toContain("kubectl --namespace=demo-system logs deployment/demo");
    const { code, stdout } = await project.boot("run", "in-cluster", "--timeout=2s");
    expect(code).toBe(1);
    expect(stdout).toContain("waiting: ");
    expect(stdout).toContain("kube-apiserver says FailedDiscoveryCheck: ");
  });

  test("delete in-cluster can leave the data, and a namespace in which there is something left", async () => {
    const first = await project.bootOk("delete", "in-cluster", "--keep-data");
    expect(first.split("\n")[0]).toBe(`deleting APIService ${name}`);
    expect(first).toContain("PersistentVolumeClaim demo-system/demo-data stays, with what is stored in it");
    expect(first).toContain("Namespace demo-system stays: it has PersistentVolumeClaim/demo-data");
    expect(await kubectl.ok(["get", "apiservices,clusterroles", "-o", "name"])).not.toMatch(/animal|demo/);
    const releasing = releaseVolumes(cluster, "demo-system");
    const second = await project.bootOk("delete", "in-cluster");
    await releasing.end();
    expect(second).toBe("deleting PersistentVolumeClaim demo-system/demo-data\ndeleting Namespace demo-system\n");
    expect(await kubectl.ok(["get", "namespaces", "-o", "name"])).not.toContain("demo");
  });

  const trusts = (caBundle: string | null): Promise<string> => merge("apiservice", name, { spec: { caBundle } });

  async function availability(status: string): Promise<void> {
    await kubectl.ok(["wait", `--for=condition=Available=${status}`, `apiservice/${name}`, "--timeout=100s"]);
  }
});

function ago(days: number): Date {
  return new Date(Date.now() - days * day);
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
