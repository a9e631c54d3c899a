import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checkGenerated, generate } from "../../codegen/generate.ts";
import { readModel } from "../../codegen/pipeline.ts";
import { repository } from "./cases.ts";

const types = `import type { Int32, KubeObject } from "apiserver-ts/meta/v1";

export interface Pet extends KubeObject {
  /** +default=9 */
  lives?: Int32;
}
`;
const defaults = "generated/pet/v1/zz_generated.defaults.ts";
const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A user's project with one kind, in a folder of its own. */
function createProject(files: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), "apiserver-ts-cli-"));
  folders.push(root);
  mkdirSync(join(root, "node_modules"));
  symlinkSync(repository, join(root, "node_modules/apiserver-ts"));
  const all = {
    "package.json": '{ "name": "pets", "type": "module" }',
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        module: "nodenext",
        strict: true,
        customConditions: ["source"],
        allowImportingTsExtensions: true,
      },
    }),
    "apis/pet/v1/doc.ts": "/** +groupName=pet.example.com */\nexport {};\n",
    "apis/pet/v1/pet_types.ts": types,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) write(root, path, text);
  return root;
}

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function generatedFiles(root: string): Map<string, { readonly text: string; readonly mtimeMs: number }> {
  const paths = readdirSync(join(root, "generated"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    paths.toSorted().map((path) => [path, { text: readFileSync(path, "utf8"), mtimeMs: statSync(path).mtimeMs }]),
  );
}

const noTime = (): number => 1234;

describe("generate", () => {
  test("writes what apis/ gives, and a second run writes nothing", async () => {
    const root = createProject();
    const first = await generate(root, noTime);
    const written = generatedFiles(root);
    const count = written.size;
    expect(first).toEqual({ ok: true, message: `generated ${count} files (${count} changed) in 1.2 s` });
    expect([...written.keys()]).toContain(join(root, defaults));
    const second = await generate(root, noTime);
    expect(second.message).toBe(`generated ${count} files (0 changed) in 1.2 s`);
    expect(generatedFiles(root)).toEqual(written);
  });

  test("tells every mistake and writes nothing", async () => {
    const root = createProject({
      "apis/pet/v1/pet_types.ts": types.replace("+default=9", "+defualt=9").replace("lives?: Int32", "lives?: number"),
    });
    expect(await generate(root, noTime)).toEqual({
      ok: false,
      message: [
        "apis/pet/v1/pet_types.ts:4:7 E001 unknown tag +defualt (did you mean +default?)",
        "apis/pet/v1/pet_types.ts:5:11 E011 number has no width: say Int32, Int64, Float32 or Float64",
      ].join("\n"),
    });
    expect(existsSync(join(root, "generated"))).toBe(false);
  });

  test("removes what it once wrote and would not write now, and the folders that become empty", async () => {
    const root = createProject();
    await generate(root, noTime);
    const old = "generated/pet/v1alpha1/zz_generated.defaults.ts";
    write(root, old, readFileSync(join(root, defaults), "utf8"));
    write(root, "generated/pet/v1/.123.tmp", "half");
    expect((await generate(root, noTime)).message).toMatch(/\(0 changed, 2 removed\)/);
    expect(existsSync(join(root, "generated/pet/v1alpha1"))).toBe(false);
    expect(existsSync(join(root, "generated/pet/v1/.123.tmp"))).toBe(false);
  });

  test("refuses to go on over a file that a person wrote, and leaves it", async () => {
    const root = createProject({ "generated/notes.md": "mine" });
    expect(await generate(root, noTime)).toEqual({
      ok: false,
      message: "generated/notes.md:1:1 E060 apiserver-boot did not write this file: move it out of generated/",
    });
    expect([...generatedFiles(root).keys()]).toEqual([join(root, "generated/notes.md")]);
  });
});

test("the meta types of an installed package are read from its declarations", () => {
  const declarations = readFileSync(join(repository, "runtime/meta/v1.ts"), "utf8");
  const root = createProject({
    "apis/pet/v1/pet_types.ts": types
      .replace("{ Int32", "{ Condition, Int32")
      .replace("lives?: Int32;", "lives?: Int32;\n  seen?: Condition[];"),
  });
  rmSync(join(root, "node_modules/apiserver-ts"));
  const installed = '{ "exports": { "./meta/v1": { "types": "./v1.d.ts" } } }';
  write(root, "node_modules/apiserver-ts/package.json", installed);
  write(root, "node_modules/apiserver-ts/v1.d.ts", declarations);
  const { model, diagnostics } = readModel(root);
  expect(diagnostics).toEqual([]);
  const [pet, condition] = model.groupVersions[0]?.types ?? [];
  expect(pet?.fields.map(({ type }) => type.kind)).toEqual(["integer", "array"]);
  expect(condition).toMatchObject({ source: { module: "apiserver-ts/meta/v1", symbol: "Condition" } });
  expect(condition?.fields[0]?.rules).toEqual([{ kind: "maxLength", value: 316 }]);
});

describe("generate --check", () => {
  test("passes over what generate wrote, and writes nothing", async () => {
    const root = createProject();
    await generate(root, noTime);
    const written = generatedFiles(root);
    expect(await checkGenerated(root)).toEqual({
      ok: true,
      message: `generated/ is up to date: ${written.size} files`,
    });
    expect(generatedFiles(root)).toEqual(written);
  });

  test("names the first line that differs, and how to mend it", async () => {
    const root = createProject();
    await generate(root, noTime);
    write(root, defaults, readFileSync(join(root, defaults), "utf8").replace("9", "8"));
    const { ok, message } = await checkGenerated(root);
    expect(ok).toBe(false);
    expect(message).toMatch(
      /^generated\/pet\/v1\/zz_generated\.defaults\.ts:\d+ is not what apis\/ gives\n {2}expected: .*9.*\n {2}actual: {3}.*8.*\nTo mend it, run: npm run generate$/,
    );
  });

  test("names a missing file, a stale one, and one that a person wrote", async () => {
    const root = createProject();
    await generate(root, noTime);
    const text = readFileSync(join(root, defaults), "utf8");
    rmSync(join(root, defaults));
    expect((await checkGenerated(root)).message).toContain(`${defaults} is missing\n`);
    write(root, defaults, text);
    write(root, "generated/a/zz_generated.ts", text);
    expect((await checkGenerated(root)).message).toContain(
      "generated/a/zz_generated.ts is generated by nothing in apis/",
    );
    rmSync(join(root, "generated/a"), { recursive: true });
    write(root, "generated/mine.ts", "export {};\n");
    expect((await checkGenerated(root)).message).toContain("generated/mine.ts:1:1 E060");
  });
});

describe("the command", () => {
  const run = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const command = ["-C", "source", "--import", "tsx", join(repository, "codegen/main.ts"), ...args];
      execFile(process.execPath, command, { cwd: repository }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
      );
    });

  test("exits with 1 on drift, and prints the model where there is no mistake", async () => {
    const root = createProject();
    const [check, model] = await Promise.all([
      run("generate", "--check", "--project", root),
      run("model", "--project", root),
    ]);
    expect(check).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/ is missing\n/) });
    expect(model).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(model.stdout)).toMatchObject({
      groupVersions: [{ group: "pet.example.com", kinds: [{ name: "Pet" }] }],
    });
  });

  test("prints its version, and help with examples", async () => {
    const [version, help, nowhere] = await Promise.all([
      run("version"),
      run("--help"),
      run("generate", "--project", tmpdir()),
    ]);
    const { version: expected } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
      version: string;
    };
    expect(version).toEqual({ code: 0, stdout: `${expected}\n`, stderr: "" });
    expect(help.stdout).toContain("apiserver-boot generate --check");
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining("has no tsconfig.json") });
  });
});
