import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A server process on a free port, with a folder of its own. */
export interface RunningServer {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly url: string;
  /** Everything printed so far. */
  output(): string;
  /** Sends a signal and waits for the end; gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Runs `npm start` as a user would, in local mode on a free port; resolves when it says that it serves. */
export function startServer(
  flags: readonly string[] = [],
  [command, ...args]: readonly [string, ...string[]] = ["npm", "start", "--"],
): Promise<RunningServer> {
  return startProgram(command, args, flags);
}

/** Runs a module of this repository that serves, from its sources, likewise. */
export function startModule(path: string): Promise<RunningServer> {
  return startProgram(process.execPath, ["-C", "source", "--import", "tsx", path], []);
}

async function startProgram(
  command: string,
  args: readonly string[],
  flags: readonly string[],
): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), "apiserver-ts-"));
  const kubeconfig = join(folder, "kubeconfig");
  const own = ["--secure-port=0", `--data-dir=${join(folder, "data")}`, `--write-kubeconfig=${kubeconfig}`];
  const child = spawn(command, [...args, ...own, ...flags], { cwd: root });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const url = await servingAt(child, () => printed);
  return {
    folder,
    kubeconfig,
    url,
    output: () => printed,
    async stop(signal = "SIGTERM") {
      if (child.exitCode === null) {
        const ended = once(child, "exit");
        child.kill(signal);
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
      return child.exitCode;
    },
  };
}

async function servingAt(child: ChildProcess, printed: () => string): Promise<string> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const url = /https:\/\/[^\s]+:\d+/.exec(printed())?.[0];
    if (url !== undefined) return url;
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`the server did not start:\n${printed()}`);
}
