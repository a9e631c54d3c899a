import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import type { Scheme } from "../scheme/scheme.ts";

/** What all keys start with unless a server says otherwise, as those of kube-apiserver do. */
export const defaultKeyPrefix = "/registry";

/** What the keys of a kind's objects start with, slash included; the same for all versions of the kind. */
export function keyRoot({ gvk, names }: ResourceDescriptor, keyPrefix: string = defaultKeyPrefix): string {
  return `${keyPrefix}/${gvk.group}/${names.plural}/`;
}

/**
 * The key roots of all kinds of a scheme, each once: what a watch cache in front of a server's storage keeps, as in
 * `cachedStorage(storage, { prefixes: keyRoots(scheme) })`.
 */
export function keyRoots({ groupVersions }: Scheme, keyPrefix: string = defaultKeyPrefix): string[] {
  const roots = groupVersions.flatMap(({ resources }) => resources.map((descriptor) => keyRoot(descriptor, keyPrefix)));
  return [...new Set(roots)];
}
