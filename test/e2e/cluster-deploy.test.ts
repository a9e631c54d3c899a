import { join } from "node:path";
import tls from "node:tls";
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startControlPlane, type ControlPlane } from "../cluster/control-plane.ts";
import { poll } from "../cluster/poll.ts";
import { again } from "../deploy/again.ts";
import { builtImageFolder, projectFor, type Project } from "../deploy/project.ts";
import { playNode, type PlayedNode } from "../deploy/played-node.ts";
import { releaseVolumes } from "../deploy/release-volumes.ts";
import type { Kubectl } from "./kubectl.ts";
import { lucky } from "./kubectl-list.ts";

let cluster: ControlPlane;
let project: Project;
let node: PlayedNode;
let kubectl: Kubectl;

const image = (tag: string): string => `localhost:5000/skai.io/skai-demo:${tag}`;

beforeAll(async () => {
  cluster = await startControlPlane();
  await cluster.startControllerManager();
  project = await projectFor(cluster);
  kubectl = await cluster.kubectl();
  const app = await builtImageFolder(join(cluster.folder, "app"));
  node = await playNode(cluster, { namespace: "default", name: "skai-demo", app });
});
afterAll(async () => {
  await node?.close();
  await cluster?.stop();
});

test("run in-cluster brings a project into a cluster, and ends once its API is available", async () => {
  const told = await project.bootOk(
    "run",
    "in-cluster",
    `--image=${image("0.0.1")}`,
    "--name=skai-demo",
    "--namespace=default",
  );
  expect(told).toContain("deployment.apps/skai-demo serverside-applied");
  expect(told).toMatch(/^v1alpha1\.animal\.skai\.io: available$/m);
  expect(await kubectl.ok(["api-versions"])).toMatch(/^animal\.skai\.io\/v1alpha1$/m);
  const table = await kubectl.ok(["get", "apiservice", "v1alpha1.animal.skai.io"]);
  expect(table).toMatch(/^v1alpha1\.animal\.skai\.io +default\/skai-demo +True +\d+s$/m);
  expect(await kubectl.ok(["apply", "-f", "-"], { input: lucky })).toBe("cat.animal.skai.io/mycat created\n");
  expect(await kubectl.ok(["get", "cat", "-o", "name"])).toBe("cat.animal.skai.io/mycat\n");
  expect(await kubectl.ok(["get", "cat", "mycat", "-oyaml"])).toContain("name: lucky");
});

test("a second run with a new tag updates the image, and what was stored is still there", async () => {
  expect(node.image).toBe(image("0.0.1"));
  const told = await project.bootOk("run", "in-cluster", `--image=${image("0.0.2")}`);
  expect(told).toMatch(/^v1alpha1\.animal\.skai\.io: available$/m);
  expect(node.image).toBe(image("0.0.2"));
  expect(await kubectl.ok(["get", "cat", "mycat", "-o", "jsonpath={.spec.name}"])).toBe("lucky");
});

test("doctor says that all is well", async () => {
  expect(await project.bootOk("doctor")).toBe("v1alpha1.animal.skai.io: available, and nothing is wrong\n");
  const shown = await project.bootOk("show", "resource", "cats");
  expect(shown).toContain(`image:       ${image("0.0.2")}`);
  expect(shown).toMatch(/^certificate: from .*DNS:skai-demo\.default\.svc/m);
});

test("an object that is rendered no more goes", async () => {
  const args = ["get", "role,clusterrole", "-l", "app.kubernetes.io/name=skai-demo", "-o", "name"];
  await cluster.apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: "skai-demo-old",
      namespace: "default",
      labels: { "app.kubernetes.io/managed-by": "apiserver-boot", "app.kubernetes.io/name": "skai-demo" },
    },
    spec: { type: "ExternalName", externalName: "localhost" },
  });
  const told = await project.bootOk("run", "in-cluster");
  expect(told).toContain("Service default/skai-demo-old goes: it is rendered no more");
  expect(await kubectl.ok(["get", "service", "skai-demo-old", "--ignore-not-found"])).toBe("");
  expect(await kubectl.ok(args)).toContain("clusterrole.rbac.authorization.k8s.io/skai-demo-view");
});

test("new authorities, time and again, keep it available throughout", async () => {
  const outage = watchForOutage();
  for (let rotation = 1; rotation <= 2; rotation++) {
    await project.bootOk("run", "in-cluster", "--rotate");
    await poll(isShownByNewest, () => "the server does not show the certificate of the newest authority");
  }
  // An authority that this cluster has never heard of, as of another checkout of the project.
  await project.bootOk("build", "config", "--rotate");
  await project.bootOk("build", "config", "--rotate");
  await project.bootOk("run", "in-cluster");
  await poll(isShownByNewest, () => "the server does not show the certificate of the newest authority");
  const { asked, troubles } = await outage.end();
  expect(troubles).toEqual([]);
  expect(asked).toBeGreaterThan(20);
  expect(node.started).toBe(2);
});

/** Whether the server shows a certificate of the newest authority. */
async function isShownByNewest(): Promise<boolean> {
  const [newest = ""] = readFileSync(join(project.root, "config/certificates/ca.crt"), "utf8").split(
    /(?<=END.*-----\n)/,
  );
  const socket = tls.connect({ host: "127.0.0.1", port: 443, servername: "skai-demo.default.svc", ca: newest });
  try {
    await once(socket, "secureConnect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Asks for a cat, and whether the API is available, all the time. */
function watchForOutage(): { end(): Promise<{ readonly asked: number; readonly troubles: readonly string[] }> } {
  const troubles: string[] = [];
  let asked = 0;
  const asking = again(20, async () => {
    const cat = await cluster.admin.send("GET", "/apis/animal.skai.io/v1alpha1/namespaces/default/cats/mycat");
    if (cat.status !== 200) troubles.push(JSON.stringify(cat));
    const path = "/apis/apiregistration.k8s.io/v1/apiservices/v1alpha1.animal.skai.io";
    const { body } = await cluster.admin.send("GET", path);
    const { conditions } = body["status"] as { readonly conditions: readonly { readonly status: string }[] };
    if (!conditions.every(({ status }) => status === "True")) troubles.push(JSON.stringify(conditions));
    asked += 1;
  });
  return {
    async end() {
      await asking.end();
      return { asked, troubles };
    },
  };
}

test("delete in-cluster leaves nothing", async () => {
  const releasing = releaseVolumes(cluster, "default");
  const told = await project.bootOk("delete", "in-cluster");
  await releasing.end();
  expect(told.split("\n")[0]).toBe("deleting APIService v1alpha1.animal.skai.io");
  const kinds = (await kubectl.ok(["api-resources", "--verbs=list", "-o", "name"])).trim().split("\n").join(",");
  const labels = ["-l", "app.kubernetes.io/name=skai-demo"];
  expect(await kubectl.ok(["get", kinds, "-A", "-o", "name", ...labels])).toBe("");
  expect(await kubectl.ok(["get", "apiservices,clusterroles,clusterrolebindings,services", "-A"])).not.toContain(
    "skai",
  );
  expect(await project.bootOk("delete", "in-cluster")).toBe("the cluster has nothing of skai-demo\n");
});
