import type { GroupVersionKind } from "../../scheme/descriptor.ts";

/** The HTTP methods that a path item of OpenAPI has, in the order that Kubernetes writes them. */
export const methods = ["get", "put", "post", "delete", "options", "head", "patch"] as const;

/** One of `methods`. */
type Method = (typeof methods)[number];

/** One operation of the API, before it takes the form of either generation of OpenAPI. */
export interface Route {
  /** With parameters in braces. */
  readonly path: string;
  readonly method: Method;
  readonly operationId: string;
  readonly tag: string;
  readonly description: string;
  /** Media types of the request. */
  readonly consumes: readonly string[];
  /** Media types of the answer. */
  readonly produces: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly definition: string; readonly required: boolean };
  readonly responses: readonly RouteResponse[];
  /** Says to clients which verb it is, and of which kind. */
  readonly kubernetes?: { readonly action: string; readonly gvk: GroupVersionKind };
}

/** A parameter in the URL. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly type: "string" | "boolean" | "integer";
  readonly description: string;
}

/** What an operation answers; without a definition it is text. */
export interface RouteResponse {
  readonly code: 200 | 201 | 202;
  readonly definition?: string;
}

/** The usual words of a status code. */
export const codeWords: Readonly<Record<RouteResponse["code"], string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
};

/** All operations of one path, and the parameters that they share. */
export interface PathRoutes {
  readonly path: string;
  readonly shared: readonly Parameter[];
  readonly operations: readonly { readonly route: Route; readonly parameters: readonly Parameter[] }[];
}

// Clients look for these on the operation itself to learn whether the server knows them.
const neverShared: ReadonlySet<string> = new Set(["dryRun", "fieldValidation"]);

/** Groups routes by path, sorted; parameters that all operations of a path have move to the path. */
export function groupByPath(routes: readonly Route[]): PathRoutes[] {
  const paths = new Map<string, Route[]>();
  for (const route of routes) {
    const known = paths.get(route.path);
    if (known === undefined) paths.set(route.path, [route]);
    else known.push(route);
  }
  return [...paths].map(([path, group]) => pathRoutes(path, group)).toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function pathRoutes(path: string, routes: readonly Route[]): PathRoutes {
  const shared = (routes[0]?.parameters ?? []).filter(
    ({ name }) =>
      !neverShared.has(name) && routes.every(({ parameters }) => parameters.some((other) => other.name === name)),
  );
  const sharedNames = new Set(shared.map(({ name }) => name));
  const operations = routes.map((route) => ({
    route,
    parameters: byName(route.parameters.filter(({ name }) => !sharedNames.has(name))),
  }));
  return { path, shared: byName(shared), operations };
}

function byName(parameters: readonly Parameter[]): Parameter[] {
  return parameters.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
