import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundleProgram } from "../../codegen/bundle.ts";

const run = promisify(execFile);
const version = "0.0.0";
const root = fileURLToPath(new URL("../..", import.meta.url));

/** The compiled programs of the benchmark. */
export interface Programs {
  readonly wardle: string;
  readonly load: string;
}

/**
 * Compiles what is measured into a folder, as the package is compiled, with a package of its own around it; and bundles
 * the server, as the one that `npm start` runs is bundled.
 */
export async function buildPrograms(folder: string): Promise<Programs> {
  await mkdir(folder, { recursive: true });
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  const project = fileURLToPath(new URL("tsconfig.json", import.meta.url));
  try {
    // Whether the types are right is the matter of `npm test`.
    await run(process.execPath, [compiler, "-p", project, "--noCheck", "--outDir", folder]);
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    throw new Error(`the servers do not compile:\n${stdout ?? String(error)}`, { cause: error });
  }
  await writeFile(join(folder, "package.json"), JSON.stringify(packageManifest()));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const served = join(folder, "server");
  await bundleProgram({ entry: join(folder, "test/bench/wardle.js"), folder: served, version });
  return { wardle: join(served, "wardle.js"), load: join(folder, "test/bench/load/main.js") };
}

/** The package's own names lead to what was compiled beside it. */
function packageManifest(): object {
  const entry = (path: string): string => `./runtime/${path}.js`;
  return {
    name: "apiserver-ts",
    version,
    type: "module",
    exports: { ".": entry("index"), "./abi": entry("abi"), "./meta/v1": entry("meta/v1") },
  };
}
