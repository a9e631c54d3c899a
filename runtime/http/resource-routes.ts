import { methodNotAllowed } from "../meta/status-error.ts";
import type { ResourceTarget } from "../rest/target.ts";
import { deprecationWarning } from "./deprecation.ts";
import { storageVerbs, type Verb } from "./endpoint.ts";
import type { RequestInfo } from "./request-info.ts";
import { warningOf, type Warning } from "./warning-headers.ts";

/** The resources and subresources that a server has, by their place in a path: `group/version/resource/subresource`. */
export type ResourceRoutes = ReadonlyMap<string, ServedTarget>;

/** A target, the verbs that its storage has, and what all its requests are warned of. */
interface ServedTarget {
  readonly target: ResourceTarget;
  readonly verbs: ReadonlySet<Verb>;
  readonly warning: Warning | undefined;
}

/** What a request asks of which resource. */
interface ResourceRequest {
  readonly served: ServedTarget;
  readonly verb: Verb;
  /** Empty for collections; watches may be of one name. */
  readonly name: string;
}

/** The table of what is served; `release` is that of the Kubernetes API, such as `1.36`. */
export function resourceRoutes(targets: readonly ResourceTarget[], release: string): ResourceRoutes {
  const routes = new Map<string, ServedTarget>();
  for (const target of targets) {
    const { gvk, names } = target.descriptor;
    const key = keyOf(gvk.group, gvk.version, names.plural, target.subresource);
    if (routes.has(key)) throw new Error(`${key} is served twice`);
    const verbs = new Set(storageVerbs(target.storage));
    const text = deprecationWarning(target.descriptor, release);
    routes.set(key, { target, verbs, warning: text === undefined ? undefined : warningOf(text) });
  }
  return routes;
}

/** The target and verb of a request; undefined where the path is not served. Throws a 405 where only the method is not. */
export function routeRequest(routes: ResourceRoutes, info: RequestInfo, method: string): ResourceRequest | undefined {
  const [resource = "", name = "", subresource = ""] = info.parts;
  const served = routes.get(keyOf(info.apiGroup, info.apiVersion, resource, subresource));
  const place = served === undefined ? undefined : placeOf(info);
  if (served === undefined || place === undefined || !fits(place, info, served)) return undefined;
  const verb = verbOf(place, info, method, served);
  if (verb === undefined || !served.verbs.has(verb)) throw methodNotAllowed();
  return { served, verb, name };
}

/** The target that a path names, whatever is asked of it; undefined where nothing of that name is served. */
export function targetNamed(routes: ResourceRoutes, info: RequestInfo): ResourceTarget | undefined {
  return routes.get(keyOf(info.apiGroup, info.apiVersion, info.resource, info.subresource))?.target;
}

function keyOf(group: string, version: string, resource: string, subresource: string): string {
  return `${group}/${version}/${resource}/${subresource}`;
}

/** Where in the hierarchy of https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris a path is. */
interface Place {
  readonly watchPath: boolean;
  readonly inNamespace: boolean;
}

// Undefined for paths that only look like those of resources: a slash too many, a prefix that is not served any more.
function placeOf({ path, apiPrefix, apiGroup, apiVersion, namespace, parts }: RequestInfo): Place | undefined {
  if (parts.includes("")) return undefined;
  const base = `/${apiPrefix}/${apiGroup}/${apiVersion}/`;
  const watchPath = path.startsWith("watch/", base.length);
  const rest = path.slice(watchPath ? base.length + "watch/".length : base.length);
  const resourcePath = parts.join("/");
  if (rest === resourcePath) return { watchPath, inNamespace: false };
  if (namespace !== "" && rest === `namespaces/${namespace}/${resourcePath}`) return { watchPath, inNamespace: true };
  return undefined;
}

function fits({ inNamespace, watchPath }: Place, { parts }: RequestInfo, { target }: ServedTarget): boolean {
  if (parts.length > 3 || (watchPath && parts.length > 2)) return false;
  if (target.descriptor.scope === "Cluster") return !inNamespace;
  // Across all namespaces there are only collections.
  return inNamespace || parts.length === 1;
}

function verbOf(
  place: Place,
  { parts, verb }: RequestInfo,
  method: string,
  { target }: ServedTarget,
): Verb | undefined {
  if (place.watchPath) return method === "GET" ? "watch" : undefined;
  if (parts.length > 1) return parts.length === 3 && method === "POST" ? "create" : objectVerbs.get(method);
  if (method === "GET") return verb === "watch" ? "watch" : "list";
  const acrossNamespaces = target.descriptor.scope === "Namespaced" && !place.inNamespace;
  return acrossNamespaces ? undefined : collectionVerbs.get(method);
}

const collectionVerbs: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ["POST", "create"],
  ["DELETE", "deletecollection"],
]);

const objectVerbs: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ["GET", "get"],
  ["PUT", "update"],
  ["PATCH", "patch"],
  ["DELETE", "delete"],
]);
