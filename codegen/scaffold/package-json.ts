import type { Example, PackageJson } from "./example.ts";

/** What `init repo` was told of a project. */
export interface ProjectFacts {
  /** The name of the npm package, such as `skai-demo`. */
  readonly name: string;
  /** The domain that its groups are below, such as `skai.io`. */
  readonly domain: string;
  /** Which apiserver-ts the project depends on: a version, or `file:` and the path of a tarball. */
  readonly dependency: string;
}

/** The package.json of a project, as far as this command reads it again. */
export interface ProjectPackage extends PackageJson {
  readonly "apiserver-boot"?: { readonly domain?: string };
}

const scripts = ["build", "prestart", "start", "types", "lint", "format"];
const developmentTools = ["@types/node", "oxlint", "oxlint-tsgolint", "typescript", "vitest"];

/** The package.json of a new project: the example's own tools and scripts, of the versions that it is tested with. */
export function projectPackage({ package: own }: Example, { name, domain, dependency }: ProjectFacts): ProjectPackage {
  const development = { ...own.dependencies, ...own.devDependencies };
  return {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    engines: own.engines ?? {},
    "apiserver-boot": { domain },
    scripts: {
      generate: "apiserver-boot generate",
      ...picked(own.scripts ?? {}, scripts),
      // Here the command is a file of the project, there it is that of a package.
      build: (own.scripts?.["build"] ?? "").replace("node dist/codegen/main.js", "apiserver-boot"),
      // Its tests are wherever vitest finds them, and there may be none yet.
      test: (own.scripts?.["test"] ?? "vitest run").replace(/vitest run.*/, "vitest run --passWithNoTests"),
    },
    dependencies: { "apiserver-ts": dependency },
    devDependencies: picked(development, [...developmentTools, "prettier"].toSorted()),
  } as ProjectPackage;
}

function picked(from: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
}

/** A package.json with what it lacks of another; nothing that it says itself is changed. */
export function completed(existing: object, wanted: object): Record<string, unknown> {
  const result: Record<string, unknown> = { ...existing };
  for (const [key, value] of Object.entries(wanted) as [string, unknown][]) {
    const own = result[key];
    if (own === undefined) result[key] = value;
    else if (isObject(own) && isObject(value)) result[key] = completed(own, value);
  }
  return result;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
