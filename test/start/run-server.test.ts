import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "run-server-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

test("a server that may not write its kubeconfig ends with one line and exit code 1", { timeout: 30_000 }, async () => {
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, "someone else's");
  const flags = ["--data-dir", join(folder, "data"), "--secure-port", "0", "--write-kubeconfig", kubeconfig];
  const server = spawn(process.execPath, ["-C", "source", "--import", "tsx", "main.ts", ...flags], {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 25_000,
  });
  const [said, ended] = await Promise.all([text(server.stderr), once(server, "exit")]);
  expect(said).toMatch(/^error: .* exists and is not this server's; move it, or give .*\n$/);
  expect(ended).toEqual([1, null]);
  expect(await readFile(kubeconfig, "utf8")).toBe("someone else's");
});
