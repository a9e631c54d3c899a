import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

/** What to bundle, and where to. */
export interface BundleOptions {
  /** The program's own file, such as `main.ts`; its name is that of the bundle, as `main.js`. */
  readonly entry: string;
  /** Where the files go, which is made if it is not there. */
  readonly folder: string;
  /** The version that the program tells: that of this package. */
  readonly version: string;
}

/** What a server loads only where it needs it is in files of its own here. */
const chunkFolder = "chunks";

/** Packages that bring machine code, which they look for beside their own files. */
const packagesWithAddons = ["lmdb"];

// Bundled modules have `import`; packages of the older kind that are bundled with them ask for Node's own by `require`.
const banner =
  'import { createRequire as createBundleRequire } from "node:module"; const require = createBundleRequire(import.meta.url);';

/**
 * Puts a program and the packages that it uses into one file, and one for each part that it loads on demand: Node takes
 * longer to find and read hundreds of small files than for all else that a server does before it serves.
 * Throws esbuild's error, which tells what is wrong and where. https://esbuild.github.io/api/#bundle
 */
export async function bundleProgram({ entry, folder, version }: BundleOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { metafile } = await build({
    entryPoints: [entry],
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: `${chunkFolder}/[name]-[hash]`,
    platform: "node",
    format: "esm",
    target: "node20",
    external: packagesWithAddons,
    banner: { js: banner },
    metafile: true,
    logLevel: "silent",
  });
  // Tells Node the kind of modules, and the program its version.
  const manifest = { name: "apiserver-ts", version, private: true, type: "module" };
  await writeFile(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  await removeStaleChunks(join(folder, chunkFolder), Object.keys(metafile.outputs));
}

/** Removes the chunks of earlier bundles, whose names tell of their contents. */
async function removeStaleChunks(folder: string, written: readonly string[]): Promise<void> {
  const current = new Set(written.map((path) => path.slice(path.lastIndexOf("/") + 1)));
  for (const name of await readdir(folder).catch(() => [])) {
    if (!current.has(name)) await rm(join(folder, name), { force: true });
  }
}
