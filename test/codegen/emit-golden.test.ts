import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { afterAll, describe, expect, test } from "vitest";
import { emitAll } from "../../codegen/emit/index.ts";
import type { GeneratedFile } from "../../codegen/emit/generated-file.ts";
import { readModel } from "../../codegen/pipeline.ts";
import { loadValidationVectors } from "../vectors/load.ts";
import { goldenFolder, goldenModel } from "./emit/golden-model.ts";
import { printTypes } from "./emit/print-types.ts";
import { vectorModel } from "./emit/vector-model.ts";
import type { VectorSchema } from "./emit/vector-schema.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const update = process.env["UPDATE_GOLDEN"] === "1";

function formatted({ path, text }: GeneratedFile): Promise<string> {
  return format(text, { filepath: path, printWidth: 120 });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length));
}

/** The errors that the compiler finds in a project; empty if none. */
function compile(tsconfig: string): string {
  try {
    execFileSync(join(root, "node_modules/.bin/tsc"), ["--noEmit", "-p", tsconfig], {
      encoding: "utf8",
      stdio: "pipe",
    });
    return "";
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout ?? error);
  }
}

test("the model is what the parser reads from the types beside it", async () => {
  const { model, diagnostics } = readModel(resolve(goldenFolder));
  const path = join(goldenFolder, "model.json");
  if (update) writeFileSync(path, await formatted({ path, text: JSON.stringify(model) }));
  expect(diagnostics).toEqual([]);
  expect(model).toEqual(goldenModel());
});

describe("what the emitters write", () => {
  const emitted = emitAll(update ? readModel(resolve(goldenFolder)).model : goldenModel());
  if (update) rmSync(`${goldenFolder}generated`, { recursive: true, force: true });

  for (const file of emitted) {
    test(`${file.path} is as expected`, async () => {
      const text = await formatted(file);
      const path = join(goldenFolder, file.path);
      if (update) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
      }
      expect(text).toBe(readFileSync(path, "utf8"));
    });
  }

  test("nothing else is expected", () => {
    const expected = filesBelow(goldenFolder).filter((path) => path.startsWith("generated/"));
    expect(expected.toSorted()).toEqual(emitted.map(({ path }) => path).toSorted());
  });

  test("every expected file compiles with the types that it was made from", () => {
    expect(compile(join(goldenFolder, "tsconfig.json"))).toBe("");
  });

  test("emitting twice gives the same", () => {
    expect(emitAll(goldenModel())).toEqual(emitted);
  });
});

describe("what the emitters write for the types of the validation vectors", () => {
  const folder = mkdtempSync(join(tmpdir(), "emitted-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("compiles", () => {
    const { schemas } = loadValidationVectors() as { schemas: Record<string, VectorSchema> };
    for (const [id, schema] of Object.entries(schemas)) writeProject(join(folder, id.replaceAll("/", "-")), schema);
    write(join(folder, "package.json"), `{ "type": "module" }`);
    write(join(folder, "tsconfig.json"), JSON.stringify(tsconfigOutside()));
    expect(compile(join(folder, "tsconfig.json"))).toBe("");
  });
});

function writeProject(folder: string, schema: VectorSchema): void {
  const { groupVersion, forced } = vectorModel(schema);
  const failing = [...forced.keys()].map(
    (symbol) => `export declare function ${symbol}(...all: unknown[]): FieldError[];`,
  );
  write(join(folder, "apis/vectors/v1/types.ts"), printTypes(groupVersion));
  write(
    join(folder, "apis/vectors/v1/forced.ts"),
    [`import type { FieldError } from "apiserver-ts/abi";`, ...failing].join("\n"),
  );
  for (const { path, text } of emitAll({ groupVersions: [groupVersion] })) write(join(folder, path), text);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A project outside of the package, which therefore cannot import it by its name. */
function tsconfigOutside(): object {
  return {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      typeRoots: [join(root, "node_modules/@types")],
      paths: {
        "apiserver-ts/abi": [join(root, "runtime/abi.ts")],
        "apiserver-ts/meta/v1": [join(root, "runtime/meta/v1.ts")],
      },
    },
    include: ["**/*.ts"],
  };
}
