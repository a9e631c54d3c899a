import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { create } from "../../codegen/scaffold/create.ts";
import { initRepo } from "../../codegen/scaffold/init-repo.ts";
import { freePort } from "../etcd/etcd.ts";
import { Kubectl, kubectlBinary } from "./kubectl.ts";
import { repository } from "./packed.ts";
import { poll } from "../cluster/poll.ts";

const edits = 10;

/** A project with one kind, in a folder of its own. */
async function catProject(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "apiserver-ts-watch-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, "node_modules"));
  await symlink(repository, join(root, "node_modules/apiserver-ts"));
  // npm puts what a package needs beside it.
  await symlink(join(repository, "node_modules/lmdb"), join(root, "node_modules/lmdb"));
  const quiet = (): void => undefined;
  await initRepo({ domain: "skai.io", install: false, project: root }, quiet);
  const cat = { group: "animal", version: "v1alpha1", kind: "Cat", skipController: true, skipResource: false };
  await create(["group", "version", "resource"], { ...cat, project: root }, quiet);
  return root;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** Saves a file as editors do: another one takes its place. */
async function save(file: string, text: string): Promise<void> {
  await writeFile(`${file}~`, text);
  await rename(`${file}~`, file);
}

test("what is saved is served again, and a mistake is told while the server goes on", async () => {
  const root = await catProject();
  const port = await freePort();
  const command = [join(repository, "dist/codegen/main.js"), "run", "local", "--watch", `--secure-port=${port}`];
  const child = spawn(process.execPath, command, { cwd: root });
  onTestFinished(() => end(child));
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await poll(
    async () => (said.includes("Serving on") ? true : undefined),
    () => `not serving: ${said}`,
  );
  const kubectl = new Kubectl(await kubectlBinary("1.35"), join(root, "kubeconfig"), root);
  const types = join(root, "apis/animal/v1alpha1/cat_types.ts");
  const original = await readFile(types, "utf8");
  const tookSeconds: number[] = [];
  for (let edit = 1; edit <= edits; edit++) {
    const field = `/** color${edit} of its fur. */\n  color${edit}?: string;\n`;
    await save(types, original.replace("CatSpec {}", `CatSpec {\n  ${field}}`));
    await poll(
      async () => (said.split("served again").length > edit ? true : undefined),
      () => `edit ${edit} was not served: ${said}`,
    );
    tookSeconds.push(Number(/served again ([\d.]+) s/.exec(said.slice(said.lastIndexOf("served again")))?.[1]));
    const explained = await kubectl.run(["explain", `cat.spec.color${edit}`]);
    expect(explained.stdout, explained.stderr).toContain(`color${edit} of its fur.`);
  }
  const median = tookSeconds.toSorted((a, b) => a - b)[edits / 2];
  console.log(
    `run local --watch: median of ${edits} edits from save to served ${median} s (${tookSeconds.join(", ")})`,
  );
  await save(types, original.replace("CatSpec {}", "CatSpec {\n  /** +k8s:minumum=1 */\n  lives?: number;\n}"));
  await poll(
    async () => (said.includes("did you mean") ? true : undefined),
    () => `the mistake was not told: ${said}`,
  );
  expect((await kubectl.run(["explain", `cat.spec.color${edits}`])).code).toBe(0);
});
