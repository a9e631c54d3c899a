import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ControlPlane } from "../cluster/control-plane.ts";
import { kubectlBinary, type Outcome } from "../e2e/kubectl.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const builtCommand = join(repository, "dist/codegen/main.js");

/** A project, and the command that is run in its folder. */
export interface Project {
  readonly root: string;
  /** Runs apiserver-boot to its end, whatever the exit code; kubectl is of the cluster's administrator. */
  boot(...args: readonly string[]): Promise<Outcome>;
  /** Runs it to its end; throws, with what it printed, unless it exits with 0. Gives what it printed. */
  bootOk(...args: readonly string[]): Promise<string>;
}

/** Makes a folder with a project of the kinds of this repository. */
export function projectFolder(parent: string): string {
  const root = mkdtempSync(join(parent, "project-"));
  for (const path of ["apis", "main.ts", "generated", "tsconfig.json", "package.json"]) {
    cpSync(join(repository, path), join(root, path), { recursive: true });
  }
  mkdirSync(join(root, "node_modules"));
  symlinkSync(repository, join(root, "node_modules/apiserver-ts"));
  return root;
}

/** A project with the kinds of this repository, in a folder of its own. */
export async function projectFor(cluster: ControlPlane): Promise<Project> {
  const root = projectFolder(cluster.folder);
  const bin = join(root, "node_modules/.bin");
  mkdirSync(bin);
  symlinkSync(await kubectlBinary("1.35"), join(bin, "kubectl"));
  const env = {
    ...process.env,
    KUBECONFIG: cluster.kubeconfig,
    HOME: root,
    PATH: `${bin}:${process.env["PATH"] ?? ""}`,
  };
  const boot = (...args: readonly string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      execFile(process.execPath, [builtCommand, ...args], { cwd: root, env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
      );
    });
  return {
    root,
    boot,
    async bootOk(...args) {
      const { code, stdout, stderr } = await boot(...args);
      if (code !== 0) throw new Error(`apiserver-boot ${args.join(" ")} exited with ${code}\n${stdout}${stderr}`);
      return stdout;
    },
  };
}

/** What the image of this repository's own server has in `/app`, made into a folder. */
export async function builtImageFolder(folder: string): Promise<string> {
  const args = [builtCommand, "build", "executables", "--project", repository, "--output", folder, "--with-packages"];
  await new Promise<void>((resolve, reject) => {
    execFile(process.execPath, args, (error, _stdout, stderr) =>
      error === null ? resolve() : reject(new Error(stderr, { cause: error })),
    );
  });
  return folder;
}
