import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { repository } from "./cases.ts";

async function boot(...args: string[]): Promise<string> {
  const command = ["-C", "source", "--import", "tsx", "codegen/main.ts", ...args];
  return (await promisify(execFile)(process.execPath, command, { cwd: repository })).stdout;
}

test("what may follow on the command line is completed from the commands that there are", async () => {
  expect((await boot("completion", "words")).split("\n")).toEqual(expect.arrayContaining(["init", "create", "run"]));
  expect((await boot("completion", "words", "build")).split("\n")).toEqual(
    expect.arrayContaining(["executables", "config"]),
  );
  const flags = (await boot("completion", "words", "create", "resource", "--group", "animal")).split("\n");
  expect(flags).toContain("--kind");
  expect(flags).not.toContain("--group");
});

test("the script for bash completes words in a real bash", async () => {
  const script = await boot("completion", "bash");
  const program = `${script}
apiserver-boot() { echo executables; echo config; }
COMP_WORDS=(apiserver-boot build co); COMP_CWORD=2; _apiserver_boot; echo "\${COMPREPLY[@]}"`;
  expect((await promisify(execFile)("bash", ["-c", program])).stdout).toBe("config\n");
});
