import type { ResourceDescriptor } from "../../scheme/descriptor.ts";
import type { Attributes } from "../admission.ts";
import type { WebhookRule } from "./configuration.ts";

/** Whether a rule is about a write, were it one of the resource in the version of `descriptor`. */
export function ruleMatches(rule: WebhookRule, descriptor: ResourceDescriptor, write: Attributes): boolean {
  const { gvk, names } = descriptor;
  return (
    scopeMatches(rule, write.namespace) &&
    includes(rule.operations, write.operation) &&
    includes(rule.apiGroups, gvk.group) &&
    includes(rule.apiVersions, gvk.version) &&
    (rule.resources ?? []).some((resource) => resourceMatches(resource, names.plural, write.subresource))
  );
}

/** Whether a rule may be about some write of a resource, in whatever version, and of its subresources. */
export function ruleConcerns(rule: WebhookRule, { gvk, names }: ResourceDescriptor): boolean {
  if (!includes(rule.apiGroups, gvk.group)) return false;
  return (rule.resources ?? []).some((resource) => {
    const [name = ""] = resource.split("/", 1);
    return name === "*" || name === names.plural;
  });
}

function scopeMatches({ scope = "*" }: WebhookRule, namespace: string): boolean {
  switch (scope) {
    case "*":
      return true;
    case "Namespaced":
      return namespace !== "";
    case "Cluster":
      return namespace === "";
  }
}

function includes(allowed: readonly string[] = [], asked: string): boolean {
  return allowed.includes("*") || allowed.includes(asked);
}

function resourceMatches(resource: string, plural: string, subresource: string): boolean {
  const slash = resource.indexOf("/");
  const name = slash === -1 ? resource : resource.slice(0, slash);
  const below = slash === -1 ? "" : resource.slice(slash + 1);
  return (name === "*" || name === plural) && (below === "*" || below === subresource);
}
