import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { openBundle, type Bundle } from "../bundle.ts";
import { generate } from "../generate.ts";
import { isWritten } from "./is-written.ts";
import { etcdUrl, startEtcd } from "./local-etcd.ts";
import { startProgram, type Program } from "./program.ts";
import { listens } from "./listens.ts";
import { watchSources } from "./watch-sources.ts";

/** The programs that `run local` can start. */
export type LocalProgram = "etcd" | "apiserver" | "controller-manager";

/** What `run local` was asked for. */
export interface LocalRun {
  readonly run: readonly LocalProgram[];
  /** Whether what is saved is served again at once. */
  readonly watch: boolean;
  readonly securePort: number;
  /** Where kubectl's credential is written. */
  readonly config: string;
  readonly dataDir: string;
  readonly certDir: string | undefined;
  /** The version that the server tells: that of this package. */
  readonly version: string;
  /** Where to look for etcd. */
  readonly programFolders: readonly string[];
}

const bundleFolder = "dist/local";
/** As `npm start` has it: room for what is young that answers of some megabytes need no more of. */
const nodeFlags = ["--max-semi-space-size=8"];
const managerSource = "controllers/main.ts";

/**
 * Generates, bundles and runs a project on this machine until a signal comes: etcd first, then the server, then its
 * controllers. Gives the exit code. Throws where the project has mistakes and nothing is to be watched.
 */
export async function runLocal(root: string, options: LocalRun, tell: (line: string) => void): Promise<number> {
  const programs: Program[] = [];
  const stopAll = async (): Promise<void> => {
    for (const program of programs.splice(0).toReversed()) await program.stop();
  };
  const signal = nextSignal();
  const bundles = await openBundles(root, options);
  try {
    if (options.run.includes("etcd")) programs.push(await startEtcd(root, options.programFolders, tell));
    const etcd = programs.length;
    const start = async (): Promise<void> => {
      if (options.run.includes("apiserver")) {
        const startedMs = Date.now();
        const server = startServer(root, options);
        programs.push(server);
        await listens(options.securePort);
        // Controllers go where the server's kubeconfig leads, which it writes once it listens.
        if (runsManager(root, options.run)) {
          await Promise.race([isWritten(resolve(root, options.config), startedMs), server.ended]);
        }
      }
      if (runsManager(root, options.run)) programs.push(startManager(root, options));
    };
    const mistakes = await build(root, bundles);
    if (mistakes === undefined) await start();
    else if (options.watch) tell(mistakes);
    else throw new Error(mistakes);
    if (!options.watch)
      return await Promise.race([signal, ...programs.map(({ ended }) => ended.then((code) => code ?? 1))]);
    const restart = async (): Promise<void> => {
      const changedMs = performance.now();
      const found = await build(root, bundles);
      if (found !== undefined) {
        tell(found);
        return;
      }
      for (const program of programs.splice(etcd).toReversed()) await program.stop();
      await start();
      tell(`served again ${((performance.now() - changedMs) / 1000).toFixed(2)} s after the change`);
    };
    const stopWatching = watchSources(root, watchedPaths(root), oneAtATime(restart, tell));
    const code = await signal;
    stopWatching();
    return code;
  } finally {
    await stopAll();
    for (const bundle of bundles) await bundle.close();
  }
}

/** The code with which a program ends that a signal ended as it should. */
function nextSignal(): Promise<number> {
  return new Promise((end) => {
    process.once("SIGINT", () => end(0));
    process.once("SIGTERM", () => end(0));
  });
}

function watchedPaths(root: string): string[] {
  return ["apis", "main.ts", "controllers"].filter((path) => existsSync(join(root, path)));
}

/** Runs something again for what changes while it runs, once it is done; what it throws is told. */
function oneAtATime(work: () => Promise<void>, tell: (line: string) => void): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      await work().catch((error: unknown) => tell(`error: ${error instanceof Error ? error.message : String(error)}`));
    } while (again);
    running = false;
  };
  return () => {
    again = true;
    if (!running) void run();
  };
}

/** The bundles of the programs that are to run. */
async function openBundles(root: string, { run, version }: LocalRun): Promise<Bundle[]> {
  const folder = join(root, bundleFolder);
  const manager = { entry: join(root, managerSource), folder: join(folder, "controllers"), version };
  return [
    await openBundle({ entry: join(root, "main.ts"), folder, version }),
    ...(runsManager(root, run) ? [await openBundle(manager)] : []),
  ];
}

/** Generates and bundles; gives the mistakes that keep it from that, if there are any. */
async function build(root: string, bundles: readonly Bundle[]): Promise<string | undefined> {
  const startedMs = performance.now();
  const { ok, message } = await generate(root, () => performance.now() - startedMs);
  if (!ok) return message;
  try {
    for (const bundle of bundles) await bundle.build();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function runsManager(root: string, run: readonly LocalProgram[]): boolean {
  return run.includes("controller-manager") && existsSync(join(root, managerSource));
}

function startServer(root: string, { run, securePort, config, dataDir, certDir }: LocalRun): Program {
  const flags = [
    `--secure-port=${securePort}`,
    `--data-dir=${dataDir}`,
    `--write-kubeconfig=${config}`,
    ...(certDir === undefined ? [] : [`--cert-dir=${certDir}`]),
    ...(run.includes("etcd") ? [`--etcd-servers=${etcdUrl}`] : []),
  ];
  return startProgram(process.execPath, [...nodeFlags, join(bundleFolder, "main.js"), ...flags], root);
}

function startManager(root: string, { config }: LocalRun): Program {
  const program = join(bundleFolder, "controllers", "main.js");
  return startProgram(process.execPath, [program, "--kubeconfig", config], root);
}
