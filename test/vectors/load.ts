import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the vectors are: the folder that VECTORS_DIR names, or the project's own copy. */
const own = fileURLToPath(new URL("./data/", import.meta.url));
const folder = process.env["VECTORS_DIR"] ?? own;

/** One case of a vector file; what `in`, `expect` and the rest hold depends on the file. */
export interface VectorCase {
  readonly id: string;
  readonly source: string;
  readonly fn?: string;
  readonly op?: string;
  readonly bigint?: boolean;
  readonly [field: string]: unknown;
}

/** All cases of `<name>.json`. */
export function loadVectors(name: string): VectorCase[] {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as VectorCase[];
}

/** The schemas that cases refer to by id. */
export function loadSchemas(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, "schemas.json"), "utf8")) as Record<string, unknown>;
}

/** The cases of the tags' rules: always the project's own, as they are no part of the API machinery's. */
export function loadValidationVectors(): unknown {
  return JSON.parse(readFileSync(join(own, "validation.json"), "utf8")) as unknown;
}
