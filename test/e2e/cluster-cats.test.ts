import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAggregatedServer, type AggregatedServer } from "../cluster/aggregated-server.ts";
import { startControlPlane, type ControlPlane } from "../cluster/control-plane.ts";
import type { Kubectl } from "./kubectl.ts";
import { kubectlList, lucky } from "./kubectl-list.ts";

let cluster: ControlPlane;
let server: AggregatedServer;
let admin: Kubectl;

beforeAll(async () => {
  cluster = await startControlPlane();
  server = await startAggregatedServer(cluster);
  admin = await cluster.kubectl();
});
afterAll(async () => {
  await server.kill();
  await cluster.stop();
});

test("the APIService is available", async () => {
  const table = await admin.ok(["get", "apiservice", "v1alpha1.animal.skai.io"]);
  expect(table).toMatch(/^v1alpha1\.animal\.skai\.io +animal-server-system\/animal-server +True +\d+s$/m);
});

test("kube-apiserver's discovery and OpenAPI have the group beside all others", async () => {
  const versions = await admin.ok(["api-versions"]);
  expect(versions).toMatch(/^animal\.skai\.io\/v1alpha1$/m);
  expect(versions).toMatch(/^apps\/v1$/m);
  const { body } = await cluster.admin.send("GET", "/apis/animal.skai.io");
  expect(body).toMatchObject({ kind: "APIGroup", preferredVersion: { groupVersion: "animal.skai.io/v1alpha1" } });
});

// kubectl 1.22 is 14 minor versions older than the control plane.
describe.each(["1.28", "1.35"] as const)("kubectl %s through kube-apiserver, as cluster-admin", (version) => {
  kubectlList(version, () => cluster.kubectl({ version }));
});

describe("a user with a narrow Role", () => {
  const user = { name: "ann", groups: ["keepers"] };
  const allowed = ["get", "list", "watch", "create", "patch"];
  const refused = ["update", "delete", "deletecollection"];
  const rbac = "rbac.authorization.k8s.io";
  let narrow: Kubectl;

  beforeAll(async () => {
    await cluster.apply(
      {
        apiVersion: `${rbac}/v1`,
        kind: "Role",
        metadata: { name: "cat-keeper", namespace: "default" },
        rules: [{ apiGroups: ["animal.skai.io"], resources: ["cats"], verbs: allowed }],
      },
      {
        apiVersion: `${rbac}/v1`,
        kind: "RoleBinding",
        metadata: { name: "cat-keepers", namespace: "default" },
        subjects: [{ apiGroup: rbac, kind: "Group", name: "keepers" }],
        roleRef: { apiGroup: rbac, kind: "Role", name: "cat-keeper" },
      },
    );
    narrow = await cluster.kubectl({ kubeconfig: await cluster.kubeconfigFor(user) });
  });

  test.each([...allowed, ...refused])("auth can-i says whether he may %s", async (verb) => {
    const { stdout, code } = await narrow.run(["auth", "can-i", verb, "cats.animal.skai.io"]);
    expect([stdout, code]).toEqual(allowed.includes(verb) ? ["yes\n", 0] : ["no\n", 1]);
  });

  /** Ways to the server: its own answer counts even where kube-apiserver has let a request pass. */
  const ways: readonly [string, () => Promise<Kubectl>][] = [
    ["through kube-apiserver", async () => narrow],
    ["straight to the server", async () => cluster.kubectl({ kubeconfig: await server.directKubeconfigFor(user) })],
  ];

  describe.each(ways)("%s", (_, kubectlOf) => {
    let kubectl: Kubectl;

    beforeAll(async () => {
      kubectl = await kubectlOf();
      await admin.ok(["apply", "-f", "-"], { input: lucky });
    });
    afterAll(async () => {
      await admin.ok(["delete", "cats", "--all"]);
    });

    test("may get, list, create and patch, as the Role says", async () => {
      expect(await kubectl.ok(["get", "cats", "-o", "name"])).toBe("cat.animal.skai.io/mycat\n");
      expect(await kubectl.ok(["get", "cat", "mycat", "-o", "jsonpath={.spec.name}"])).toBe("lucky");
      const input = lucky.replace("mycat", "hers");
      const created = await kubectl.ok(["create", "-f", "-"], { input });
      expect(created).toBe("cat.animal.skai.io/hers created\n");
      await kubectl.ok(["patch", "cat", "hers", "--type=merge", "-p", '{"spec":{"lives":3}}']);
      expect(await kubectl.ok(["get", "cat", "hers", "-o", "jsonpath={.spec.lives}"])).toBe("3");
    });

    const path = "/apis/animal.skai.io/v1alpha1";
    const resource = 'resource "cats" in API group "animal.skai.io"';
    const updateStatus =
      'cannot update resource "cats/status" in API group "animal.skai.io" in the namespace "default"';
    test.each([
      ["delete", ["delete", "cat", "mycat"], `cannot delete ${resource} in the namespace "default"`],
      ["delete many", ["delete", "--raw", `${path}/namespaces/default/cats`], "cannot deletecollection"],
      [
        "list elsewhere",
        ["get", "cats", "-n", "kube-system"],
        `cannot list ${resource} in the namespace "kube-system"`,
      ],
      ["list everywhere", ["get", "cats", "-A"], `cannot list ${resource} at the cluster scope`],
      [
        "change the status",
        ["replace", "--raw", `${path}/namespaces/default/cats/mycat/status`, "-f", "-"],
        updateStatus,
      ],
    ])("may not %s, and is told so in the usual words", async (_what, args, words) => {
      const { code, stderr } = await kubectl.run(args, { input: "{}" });
      expect(code).toBe(1);
      expect(stderr).toContain("(Forbidden): ");
      expect(stderr).toContain('is forbidden: User "ann" ');
      expect(stderr).toContain(words);
    });
  });
});
