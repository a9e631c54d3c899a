import { spawn, execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const sources = fileURLToPath(new URL("peer", import.meta.url));
/** A first build compiles all of the Go API server with low priority. */
const buildMaxMs = 30 * 60_000;
const tellEveryMs = 20_000;

/** The Go sample-apiserver as this benchmark builds it. */
export interface Peer {
  readonly binary: string;
  /** The release of k8s.io/sample-apiserver. */
  readonly version: string;
}

/**
 * The Go sample-apiserver; built once for each version of its sources, and kept in the user's cache folder.
 * Undefined where Go is absent, which `tell` is told in one line, as it is of a build. Rejects where a build fails.
 */
export async function peerBinary(tell: (line: string) => void): Promise<Peer | undefined> {
  const module = await readFile(join(sources, "go.mod"), "utf8");
  const version = /k8s\.io\/sample-apiserver (v\S+)/.exec(module)?.[1];
  if (version === undefined) throw new Error("the peer's go.mod does not say which sample-apiserver it is");
  const digest = createHash("sha256");
  for (const file of ["go.mod", "go.sum", "main.go"]) digest.update(await readFile(join(sources, file)));
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const folder = join(cache, "apiserver-ts", "peer", `${version}-${digest.digest("hex").slice(0, 12)}`);
  const binary = join(folder, "peer");
  if (await exists(binary)) return { binary, version };
  if (!(await hasGo())) {
    tell("skipped: the Go sample-apiserver, for Go is absent (https://go.dev/doc/install)");
    return undefined;
  }
  tell(`building the Go sample-apiserver ${version}; the first time this takes some minutes`);
  const beganMs = performance.now();
  await mkdir(folder, { recursive: true });
  // Renamed when whole, so that runs at the same time never see half a file.
  const unfinished = `${binary}.${process.pid}`;
  try {
    await build(unfinished, tell);
    await rename(unfinished, binary);
  } finally {
    await rm(unfinished, { force: true });
  }
  tell(`built ${binary} in ${Math.round((performance.now() - beganMs) / 1000)} s`);
  return { binary, version };
}

async function hasGo(): Promise<boolean> {
  return run("go", ["version"]).then(
    () => true,
    () => false,
  );
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Go prints each package when it is compiled; now and then one of these lines is told. */
async function build(target: string, tell: (line: string) => void): Promise<void> {
  const flags = ["build", "-p", "2", "-v", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", target, "."];
  const child = spawn("nice", ["-n", "15", "go", ...flags], { cwd: sources, timeout: buildMaxMs });
  let printed = "";
  let packages = 0;
  let toldMs = performance.now();
  child.stderr.on("data", (chunk: Buffer) => {
    printed = (printed + chunk.toString()).slice(-10_000);
    packages += chunk.toString().split("\n").length - 1;
    if (performance.now() - toldMs < tellEveryMs) return;
    toldMs = performance.now();
    tell(`building the Go sample-apiserver: ${packages} packages done`);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`go build failed:\n${printed}`);
}
