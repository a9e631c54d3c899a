import { fieldsOf, itemsOf } from "../deploy/kubectl.ts";
import type { Manifest } from "../deploy/deployment.ts";
import { apiServiceFacts } from "./read-objects.ts";
import type { ExpectedFacts } from "./facts.ts";

/** What the objects that a project was rendered as say of one of its APIServices. */
export function expectedOf(objects: readonly Manifest[], name: string): ExpectedFacts {
  const services = objects.filter(({ kind }) => kind === "APIService");
  const own = services.find(({ metadata }) => metadata.name === name);
  const group = name.slice(name.indexOf(".") + 1);
  const versions = services
    .map(apiServiceFacts)
    .filter((each) => each.group === group)
    .map(({ version }) => version);
  return {
    service: own === undefined ? undefined : apiServiceFacts(own).service,
    // The roles name the resources of all versions together.
    resources: versions.length === 1 ? servedResources(objects, group) : [],
    versions,
  };
}

const viewLabel = "rbac.authorization.k8s.io/aggregate-to-view";

/** The resources of a group that objects let people see, without subresources. */
function servedResources(objects: readonly Manifest[], group: string): string[] {
  return objects
    .filter(({ kind, metadata }) => kind === "ClusterRole" && metadata.labels?.[viewLabel] === "true")
    .flatMap((role) => itemsOf(role["rules"]))
    .filter((rule) => (rule["apiGroups"] as readonly unknown[]).includes(group))
    .flatMap((rule) => (rule["resources"] as readonly unknown[]).map(String))
    .filter((resource) => !resource.includes("/"));
}

/** The names of the APIServices that objects have, and the resource each group of them serves. */
export function resourcesByService(objects: readonly Manifest[]): Map<string, readonly string[]> {
  const services = objects.filter(({ kind }) => kind === "APIService");
  return new Map(
    services.map((service) => [
      service.metadata.name,
      servedResources(objects, String(fieldsOf(service["spec"])["group"])),
    ]),
  );
}
