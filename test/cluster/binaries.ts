import { fileURLToPath } from "node:url";
import { findOrBuild, presentProgram, type GoPrograms } from "../go-build/programs.ts";

const programs: GoPrograms = {
  name: "cluster",
  module: fileURLToPath(new URL("build", import.meta.url)),
  versionOf: "k8s.io/kubernetes",
  linkerFlags(version) {
    const [major = "", minor = ""] = version.slice(1).split(".");
    const facts = { gitVersion: version, gitMajor: major, gitMinor: minor };
    return Object.entries(facts).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  },
};
const apiserver = { file: "kube-apiserver", source: "k8s.io/kubernetes/cmd/kube-apiserver" };
const controllerManager = { file: "kube-controller-manager", source: "k8s.io/kubernetes/cmd/kube-controller-manager" };

/** The paths of the programs of a control plane, besides etcd. */
export interface ClusterBinaries {
  readonly apiserver: string;
  readonly controllerManager: string;
}

/** The paths of real ones, found or built (findOrBuild); undefined where one is missing and there is no Go. */
export async function clusterBinaries(): Promise<ClusterBinaries | undefined> {
  // One after the other: what the first build compiled, the second need not.
  const first = await findOrBuild(programs, apiserver);
  const second = await findOrBuild(programs, controllerManager);
  return first === undefined || second === undefined ? undefined : { apiserver: first, controllerManager: second };
}

const missingCluster =
  "no control plane: put kube-apiserver and kube-controller-manager in PATH, name their folder in KUBEBUILDER_ASSETS, " +
  "or install Go, of which they are built here";

/** Like clusterBinaries, for programs that cannot do without: throws, saying what to install. */
export async function requireClusterBinaries(): Promise<ClusterBinaries> {
  const binaries = await clusterBinaries();
  if (binaries === undefined) throw new Error(missingCluster);
  return binaries;
}

/** Whether a control plane is there without being built: installed, or built before. */
export async function hasControlPlane(): Promise<boolean> {
  const found = await Promise.all([apiserver, controllerManager].map((one) => presentProgram(programs, one)));
  return found.every((binary) => binary !== undefined);
}
