import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { diagnosticCodes } from "../../codegen/diagnostic-codes.ts";
import { formatDiagnostics } from "../../codegen/diagnostic.ts";
import { expectGolden, foldersIn, readProjects, splitFiles } from "./cases.ts";

const folder = fileURLToPath(new URL("./errors", import.meta.url));
const doc = "apis/pet/v1/doc.ts";
const projects = new Map(foldersIn(folder).map((name) => [name, filesOf(name)]));
const read = readProjects(folder, projects);

/** A case is about one thing, so its input may leave out a `doc.ts` that is right. */
function filesOf(name: string): Map<string, string> {
  const files = splitFiles(readFileSync(join(folder, name, "input.txt"), "utf8"));
  const hasDoc = [...files.keys()].some((path) => path.endsWith("doc.ts"));
  return hasDoc ? files : files.set(doc, "/** +groupName=pet.example.com */\nexport {};\n");
}

for (const name of projects.keys()) {
  test(`errors/${name} is told with its place and what to do`, () => {
    const { diagnostics } = read(name);
    expect(diagnostics).not.toEqual([]);
    expectGolden(join(folder, name, "diagnostics.txt"), `${formatDiagnostics(diagnostics)}\n`);
  });
}

test("every code occurs in some case", () => {
  const told = foldersIn(folder).map((name) => readFileSync(join(folder, name, "diagnostics.txt"), "utf8"));
  // A file of a person's in generated/ is found when writing; cli.test.ts has its case.
  const elsewhere: readonly string[] = [diagnosticCodes.foreignFile];
  const missing = Object.values(diagnosticCodes).filter(
    (code) => !elsewhere.includes(code) && !told.some((text) => text.includes(` ${code} `)),
  );
  expect(missing).toEqual([]);
});
