import type { Endpoint } from "../endpoint.ts";
import { storageVersionHash } from "./storage-version-hash.ts";

/** An entry of an APIResourceList. https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#APIResource */
export interface ApiResource {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly storageVersionHash?: string;
}

/** The resources and subresources of one group version as discovery lists them, by name. */
export function apiResources(endpoints: readonly Endpoint[]): ApiResource[] {
  return endpoints.map(apiResource).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function apiResource(endpoint: Endpoint): ApiResource {
  const { descriptor, subresource, served } = endpoint;
  const { names, gvk, storageVersion } = descriptor;
  const isResource = subresource === "";
  return {
    name: isResource ? names.plural : `${names.plural}/${subresource}`,
    singularName: isResource ? names.singular : "",
    namespaced: descriptor.scope === "Namespaced",
    ...(served === undefined ? {} : { group: served.gvk.group, version: served.gvk.version }),
    kind: served?.gvk.kind ?? gvk.kind,
    verbs: discoveredVerbs(endpoint),
    ...(isResource && names.shortNames.length > 0 ? { shortNames: names.shortNames } : {}),
    ...(isResource && names.categories.length > 0 ? { categories: names.categories } : {}),
    ...(isResource ? { storageVersionHash: storageVersionHash({ ...gvk, version: storageVersion }) } : {}),
  };
}

// The authorizer takes the verb of a connection from the HTTP method, so that is the verb that is listed.
const methodVerbs: ReadonlyMap<string, string> = new Map([
  ["GET", "get"],
  ["POST", "create"],
  ["PUT", "update"],
  ["PATCH", "patch"],
  ["DELETE", "delete"],
]);

function discoveredVerbs({ verbs, connect }: Endpoint): string[] {
  const connected = (connect?.methods ?? []).flatMap((method) => methodVerbs.get(method) ?? []);
  return [...new Set<string>([...verbs, ...connected])].toSorted();
}
