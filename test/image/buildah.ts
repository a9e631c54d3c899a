import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Runs buildah; throws, with what it said, where it fails. Gives what it printed. */
export type Buildah = (...args: readonly string[]) => Promise<string>;

/** Whether this machine and user can build images, push them, and look into them. */
export function canBuildImages(): boolean {
  const found = (name: string): boolean => spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
  return process.getuid?.() === 0 && found("buildah") && found("docker-registry") && found("ldd");
}

/** The environment of a buildah that keeps all that it makes in a folder, and runs what it builds without a runtime. */
export function buildahEnvironment(folder: string): Record<string, string> {
  const settings = join(folder, "storage.conf");
  const [graph, run] = [join(folder, "storage"), join(folder, "storage-run")];
  mkdirSync(folder, { recursive: true });
  writeFileSync(settings, `[storage]\ndriver = "vfs"\ngraphroot = "${graph}"\nrunroot = "${run}"\n`);
  return { CONTAINERS_STORAGE_CONF: settings, BUILDAH_ISOLATION: "chroot", STORAGE_DRIVER: "vfs" };
}

/** buildah with such an environment. */
export function buildahIn(environment: Record<string, string>): Buildah {
  const env = { ...process.env, ...environment };
  return (...args) =>
    new Promise((resolve, reject) => {
      execFile("buildah", args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(`buildah ${args.join(" ")}: ${stderr}`, { cause: error })),
      );
    });
}

/** How many MiB a folder takes. */
export function sizeMib(folder: string): number {
  return Number(execFileSync("du", ["-sm", folder], { encoding: "utf8" }).split("\t")[0]);
}
