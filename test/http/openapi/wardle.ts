import type { GroupVersionRegistration, ResourceDescriptor } from "../../../runtime/scheme/descriptor.ts";
import type { Endpoint, Verb } from "../../../runtime/http/endpoint.ts";

/** The sample API server that the exchanges were recorded from, as far as its documents tell of it. */
export const group = "wardle.example.com";

export const allVerbs: readonly Verb[] = [
  "get",
  "list",
  "watch",
  "create",
  "update",
  "patch",
  "delete",
  "deletecollection",
];

/** The data of a descriptor; its functions do nothing, for no document calls them. */
export function describe(
  names: { readonly kind: string; readonly plural: string; readonly package: string },
  gv: { readonly group: string; readonly version: string },
  data: Partial<ResourceDescriptor> = {},
): ResourceDescriptor {
  return {
    gvk: { ...gv, kind: names.kind },
    names: {
      plural: names.plural,
      singular: names.kind.toLowerCase(),
      shortNames: [],
      categories: [],
      listKind: `${names.kind}List`,
    },
    scope: "Namespaced",
    storageVersion: "v1alpha1",
    subresources: {},
    columns: [],
    selectableFields: [],
    definition: `${names.package}.${gv.version}.${names.kind}`,
    decode: () => ({ metadata: {} }),
    applyDefaults: () => undefined,
    validate: () => [],
    deepCopy: (object) => object,
    strategy: {},
    ...data,
  };
}

const wardle = "io.k8s.sample-apiserver.pkg.apis.wardle";
const flunder = { kind: "Flunder", plural: "flunders", package: wardle };
const fischer = { kind: "Fischer", plural: "fischers", package: wardle };

export const flunderAlpha = describe(flunder, { group, version: "v1alpha1" });
export const fischerAlpha = describe(fischer, { group, version: "v1alpha1" }, { scope: "Cluster" });
export const flunderBeta = describe(flunder, { group, version: "v1beta1" });

export const wardleEndpoints: readonly Endpoint[] = [flunderAlpha, fischerAlpha, flunderBeta].map((descriptor) => ({
  descriptor,
  subresource: "",
  verbs: allVerbs,
}));

/** The group versions in order of preference, with the given schemas. */
export function wardleGroupVersions(openApi: GroupVersionRegistration["openApi"]): GroupVersionRegistration[] {
  return [
    { group, version: "v1beta1", resources: [flunderBeta], openApi },
    { group, version: "v1alpha1", resources: [flunderAlpha, fischerAlpha], openApi },
  ];
}
