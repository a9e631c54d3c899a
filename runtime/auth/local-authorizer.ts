import type { UserInfo } from "../meta/user-info.ts";
import { allow, type AuthorizationAttributes, type Decision } from "./authorizer.ts";
import { allAuthenticated, systemMasters } from "./well-known.ts";

const refuse: Decision = Object.freeze({ allowed: false, reason: "" });

/**
 * The authorizer of a server that stands alone: members of system:masters may do everything; anybody may ask whether
 * the server is well, its version, and what it serves; whoever is authenticated may read the OpenAPI documents too.
 * The readable paths are those of the roles system:public-info-viewer and system:discovery:
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles
 */
export function authorizeLocally(user: UserInfo, attributes: AuthorizationAttributes): Decision {
  if (user.groups.includes(systemMasters)) return allow;
  const { isResourceRequest, verb, path } = attributes;
  if (isResourceRequest || (verb !== "get" && verb !== "head")) return refuse;
  if (isPublic(path)) return allow;
  return isOpenApi(path) && user.groups.includes(allAuthenticated) ? allow : refuse;
}

const healthPaths = ["/healthz", "/livez", "/readyz"];
const versionAndLists: ReadonlySet<string> = new Set(["/version", "/version/", "/api", "/api/", "/apis", "/apis/"]);
// The documents of a group and of a version of it; what lies deeper is a resource.
const groupOrVersion = /^\/apis\/[^/]+(?:\/[^/]+)?\/?$/;

function isPublic(path: string): boolean {
  if (versionAndLists.has(path) || groupOrVersion.test(path)) return true;
  return healthPaths.some((health) => path === health || path.startsWith(`${health}/`));
}

function isOpenApi(path: string): boolean {
  return path === "/openapi" || path.startsWith("/openapi/");
}
