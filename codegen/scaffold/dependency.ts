import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Example } from "./example.ts";

/**
 * Which apiserver-ts a project below `root` is to depend on: the tarball that this command was installed from, or that
 * lies in the project's folder, so that a walk works before anything is published; else the command's own version.
 */
export function ownDependency({ root: packageRoot, package: own }: Example, root: string): string {
  const { version = "0.0.0" } = own;
  const tarball = installedFrom(packageRoot) ?? join(root, `apiserver-ts-${version}.tgz`);
  if (!existsSync(tarball)) return version;
  return `file:${relative(root, tarball).split(sep).join("/")}`;
}

// npm notes in the folder of packages where each came from; in a global folder it does not.
function installedFrom(packageRoot: string): string | undefined {
  const packages = dirname(packageRoot);
  const lock = join(packages, ".package-lock.json");
  if (!existsSync(lock)) return undefined;
  const { packages: installed = {} } = JSON.parse(readFileSync(lock, "utf8")) as {
    readonly packages?: Readonly<Record<string, { readonly resolved?: string }>>;
  };
  const resolved = installed["node_modules/apiserver-ts"]?.resolved;
  return resolved?.startsWith("file:") === true
    ? resolve(dirname(packages), resolved.slice("file:".length))
    : undefined;
}
