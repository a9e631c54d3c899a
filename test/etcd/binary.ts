import { fileURLToPath } from "node:url";
import { findOrBuild, presentProgram, type GoPrograms } from "../go-build/programs.ts";

const programs: GoPrograms = {
  name: "etcd",
  module: fileURLToPath(new URL("build", import.meta.url)),
  versionOf: "go.etcd.io/etcd/server/v3",
  linkerFlags: () => [],
};
const etcd = { file: "etcd", source: "." };

/** The path of a real etcd, found or built (findOrBuild); undefined where there is neither it nor Go. */
export async function etcdBinary(): Promise<string | undefined> {
  return findOrBuild(programs, etcd);
}

const missingEtcd =
  "no etcd: put etcd in PATH, name its folder in KUBEBUILDER_ASSETS, or install Go, of which it is built here";

/** Like etcdBinary, for programs that cannot do without: throws, saying what to install. */
export async function requireEtcd(): Promise<string> {
  const binary = await etcdBinary();
  if (binary === undefined) throw new Error(missingEtcd);
  return binary;
}

/** The path of an etcd that is there without being built: installed, or built before. */
export async function presentEtcd(): Promise<string | undefined> {
  return presentProgram(programs, etcd);
}
