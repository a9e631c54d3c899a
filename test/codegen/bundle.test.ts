import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleProgram } from "../../codegen/bundle.ts";

let project = "";

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "bundle-"));
  await writeFile(
    join(project, "main.ts"),
    `const { word }: { word: string } = await import("./lazy.ts");\nconsole.log(word);\n`,
  );
});

afterAll(() => rm(project, { recursive: true, force: true }));

async function bundle(word: string): Promise<string> {
  const folder = join(project, "bin");
  // An older package asks for Node's own modules as those did that came before `import`.
  await writeFile(join(project, "older.cjs"), `exports.word = require("node:path").basename("/x/${word}");\n`);
  await writeFile(join(project, "lazy.ts"), `import older from "./older.cjs";\nexport const word = older.word;\n`);
  await bundleProgram({ entry: join(project, "main.ts"), folder, version: "1.2.3" });
  return folder;
}

test("a bundle runs where its sources are not, and tells its version", async () => {
  const folder = await bundle("first");
  await rm(join(project, "lazy.ts"));
  await rm(join(project, "older.cjs"));
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "main.js")]);
  expect(stdout).toBe("first\n");
  const manifest: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  expect(manifest).toMatchObject({ name: "apiserver-ts", version: "1.2.3", type: "module" });
});

test("what a program loads on demand is apart, and what it loaded before is gone", async () => {
  const before = await readdir(join(await bundle("first"), "chunks"));
  const after = await readdir(join(await bundle("second"), "chunks"));
  expect(before).toContainEqual(expect.stringMatching(/^lazy-/));
  expect(after).toHaveLength(before.length);
  expect(after.filter((name) => name.startsWith("lazy-"))).not.toEqual(
    before.filter((name) => name.startsWith("lazy-")),
  );
});
