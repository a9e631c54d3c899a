import { afterAll, beforeAll, expect, test } from "vitest";
import type { Authorizer } from "../../runtime/auth/authorizer.ts";
import { subjectAccessReviewAuthorizer } from "../../runtime/auth/subject-access-review.ts";
import { clusterClient, type ClusterClient } from "../../runtime/cluster/client.ts";
import { configFromKubeconfig } from "../../runtime/cluster/config.ts";
import { requestInfo } from "../../runtime/http/request-info.ts";
import { startControlPlane, type ControlPlane } from "../cluster/control-plane.ts";

const cats = "/apis/animal.skai.io/v1alpha1/namespaces/default/cats";
const rbac = "rbac.authorization.k8s.io";
const server = { name: "animal-apiserver" };
const stranger = { name: "stranger" };
const waiting = { signal: new AbortController().signal };

let cluster: ControlPlane;
const clients: ClusterClient[] = [];

beforeAll(async () => {
  cluster = await startControlPlane();
  const group = [{ apiGroup: rbac, kind: "Group", name: "keepers" }];
  await cluster.apply(
    {
      apiVersion: `${rbac}/v1`,
      kind: "Role",
      metadata: { name: "keeper", namespace: "default" },
      rules: [
        { apiGroups: ["animal.skai.io"], resources: ["cats"], verbs: ["get", "list"] },
        { apiGroups: ["animal.skai.io"], resources: ["cats/status"], resourceNames: ["tom"], verbs: ["update"] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name: "keeper", namespace: "default" },
      roleRef: { apiGroup: rbac, kind: "Role", name: "keeper" },
      subjects: group,
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: "animal-apiserver" },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "system:auth-delegator" },
      subjects: [{ apiGroup: rbac, kind: "User", name: server.name }],
    },
  );
});
afterAll(async () => {
  for (const client of clients) client.close();
  await cluster.stop();
});

async function authorizerOf(user: { readonly name: string }): Promise<Authorizer> {
  const client = clusterClient(await configFromKubeconfig(await cluster.kubeconfigFor(user)));
  clients.push(client);
  return subjectAccessReviewAuthorizer(client);
}

const selectors = "labelSelector=a=b,c!=d,e%20in%20(f,g),!h,i,j>1&fieldSelector=metadata.name=tom";

test.each<[string, string, string[], boolean]>([
  ["GET", cats, ["keepers"], true],
  ["GET", `${cats}?${selectors}`, ["keepers"], true],
  ["GET", `${cats}?watch=1&${selectors}`, ["keepers"], false],
  ["GET", `${cats}/tom`, ["keepers"], true],
  ["GET", `${cats}/tom`, [], false],
  ["DELETE", `${cats}/tom`, ["keepers"], false],
  ["PUT", `${cats}/tom`, ["keepers"], false],
  ["PUT", `${cats}/tom/status`, ["keepers"], true],
  ["PUT", `${cats}/tim/status`, ["keepers"], false],
  ["GET", "/apis/animal.skai.io/v1alpha1/cats", ["keepers"], false],
  ["GET", "/apis", ["system:authenticated"], true],
  ["GET", "/metrics", ["system:authenticated"], false],
  ["GET", "/metrics", ["system:masters"], true],
])("RBAC has the last word: %s %s by members of %j is allowed: %s", async (method, url, groups, allowed) => {
  const authorize = await authorizerOf(server);
  const user = { name: "ann", uid: "u", groups, extra: { "example.dev/scopes": ["a"] } };
  const info = requestInfo(method, url);
  expect(await authorize(user, info, waiting)).toMatchObject({ allowed });
  expect(authorize(user, info, waiting)).not.toBeInstanceOf(Promise);
});

test("without the right to ask, whoever runs the server is told what it lacks", async () => {
  const authorize = await authorizerOf(stranger);
  const user = { name: "ann", uid: "", groups: [], extra: {} };
  await expect(authorize(user, requestInfo("GET", cats), waiting)).rejects.toMatchObject({
    status: {
      code: 500,
      reason: "InternalError",
      message:
        `Internal Server Error: "${cats}": subjectaccessreviews.authorization.k8s.io is forbidden: ` +
        'User "stranger" cannot create resource "subjectaccessreviews" in API group "authorization.k8s.io" at the cluster scope',
    },
  });
});
