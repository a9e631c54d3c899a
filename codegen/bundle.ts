import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { context } from "esbuild";

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
export const packagesWithAddons: readonly string[] = ["lmdb"];

// Bundled modules have `import`; packages of the older kind that are bundled with them ask for Node's own by `require`.
const banner =
  'import { createRequire as createBundleRequire } from "node:module"; const require = createBundleRequire(import.meta.url);';

/** A bundle that can be made again and again, each time of what has changed since. */
export interface Bundle {
  /** Makes the bundle of what the sources are now. Throws esbuild's error, which tells what is wrong and where. */
  build(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Puts a program and the packages that it uses into one file, and one for each part that it loads on demand: Node takes
 * longer to find and read hundreds of small files than for all else that a server does before it serves.
 * Throws esbuild's error, which tells what is wrong and where. https://esbuild.github.io/api/#bundle
 */
export async function bundleProgram(options: BundleOptions): Promise<void> {
  const bundle = await openBundle(options);
  try {
    await bundle.build();
  } finally {
    await bundle.close();
  }
}

/** Opens a bundle to be made more than once. https://esbuild.github.io/api/#rebuild */
export async function openBundle({ entry, folder, version }: BundleOptions): Promise<Bundle> {
  await mkdir(folder, { recursive: true });
  const opened = await context({
    entryPoints: [entry],
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: `${chunkFolder}/[name]-[hash]`,
    platform: "node",
    format: "esm",
    target: "node20",
    external: [...packagesWithAddons],
    banner: { js: banner },
    metafile: true,
    logLevel: "silent",
  });
  // Tells Node the kind of modules, and the program its version.
  const manifest = { name: "apiserver-ts", version, private: true, type: "module" };
  return {
    async build() {
      const { metafile } = await opened.rebuild();
      await writeFile(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
      await removeStaleChunks(join(folder, chunkFolder), Object.keys(metafile?.outputs ?? {}));
    },
    close: () => opened.dispose(),
  };
}

/** Removes the chunks of earlier bundles, whose names tell of their contents. */
async function removeStaleChunks(folder: string, written: readonly string[]): Promise<void> {
  const current = new Set(written.map((path) => path.slice(path.lastIndexOf("/") + 1)));
  for (const name of await readdir(folder).catch(() => [])) {
    if (!current.has(name)) await rm(join(folder, name), { force: true });
  }
}
