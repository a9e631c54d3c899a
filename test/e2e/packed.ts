import { execFile } from "node:child_process";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The folder of this repository. */
export const repository = fileURLToPath(new URL("../..", import.meta.url));

/** This package, packed and installed as a user would. */
export interface Packed {
  readonly tarball: string;
  /** The folder of the command, for a `PATH`. */
  readonly bin: string;
}

/** Packs this repository into a folder, and installs the tarball there as if for the whole machine. */
export async function packedInto(folder: string): Promise<Packed> {
  await mkdir(folder, { recursive: true });
  await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: repository });
  const { version } = JSON.parse(await readFile(join(repository, "package.json"), "utf8")) as { version: string };
  const tarball = join(folder, `apiserver-ts-${version}.tgz`);
  const prefix = join(folder, "global");
  await run("npm", ["install", "--global", "--prefix", prefix, "--no-audit", "--no-fund", tarball]);
  return { tarball, bin: join(prefix, "bin") };
}

/** A folder with a program in it, under the name that people call it by; for a `PATH`. */
export async function folderWith(folder: string, name: string, binary: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await symlink(binary, join(folder, name));
  return folder;
}
