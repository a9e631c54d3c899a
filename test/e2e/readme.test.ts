import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { kubectlBinary } from "./kubectl.ts";
import { folderWith, packedInto, repository } from "./packed.ts";

const run = promisify(execFile);

// What serves goes on while later blocks run, as in a shell of its own; the shell ends all of them with itself.
const prelude = `
set -euo pipefail
servers=()
trap 'for pid in "\${servers[@]}"; do kill "$pid" 2> /dev/null && wait "$pid" || true; done' EXIT
serve() {
  "$@" > serving.log 2>&1 &
  servers+=($!)
  for _ in $(seq 600); do
    if grep -q '^Serving on' serving.log; then return; fi
    kill -0 $! 2> /dev/null || break
    sleep 0.1
  done
  cat serving.log
  return 1
}
# Nobody waits for what serves: exec makes its process the one that is ended.
npm_start() { npm run --silent build && exec node --max-semi-space-size=8 dist/server/main.js "$@"; }
`;

/** The blocks of a shell in a text, as one script; each is told before it runs. */
function scriptOf(markdown: string): string {
  const blocks = [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  const steps = blocks.map(
    (block, index) =>
      `echo "=== block ${index + 1}"\n${block.replace(/npm start(?: -- (.*))?$/m, "serve npm_start $1")}`,
  );
  return `${prelude}${steps.join("\n")}\necho "=== all blocks ran"\n`;
}

test("the shell blocks of the README run in their order, in a fresh copy", { timeout: 600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "apiserver-ts-readme-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { tarball, bin } = await packedInto(join(folder, "package"));
  // Until a version is published, it is found beside the project.
  await mkdir(join(folder, "skai-demo"));
  await copyFile(tarball, join(folder, "skai-demo", basename(tarball)));
  const copy = join(folder, "copy");
  await mkdir(copy);
  const listed = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repository,
    maxBuffer: 1 << 26,
  });
  await writeFile(join(folder, "files"), listed.stdout);
  await run(
    "sh",
    ["-c", `tar --null --ignore-failed-read -cf - -T "$1" | tar -xf - -C "$2"`, "sh", join(folder, "files"), copy],
    { cwd: repository },
  );
  const kubectl = await folderWith(join(folder, "kubectl"), "kubectl", await kubectlBinary("1.35"));
  const { said, code } = await shell(scriptOf(await readFile(join(repository, "README.md"), "utf8")), copy, [
    bin,
    kubectl,
  ]);
  expect(said, said).toContain("=== all blocks ran");
  expect(code).toBe(0);
  expect(said).toContain("cat.animal.skai.io/mycat created");
  expect(said).toMatch(/NAME +AGE\nmycat +\d+s/);
});

async function shell(
  script: string,
  folder: string,
  path: readonly string[],
): Promise<{ said: string; code: number | null }> {
  const PATH = [...path, process.env["PATH"]].join(delimiter);
  const child = spawn("bash", ["-c", script], { cwd: folder, env: { ...process.env, PATH, CI: "true" } });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { said, code };
}
