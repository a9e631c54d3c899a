import type { KubeObject } from "../meta/v1.ts";
import type { ResourceDescriptor } from "./descriptor.ts";

/** Sets all defaults of a decoded object: those that tags give, then the author's own. Running it again changes nothing. */
export function setDefaults(descriptor: ResourceDescriptor, object: KubeObject): void {
  descriptor.applyDefaults(object);
  descriptor.strategy.setDefaults?.(object);
}
