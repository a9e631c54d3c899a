import type { ClusterError } from "./cluster-error.ts";

// Such as: namespaces is forbidden: User "ann" cannot list resource "namespaces" in API group "" in the namespace "x"
const refusal = /User "([^"]*)" cannot (\w+) resource "([^"]*)" in API group "([^"]*)"(?: in the namespace "([^"]*)")?/;

/** Whoever reads a collection does all of these by turns. */
const readingVerbs = "get, list, watch";

/**
 * The RBAC rule that is missing, and who needs it, as in `grant create on tokenreviews (authentication.k8s.io) to ann`;
 * undefined for what is not the refusal of a right. https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
export function missingRight(error: ClusterError): string | undefined {
  const told = error.code === 403 ? refusal.exec(error.message) : null;
  if (told === null) return undefined;
  const [, user = "", verb = "", resource = "", group = "", namespace] = told;
  const verbs = verb === "list" || verb === "watch" ? readingVerbs : verb;
  const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
  return `grant ${verbs} on ${resource} (${group === "" ? "core" : group})${where} to ${user}`;
}
