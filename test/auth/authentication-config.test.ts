import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  authenticationConfig,
  type AuthenticationConfig,
  type AuthenticationSources,
} from "../../runtime/auth/authentication-config.ts";
import { clusterClient, type ClusterClient } from "../../runtime/cluster/client.ts";
import { startKubeApi, until, type Asked, type KubeApi } from "../cluster-client/kube-api.ts";
import { issueRoot } from "./certificates.ts";

let api: KubeApi;
let client: ClusterClient;
let config: AuthenticationConfig;
let folder: string;
let told: string[];
let watching: Asked[];
let revision: number;
/** The ConfigMap's data. */
let data: Record<string, string>;

beforeEach(async () => {
  told = [];
  watching = [];
  revision = 5;
  data = {
    "client-ca-file": (await issueRoot("users")).pem,
    "requestheader-client-ca-file": (await issueRoot("proxies")).pem,
    "requestheader-allowed-names": '["front-proxy-client"]',
    "requestheader-username-headers": '["X-Remote-User"]',
    "requestheader-uid-headers": '["X-Remote-Uid"]',
    "requestheader-group-headers": '["X-Remote-Group"]',
    "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
  };
  api = await startKubeApi((asked) => {
    if (asked.url.searchParams.has("watch")) {
      watching.push(asked);
      asked.response.writeHead(200).flushHeaders();
    } else asked.json(200, { metadata: { resourceVersion: "5" }, items: [configMap(5)] });
  });
  client = clusterClient(api.config);
  folder = await mkdtemp(join(tmpdir(), "authentication-"));
});

afterEach(async () => {
  vi.useRealTimers();
  config.close();
  client.close();
  await api.close();
  await rm(folder, { recursive: true });
});

function configMap(at: number): object {
  const metadata = { name: "extension-apiserver-authentication", namespace: "kube-system" };
  return { metadata: { ...metadata, resourceVersion: String(at) }, data };
}

async function open(sources: Partial<AuthenticationSources>): Promise<AuthenticationConfig> {
  config = await authenticationConfig({ tell: (line) => told.push(line), ...sources });
  await config.lookup?.synced;
  return config;
}

async function change(type: string, more: Record<string, string>): Promise<void> {
  data = { ...data, ...more };
  await until(() => watching.length > 0);
  watching[0]?.response.write(`${JSON.stringify({ type, object: configMap(++revision) })}\n`);
}

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

const names = {
  allowedNames: ["proxy"],
  usernameHeaders: ["X-User"],
  uidHeaders: [],
  groupHeaders: [],
  extraPrefixes: [],
};

test("all is looked up in the cluster's ConfigMap, which alone is read", async () => {
  await open({ client });
  expect(config.clientCa()?.pem).toBe(data["client-ca-file"]);
  expect(config.requestHeader()).toMatchObject({
    authorities: { pem: data["requestheader-client-ca-file"] },
    allowedNames: ["front-proxy-client"],
    usernameHeaders: ["x-remote-user"],
    uidHeaders: ["x-remote-uid"],
    groupHeaders: ["x-remote-group"],
    extraPrefixes: ["x-remote-extra-"],
  });
  expect(config.bundle()).toBe(`${data["client-ca-file"]}\n${data["requestheader-client-ca-file"]}`);
  expect(api.asked[0]).toContain("GET /api/v1/namespaces/kube-system/configmaps?");
  expect(api.asked[0]).toContain("fieldSelector=metadata.name%3Dextension-apiserver-authentication");
});

test("changes of the ConfigMap count at once, and the listener hears of new authorities", async () => {
  await open({ client });
  const before = config.clientCa();
  const bundles: string[] = [];
  config.onChange(() => bundles.push(config.bundle()));
  const { pem } = await issueRoot("new proxies");
  await change("MODIFIED", { "requestheader-client-ca-file": pem, "requestheader-allowed-names": "[]" });
  await until(() => config.requestHeader()?.authorities.pem === pem);
  expect(config.requestHeader()?.allowedNames).toEqual([]);
  expect(bundles).toEqual([`${data["client-ca-file"]}\n${pem}`]);
  // So that what it remembers of connections stays good.
  expect(config.clientCa()).toBe(before);
});

test.each<[string, string, Record<string, string>, string[]]>([
  [
    "cannot be read",
    "MODIFIED",
    { "requestheader-client-ca-file": "hello" },
    ["the ConfigMap kube-system/extension-apiserver-authentication cannot be used: there is no certificate in it"],
  ],
  [
    "has a list that is none",
    "MODIFIED",
    { "requestheader-allowed-names": "{}" },
    [
      "the ConfigMap kube-system/extension-apiserver-authentication cannot be used: requestheader-allowed-names is not a JSON list of strings",
    ],
  ],
  ["has no authorities any more", "MODIFIED", { "client-ca-file": "", "requestheader-client-ca-file": "" }, []],
  ["is deleted", "DELETED", {}, []],
])("a ConfigMap that %s leaves things as they were", async (_what, type, more, lines) => {
  await open({ client });
  const before = config.requestHeader();
  const authorities: unknown[] = [];
  config.onChange(() => authorities.push(config.clientCa()?.pem));
  await change(type, more);
  // What comes later shows that it has been seen.
  const { pem } = await issueRoot("later");
  await change("ADDED", { "client-ca-file": pem, "requestheader-allowed-names": '["front-proxy-client"]' });
  await until(() => authorities.length > 0);
  expect(authorities).toEqual([pem]);
  expect(config.requestHeader()).toEqual(before);
  expect(config.requestHeader()?.authorities).toBe(before?.authorities);
  expect([...new Set(told)]).toEqual(lines);
});

test("what files say is not looked up", async () => {
  const [users, proxies] = [await issueRoot("u"), await issueRoot("p")];
  const clientCaFile = await write("users.crt", users.pem);
  await open({ client, clientCaFile });
  expect(config.clientCa()?.pem).toBe(users.pem);
  expect(config.requestHeader()?.authorities.pem).toBe(data["requestheader-client-ca-file"]);
  config.close();
  const asked = api.asked.length;
  await open({ client, clientCaFile, requestHeader: { caFile: await write("proxies.crt", proxies.pem), names } });
  expect(config.requestHeader()).toMatchObject({ authorities: { pem: proxies.pem }, usernameHeaders: ["x-user"] });
  expect(config.lookup).toBeUndefined();
  expect(api.asked).toHaveLength(asked);
});

test("without files and without a cluster nobody is trusted", async () => {
  await open({});
  expect([config.clientCa(), config.requestHeader(), config.bundle()]).toEqual([undefined, undefined, ""]);
});

test("files are read again, and what was read last stays where they are no good", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const [before, after] = [await issueRoot("before"), await issueRoot("after")];
  const clientCaFile = await write("users.crt", before.pem);
  await open({ clientCaFile });
  let changes = 0;
  config.onChange(() => changes++);
  await write("users.crt", "half a certif");
  vi.advanceTimersByTime(10_000);
  await until(() => told.length > 0);
  expect(told).toEqual([
    `${clientCaFile} holds no certificates of authorities that can be read: there is no certificate in it`,
  ]);
  expect(config.clientCa()?.pem).toBe(before.pem);
  await write("users.crt", after.pem);
  vi.advanceTimersByTime(10_000);
  await until(() => config.clientCa()?.pem === after.pem);
  expect(changes).toBe(1);
});

test("a file that is no good to begin with is an error", async () => {
  await open({});
  const file = await write("users.crt", "hello");
  await expect(authenticationConfig({ clientCaFile: file, tell: () => undefined })).rejects.toThrow(file);
});
