import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checkGenerated } from "../../codegen/generate.ts";
import { create, type CreateOptions } from "../../codegen/scaffold/create.ts";
import { initRepo } from "../../codegen/scaffold/init-repo.ts";
import { repository } from "../codegen/cases.ts";
import { emptyProject as emptyFolder, useSources } from "./empty-project.ts";

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** An empty folder that has the packages of this repository, until all tests have run. */
function emptyProject(): string {
  const root = emptyFolder();
  folders.push(root);
  return root;
}

interface Told {
  readonly lines: string[];
  readonly tell: (line: string) => void;
}

function told(): Told {
  const lines: string[] = [];
  return { lines, tell: (line) => void lines.push(line) };
}

async function init(root: string, more: { readonly dryRun?: boolean; readonly name?: string } = {}): Promise<string[]> {
  const { lines, tell } = told();
  await initRepo({ domain: "skai.io", install: false, project: root, ...more }, tell);
  if (more.dryRun !== true) useSources(root);
  return lines;
}

const cat = { group: "animal", version: "v1alpha1", kind: "Cat" };

async function make(root: string, what: string, options: Partial<CreateOptions> = {}): Promise<string[]> {
  const { lines, tell } = told();
  const answered = options.controller === undefined ? { skipController: true } : {};
  await create(what.split(" "), { ...cat, ...answered, project: root, ...options }, tell);
  return lines;
}

function files(root: string): Map<string, string> {
  const entries = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => !path.startsWith("node_modules") && statSync(join(root, path)).isFile())
    .toSorted();
  return new Map(entries.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

describe("init repo", () => {
  test("makes a project that generates nothing yet, and a second run changes nothing", async () => {
    const root = emptyProject();
    const lines = await init(root, { name: "skai-demo" });
    const made = files(root);
    expect([...made.keys()]).toEqual([
      ".dockerignore",
      ".github/workflows/ci.yml",
      ".gitignore",
      ".oxlintrc.json",
      ".prettierignore",
      ".prettierrc.json",
      "Dockerfile",
      "README.md",
      "generated/index.ts",
      "main.ts",
      "package.json",
      "tsconfig.build.json",
      "tsconfig.json",
    ]);
    expect(JSON.parse(made.get("package.json") ?? "")).toMatchObject({
      name: "skai-demo",
      "apiserver-boot": { domain: "skai.io" },
      dependencies: { "apiserver-ts": expect.any(String) as string },
    });
    expect(lines).toContain("created main.ts");
    const again = await init(root);
    expect(files(root)).toEqual(made);
    expect(again).toContain("exists, left as it is: main.ts");
    expect(again).toContain("exists, left as it is: package.json");
  });

  test("a dry run tells what it would make, and makes nothing", async () => {
    const root = emptyProject();
    const lines = await init(root, { dryRun: true });
    expect(lines).toContain("would create main.ts");
    expect(files(root).size).toBe(0);
  });

  test("a package.json that is there keeps what it says, and gets what it lacks", async () => {
    const root = emptyProject();
    const own = { name: "mine", scripts: { start: "node own.js" }, dependencies: { "apiserver-ts": "file:own.tgz" } };
    writeFileSync(join(root, "package.json"), JSON.stringify(own));
    await init(root, { name: "other" });
    const made = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, object>;
    expect(made).toMatchObject(own);
    expect(made["scripts"]).toMatchObject({ generate: "apiserver-boot generate" });
  });

  test("a tarball of the tool's version in the folder is what the project depends on", async () => {
    const root = emptyProject();
    const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };
    writeFileSync(join(root, `apiserver-ts-${version}.tgz`), "");
    await init(root);
    const made = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { dependencies: object };
    expect(made.dependencies).toEqual({ "apiserver-ts": `file:apiserver-ts-${version}.tgz` });
  });
});

describe("create", () => {
  test("a kind's files generate, and a second run leaves what a person has written", async () => {
    const root = emptyProject();
    await init(root);
    const lines = await make(root, "group version resource", { nonNamespaced: false, shortName: "ct" });
    expect(lines).toEqual([
      "created apis/animal/v1alpha1/doc.ts",
      "created apis/animal/v1alpha1/cat_types.ts",
      "created apis/animal/v1alpha1/cat_strategy.ts",
      "created test/animal/v1alpha1/cat.test.ts",
      expect.stringMatching(/^generated 7 files/) as string,
    ]);
    expect(await checkGenerated(root)).toEqual({ ok: true, message: "generated/ is up to date: 7 files" });
    const types = join(root, "apis/animal/v1alpha1/cat_types.ts");
    expect(readFileSync(types, "utf8")).toContain("path=cats,singular=cat,shortName=ct,scope=Namespaced");
    writeFileSync(types, `${readFileSync(types, "utf8")}\n/** Mine. */\nexport type Mine = string;\n`);
    const before = files(root);
    expect(await make(root, "group version resource")).toContain(
      "exists, left as it is: apis/animal/v1alpha1/cat_types.ts",
    );
    expect(files(root)).toEqual(before);
  });

  test("a kind outside namespaces, without status, of two words", async () => {
    const root = emptyProject();
    await init(root);
    await make(root, "group version resource", { kind: "BlackCat", nonNamespaced: true, withStatusSubresource: false });
    const types = readFileSync(join(root, "apis/animal/v1alpha1/black_cat_types.ts"), "utf8");
    expect(types).toContain("scope=Cluster");
    expect(types).not.toContain("status");
    expect(readFileSync(join(root, "test/animal/v1alpha1/black_cat.test.ts"), "utf8")).toContain(
      '"/apis/animal.skai.io/v1alpha1/blackcats"',
    );
  });

  test("a second version of a kind is not the one that is stored", async () => {
    const root = emptyProject();
    await init(root);
    await make(root, "group version resource");
    await make(root, "version resource", { version: "v1beta1", dryRun: true });
    await make(root, "group version", { version: "v1beta1" });
    expect(readFileSync(join(root, "apis/animal/v1beta1/doc.ts"), "utf8")).toContain("io.skai.animal.v1beta1");
    await expect(make(root, "version resource", { version: "v1beta1" })).resolves.toContain(
      "created apis/animal/v1beta1/cat_types.ts",
    );
    const types = readFileSync(join(root, "apis/animal/v1beta1/cat_types.ts"), "utf8");
    expect(types).not.toContain("+kubebuilder:storageversion");
  });

  test("a subresource is a tag, written once", async () => {
    const root = emptyProject();
    await init(root);
    await make(root, "group version resource", { withStatusSubresource: false });
    const tag = "+kubebuilder:subresource:status";
    expect(await make(root, "subresource", { subresource: "status", dryRun: true })).toEqual([
      `would add ${tag} to apis/animal/v1alpha1/cat_types.ts`,
    ]);
    await make(root, "subresource", { subresource: "status" });
    expect(readFileSync(join(root, "apis/animal/v1alpha1/cat_types.ts"), "utf8").split(tag)).toHaveLength(2);
    expect((await make(root, "subresource", { subresource: "status", dryRun: true }))[0]).toMatch(
      /^exists, left as it is/,
    );
  });

  test.each<[string, string, Partial<CreateOptions>, RegExp]>([
    ["what nobody knows", "thing", {}, /create thing: nothing is called so; there are: group, version, /],
    ["no kind", "resource", { kind: undefined as never }, /create resource needs --kind/],
    ["a subresource without a tag", "subresource", { subresource: "exec" }, /status or scale/],
    [
      "a subresource of no kind",
      "subresource",
      { subresource: "scale" },
      /there is no apis\/animal\/v1alpha1\/cat_types\.ts; make it: /,
    ],
  ])("%s is an error that says what to do", async (_name, what, options, message) => {
    const root = emptyProject();
    await init(root);
    await expect(make(root, what, options)).rejects.toThrow(message);
  });

  test("a folder that is no project is told how to become one", async () => {
    const root = emptyProject();
    await expect(make(root, "group")).rejects.toThrow("apiserver-boot init repo --domain example.com");
  });
});
