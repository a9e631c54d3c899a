import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import {
  addAuthenticationFlags,
  checkAuthenticationFlags,
  openAuthentication,
  type AuthenticationFlags,
} from "../../runtime/start/authentication-flags.ts";
import { clusterClients } from "../../runtime/start/cluster-clients.ts";
import { issueAuthority } from "../../runtime/start/issue-certificates.ts";
import { startKubeApi, status, type KubeApi } from "../cluster-client/kube-api.ts";

let folder: string;
let api: KubeApi | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "authentication-flags-"));
});

afterEach(async () => {
  vi.useRealTimers();
  await api?.close();
  api = undefined;
  await rm(folder, { recursive: true });
});

function parse(...argv: string[]): AuthenticationFlags {
  const command = addAuthenticationFlags(new Command().exitOverride().configureOutput({ writeErr: () => undefined }));
  command.parse(argv, { from: "user" });
  return command.opts<AuthenticationFlags>();
}

test("flags have the names and defaults of aggregated Go servers", () => {
  expect(parse()).toEqual({
    authenticationSkipLookup: false,
    authenticationTolerateLookupFailure: false,
    authenticationTokenWebhookCacheTtl: 10_000,
    requestheaderAllowedNames: [],
    requestheaderUsernameHeaders: ["x-remote-user"],
    requestheaderUidHeaders: [],
    requestheaderGroupHeaders: ["x-remote-group"],
    requestheaderExtraHeadersPrefix: ["x-remote-extra-"],
  });
});

test("lists replace the defaults, and add up", () => {
  const flags = parse(
    "--requestheader-allowed-names=a, b",
    "--requestheader-allowed-names=c",
    "--requestheader-group-headers=X-Group",
    "--requestheader-extra-headers-prefix=",
    "--authentication-skip-lookup",
    "--authentication-tolerate-lookup-failure=true",
    "--authentication-token-webhook-cache-ttl=2m",
  );
  expect(flags).toMatchObject({
    requestheaderAllowedNames: ["a", "b", "c"],
    requestheaderGroupHeaders: ["X-Group"],
    requestheaderExtraHeadersPrefix: [],
    authenticationSkipLookup: true,
    authenticationTolerateLookupFailure: true,
    authenticationTokenWebhookCacheTtl: 120_000,
  });
});

test.each([
  ["--requestheader-allowed-names=a,,b", "a list with commas"],
  ["--authentication-skip-lookup=perhaps", "true or false"],
  ["--authentication-token-webhook-cache-ttl=-1s", "a duration"],
])("%s is refused", (flag, why) => {
  expect(() => parse(flag)).toThrow(why);
});

test("headers of user ids must have the one among them that the kube-apiserver sends", () => {
  expect(() => checkAuthenticationFlags(parse("--requestheader-uid-headers=X-Uid"))).toThrow("X-Remote-Uid");
  expect(() => checkAuthenticationFlags(parse("--requestheader-uid-headers=X-Uid,X-REMOTE-UID"))).not.toThrow();
});

async function writeKubeconfig(): Promise<string> {
  if (api === undefined) throw new Error("there is no server");
  const file = join(folder, "kubeconfig");
  const ca = Buffer.from(api.authority.certificate).toString("base64");
  const kubeconfig = {
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: `https://127.0.0.1:${api.port}`, "certificate-authority-data": ca } }],
    users: [{ name: "u", user: { token: "t" } }],
  };
  await writeFile(file, stringify(kubeconfig));
  return file;
}

async function startWithConfigMap(): Promise<string> {
  const { certificate } = await issueAuthority(new Date());
  const metadata = { name: "extension-apiserver-authentication", namespace: "kube-system", resourceVersion: "1" };
  const data = { "client-ca-file": certificate, "requestheader-client-ca-file": certificate };
  api = await startKubeApi(({ json, url, response }) => {
    if (url.searchParams.has("watch")) response.writeHead(200).flushHeaders();
    else json(200, { metadata: { resourceVersion: "1" }, items: [{ metadata, data }] });
  });
  return certificate;
}

test("with a kubeconfig it looks up whom to trust, and has tokens reviewed", async () => {
  const certificate = await startWithConfigMap();
  const clients = clusterClients(await writeKubeconfig(), {});
  const opened = await openAuthentication(parse(), clients, () => undefined);
  expect(opened.config.clientCa()?.pem).toBe(certificate);
  expect(opened.config.requestHeader()?.authorities.pem).toBe(certificate);
  expect(opened.authenticators).toHaveLength(3);
  opened.close();
  clients.close();
});

test("connections by the same kubeconfig are one", async () => {
  await startWithConfigMap();
  const file = await writeKubeconfig();
  const clients = clusterClients(file, {});
  const first = await clients.open({ flag: "--authentication-kubeconfig", file: undefined });
  expect(await clients.open({ flag: "--authorization-kubeconfig", file })).toBe(first);
  clients.close();
});

test("outside of any cluster nobody is known and nothing is asked", async () => {
  const opened = await openAuthentication(parse(), clusterClients(undefined, {}), () => undefined);
  expect(opened.authenticators).toHaveLength(2);
  expect(opened.config.bundle()).toBe("");
  opened.close();
});

test("with --authentication-skip-lookup only tokens are asked about", async () => {
  await startWithConfigMap();
  const clients = clusterClients(await writeKubeconfig(), {});
  const opened = await openAuthentication(parse("--authentication-skip-lookup"), clients, () => undefined);
  expect(opened.authenticators).toHaveLength(3);
  expect(opened.config.lookup).toBeUndefined();
  expect(api?.asked).toEqual([]);
  opened.close();
  clients.close();
});

const noRight =
  'configmaps "extension-apiserver-authentication" is forbidden: User "ann" cannot list resource "configmaps" in API group "" in the namespace "kube-system"';

async function openForbidden(
  lines: string[],
  ...argv: string[]
): Promise<Awaited<ReturnType<typeof openAuthentication>>> {
  api = await startKubeApi(({ json }) => json(403, status(403, "Forbidden", noRight)));
  const clients = clusterClients(await writeKubeconfig(), {});
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const opening = openAuthentication(parse(...argv), clients, (line) => {
    lines.push(line);
    // Now that it is known what is wrong, the time is up.
    vi.advanceTimersByTime(10_000);
  });
  try {
    return await opening;
  } finally {
    clients.close();
  }
}

const missing =
  "cannot list the ConfigMap kube-system/extension-apiserver-authentication: grant get, list, watch on configmaps (core) in namespace kube-system to ann";

test("what cannot be looked up ends the start, with the right that is missing and how to grant it", async () => {
  await expect(openForbidden([])).rejects.toThrow(
    `${missing}; bind the role extension-apiserver-authentication-reader of kube-system to this server's user`,
  );
});

test("it may be tolerated", async () => {
  const lines: string[] = [];
  const opened = await openForbidden(lines, "--authentication-tolerate-lookup-failure");
  expect(lines).toEqual([
    missing,
    "serving without the cluster's configuration of authentication until it can be read",
  ]);
  expect(opened.config.bundle()).toBe("");
  opened.close();
});

test("a file that cannot be used is named", async () => {
  const file = join(folder, "none");
  const clients = clusterClients(undefined, {});
  await expect(openAuthentication(parse("--client-ca-file", file), clients, () => undefined)).rejects.toThrow(
    `${file} holds no certificates of authorities that can be read: ENOENT`,
  );
  await expect(clusterClients(file, {}).open({ flag: "--x", file: undefined })).rejects.toThrow(
    `--kubeconfig: ${file}`,
  );
  await expect(clients.open({ flag: "--x", file })).rejects.toThrow(`--x: ${file}: cannot be read as a kubeconfig`);
});
