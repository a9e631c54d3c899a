/**
 * All that generated code may import from the runtime: the one seam between the generator and the server.
 * Changing a signature here changes what the generator must emit.
 */
export type { DecodeReport } from "./meta/decode.ts";
export { reportType } from "./meta/decode.ts";
export type { FieldError } from "./meta/field-error.ts";
export type { KubeList, KubeObject } from "./meta/v1.ts";
export type { GroupVersionRegistration, ResourceDescriptor } from "./scheme/descriptor.ts";
export { createScheme } from "./scheme/scheme.ts";
