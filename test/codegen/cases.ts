import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { openProject, sourcesBelow } from "../../codegen/load.ts";
import { checkedModel, type ReadModel } from "../../codegen/pipeline.ts";

/** The repository's folder. */
export const repository = fileURLToPath(new URL("../..", import.meta.url));

/** Reads many small projects with one compiler run: a folder for each, with the texts of its files by path. */
export function readProjects(folder: string, projects: ReadonlyMap<string, ReadonlyMap<string, string>>) {
  const texts = new Map(
    [...projects].flatMap(([name, files]) =>
      [...files].map(([path, text]) => [join(folder, name, path), text] as const),
    ),
  );
  const project = openProject(join(repository, "tsconfig.json"), texts);
  return (name: string): ReadModel => checkedModel(sourcesBelow(project, join(folder, name), texts));
}

/** The folders within a folder. */
export function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** Compares a text with the one kept in a file; with UPDATE_GOLDEN=1 it is kept from now on. */
export function expectGolden(path: string, text: string): void {
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, "utf8"));
}

/** Files in one text, each after a line such as `-- apis/animal/v1/cat_types.ts --`. */
export function splitFiles(text: string): Map<string, string> {
  const [, ...parts] = text.split(/^-- (.+) --\n/m);
  return new Map(parts.flatMap((part, index) => (index % 2 === 0 ? [[part, parts[index + 1] ?? ""] as const] : [])));
}

/** JSON for people: what fits on a line stays on it. */
export function prettyJson(value: unknown, indent = ""): string {
  const flat = JSON.stringify(value);
  if (typeof value !== "object" || value === null || flat.length + indent.length <= 118) return flat;
  const deeper = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((item) => deeper + prettyJson(item, deeper))
    : Object.entries(value).map(([key, item]) => `${deeper}${JSON.stringify(key)}: ${prettyJson(item, deeper)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}
