import type { KubeObject, OwnerReference } from "../meta/v1.ts";

/**
 * Says that an object controls another: that goes with it, and a controller that `owns` the other's resource is told of it.
 * Throws where the owner does not tell its type, name and uid, as each object from the cluster does.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/
 */
export function controllerReference({ apiVersion, kind, metadata: { name, uid } }: KubeObject): OwnerReference {
  if (apiVersion === undefined || kind === undefined || name === undefined || uid === undefined) {
    throw new Error("an owner has an apiVersion, a kind, a name and a uid");
  }
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}
