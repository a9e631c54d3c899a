import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { listens } from "./listens.ts";
import { startProgram, type Program } from "./program.ts";

const port = 2379;

/** Where the etcd of a local run listens. */
export const etcdUrl = `http://127.0.0.1:${port}`;

/** Starts an etcd that one of the folders has, with its data in the project. Throws where none has. */
export async function startEtcd(
  root: string,
  folders: readonly string[],
  tell: (line: string) => void,
): Promise<Program> {
  const binary = findEtcd(folders);
  const folder = join("data", "etcd");
  tell(`etcd: ${binary}, objects in ${folder}`);
  const flags = [`--data-dir=${folder}`, `--listen-client-urls=${etcdUrl}`, `--advertise-client-urls=${etcdUrl}`];
  const quiet = ["--listen-peer-urls=http://127.0.0.1:0", "--log-level=error"];
  const program = startProgram(binary, [...flags, ...quiet], root);
  await Promise.race([listens(port), program.ended]);
  return program;
}

function findEtcd(folders: readonly string[]): string {
  const found = folders.filter((folder) => folder !== "").find((folder) => isExecutable(join(folder, "etcd")));
  if (found !== undefined) return join(found, "etcd");
  throw new Error(
    "there is no etcd: put it in PATH, or name its folder in KUBEBUILDER_ASSETS; without --run etcd objects are kept in data/",
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
