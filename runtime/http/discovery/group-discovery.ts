import type { ApiResource } from "./resource-list.ts";

/** One resource in aggregated discovery. https://pkg.go.dev/k8s.io/api/apidiscovery/v2#APIResourceDiscovery */
interface ResourceDiscovery {
  readonly resource: string;
  readonly responseKind: ResponseKind;
  readonly scope: "Namespaced" | "Cluster";
  readonly singularResource: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly object[];
}

/** Empty group and version mean those of the list. */
interface ResponseKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/**
 * The resources of a group version as aggregated discovery nests them: subresources within their resource.
 * A subresource whose resource is not served brings that along, without verbs.
 */
export function resourceDiscoveries(resources: readonly ApiResource[]): ResourceDiscovery[] {
  const subresources = new Map<string, object[]>();
  for (const resource of resources) {
    const [parent = "", subresource] = resource.name.split("/", 2);
    const siblings = subresources.get(parent) ?? [];
    subresources.set(parent, siblings);
    if (subresource !== undefined) {
      siblings.push({ subresource, responseKind: responseKind(resource), verbs: resource.verbs });
    }
  }
  return [...subresources].map(([name, children]) => {
    const own = resources.find((resource) => resource.name === name);
    const sample = own ?? resources.find((resource) => resource.name.startsWith(`${name}/`));
    return {
      resource: name,
      // Never absent: clients of some releases fail on a missing kind.
      responseKind: own === undefined ? { group: "", version: "", kind: "" } : responseKind(own),
      scope: sample?.namespaced === true ? "Namespaced" : "Cluster",
      singularResource: own?.singularName ?? "",
      verbs: own?.verbs ?? [],
      ...(own?.shortNames === undefined ? {} : { shortNames: own.shortNames }),
      ...(own?.categories === undefined ? {} : { categories: own.categories }),
      ...(children.length === 0 ? {} : { subresources: children }),
    };
  });
}

function responseKind({ group, version, kind }: ApiResource): ResponseKind {
  return { group: group ?? "", version: version ?? "", kind };
}
