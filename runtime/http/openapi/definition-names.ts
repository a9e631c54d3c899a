import type { ResourceDescriptor } from "../../scheme/descriptor.ts";

/** The name of a definition among the shared metadata types, such as `io.k8s.apimachinery.pkg.apis.meta.v1.Status`. */
export function meta(kind: string): string {
  return `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`;
}

/** The name of the definition of what `/version` answers. */
export const versionInfo = "io.k8s.apimachinery.pkg.version.Info";

/** The name of the definition of a kind's list: it stands beside the kind's. */
export function listDefinition({ definition, names }: ResourceDescriptor): string {
  return definition.slice(0, definition.lastIndexOf(".") + 1) + names.listKind;
}
