import type { KubeObject } from "../meta/v1.ts";
import { convert } from "../scheme/versioned.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { StoredKind } from "./stored-kind.ts";

/** An object of the served version in the version that is stored. Takes the object. */
export function forStorage({ scheme, descriptor, hub }: StoredKind, object: KubeObject): KubeObject {
  return convert(scheme, object, descriptor, hub);
}

/** An object of the stored version as the served version shows it; frozen, and the stored one too where it is the same. */
export function forServing({ scheme, descriptor, hub }: StoredKind, stored: KubeObject): KubeObject {
  return deepFreeze(descriptor === hub ? stored : convert(scheme, hub.deepCopy(stored), hub, descriptor));
}
