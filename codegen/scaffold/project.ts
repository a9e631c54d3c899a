import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProjectPackage } from "./package-json.ts";

/** The package.json of the project in the folder `root`; undefined if there is none. Throws where it is not JSON. */
export function readPackage(root: string): ProjectPackage | undefined {
  const path = join(root, "package.json");
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ProjectPackage;
  } catch (error) {
    throw new Error(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The domain that the groups of a project are below. Throws where the project has none. */
export function domainOf(root: string): string {
  const domain = readPackage(root)?.["apiserver-boot"]?.domain;
  if (domain !== undefined) return domain;
  throw new Error(
    `${root} is no project of apiserver-boot: its package.json names no domain. Make one: apiserver-boot init repo --domain example.com`,
  );
}
