import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { poll } from "../cluster/poll.ts";
import { freePort } from "../etcd/etcd.ts";
import { Kubectl, kubectlBinary } from "./kubectl.ts";
import { packedInto } from "./packed.ts";

const lucky = `apiVersion: animal.skai.io/v1alpha1
kind: Cat
metadata:
  name: mycat
spec:
  name: lucky
`;

const strategy = `import { defineStrategy, invalid } from "apiserver-ts";
import type { Cat } from "./cat_types.ts";

/** What Cat does beyond its types; every hook is optional. */
export default defineStrategy<Cat>({
  validate: (cat) => (cat.spec.name === "" ? [invalid("spec.name", cat.spec.name, "must be specify")] : []),
});
`;

test("from an empty folder with the tarball alone to kubectl get cat", { timeout: 600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "apiserver-ts-walk-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { tarball, bin } = await packedInto(join(folder, "package"));
  const project = join(folder, "skai-demo");
  await mkdir(project);
  await copyFile(tarball, join(project, basename(tarball)));
  const env = { ...process.env, PATH: [bin, process.env["PATH"]].join(delimiter) };
  const run = async (command: string): Promise<string> =>
    (await promisify(execFile)("sh", ["-c", command], { cwd: project, env, maxBuffer: 1 << 26 })).stdout;
  const installSeconds = Number(
    /npm install: (\d+) s/.exec(await run("apiserver-boot init repo --domain skai.io"))?.[1],
  );
  const startMs = performance.now();
  await run(
    "apiserver-boot create group version resource --group animal --version v1alpha1 --kind Cat --non-namespaced=false",
  );
  const types = join(project, "apis/animal/v1alpha1/cat_types.ts");
  const field = "CatSpec {\n  /** name is what the cat is called. */\n  name: string;\n}";
  await writeFile(types, (await readFile(types, "utf8")).replace("CatSpec {}", field));
  await writeFile(join(project, "apis/animal/v1alpha1/cat_strategy.ts"), strategy);
  await run("npm run generate");
  const port = await freePort();
  const server = spawn("npm", ["start", "--", `--secure-port=${port}`], { cwd: project, env });
  onTestFinished(async () => {
    server.kill("SIGTERM");
    if (server.exitCode === null) await once(server, "exit");
  });
  let said = "";
  server.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  server.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await poll(
    async () => said.includes("Serving on"),
    () => said,
  );
  await writeFile(join(project, "lucky.yaml"), lucky);
  const kubectl = new Kubectl(await kubectlBinary("1.35"), join(project, "kubeconfig"), folder);
  expect(await kubectl.run(["apply", "-f", join(project, "lucky.yaml")])).toMatchObject({
    code: 0,
    stdout: "cat.animal.skai.io/mycat created\n",
  });
  expect((await kubectl.run(["get", "cat"])).stdout).toMatch(/^mycat +\d+s$/m);
  const nameless = lucky.replace("name: lucky", 'name: ""').replace("mycat", "nameless");
  expect((await kubectl.run(["apply", "-f", "-"], { input: nameless })).stderr).toContain("must be specify");
  expect(await run("npm test")).toMatch(/passed/);
  const seconds = (performance.now() - startMs) / 1000;
  console.log(`the walk took ${seconds.toFixed(0)} s; without it, npm install ${installSeconds} s`);
});
