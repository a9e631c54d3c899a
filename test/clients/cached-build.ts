import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, readFile, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { withLock } from "../go-build/lock.ts";

/** A program with its arguments. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What is built once and kept. */
export interface CachedBuild {
  /** Its folder in the cache. */
  readonly name: string;
  /** The folder of its sources and of what pins its dependencies; commands run there. */
  readonly sources: string;
  /** What the tools say of their versions: others build anew. */
  readonly tools: string;
  /** What builds it into a folder. */
  readonly commands: (target: string) => readonly Command[];
}

/**
 * The folder of what was built, in the user's cache folder; it is built if these sources were not before. A build takes
 * minutes and tells of itself on standard error. Rejects with the end of what a command said that failed.
 */
export async function cachedBuild(build: CachedBuild): Promise<string> {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const target = join(cache, "apiserver-ts", "clients", build.name, await digestOf(build));
  await mkdir(dirname(target), { recursive: true });
  await withLock(`${target}.lock`, async () => {
    if (!(await exists(target))) await buildInto(target, build);
  });
  return target;
}

async function digestOf({ sources, tools }: CachedBuild): Promise<string> {
  const digest = createHash("sha256").update(tools);
  const entries = await readdir(sources, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  for (const file of files.sort()) digest.update(`\n${file.slice(sources.length)}\n`).update(await readFile(file));
  return digest.digest("hex").slice(0, 12);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function buildInto(target: string, { name, sources, commands }: CachedBuild): Promise<void> {
  const startedMs = Date.now();
  const tell = (what: string): void => {
    process.stderr.write(`${name}: ${what}, ${Math.round((Date.now() - startedMs) / 1000)} s\n`);
  };
  // Renamed when whole; what an interrupted build has left is of no use.
  const unfinished = `${target}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished);
  for (const command of commands(unfinished)) {
    tell(`building it, once, with ${command.program}`);
    await runTelling(command, sources, tell);
  }
  await rename(unfinished, target);
  tell("built");
}

const progressMs = 10_000;

async function runTelling(command: Command, cwd: string, tell: (what: string) => void): Promise<void> {
  const { program, args, env } = command;
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on("line", (line) => said.push(line));
  const progress = setInterval(() => tell(said.at(-1) ?? program), progressMs);
  try {
    const code = await new Promise<number | null>((resolve, reject) =>
      child.once("error", reject).once("close", resolve),
    );
    if (code !== 0) throw new Error(`${program} ${args.join(" ")} exited with ${code}\n${said.slice(-20).join("\n")}`);
  } finally {
    clearInterval(progress);
  }
}
