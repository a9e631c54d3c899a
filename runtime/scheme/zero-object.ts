import { newDecodeReport } from "../meta/decode.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { ResourceDescriptor } from "./descriptor.ts";
import { apiVersionOf } from "./versioned.ts";

/** An object of the kind in which nothing is set, as Go's zero value is encoded: what must be there is there, empty. */
export function zeroObject(descriptor: ResourceDescriptor): KubeObject {
  const { kind } = descriptor.gvk;
  return descriptor.decode({ kind, apiVersion: apiVersionOf(descriptor.gvk), metadata: {} }, newDecodeReport());
}
