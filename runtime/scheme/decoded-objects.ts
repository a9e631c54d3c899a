import type { KubeObject } from "../meta/v1.ts";
import type { ResourceDescriptor } from "./descriptor.ts";

// Keyed by identity, so that nothing has to be taken off an object before others see it.
const versions = new WeakMap<KubeObject, ResourceDescriptor>();

/**
 * Remembers that an object is as the decoding of its version leaves objects: to decode its JSON would change nothing.
 * Whoever changes it afterwards keeps it so, or calls `forgetDecoded`. Gives the object.
 */
export function rememberDecoded(object: KubeObject, descriptor: ResourceDescriptor): KubeObject {
  versions.set(object, descriptor);
  return object;
}

/** Remembers of an object made from another, by parts or as a copy, what is known of that one. Gives the object. */
export function decodedAs(from: KubeObject, object: KubeObject): KubeObject {
  const descriptor = versions.get(from);
  return descriptor === undefined ? object : rememberDecoded(object, descriptor);
}

/** Says that an object may have been changed in whatever way. */
export function forgetDecoded(object: KubeObject): void {
  versions.delete(object);
}

/** Whether it is known that decoding the object's JSON by this version would change nothing. */
export function isDecoded(object: KubeObject, descriptor: ResourceDescriptor): boolean {
  return versions.get(object) === descriptor;
}
