import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { configFromKubeconfig, inClusterConfig } from "../../runtime/cluster/config.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cluster-config-"));
});

afterAll(() => rm(folder, { recursive: true }));

const server = "https://10.0.0.1:6443";

async function read(cluster: object, user: object, more: object = {}): Promise<unknown> {
  const file = join(folder, "kubeconfig");
  const kubeconfig = {
    "current-context": "two",
    contexts: [
      { name: "one", context: { cluster: "a", user: "b" } },
      { name: "two", context: { cluster: "c", user: "u", namespace: "x" } },
    ],
    clusters: [
      { name: "a", cluster: { server: "https://other" } },
      { name: "c", cluster },
    ],
    users: [{ name: "u", user }],
    ...more,
  };
  await writeFile(file, stringify(kubeconfig));
  return configFromKubeconfig(file).catch((error: unknown) => String(error).replace(`Error: ${file}: `, ""));
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

test("the current context is used; data stands for files, and files are beside the kubeconfig", async () => {
  const cluster = { server, "certificate-authority-data": base64("CA"), "certificate-authority": "unused" };
  const user = { "client-certificate": "c.crt", "client-key": "/k/c.key", token: "old", tokenFile: "t" };
  expect(await read({ ...cluster, "tls-server-name": "kube" }, user)).toEqual({
    server: new URL(server),
    serverName: "kube",
    authority: { text: "CA" },
    token: { file: join(folder, "t") },
    clientCertificate: { certificate: { file: join(folder, "c.crt") }, key: { file: "/k/c.key" } },
  });
});

test("a token may stand in the kubeconfig", async () => {
  expect(await read({ server, "insecure-skip-tls-verify": false }, { token: "t" })).toEqual({
    server: new URL(server),
    token: { text: "t" },
  });
});

test.each<[string, object, object, object, string]>([
  ["TLS without proof", { server, "insecure-skip-tls-verify": true }, {}, {}, "insecure-skip-tls-verify is refused"],
  ["TLS without proof, in quotes", { server, "insecure-skip-tls-verify": "true" }, {}, {}, "is refused"],
  ["a proxy", { server, "proxy-url": "http://p" }, {}, {}, "proxy-url is not supported"],
  ["a program", { server }, { exec: {} }, {}, "exec is not supported"],
  ["a plugin", { server }, { "auth-provider": {} }, {}, "auth-provider is not supported"],
  ["a password", { server }, { username: "u", password: "p" }, {}, "username is not supported"],
  ["acting for others", { server }, { as: "u" }, {}, "as is not supported"],
  ["a certificate without key", { server }, { "client-certificate": "c" }, {}, "go together"],
  ["plain HTTP", { server: "http://10.0.0.1" }, {}, {}, 'server "http://10.0.0.1" is not a URL such as'],
  ["no server", {}, {}, {}, 'server "" is not a URL'],
  ["no current context", { server }, {}, { "current-context": "" }, "current-context is not set"],
  ["a context that is not there", { server }, {}, { "current-context": "x" }, 'contexts has none of the name "x"'],
  ["no users", { server }, {}, { users: [] }, 'users has none of the name "u"'],
  ["a token that is no string", { server }, { token: { a: 1 } }, {}, "token is not a string"],
])("%s is refused by name", async (_what, cluster, user, more, expected) => {
  expect(await read(cluster, user, more)).toContain(expected);
});

test("a file that is not there is named", async () => {
  const file = join(folder, "none");
  await expect(configFromKubeconfig(file)).rejects.toThrow(`${file}: cannot be read as a kubeconfig: ENOENT`);
});

test.each([
  ["10.0.0.1", "https://10.0.0.1/"],
  ["fd00::1", "https://[fd00::1]/"],
])("a pod reaches %s with its service account", async (host, url) => {
  const account = await mkdtemp(join(folder, "account-"));
  await writeFile(join(account, "token"), "t");
  await writeFile(join(account, "ca.crt"), "CA");
  expect(await inClusterConfig({ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: "443" }, account)).toEqual({
    server: new URL(url),
    authority: { file: join(account, "ca.crt") },
    token: { file: join(account, "token") },
  });
});

test("what is no pod is told so, and one without a token too", async () => {
  await expect(inClusterConfig({}, folder)).rejects.toThrow("this is no pod");
  const account = join(folder, "empty");
  await mkdir(account);
  const environment = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };
  await expect(inClusterConfig(environment, account)).rejects.toThrow("service account's credentials cannot be read");
});
