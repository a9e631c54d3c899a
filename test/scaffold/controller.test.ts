import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { create, type CreateOptions } from "../../codegen/scaffold/create.ts";
import { initRepo } from "../../codegen/scaffold/init-repo.ts";
import { emptyProject, useSources } from "./empty-project.ts";

const roots: string[] = [];

afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true });
});

async function project(): Promise<string> {
  const root = emptyProject();
  roots.push(root);
  await initRepo({ domain: "skai.io", name: "@skai/demo_app", install: false, project: root }, () => undefined);
  useSources(root);
  return root;
}

const cat = { group: "animal", version: "v1alpha1", kind: "Cat", controller: true };

async function make(root: string, options: Partial<CreateOptions> = {}): Promise<string[]> {
  const lines: string[] = [];
  const tell = (line: string): void => void lines.push(line);
  await create(["group", "version", "resource"], { ...cat, project: root, ...options }, tell);
  return lines;
}

function read(root: string, path: string): string {
  return readFileSync(join(root, path), "utf8");
}

const afterwards = [
  "Controllers run beside a server: npm run start:controllers, or both at once: apiserver-boot run local",
  expect.stringMatching(/^generated \d+ files/) as string,
];

test("a kind with a controller: itself, its test, the manager, and what the project needs for them", async () => {
  const root = await project();
  expect(await make(root)).toEqual([
    "created apis/animal/v1alpha1/doc.ts",
    "created apis/animal/v1alpha1/cat_types.ts",
    "created apis/animal/v1alpha1/cat_strategy.ts",
    "created test/animal/v1alpha1/cat.test.ts",
    "created controllers/cat_controller.ts",
    "created test/controllers/cat_controller.test.ts",
    "created controllers/main.ts",
    "added to package.json what it lacked",
    "added controllers to tsconfig.json",
    "added controllers to tsconfig.build.json",
    ...afterwards,
  ]);
  expect(read(root, "controllers/main.ts")).toBe(`import { runManager } from "apiserver-ts/controller";
import { catController } from "./cat_controller.ts";

await runManager({
  name: "skai-demo-app-controllers",
  controllers: [catController],
});
`);
  const controller = read(root, "controllers/cat_controller.ts");
  expect(controller).toContain('for: { group: "animal.skai.io", version: "v1alpha1", plural: "cats" }');
  expect(controller).toContain("own.patchStatus(object.metadata, { observedGeneration: generation })");
  const own = JSON.parse(read(root, "node_modules/apiserver-ts/package.json")) as { devDependencies: object };
  expect(JSON.parse(read(root, "package.json"))).toMatchObject({
    dependencies: { "@kubernetes/client-node": own.devDependencies["@kubernetes/client-node" as never] },
    scripts: { "start:controllers": "exec node dist/server/controllers/main.js --kubeconfig kubeconfig" },
  });
  expect(JSON.parse(read(root, "tsconfig.build.json"))).toMatchObject({
    include: expect.arrayContaining(["main.ts", "apis", "generated", "controllers"]) as string[],
  });
});

test("a second run changes nothing that a person has written", async () => {
  const root = await project();
  await make(root);
  const path = "controllers/cat_controller.ts";
  const paths = [
    path,
    "controllers/main.ts",
    "package.json",
    "tsconfig.json",
    "test/controllers/cat_controller.test.ts",
  ];
  writeFileSync(join(root, path), `${read(root, path)}// Mine.\n`);
  const before = paths.map((each) => read(root, each));
  const lines = await make(root, { skipResource: true });
  expect(lines).toEqual([
    "exists, left as it is: apis/animal/v1alpha1/doc.ts",
    "exists, left as it is: controllers/cat_controller.ts",
    "exists, left as it is: test/controllers/cat_controller.test.ts",
    "exists, left as it is: controllers/main.ts",
    "exists, left as it is: package.json",
    ...afterwards,
  ]);
  expect(paths.map((each) => read(root, each))).toEqual(before);
});

test("a dry run tells what it would make, and makes nothing", async () => {
  const root = await project();
  const before = read(root, "package.json");
  const lines = await make(root, { dryRun: true });
  for (const line of ["would create controllers/cat_controller.ts", "would create controllers/main.ts"]) {
    expect(lines).toContain(line);
  }
  expect(lines).toContain("would add controllers to tsconfig.json");
  expect(read(root, "package.json")).toBe(before);
  expect(() => read(root, "controllers/main.ts")).toThrow("ENOENT");
});

test("no controller is made unless it is asked for", async () => {
  const root = await project();
  await create(["resource"], { ...cat, controller: false, project: root }, () => undefined);
  await create(["resource"], { ...cat, kind: "Dog", controller: undefined as never, project: root }, () => undefined);
  expect(() => read(root, "controllers/main.ts")).toThrow("ENOENT");
  const made: CreateOptions = {
    group: "animal",
    version: "v1alpha1",
    kind: "Fox",
    skipController: false,
    project: root,
  };
  await create(["resource"], made, () => undefined);
  expect(read(root, "controllers/main.ts")).toContain("foxController");
});

test("a kind without status, in other words and with a plural of its own, whose types were there before", async () => {
  const root = await project();
  const kind = { kind: "BlackCat", resource: "panthers", withStatusSubresource: false };
  await make(root, { ...kind, controller: false });
  await make(root, { kind: "BlackCat", skipResource: true });
  const controller = read(root, "controllers/black_cat_controller.ts");
  expect(controller).toContain('plural: "panthers"');
  expect(controller).toContain('name: "black-cat"');
  expect(controller).toContain("export const blackCatController = defineController<BlackCat>");
  expect(controller).not.toContain("patchStatus");
});

test("a controller is of types that are there", async () => {
  const root = await project();
  await expect(make(root, { skipResource: true })).rejects.toThrow(
    "there is no apis/animal/v1alpha1/cat_types.ts, which a controller is for; leave out --skip-resource to make it",
  );
});

describe("the manager's file", () => {
  async function withMain(text: string): Promise<string> {
    const root = await project();
    mkdirSync(join(root, "controllers"));
    writeFileSync(join(root, "controllers/main.ts"), text);
    return root;
  }

  test("gets each further controller, of two of one name the later by its group, too", async () => {
    const root = await project();
    await make(root);
    expect(await make(root, { kind: "Dog" })).toContain("added dogController to controllers/main.ts");
    await make(root, { group: "big-zoo" });
    expect(read(root, "controllers/big_zoo_cat_controller.ts")).toContain('group: "big-zoo.skai.io"');
    expect(read(root, "controllers/main.ts")).toBe(`import { runManager } from "apiserver-ts/controller";
import { catController } from "./cat_controller.ts";
import { dogController } from "./dog_controller.ts";
import { bigZooCatController } from "./big_zoo_cat_controller.ts";

await runManager({
  name: "skai-demo-app-controllers",
  controllers: [catController, dogController, bigZooCatController],
});
`);
  });

  test("keeps what a person has added around the list", async () => {
    const text = `// Mine.
import { runManager } from "apiserver-ts/controller";
import { own } from "./own.ts";

const name = "mine";
await runManager({
  name,
  controllers: [
    own,
  ],
});
`;
    const root = await withMain(text);
    expect(await make(root)).toContain("added catController to controllers/main.ts");
    const changed = read(root, "controllers/main.ts");
    expect(changed).toContain("// Mine.");
    expect(changed).toContain('import { catController } from "./cat_controller.ts";');
    expect(changed).toContain("controllers: [own, catController],");
  });

  const start = 'import { runManager } from "apiserver-ts/controller";\n';
  test.each([
    ["a list that is made", `${start}await runManager({ name: "x", controllers: all() });\n`],
    ["a list of more than names", `${start}await runManager({ name: "x", controllers: [make({ a: [1] }), b] });\n`],
    ["a list by another name", `${start}const controllers = [a];\nawait runManager({ name: "x", controllers });\n`],
    ["two lists", `${start}const one = { controllers: [a] };\nawait runManager({ name: "x", controllers: [b] });\n`],
    ["a list in a comment alone", `${start}// runManager({ controllers: [] })\nawait runManager(options);\n`],
    ["no import", 'await run({ name: "x", controllers: [a] });\n'],
  ])("with %s is left as it is, and the lines to add are told", async (_what, text) => {
    const root = await withMain(text);
    const lines = await make(root);
    expect(lines).toContain("controllers/main.ts is not as it was made: add these lines to it yourself");
    expect(lines).toContain('  import { catController } from "./cat_controller.ts";');
    expect(lines).toContain("  catController, among the controllers of runManager");
    expect(read(root, "controllers/main.ts")).toBe(text);
  });
});

test("settings of the compiler with comments are left as they are, and what to add is told", async () => {
  const root = await project();
  const text = '{\n  // Mine.\n  "include": ["main.ts", "apis"]\n}\n';
  writeFileSync(join(root, "tsconfig.build.json"), text);
  expect(await make(root)).toContain(
    'tsconfig.build.json is not as it was made: add "controllers" to its include yourself',
  );
  expect(read(root, "tsconfig.build.json")).toBe(text);
});
