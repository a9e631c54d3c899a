import { compareVersions } from "../meta/version.ts";
import type { GroupVersionRegistration, ResourceDescriptor } from "./descriptor.ts";

/** All served kinds, found by group, version, and resource or kind. Made once, then only read. */
export interface Scheme {
  /** In the order of discovery: groups as registered, versions by priority (v1 before v1beta1). */
  readonly groupVersions: readonly GroupVersionRegistration[];
  resource(group: string, version: string, plural: string): ResourceDescriptor | undefined;
  kind(group: string, version: string, kind: string): ResourceDescriptor | undefined;
  /** The version of a kind in which its objects are stored. */
  storage(descriptor: ResourceDescriptor): ResourceDescriptor;
}

/** Builds the scheme; throws on a group version, resource or kind that is registered twice, or lacks its storage version. */
export function createScheme(registrations: readonly GroupVersionRegistration[]): Scheme {
  const byResource = new Map<string, ResourceDescriptor>();
  const byKind = new Map<string, ResourceDescriptor>();
  for (const { group, version, resources } of registrations) {
    for (const descriptor of resources) {
      put(byResource, key(group, version, descriptor.names.plural), descriptor);
      put(byKind, key(group, version, descriptor.gvk.kind), descriptor);
    }
  }
  const storage = (descriptor: ResourceDescriptor): ResourceDescriptor => {
    const { group, kind } = descriptor.gvk;
    const stored = byKind.get(key(group, descriptor.storageVersion, kind));
    if (stored === undefined) throw new Error(`${kind}.${group} has no version ${descriptor.storageVersion} to store`);
    return stored;
  };
  for (const descriptor of byKind.values()) storage(descriptor);
  return {
    groupVersions: inDiscoveryOrder(registrations),
    resource: (group, version, plural) => byResource.get(key(group, version, plural)),
    kind: (group, version, kind) => byKind.get(key(group, version, kind)),
    storage,
  };
}

function key(group: string, version: string, name: string): string {
  return `${group}/${version}/${name}`;
}

function put(map: Map<string, ResourceDescriptor>, name: string, descriptor: ResourceDescriptor): void {
  if (map.has(name)) throw new Error(`${name} is registered twice`);
  map.set(name, descriptor);
}

function inDiscoveryOrder(registrations: readonly GroupVersionRegistration[]): GroupVersionRegistration[] {
  const groups = [...new Set(registrations.map(({ group }) => group))];
  return groups.flatMap((group) =>
    registrations
      .filter((registration) => registration.group === group)
      .toSorted((a, b) => compareVersions(a.version, b.version)),
  );
}
