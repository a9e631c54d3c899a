import type { KubeObject } from "../meta/v1.ts";
import { convert } from "../scheme/versioned.ts";
import { isDecoded } from "../scheme/decoded-objects.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import { setDefaults } from "../scheme/set-defaults.ts";
import { deepFreeze, freezeJson } from "./deep-freeze.ts";
import type { StoredKind } from "./stored-kind.ts";

/** A copy of an object, for the registry to change. The owners of fields, which it replaces at most, are shared where they can be. */
export function copyOf(descriptor: ResourceDescriptor, object: KubeObject): KubeObject {
  const copy = descriptor.deepCopy(object);
  const { managedFields } = object.metadata;
  if (managedFields !== undefined && isDecoded(object, descriptor)) copy.metadata.managedFields = managedFields;
  return copy;
}

/** An object of the served version in the version that is stored. Takes the object. */
export function forStorage({ scheme, descriptor, hub }: StoredKind, object: KubeObject): KubeObject {
  return convert(scheme, object, descriptor, hub);
}

/**
 * Freezes an object that is to be stored, made from one of the served version by nobody but the registry. Whether decoding
 * its JSON is known to give it again: so it was when it came, and defaults have nothing to add.
 */
export function freezeDecoded({ descriptor, hub }: StoredKind, stored: KubeObject, from: KubeObject): boolean {
  if (hub !== descriptor || !isDecoded(from, descriptor)) return false;
  return freezeJson(stored) && hasDefaults(hub, stored);
}

/** Whether a frozen object has all of its defaults: to set one would throw. */
function hasDefaults(descriptor: ResourceDescriptor, frozen: KubeObject): boolean {
  try {
    setDefaults(descriptor, frozen);
    return true;
  } catch {
    return false;
  }
}

/** An object of the stored version as the served version shows it; frozen, and the stored one too where it is the same. */
export function forServing({ scheme, descriptor, hub }: StoredKind, stored: KubeObject): KubeObject {
  return deepFreeze(descriptor === hub ? stored : convert(scheme, hub.deepCopy(stored), hub, descriptor));
}
