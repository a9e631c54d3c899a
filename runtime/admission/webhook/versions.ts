import type { KubeObject } from "../../meta/v1.ts";
import type { ResourceDescriptor } from "../../scheme/descriptor.ts";
import type { Scheme } from "../../scheme/scheme.ts";
import { convert } from "../../scheme/versioned.ts";
import type { Attributes } from "../admission.ts";

/** The objects of a write in one version of their kind. */
export interface Versioned {
  readonly kind: ResourceDescriptor;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
}

/** The objects of a write in the versions that webhooks want, of which mutating ones change the newer. */
export interface Versions {
  /** The object as it is now, in whatever version. */
  readonly current: KubeObject | undefined;
  in(kind: ResourceDescriptor): Versioned;
  /** Goes on with another object, of that kind. */
  replace(kind: ResourceDescriptor, object: KubeObject): void;
  /** Puts a changed object into the place of the write's own, in the version of the request. */
  finish(): void;
}

/** The versions of the objects of a write. */
export function versionsOf({ object, oldObject, objectKind }: Attributes, scheme: Scheme): Versions {
  let current = { kind: objectKind, object };
  let replaced = false;
  let memo = new Map<ResourceDescriptor, KubeObject>();
  const olds = new Map<ResourceDescriptor, KubeObject>();
  const newer = (kind: ResourceDescriptor): KubeObject | undefined =>
    current.object === undefined ? undefined : converted(memo, current.object, current.kind, kind);
  const converted = (
    known: Map<ResourceDescriptor, KubeObject>,
    from: KubeObject,
    fromKind: ResourceDescriptor,
    kind: ResourceDescriptor,
  ): KubeObject => {
    if (fromKind === kind) return from;
    let found = known.get(kind);
    if (found === undefined) {
      // A conversion may take the object to pieces.
      found = convert(scheme, fromKind.deepCopy(from), fromKind, kind);
      known.set(kind, found);
    }
    return found;
  };
  return {
    get current() {
      return current.object;
    },
    in: (kind) => ({
      kind,
      object: newer(kind),
      oldObject: oldObject === undefined ? undefined : converted(olds, oldObject, objectKind, kind),
    }),
    replace(kind, changed) {
      current = { kind, object: changed };
      replaced = true;
      memo = new Map();
    },
    finish() {
      const changed = newer(objectKind);
      if (replaced && object !== undefined && changed !== undefined) putInPlace(object, changed);
    },
  };
}

/** The write's object stays the same one: the plugins before have seen it, and the verb goes on with it. */
function putInPlace(object: KubeObject, changed: KubeObject): void {
  for (const name of Object.keys(object)) if (!Object.hasOwn(changed, name)) Reflect.deleteProperty(object, name);
  Object.assign(object, changed);
}
