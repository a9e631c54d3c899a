import type { GroupVersion } from "../../model/model.ts";

/** What stands before the names of the meta types' definitions, as Kubernetes publishes them. */
export const metaPackage = "io.k8s.apimachinery.pkg.apis.meta.v1";

/** The name of an object type's definition, such as `io.skai.animal.v1alpha1.Cat`. */
export function definitionName({ modelPackage, types }: GroupVersion, typeName: string): string {
  const source = types.find(({ name }) => name === typeName)?.source;
  const isMeta = source !== undefined && !source.module.endsWith(".ts");
  return isMeta ? `${metaPackage}.${source.symbol}` : `${modelPackage}.${typeName}`;
}
