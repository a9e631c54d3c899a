import { execFile, spawn } from "node:child_process";
import { access, constants, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const module = fileURLToPath(new URL("build", import.meta.url));

/**
 * The path of a real etcd: one that `KUBEBUILDER_ASSETS` or `PATH` has, else one built from the Go module of `build/`,
 * once for each version, and kept in the user's cache folder. Undefined where there is no Go either.
 * A build takes minutes and tells of itself on standard error; it throws with what the compiler said.
 */
export async function etcdBinary(): Promise<string | undefined> {
  const present = await presentEtcd();
  if (present !== undefined || !(await hasGo())) return present;
  const version = await moduleVersion();
  const binary = builtEtcd(version);
  await mkdir(dirname(binary), { recursive: true });
  await withLock(`${binary}.lock`, async () => {
    // Another process may have built it while this one waited.
    if (!(await isExecutable(binary))) await build(version, binary);
  });
  return binary;
}

const missingEtcd =
  "no etcd: put etcd in PATH, name its folder in KUBEBUILDER_ASSETS, or install Go, of which it is built here";

/** Like etcdBinary, for programs that cannot do without: throws, saying what to install. */
export async function requireEtcd(): Promise<string> {
  const binary = await etcdBinary();
  if (binary === undefined) throw new Error(missingEtcd);
  return binary;
}

/** The path of an etcd that is there without being built: installed, or built before. */
export async function presentEtcd(): Promise<string | undefined> {
  const installed = await installedEtcd();
  if (installed !== undefined) return installed;
  const built = builtEtcd(await moduleVersion());
  return (await isExecutable(built)) ? built : undefined;
}

async function installedEtcd(): Promise<string | undefined> {
  const assets = process.env["KUBEBUILDER_ASSETS"];
  const folders = [...(assets === undefined ? [] : [assets]), ...(process.env["PATH"] ?? "").split(delimiter)];
  for (const folder of folders) {
    const binary = join(folder, "etcd");
    if (folder !== "" && (await isExecutable(binary))) return binary;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    async () => (await stat(file)).isFile(),
    () => false,
  );
}

/** The version that the Go module pins. */
async function moduleVersion(): Promise<string> {
  const text = await readFile(join(module, "go.mod"), "utf8");
  const version = /go\.etcd\.io\/etcd\/server\/v3 (v[\w.-]+)/.exec(text)?.[1];
  if (version === undefined) throw new Error("test/etcd/build/go.mod does not require go.etcd.io/etcd/server/v3");
  return version;
}

function builtEtcd(version: string): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(cache, "apiserver-ts", "etcd", version, "etcd");
}

/** Whether there is a Go to build with. */
export async function hasGo(): Promise<boolean> {
  return promisify(execFile)("go", ["version"]).then(
    () => true,
    () => false,
  );
}

const progressMs = 10_000;

async function build(version: string, binary: string): Promise<void> {
  const startedMs = Date.now();
  const tell = (what: string): void => {
    process.stderr.write(`etcd ${version}: ${what}, ${Math.round((Date.now() - startedMs) / 1000)} s\n`);
  };
  tell("building it from its Go module, once; takes minutes");
  const unfinished = `${binary}.${process.pid}`;
  // Two compilers at a time: more would take the memory of a small machine.
  const args = ["build", "-v", "-p", "2", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", unfinished, "."];
  const go = spawn("go", args, { cwd: module, stdio: ["ignore", "ignore", "pipe"] });
  const said: string[] = [];
  createInterface({ input: go.stderr }).on("line", (line) => said.push(line));
  const progress = setInterval(() => {
    const loaded = said.filter((line) => line.startsWith("go: downloading")).length;
    tell(`${loaded} modules loaded, ${said.length - loaded} packages compiled`);
  }, progressMs);
  try {
    const code = await new Promise<number | null>((resolve, reject) => go.once("error", reject).once("close", resolve));
    if (code !== 0) throw new Error(`etcd ${version}: go build exited with ${code}\n${said.slice(-20).join("\n")}`);
    // Renamed when whole, so that runs at the same time never see half a file.
    await rename(unfinished, binary);
  } finally {
    clearInterval(progress);
    await rm(unfinished, { force: true });
  }
  tell("built");
}

const lockPollMs = 500;

/** Does something while no other process does; a lock whose process is gone counts for nothing. */
async function withLock(file: string, work: () => Promise<void>): Promise<void> {
  let waiting = false;
  while (!(await takeLock(file))) {
    if (!waiting) process.stderr.write(`waiting for another process that holds ${file}\n`);
    waiting = true;
    await new Promise((resolve) => setTimeout(resolve, lockPollMs));
  }
  try {
    await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function takeLock(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const owner = await readFile(file, "utf8").catch(() => "");
  if (owner !== "" && !isAlive(Number(owner))) await rm(file, { force: true });
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
