import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Manifest } from "../deploy/deployment.ts";

/** The objects in a project's `config/`, as they were last rendered; undefined where there are none. */
export function renderedObjects(root: string): Manifest[] | undefined {
  const folder = join(root, "config");
  if (!existsSync(join(folder, "apiservice.yaml"))) return undefined;
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), "utf8")))
    .map((document) => document.toJS() as Manifest)
    .filter((object) => object !== null);
}
