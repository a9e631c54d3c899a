import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scheme } from "../../generated/index.ts";
import { authenticationConfig } from "../../runtime/auth/authentication-config.ts";
import type { Authorizer } from "../../runtime/auth/authorizer.ts";
import type { UserInfo } from "../../runtime/meta/user-info.ts";
import { createServer, type Server } from "../../runtime/server.ts";
import {
  addAuthenticationFlags,
  openAuthentication,
  type AuthenticationFlags,
  type OpenAuthentication,
} from "../../runtime/start/authentication-flags.ts";
import { clusterClients, type ClusterClients } from "../../runtime/start/cluster-clients.ts";
import { issueAuthority, issueClient, issueServing } from "../../runtime/start/issue-certificates.ts";
import type { KeyPair } from "../../runtime/start/key-pair.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { registration, serverAccount } from "../cluster/aggregated-objects.ts";
import { startControlPlane, type ClusterObject, type ControlPlane } from "../cluster/control-plane.ts";
import { poll } from "../cluster/poll.ts";
import { RestClient } from "./rest-client.ts";

const cats = "/apis/animal.skai.io/v1alpha1/namespaces/default/cats";
const groupVersion = { group: "animal.skai.io", version: "v1alpha1" };

let cluster: ControlPlane;
let server: Server;
let port: number;
let clients: ClusterClients;
let authentication: OpenAuthentication;
let stranger: KeyPair;
/** Who the server took a client for, by the cat that it asked for. */
const users = new Map<string, UserInfo>();
const told: string[] = [];

beforeAll(async () => {
  cluster = await startControlPlane();
  const now = new Date();
  stranger = await issueClient(await issueAuthority(now), { name: "front-proxy-client", group: [] }, now);
  const authority = await issueAuthority(now);
  const { name, namespace, host } = registration(groupVersion, { port: 0, authority: authority.certificate });
  const account = serverAccount({ name, namespace, host, apiService: "", objects: [] }, false);
  const robot: ClusterObject = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "robot", namespace: "default" },
  };
  await cluster.apply(...account, robot);
  const token = await cluster.serviceAccountToken(namespace, name);
  clients = clusterClients(await cluster.kubeconfigWith({ token }), {});
  const flags = addAuthenticationFlags(new Command()).opts<AuthenticationFlags>();
  authentication = await openAuthentication(flags, clients, (line) => told.push(line));
  const serving = await issueServing(authority, host, now);
  server = createServer({
    scheme,
    storage: memoryStorage(),
    tls: { key: serving.key, cert: serving.certificate, clientCa: authentication.config },
    authenticators: authentication.authenticators,
    authorizer: witness,
    version: "0",
    port: 0,
  });
  port = await server.listen("127.0.0.1", 0);
  await cluster.apply(...registration(groupVersion, { port, authority: authority.certificate }).objects);
});

afterAll(async () => {
  await server.close();
  authentication.close();
  clients.close();
  await cluster.stop();
});

const witness: Authorizer = (user, { name, resource }) => {
  if (resource === "cats") users.set(name, user);
  return { allowed: true };
};

interface Presented {
  readonly pair?: KeyPair;
  readonly headers?: https.RequestOptions["headers"];
}

let last = 0;

/** Asks the server past kube-apiserver; gives whom it took the client for, or the code of its refusal. */
async function ask({ pair, headers }: Presented): Promise<unknown> {
  const cat = `cat-${++last}`;
  const request = https.request({
    host: "127.0.0.1",
    port,
    path: `${cats}/${cat}`,
    rejectUnauthorized: false,
    agent: false,
    ...(pair === undefined ? {} : { cert: pair.certificate, key: pair.key }),
    ...(headers === undefined ? {} : { headers }),
  });
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  await text(response);
  return response.statusCode === 404 ? users.get(cat) : response.statusCode;
}

const forged = { "X-Remote-User": "root", "X-Remote-Group": "system:masters" };

test("the front proxy tells who asks, with groups, id and extra fields as they are", async () => {
  const headers = {
    "X-Remote-User": "ann",
    "X-Remote-Uid": "u-1",
    "X-Remote-Group": ["a, b", "c"],
    "X-Remote-Extra-Example.Com%2fScopes": ["x", "y"],
  };
  expect(await ask({ pair: cluster.pki.frontProxy, headers })).toEqual({
    name: "ann",
    uid: "u-1",
    groups: ["a, b", "c", "system:authenticated"],
    extra: { "example.com/scopes": ["x", "y"] },
  });
});

test("forged headers are 401 with a user's certificate, a stranger's, and none", async () => {
  const user = await cluster.certificateFor({ name: "front-proxy-client" });
  // By the right authority, but of a name that may not speak for others.
  const misnamed = await issueClient(cluster.pki.frontProxyAuthority, { name: "other", group: [] }, new Date());
  expect(await ask({ pair: user, headers: forged })).toMatchObject({ name: "front-proxy-client" });
  expect(await ask({ pair: stranger, headers: forged })).toBe(401);
  expect(await ask({ pair: misnamed, headers: forged })).toBe(401);
  expect(await ask({ headers: forged })).toBe(401);
  expect(await ask({ pair: cluster.pki.frontProxy })).toBe(401);
});

test("users are known by certificates of the cluster's authority", async () => {
  const pair = await cluster.certificateFor({ name: "ann", groups: ["dev", "ops"] });
  expect(await ask({ pair })).toMatchObject({ name: "ann", groups: ["dev", "ops", "system:authenticated"] });
  expect(await ask({ pair: stranger })).toBe(401);
  const past = new Date(Date.now() - 400 * 24 * 3600 * 1000);
  expect(await ask({ pair: await issueClient(cluster.pki.authority, { name: "ann", group: [] }, past) })).toBe(401);
});

test("users are known by tokens that the kube-apiserver takes for good", async () => {
  const token = await cluster.serviceAccountToken("default", "robot");
  expect(await ask({ headers: { Authorization: `Bearer ${token}` } })).toMatchObject({
    name: "system:serviceaccount:default:robot",
    groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
  });
  expect(await ask({ headers: { Authorization: "Bearer nonsense" } })).toBe(401);
  expect(await ask({ headers: { Authorization: `Bearer ${token}`, ...forged } })).toMatchObject({
    name: "system:serviceaccount:default:robot",
  });
  expect(await ask({})).toMatchObject({ name: "system:anonymous", groups: ["system:unauthenticated"] });
});

test("through the aggregator everybody is whom the kube-apiserver knows", async () => {
  const ca = cluster.pki.authority.certificate;
  const through = async (client: RestClient): Promise<unknown> => {
    const cat = `cat-${++last}`;
    await poll(
      async () => {
        await client.send("GET", `${cats}/${cat}`);
        return users.get(cat);
      },
      () => "kube-apiserver does not hand requests on",
    );
    return users.get(cat);
  };
  const pair = await cluster.certificateFor({ name: "jürgen", groups: ["a,b", "c"] });
  // The kube-apiserver asks its own authorizer first.
  const rbac = "rbac.authorization.k8s.io";
  await cluster.apply(
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name: "cats" },
      rules: [{ apiGroups: ["animal.skai.io"], resources: ["*"], verbs: ["*"] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: "cats" },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "cats" },
      subjects: [{ apiGroup: rbac, kind: "Group", name: "system:authenticated" }],
    },
  );
  expect(await through(new RestClient(cluster.port, { ca, cert: pair.certificate, key: pair.key }))).toMatchObject({
    name: "jürgen",
    groups: ["a,b", "c", "system:authenticated"],
    extra: { "authentication.kubernetes.io/credential-id": [expect.stringMatching(/^X509SHA256=/)] },
  });
  const token = await cluster.serviceAccountToken("default", "robot");
  expect(await through(new RestClient(cluster.port, { ca, token }))).toMatchObject({
    name: "system:serviceaccount:default:robot",
    uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test("a new front proxy's authority in the ConfigMap counts without a restart, and the old one no longer", async () => {
  const path = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";
  const old = cluster.pki.frontProxyAuthority.certificate;
  const authority = await issueAuthority(new Date(Date.now() + 1000));
  const proxy = await issueClient(authority, { name: "front-proxy-client", group: [] }, new Date());
  const change = (pem: string): Promise<unknown> =>
    cluster.admin.send("PATCH", path, {
      type: "application/merge-patch+json",
      body: { data: { "requestheader-client-ca-file": pem } },
    });
  expect(await ask({ pair: proxy, headers: forged })).toBe(401);
  await change(authority.certificate);
  await poll(
    async () => (await ask({ pair: proxy, headers: forged })) !== 401,
    () => "the new authority is not trusted",
  );
  expect(await ask({ pair: proxy, headers: forged })).toMatchObject({ name: "root" });
  expect(await ask({ pair: cluster.pki.frontProxy, headers: forged })).toBe(401);
  await change(old);
  await poll(
    async () => (await ask({ pair: cluster.pki.frontProxy, headers: forged })) !== 401,
    () => "the old authority is not trusted again",
  );
  expect(told).toEqual([]);
});

test("without the right to look it up the server says which rule it lacks, and goes on once it has it", async () => {
  const name = "poor-server";
  const pair = await cluster.kubeconfigFor({ name });
  const poor = clusterClients(pair, {});
  const lines: string[] = [];
  const client = await poor.open({ flag: "--kubeconfig", file: undefined });
  const config = await authenticationConfig({ client, tell: (line) => lines.push(line) });
  const rule = "grant get, list, watch on configmaps (core) in namespace kube-system to poor-server";
  const trouble = `cannot list the ConfigMap kube-system/extension-apiserver-authentication: ${rule}`;
  await poll(
    async () => config.lookup?.trouble === trouble,
    () => String(config.lookup?.trouble),
  );
  const rbac = "rbac.authorization.k8s.io";
  await cluster.apply({
    apiVersion: `${rbac}/v1`,
    kind: "RoleBinding",
    metadata: { name, namespace: "kube-system" },
    roleRef: { apiGroup: rbac, kind: "Role", name: "extension-apiserver-authentication-reader" },
    subjects: [{ apiGroup: rbac, kind: "User", name }],
  });
  await config.lookup?.synced;
  expect(config.clientCa()?.pem.trim()).toBe(cluster.pki.authority.certificate.trim());
  await poll(
    async () => lines.at(-1) === "the ConfigMap kube-system/extension-apiserver-authentication can be read again",
    () => lines.join("\n"),
  );
  config.close();
  poor.close();
});

test("the kube-apiserver may go away and come back", async () => {
  const pair = await cluster.certificateFor({ name: "ann" });
  await cluster.apiserver.kill();
  expect(await ask({ pair })).toMatchObject({ name: "ann" });
  expect(await ask({ headers: { Authorization: "Bearer unknown" } })).toBe(401);
  await poll(
    async () => authentication.config.lookup?.trouble !== undefined,
    () => "nothing is amiss",
  );
  await cluster.apiserver.restart();
  await poll(
    async () => authentication.config.lookup?.trouble === undefined,
    () => String(authentication.config.lookup?.trouble),
  );
  const token = await cluster.serviceAccountToken("default", "robot");
  expect(await ask({ headers: { Authorization: `Bearer ${token}` } })).toMatchObject({
    name: "system:serviceaccount:default:robot",
  });
});
