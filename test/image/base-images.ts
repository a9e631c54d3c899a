import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Buildah } from "./buildah.ts";

const certificates = "/etc/ssl/certs/ca-certificates.crt";

/**
 * Makes the two images that a project's is built from, of nothing but this machine's own files: one with Node, and one
 * with npm and a shell as well. Gives their names.
 */
export async function makeBaseImages(
  buildah: Buildah,
  folder: string,
): Promise<{ readonly base: string; readonly build: string }> {
  const base = join(folder, "base");
  addProgram(base, process.execPath, "/usr/local/bin/node");
  writeFile(base, "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n");
  mkdirSync(join(base, "tmp"), { recursive: true });
  await commit(buildah, base, "localhost/node-base:1");
  const build = join(folder, "build");
  cpSync(base, build, { recursive: true, verbatimSymlinks: true });
  for (const name of ["sh", "env"]) addProgram(build, programPath(name), name === "env" ? "/usr/bin/env" : "/bin/sh");
  const npm = dirname(dirname(realpathSync(programPath("npm"))));
  cpSync(npm, join(build, "usr/local/lib/node_modules/npm"), { recursive: true });
  for (const name of ["npm", "npx"]) {
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(build, `usr/local/bin/${name}`));
  }
  // npm asks the registry that this machine knows, and trusts whom this machine trusts.
  writeFile(build, "/usr/local/etc/npmrc", existsSync(certificates) ? `cafile=${certificates}\n` : "");
  if (existsSync(certificates)) addFile(build, certificates);
  await commit(buildah, build, "localhost/node-build:1");
  return { base: "localhost/node-base:1", build: "localhost/node-build:1" };
}

async function commit(buildah: Buildah, root: string, image: string): Promise<void> {
  const container = (await buildah("from", "scratch")).trim();
  await buildah("copy", container, root, "/");
  await buildah("commit", container, image);
  await buildah("rm", container);
}

function programPath(name: string): string {
  return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
}

/** Adds a program, and the libraries that it is linked with. */
function addProgram(root: string, source: string, target: string): void {
  copy(source, join(root, target));
  const libraries = execFileSync("ldd", [source], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g);
  for (const [, library = ""] of libraries) addFile(root, library);
}

function addFile(root: string, path: string): void {
  if (!existsSync(join(root, path))) copy(path, join(root, path));
}

function copy(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  cpSync(realpathSync(source), target);
}

function writeFile(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
