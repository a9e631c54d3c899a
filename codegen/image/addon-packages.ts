import { cp, lutimes, readdir, readFile, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";

/** A package that is there, and where its own name leads to. */
interface Installed {
  readonly name: string;
  readonly folder: string;
}

/**
 * Puts packages, and all that they need, into `node_modules` below a folder, so that what is there runs without any
 * other: of each what Node loads, and not what it was built from. `root` is the folder whose packages they are.
 */
export async function copyPackages(root: string, names: readonly string[], folder: string): Promise<void> {
  const target = join(folder, "node_modules");
  await rm(target, { recursive: true, force: true });
  for (const { name, folder: source } of await closure(root, names)) {
    await cp(source, join(target, name), {
      recursive: true,
      dereference: true,
      filter: (path) => isLoaded(source, path),
    });
  }
}

async function closure(root: string, names: readonly string[]): Promise<Installed[]> {
  const found = new Map<string, Installed>();
  const add = async (name: string, from: string): Promise<void> => {
    const folder = packageFolder(name, from);
    if (folder === undefined || found.has(name)) return;
    found.set(name, { name, folder });
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      await readFile(join(folder, "package.json"), "utf8"),
    ) as Record<"dependencies" | "optionalDependencies", Readonly<Record<string, string>> | undefined>;
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) await add(needed, folder);
  };
  for (const name of names) await add(name, root);
  return [...found.values()];
}

/** Where Node finds a package from a folder; undefined where there is none, as for an optional one of another system. */
function packageFolder(name: string, from: string): string | undefined {
  const folder = join(from, "node_modules", name);
  if (existsSync(join(folder, "package.json"))) return folder;
  return dirname(from) === from ? undefined : packageFolder(name, dirname(from));
}

const sourceFolders: ReadonlySet<string> = new Set(["dependencies", "src", "node_modules", "test", "bin"]);
const loaded: ReadonlySet<string> = new Set([".js", ".cjs", ".mjs", ".json", ".node", ".txt", ""]);

function isLoaded(source: string, path: string): boolean {
  if (path === source) return true;
  if (dirname(path) === source && sourceFolders.has(basename(path))) return false;
  return loaded.has(extname(path));
}

/** Gives all in a folder the same times, so that two images of the same files are the same. */
export async function forgetTimes(folder: string): Promise<void> {
  const epoch = new Date(0);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await lutimes(join(entry.parentPath, entry.name), epoch, epoch);
  }
  await lutimes(folder, epoch, epoch);
}
