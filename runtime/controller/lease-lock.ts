import type { KubeObject } from "../meta/v1.ts";
import type { KubeClient } from "./kube-client.ts";
import { KubeError } from "./kube-error.ts";
import type { LeaseLock, LeaseSpec } from "./lease-record.ts";
import type { Resource } from "./resource.ts";
import { resourceClient } from "./resource-client.ts";

/** An object of the cluster that one of several holds. */
interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

const leases: Resource = { group: "coordination.k8s.io", version: "v1", plural: "leases" };

/** A Lease in the cluster. Others' fields of it are kept. No request to it takes longer than `timeoutMs`. */
export function clusterLease(
  client: KubeClient,
  place: { readonly name: string; readonly namespace: string },
  timeoutMs: number,
): LeaseLock {
  const objects = resourceClient<Lease>(client, leases, { fieldManager: "apiserver-ts-leader-election", timeoutMs });
  let current: Lease | undefined;
  return {
    async read() {
      current = await objects.get(place);
      return current === undefined ? undefined : (current.spec ?? {});
    },
    async create(spec) {
      current = await objects.create({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: place, spec });
    },
    async replace(spec) {
      if (current === undefined) throw new KubeError(0, "Unread", "the lease has not been read yet");
      current = await objects.replace({ ...current, spec: { ...current.spec, ...spec } });
    },
  };
}
