import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { issueAuthority, issueServing } from "../../runtime/start/issue-certificates.ts";
import { poll } from "../cluster/poll.ts";
import { lead, Pod, writeVolume } from "../deploy/pod.ts";
import { freePort } from "../etcd/etcd.ts";
import { makeBaseImages } from "../image/base-images.ts";
import { buildahEnvironment, buildahIn, sizeMib, type Buildah } from "../image/buildah.ts";
import { RestClient } from "./rest-client.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const builtCommand = join(repository, "dist/codegen/main.js");

let folder: string;
let project: string;
let buildah: Buildah;
let environment: Record<string, string>;
let bases: { readonly base: string; readonly build: string };
let registry: ChildProcess;
let registryPort: number;
let image: string;

interface Outcome {
  readonly code: number;
  readonly output: string;
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: project, env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr }),
    );
  });
}

async function ok(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { code, output } = await run(program, args, env);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} exited with ${code}\n${output}`);
  return output;
}

const boot = (...args: readonly string[]): Promise<string> =>
  ok(process.execPath, [builtCommand, ...args], environment);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "image-"));
  environment = buildahEnvironment(folder);
  buildah = buildahIn(environment);
  bases = await makeBaseImages(buildah, join(folder, "bases"));
  project = join(folder, "project");
  mkdirSync(project);
  await ok("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", project, repository]);
  await boot("init", "repo", "--domain", "skai.io", "--name", "skai-demo", "--no-install");
  await boot("create", "group", "version", "resource", ..."--group animal --version v1alpha1 --kind Cat".split(" "));
  await ok("npm", ["install", "--no-fund", "--no-audit"]);
  completeLock();
  await ok("npm", ["run", "--silent", "generate"]);
  registryPort = await freePort();
  registry = startRegistry(registryPort);
  image = `localhost:${registryPort}/skai.io/skai-demo:0.0.1`;
}, 600_000);
afterAll(async () => {
  registry?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Adds what the repository's own lock file knows to that of the project: a registry that lacks packages of other systems
 * leaves them out, and `npm ci` then refuses the file.
 */
function completeLock(): void {
  interface Lock {
    readonly packages: Readonly<Record<string, { readonly optional?: boolean }>>;
  }
  const read = (folderOfLock: string): Lock =>
    JSON.parse(readFileSync(join(folderOfLock, "package-lock.json"), "utf8")) as Lock;
  const own = read(project);
  const known = Object.entries(read(repository).packages).filter(([, { optional }]) => optional === true);
  const packages = { ...Object.fromEntries(known), ...own.packages };
  writeFileSync(join(project, "package-lock.json"), JSON.stringify({ ...own, packages }));
}

function startRegistry(port: number): ChildProcess {
  const settings = join(folder, "registry.yml");
  const root = join(folder, "registry");
  writeFileSync(
    settings,
    `version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: ${root}\nhttp:\n  addr: 127.0.0.1:${port}\n`,
  );
  return spawn("docker-registry", ["serve", settings], { stdio: "ignore" });
}

const flags = (): string[] => [`--base-image=${bases.base}`, `--build-base-image=${bases.build}`, "--builder=buildah"];

test("build container builds the image of a project and pushes it", async () => {
  const told = await boot("build", "container", `--image=${image}`, "--push-image", ...flags());
  expect(told).toContain(`built ${image}\n`);
  expect(told).toContain(`pushed ${image}\n`);
  const tags = await fetch(`http://127.0.0.1:${registryPort}/v2/skai.io/skai-demo/tags/list`);
  expect(await tags.json()).toEqual({ name: "skai.io/skai-demo", tags: ["0.0.1"] });
}, 600_000);

test("the image says whom it runs as and what it runs, and has nothing of the project's sources and keys", async () => {
  const { config, created } = await inspected(image);
  expect(config.User).toBe("65532:65532");
  expect(config.Entrypoint).toEqual(["node", "--max-semi-space-size=8", "/app/main.js"]);
  expect(created).toBe("1970-01-01T00:00:00Z");
  const app = join(await mounted(image), "app");
  expect(readdirSync(app).toSorted()).toEqual(["chunks", "main.js", "node_modules", "package.json"]);
  expect(readdirSync(join(app, "node_modules"))).toContain("lmdb");
  // Without Node and what it is linked with.
  expect(sizeMib(app)).toBeLessThan(30);
  expect(statSync(join(app, "main.js")).uid).toBe(0);
}, 120_000);

test("in a read-only root, as nobody, it serves", async () => {
  const authority = await issueAuthority(new Date());
  const pair = await issueServing(authority, "localhost", new Date());
  const pod = join(folder, "pod");
  const [serving, data] = [join(pod, "serving"), join(pod, "data")];
  writeVolume(
    serving,
    new Map([
      ["tls.crt", pair.certificate],
      ["tls.key", pair.key],
    ]),
    65532,
  );
  mkdirSync(data, { recursive: true });
  await ok("chown", ["65532:65532", data]);
  const port = await freePort();
  const { Entrypoint: entrypoint, Env: variables } = (await inspected(image)).config;
  const running = new Pod({
    folder: pod,
    root: await mounted(image),
    entrypoint,
    environment: Object.fromEntries(variables.map((each) => each.split("=", 2) as [string, string])),
    user: 65532,
    containerPort: 9443,
    args: ["--tls-cert-file=/serving/tls.crt", "--tls-private-key-file=/serving/tls.key", "--data-dir=/data"].concat(
      "--write-kubeconfig=/data/kubeconfig",
    ),
    mounts: { "/serving": serving, "/data": data },
  });
  const way = await lead({ host: "127.0.0.1", port }, { path: join(pod, "pod.sock") });
  try {
    await running.start();
    const client = new RestClient(port, { ca: authority.certificate });
    await poll(
      async () => (await client.send("GET", "/readyz")).status === 200,
      () => running.log(),
    );
    const { body } = await client.send("GET", "/apis/animal.skai.io/v1alpha1");
    expect(body).toMatchObject({ groupVersion: "animal.skai.io/v1alpha1" });
    expect(await running.stop()).toBe(0);
  } finally {
    await running.stop();
    await way.close();
  }
}, 120_000);

test("two builds of the same sources give the same image", async () => {
  const again = image.replace("0.0.1", "0.0.2");
  await boot("build", "container", `--image=${again}`, ...flags());
  expect(await layers(again)).toEqual(await layers(image));
}, 600_000);

async function layers(name: string): Promise<unknown> {
  return (await inspected(name)).rootfs;
}

/** https://github.com/opencontainers/image-spec/blob/main/config.md */
interface Inspected {
  readonly config: { readonly User: string; readonly Entrypoint: readonly string[]; readonly Env: readonly string[] };
  readonly created: string;
  readonly rootfs: object;
}

async function inspected(name: string): Promise<Inspected> {
  return (JSON.parse(await buildah("inspect", "--type=image", name)) as { readonly OCIv1: Inspected }).OCIv1;
}

async function mounted(name: string): Promise<string> {
  const container = (await buildah("from", "--pull-never", name)).trim();
  return (await buildah("mount", container)).trim();
}

test("where nothing builds images, one line says so", async () => {
  const PATH = join(folder, "nothing");
  const args = [builtCommand, "build", "container", `--image=${image}`];
  const { code, output } = await run(process.execPath, args, { PATH });
  expect(code).toBe(1);
  expect(output).toMatch(/^error: no image can be built here: docker, podman, buildah: none is installed and works\n$/);
});

test("the keys of a project are not sent to whoever builds it", () => {
  const ignored = readFileSync(join(project, ".dockerignore"), "utf8").split("\n");
  expect(ignored[0]).toBe("*");
  expect(ignored.filter((line) => line.startsWith("!")).join(" ")).not.toMatch(/config\/|\.git|node_modules|data/);
});
