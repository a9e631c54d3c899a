import type { ControlPlane } from "../cluster/control-plane.ts";
import { again } from "./again.ts";

interface Claim {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
}

/** Plays the controller that lets volumes of a namespace go, once they are deleted and no pod uses them. */
export function releaseVolumes(cluster: ControlPlane, namespace: string): { end(): Promise<void> } {
  const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
  return again(100, async () => {
    const { body } = await cluster.admin.send("GET", path);
    for (const { metadata } of (body["items"] ?? []) as readonly Claim[]) {
      if (metadata.deletionTimestamp === undefined) continue;
      const released = { metadata: { finalizers: null } };
      await cluster.admin.send("PATCH", `${path}/${metadata.name}`, {
        type: "application/merge-patch+json",
        body: released,
      });
    }
  });
}
