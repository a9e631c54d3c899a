import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Kubectl, kubectlBinary } from "./kubectl.ts";
import { startServer, type RunningServer } from "./server.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
let server: RunningServer;
let folder: string;
let startedInMs: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "start-"));
  const before = Date.now();
  server = await startServer();
  startedInMs = Date.now() - before;
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

test("npm start serves within 10 s, and prints what it serves and what to type next", () => {
  expect(startedInMs).toBeLessThan(10_000);
  expect(server.output()).toContain("animal.skai.io/v1alpha1  cats");
  expect(server.output()).toContain(`export KUBECONFIG=${server.kubeconfig}`);
  expect(server.output()).toContain("kubectl get cats");
});

test("the kubeconfig is for its owner alone", async () => {
  expect((await stat(server.kubeconfig)).mode & 0o777).toBe(0o600);
});

test.each([
  ["/healthz", 200],
  ["/livez?verbose", 200],
  ["/readyz", 200],
  ["/version", 200],
  ["/api", 200],
  ["/apis", 200],
  ["/apis/animal.skai.io", 200],
  ["/apis/animal.skai.io/v1alpha1", 200],
  ["/openapi/v2", 403],
  ["/openapi/v3", 403],
  ["/apis/animal.skai.io/v1alpha1/cats", 403],
  ["/apis/animal.skai.io/v1alpha1/namespaces/default/cats/mycat", 403],
  ["/", 403],
])("without the credential %s answers %i", async (path, status) => {
  expect((await request(path)).status).toBe(status);
});

test("a refusal without the credential says who may not do what", async () => {
  const { body } = await request("/apis/animal.skai.io/v1alpha1/namespaces/default/cats");
  expect(JSON.parse(body)).toMatchObject({
    kind: "Status",
    reason: "Forbidden",
    message:
      'cats.animal.skai.io is forbidden: User "system:anonymous" cannot list resource "cats" ' +
      'in API group "animal.skai.io" in the namespace "default"',
  });
});

test("a credential of another authority is 401, never anonymous", async () => {
  const other = await startServer();
  try {
    const kubeconfig = await readFile(other.kubeconfig, "utf8");
    const mixed = (await readFile(server.kubeconfig, "utf8"))
      .replace(/client-certificate-data: .*/, /client-certificate-data: .*/.exec(kubeconfig)?.[0] ?? "")
      .replace(/client-key-data: .*/, /client-key-data: .*/.exec(kubeconfig)?.[0] ?? "");
    await writeFile(join(folder, "mixed"), mixed, { mode: 0o600 });
    const kubectl = new Kubectl(await kubectlBinary("1.35"), join(folder, "mixed"), folder);
    const { code, stderr } = await kubectl.run(["get", "--raw", "/apis/animal.skai.io/v1alpha1/cats"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/Unauthorized|must be logged in|provide credentials/);
  } finally {
    await other.stop();
  }
});

test("kubectl --as acts with the rights of that user, and the administrator may be anybody", async () => {
  const kubectl = new Kubectl(await kubectlBinary("1.35"), server.kubeconfig, folder);
  expect(await kubectl.run(["get", "cats", "--as=bob", "--as-group=dev,ops", "--as-uid=1"])).toMatchObject({
    code: 1,
    stderr:
      'Error from server (Forbidden): cats.animal.skai.io is forbidden: User "bob" cannot list resource "cats" ' +
      'in API group "animal.skai.io" in the namespace "default"\n',
  });
  expect(await kubectl.run(["get", "cats", "--as=bob", "--as-group=system:masters"])).toMatchObject({ code: 0 });
  expect((await kubectl.run(["get", "cats", "--as-group=system:masters"])).code).toBe(1);
});

test.each([
  [
    "a flag that does not exist",
    ["--secure-prot=1"],
    /^error: unknown option '--secure-prot=1'.*--help lists the flags\n$/,
  ],
  ["a port that is no port", ["--secure-port=x"], /^error: .*A port is a number from 0 to 65535/],
  ["an address that is not this machine's alone", ["--bind-address=0.0.0.0"], /^error: .*for this machine only/],
])("%s is one clear line and exit code 1", async (_, flags, line) => {
  const { code, stderr } = await main(flags);
  expect(code).toBe(1);
  expect(stderr).toMatch(line);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("a port in use is one clear line and exit code 1", async () => {
  const port = new URL(server.url).port;
  const { code, stderr } = await main([`--secure-port=${port}`, `--data-dir=${join(folder, "second")}`]);
  expect(code).toBe(1);
  expect(stderr).toBe(`error: port ${port} on 127.0.0.1 is in use; stop what uses it, or give --secure-port\n`);
});

test("a store that another server has is one clear line and exit code 1, and the other goes on", async () => {
  const { code, stderr } = await main(["--secure-port=0", `--data-dir=${join(server.folder, "data")}`]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: .*(in use|process)/);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect((await request("/readyz")).status).toBe(200);
});

test("a broken certificate is one clear line and exit code 1", async () => {
  const broken = join(folder, "broken.crt");
  await writeFile(broken, "not a certificate");
  const files = [
    `--tls-cert-file=${broken}`,
    `--tls-private-key-file=${broken}`,
    `--data-dir=${join(folder, "third")}`,
  ];
  const { code, stderr } = await main(["--secure-port=0", ...files]);
  expect(code).toBe(1);
  expect(stderr).toBe(`error: --tls-cert-file: ${broken} holds no certificate in PEM form\n`);
});

test("objects outlive a stop, and SIGTERM and SIGINT end npm start with exit code 0", async () => {
  const data = join(folder, "kept");
  const flags = [`--data-dir=${data}`];
  const cat = { apiVersion: "animal.skai.io/v1alpha1", kind: "Cat", metadata: { name: "kept" }, spec: { name: "k" } };
  const first = await startServer(flags);
  const binary = await kubectlBinary("1.35");
  await new Kubectl(binary, first.kubeconfig, first.folder).ok(["create", "-f", "-"], { input: JSON.stringify(cat) });
  expect(await first.stop("SIGTERM")).toBe(0);
  const second = await startServer(flags);
  const shown = await new Kubectl(binary, second.kubeconfig, second.folder).ok(["get", "cats", "-o", "name"]);
  expect(shown).toBe("cat.animal.skai.io/kept\n");
  expect(await second.stop("SIGINT")).toBe(0);
});

async function request(path: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, server.url);
    // Anybody may ask, so what the server's certificate says is not this test's matter.
    const sent = https.get(url, { rejectUnauthorized: false }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode, body }));
    });
    sent.on("error", reject);
  });
}

async function main(flags: readonly string[]): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    const args = [join(root, "dist/server/main.js"), `--write-kubeconfig=${join(folder, "kubeconfig")}`, ...flags];
    const child = execFile(process.execPath, args, { cwd: folder }, (_error, _stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stderr }),
    );
  });
}
