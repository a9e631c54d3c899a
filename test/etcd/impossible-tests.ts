import { hasControlPlane } from "../cluster/binaries.ts";
import { canRunPods } from "../deploy/pod.ts";
import { hasGo } from "../go-build/programs.ts";
import { canBuildImages } from "../image/buildah.ts";
import { presentEtcd } from "./binary.ts";

/**
 * Patterns of the end-to-end tests that this machine cannot run, each told loudly on standard error.
 * Where `CI` is true there must be none: throws instead.
 */
export async function impossibleTests(): Promise<string[]> {
  return [...impossibleImages(), ...impossiblePods(), ...(await withoutGo())];
}

function impossibleImages(): string[] {
  if (canBuildImages() && canRunPods()) return [];
  tellImpossible("images are not built and run here: that takes root, buildah, docker-registry and namespaces");
  return ["test/e2e/image.test.ts"];
}

function impossiblePods(): string[] {
  if (canRunPods()) return [];
  tellImpossible("pods cannot be run here, which takes root and namespaces: tests of deployment are left out");
  return ["test/e2e/cluster-deploy.test.ts", "test/e2e/cluster-doctor.test.ts"];
}

async function withoutGo(): Promise<string[]> {
  if (await hasGo()) return [];
  const clusterTests = "test/e2e/cluster-*.test.ts";
  if ((await presentEtcd()) === undefined) {
    tellImpossible(
      "there is neither etcd (in PATH or KUBEBUILDER_ASSETS) nor Go to build it: tests on etcd and in a cluster are left out",
    );
    return ["test/e2e/etcd-*.test.ts", clusterTests];
  }
  tellImpossible("there is no Go to build the Go sample-apiserver with: tests of both on one etcd are left out");
  if (await hasControlPlane()) return ["test/e2e/etcd-interop.test.ts"];
  tellImpossible(
    "there are neither kube-apiserver and kube-controller-manager (in PATH or KUBEBUILDER_ASSETS) nor Go to build them: " +
      "tests in a cluster are left out",
  );
  return ["test/e2e/etcd-interop.test.ts", clusterTests];
}

/** Tells loudly what this machine cannot test; throws where `CI` is true. */
export function tellImpossible(what: string): void {
  if (process.env["CI"] === "true") throw new Error(what);
  process.stderr.write(`\n=== ${what} ===\n\n`);
}
