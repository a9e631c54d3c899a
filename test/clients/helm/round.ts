// One round through the API of cats with Helm: a release of a chart that has a cat, from install to uninstall.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [helmBinary = "", kubectlBinary = "", namespace = ""] = process.argv.slice(2);
if (namespace === "") throw new Error("usage: KUBECONFIG=file round.ts helm kubectl namespace");
const chart = fileURLToPath(new URL("chart", import.meta.url));
const home = await mkdtemp(join(tmpdir(), "helm-"));
const env = { ...process.env, HOME: home, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
const waiting = ["--wait", "--timeout", "60s"];

interface Outcome {
  readonly failed: boolean;
  readonly output: string;
}

/** Runs a program in the namespace; kubectl is what sees whether Helm did what it says. */
function run(binary: string, args: readonly string[], input = ""): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(binary, ["--namespace", namespace, ...args], { env }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, output: `${stdout}${stderr}` }),
    );
    child.stdin?.end(input);
  });
}

async function passes(binary: string, args: readonly string[], input?: string): Promise<string> {
  const { failed, output } = await run(binary, args, input);
  if (failed) throw new Error(`${args.join(" ")}: ${output}`);
  return output;
}

async function fails(binary: string, args: readonly string[], words: string): Promise<void> {
  const { failed, output } = await run(binary, args);
  if (!failed) throw new Error(`${args.join(" ")} passed: ${output}`);
  has(output, words);
}

function has(output: string, words: string): void {
  if (!output.includes(words)) throw new Error(`no ${JSON.stringify(words)} in ${JSON.stringify(output)}`);
}

const helm = (...args: readonly string[]): Promise<string> => passes(helmBinary, args);
const upgrade = (...args: readonly string[]): readonly string[] => ["upgrade", "tom", chart, ...waiting, ...args];

async function isNow(names: string, template: string, wanted: string): Promise<void> {
  const all = await passes(kubectlBinary, ["get", "cats", "-o", "jsonpath={.items[*].metadata.name}"]);
  if (all !== names) throw new Error(`there are ${all}, not ${names}`);
  const got = await passes(kubectlBinary, ["get", "cat", "tom", "-o", `jsonpath=${template}`]);
  if (got !== wanted) throw new Error(`${template} is ${got}, not ${wanted}`);
}

async function step(what: string, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    console.log(`failed: ${what}: ${String(error)}`);
    process.exit(1);
  });
  console.log(`ok: ${what}`);
}

const shown = "{.spec.lives} {.spec.toys[0].squeaks} {.metadata.generation}";

await step("install creates the cat and waits for it; the cat of its hook has come and gone", async () => {
  has(await helm("install", "tom", chart, ...waiting), "Before, the cat had no lives.");
  await isNow("tom", shown, "9 1 1");
});
await step("the cat is applied, by Helm", () =>
  isNow("tom", "{.metadata.managedFields[*].manager} {.metadata.managedFields[*].operation}", "helm Apply"),
);
await step("status shows the table of the type", async () => {
  const status = await helm("status", "tom");
  if (!/NAME +CALLED +LIVES +AGE\s+tom +Tom +9 /.test(status)) throw new Error(status);
});
await step("upgrade changes the cat and adds a kitten; its template looks up the cat", async () => {
  has(await helm(...upgrade("--set", "lives=8,kitten=true")), "Before, the cat had 9 lives.");
  await isNow("tom tom-kitten", shown, "8 1 2");
});
await step("a dry run in the server changes nothing", async () => {
  await helm(...upgrade("--set", "lives=1", "--dry-run=server"));
  await isNow("tom tom-kitten", shown, "8 1 2");
});
await step("what the server finds invalid fails", () =>
  fails(helmBinary, upgrade("--set", "lives=10"), "spec.lives: Invalid value: 10: must be less than or equal to 9"),
);
await step("another's field is a conflict until it is forced", async () => {
  const cat = { apiVersion: "animal.skai.io/v1alpha1", kind: "Cat", metadata: { name: "tom" }, spec: { lives: 7 } };
  const others = ["apply", "--server-side", "--force-conflicts", "--field-manager=other", "-f", "-"];
  await passes(kubectlBinary, others, JSON.stringify(cat));
  await fails(helmBinary, upgrade("--set", "lives=6"), 'conflict with "other": .spec.lives');
  await helm(...upgrade("--set", "lives=6", "--force-conflicts"));
  await isNow("tom", shown, "6 1 4");
});
await step("upgrade in the client's way patches", async () => {
  await helm(...upgrade("--set", "lives=5", "--server-side=false"));
  await isNow("tom", shown, "5 1 5");
});
await step("rollback goes back to the second revision", async () => {
  await helm("rollback", "tom", "2", "--server-side=true", "--force-conflicts", ...waiting);
  await isNow("tom tom-kitten", shown, "8 1 6");
});
await step("uninstall waits until all cats are gone", async () => {
  await helm("uninstall", "tom", ...waiting);
  has(await passes(kubectlBinary, ["get", "cats"]), "No resources found");
  await fails(helmBinary, ["uninstall", "tom"], "not found");
});
await rm(home, { recursive: true, force: true });
