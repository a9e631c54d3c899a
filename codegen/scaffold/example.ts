import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The parts of a package.json that matter to new projects. */
export interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** This package as an example: its own files, which new projects start from, so that no template can grow old. */
export interface Example {
  /** The folder of the package, absolute. */
  readonly root: string;
  readonly package: PackageJson;
  /** The text of a file, by its path in the package. */
  read(path: string): string;
}

/** Finds the package that this command is a part of: this file is codegen/scaffold/example.ts, or below dist/. */
export function ownExample(): Example {
  const here = dirname(fileURLToPath(import.meta.url));
  const root = [join(here, "../.."), join(here, "../../..")].find((each) => existsSync(join(each, "package.json")));
  if (root === undefined) throw new Error(`${here} is not a part of a whole package: install apiserver-ts again`);
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  return { root, package: JSON.parse(read("package.json")) as PackageJson, read };
}
