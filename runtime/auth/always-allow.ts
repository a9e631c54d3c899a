import { allow, type Authorizer } from "./authorizer.ts";

/** Who, and what, is let through without asking. */
export interface AlwaysAllowed {
  /** Members of these groups may do everything. */
  readonly groups: readonly string[];
  /** Paths that anybody may ask for, as `allowedPaths` reads them. */
  readonly paths: AllowedPaths;
}

/** Paths that are no resources, without the slash at their beginning. */
export interface AllowedPaths {
  readonly whole: ReadonlySet<string>;
  readonly prefixes: readonly string[];
}

/**
 * An authorizer that lets some through and asks another about the rest.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/server/options#DelegatingAuthorizationOptions
 */
export function alwaysAllow({ groups, paths }: AlwaysAllowed, otherwise: Authorizer): Authorizer {
  return (user, attributes, waiting) => {
    for (const group of groups) if (user.groups.includes(group)) return allow;
    if (!attributes.isResourceRequest && isAllowed(paths, attributes.path)) return allow;
    return otherwise(user, attributes, waiting);
  };
}

function isAllowed({ whole, prefixes }: AllowedPaths, path: string): boolean {
  const relative = withoutSlash(path);
  return whole.has(relative) || prefixes.some((prefix) => relative.startsWith(prefix));
}

/**
 * Reads paths such as `/healthz`, or `/healthz/*` for whatever begins so; the slash at the beginning may be left out.
 * Throws a RangeError for a star elsewhere.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/authorization/path#NewAuthorizer
 */
export function allowedPaths(paths: readonly string[]): AllowedPaths {
  const relative = paths.map(withoutSlash);
  const wrong = relative.find((path) => path.slice(0, -1).includes("*"));
  if (wrong !== undefined) throw new RangeError(`only trailing * allowed in ${JSON.stringify(wrong)}`);
  return {
    whole: new Set(relative.filter((path) => !path.endsWith("*"))),
    prefixes: relative.filter((path) => path.endsWith("*")).map((path) => path.slice(0, -1)),
  };
}

function withoutSlash(path: string): string {
  return path.startsWith("/") ? path.slice(1) : path;
}
