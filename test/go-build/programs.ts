import { execFile, spawn } from "node:child_process";
import { access, constants, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { withLock } from "./lock.ts";

/** Programs of one Go module, which tests run where they are installed, and build where they are not. */
export interface GoPrograms {
  /** Their folder in the cache. */
  readonly name: string;
  /** The folder of the go.mod that pins their version. */
  readonly module: string;
  /** The module in go.mod whose version is theirs. */
  readonly versionOf: string;
  /** The linker's flags, for what a program tells of itself. */
  readonly linkerFlags: (version: string) => readonly string[];
}

/** One of them: the name of its file, and the Go package that it is built from. */
export interface GoProgram {
  readonly file: string;
  readonly source: string;
}

/**
 * The path of a program: one that `KUBEBUILDER_ASSETS` or `PATH` has, else one built from the Go module, once for each
 * version, and kept in the user's cache folder. Undefined where there is no Go either.
 * A build takes minutes and tells of itself on standard error; it throws with what the compiler said.
 */
export async function findOrBuild(programs: GoPrograms, program: GoProgram): Promise<string | undefined> {
  const present = await presentProgram(programs, program);
  if (present !== undefined || !(await hasGo())) return present;
  const version = await moduleVersion(programs);
  const binary = builtProgram(programs, program, version);
  await mkdir(dirname(binary), { recursive: true });
  await withLock(`${binary}.lock`, async () => {
    // Another process may have built it while this one waited.
    if (!(await isExecutable(binary))) await build({ programs, program, version, binary });
  });
  return binary;
}

/** The path of a program that is there without being built: installed, or built before. */
export async function presentProgram(programs: GoPrograms, program: GoProgram): Promise<string | undefined> {
  const installed = await installedProgram(program.file);
  if (installed !== undefined) return installed;
  const built = builtProgram(programs, program, await moduleVersion(programs));
  return (await isExecutable(built)) ? built : undefined;
}

async function installedProgram(file: string): Promise<string | undefined> {
  const assets = process.env["KUBEBUILDER_ASSETS"];
  const folders = [...(assets === undefined ? [] : [assets]), ...(process.env["PATH"] ?? "").split(delimiter)];
  for (const folder of folders) {
    const binary = join(folder, file);
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
async function moduleVersion({ module, versionOf }: GoPrograms): Promise<string> {
  const lines = (await readFile(join(module, "go.mod"), "utf8")).split("\n");
  const words = lines.map((line) =>
    line
      .replace(/^require /, "")
      .trim()
      .split(" "),
  );
  const version = words.find(([name]) => name === versionOf)?.[1];
  if (version === undefined) throw new Error(`${module}/go.mod does not require ${versionOf}`);
  return version;
}

function builtProgram({ name }: GoPrograms, { file }: GoProgram, version: string): string {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(cache, "apiserver-ts", name, version, file);
}

/** Whether there is a Go to build with. */
export async function hasGo(): Promise<boolean> {
  return promisify(execFile)("go", ["version"]).then(
    () => true,
    () => false,
  );
}

const progressMs = 10_000;

interface Build {
  readonly programs: GoPrograms;
  readonly program: GoProgram;
  readonly version: string;
  readonly binary: string;
}

async function build({ programs, program, version, binary }: Build): Promise<void> {
  const startedMs = Date.now();
  const tell = (what: string): void => {
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    process.stderr.write(`${program.file} ${version}: ${what}, ${seconds} s\n`);
  };
  tell("building it from its Go module, once; takes minutes");
  const unfinished = `${binary}.${process.pid}`;
  const linker = ["-s", "-w", ...programs.linkerFlags(version)].join(" ");
  // Two compilers at a time: more would take the memory of a small machine.
  const flags = ["-v", "-p", "2", "-buildvcs=false", "-trimpath", `-ldflags=${linker}`];
  const args = ["build", ...flags, "-o", unfinished, program.source];
  const go = spawn("go", args, { cwd: programs.module, stdio: ["ignore", "ignore", "pipe"] });
  const said: string[] = [];
  createInterface({ input: go.stderr }).on("line", (line) => said.push(line));
  const progress = setInterval(() => {
    const loaded = said.filter((line) => line.startsWith("go: downloading")).length;
    tell(`${loaded} modules loaded, ${said.length - loaded} packages compiled`);
  }, progressMs);
  try {
    const code = await new Promise<number | null>((resolve, reject) => go.once("error", reject).once("close", resolve));
    if (code !== 0) {
      throw new Error(`${program.file} ${version}: go build exited with ${code}\n${said.slice(-20).join("\n")}`);
    }
    // Renamed when whole, so that runs at the same time never see half a file.
    await rename(unfinished, binary);
  } finally {
    clearInterval(progress);
    await rm(unfinished, { force: true });
  }
  tell("built");
}
