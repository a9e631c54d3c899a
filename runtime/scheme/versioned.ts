import type { KubeObject } from "../meta/v1.ts";
import type { GroupVersionKind, ResourceDescriptor } from "./descriptor.ts";
import type { Scheme } from "./scheme.ts";

/** `animal.skai.io/v1`, or just the version in the core group. */
export function apiVersionOf({ group, version }: GroupVersionKind): string {
  return group === "" ? version : `${group}/${version}`;
}

/**
 * Makes an object of one version of a kind into one of another, by way of the storage version.
 * Takes the object: the result may be the same one, or hold parts of it.
 */
export function convert(
  scheme: Scheme,
  object: KubeObject,
  from: ResourceDescriptor,
  to: ResourceDescriptor,
): KubeObject {
  if (from === to) return object;
  const hub = scheme.storage(to);
  const stored = from === hub ? object : stamped(hub, from.conversion?.toStorage(object) ?? object);
  return to === hub ? stored : stamped(to, to.conversion?.fromStorage(stored) ?? stored);
}

// A conversion need not care for the two fields that tell the version; an object that has changed nothing else needs none.
function stamped(descriptor: ResourceDescriptor, object: KubeObject): KubeObject {
  return { ...object, kind: descriptor.gvk.kind, apiVersion: apiVersionOf(descriptor.gvk) };
}
