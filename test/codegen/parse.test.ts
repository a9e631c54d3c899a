import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { formatDiagnostics } from "../../codegen/diagnostic.ts";
import { tagSpecs } from "../../codegen/parse/tag-table.ts";
import { expectGolden, foldersIn, prettyJson, readProjects } from "./cases.ts";

const folder = fileURLToPath(new URL("./golden", import.meta.url));
const projects = new Map(foldersIn(folder).map((name) => [name, filesOf(name)]));
const read = readProjects(folder, projects);

function filesOf(name: string): Map<string, string> {
  const paths = readdirSync(join(folder, name, "apis"), { recursive: true, encoding: "utf8" });
  return new Map(
    paths
      .filter((path) => path.endsWith(".ts"))
      .map((path) => [join("apis", path), readFileSync(join(folder, name, "apis", path), "utf8")]),
  );
}

for (const name of projects.keys()) {
  test(`the types and tags of golden/${name} give its model`, () => {
    const { model, diagnostics } = read(name);
    expect(formatDiagnostics(diagnostics)).toBe("");
    expectGolden(join(folder, name, "model.json"), `${prettyJson(model)}\n`);
  });
}

test("every spelling of every tag occurs in some golden", () => {
  const text = [...projects.values()].flatMap((files) => [...files.values()]).join("\n");
  const missing = [...tagSpecs.keys()].filter((name) => !new RegExp(`\\+${name}(?![\\w-])`).test(text));
  expect(missing).toEqual([]);
});
