import { exactFieldValue, parseFieldSelector } from "../meta/field-selector.ts";
import { parseInt64 } from "../meta/int64.ts";
import { parseLabelSelector } from "../meta/label-selector.ts";
import { checkPathSegment } from "../meta/names.ts";
import { SelectorError } from "../meta/selector-error.ts";
import { badRequest, internalError } from "../meta/status-error.ts";
import { asksToWatch } from "../rest/options.ts";

/**
 * What a request is about, as its method and URL tell; what does not apply is empty.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/endpoints/request#RequestInfo
 */
export interface RequestInfo {
  /** Whether it is about a resource; otherwise only path and verb say anything. */
  readonly isResourceRequest: boolean;
  /** The path of the URL, decoded. */
  readonly path: string;
  /** Such as `list` or `patch`; for other paths the HTTP method in lower case. */
  readonly verb: string;
  /** `apis`, or `api` for the group without a name. */
  readonly apiPrefix: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly namespace: string;
  /** The plural, such as `cats`. */
  readonly resource: string;
  readonly subresource: string;
  /** Also that of a list or watch whose field selector asks for one name. */
  readonly name: string;
  /** The path from the resource on. */
  readonly parts: readonly string[];
  /** As the request has it; only where the verb honours selectors, for authorization. */
  readonly fieldSelector: string;
  readonly labelSelector: string;
}

/** What is known of a request that has not been read. */
export const noRequestInfo: RequestInfo = Object.freeze({
  isResourceRequest: false,
  path: "",
  verb: "",
  apiPrefix: "",
  apiGroup: "",
  apiVersion: "",
  namespace: "",
  resource: "",
  subresource: "",
  name: "",
  parts: [],
  fieldSelector: "",
  labelSelector: "",
});

/** The first segments of paths of resources, and which of them no group follows. */
interface ApiPrefixes {
  readonly all: readonly string[];
  readonly groupless: readonly string[];
}

const usualPrefixes: ApiPrefixes = { all: ["api", "apis"], groupless: ["api"] };

/**
 * Reads a request line. Nothing in a path is resolved: `..` is a name like any other, and an encoded slash separates
 * as a plain one does, so that what is authorized is what is served.
 * Throws a StatusError on a URL that cannot be read.
 */
export function requestInfo(method: string, url: string, prefixes: ApiPrefixes = usualPrefixes): RequestInfo {
  const queryStart = url.indexOf("?");
  const path = decodedPath(queryStart < 0 ? url : url.slice(0, queryStart));
  const segments = segmentsOf(path);
  const apiPrefix = segments[0] ?? "";
  if (segments.length < 3 || !prefixes.all.includes(apiPrefix)) return otherInfo(method, path, "");
  const groupless = prefixes.groupless.includes(apiPrefix);
  if (!groupless && segments.length < 4) return otherInfo(method, path, apiPrefix);
  const apiGroup = groupless ? "" : (segments[1] ?? "");
  const apiVersion = segments[groupless ? 1 : 2] ?? "";
  const within = segments.slice(groupless ? 2 : 3);

  const prefixVerb = within[0] === "watch" || within[0] === "proxy" ? within.shift() : undefined;
  if (within.length === 0) {
    throw internalError(`failed to create RequestInfo: unable to determine kind and namespace from url, ${url}`);
  }
  const target = targetOf(within);
  const query = queryStart < 0 ? "" : url.slice(queryStart + 1);
  const { verb, name, fieldSelector, labelSelector } = selection(prefixVerb, verbOf(method), target.name, query);
  // Named one by one: spreading objects would take most of the time of this function, which runs for every request.
  return {
    isResourceRequest: true,
    path,
    verb,
    apiPrefix,
    apiGroup,
    apiVersion,
    namespace: target.namespace,
    resource: target.resource,
    subresource: verb === "proxy" ? "" : target.subresource,
    name,
    parts: target.parts,
    fieldSelector,
    labelSelector,
  };
}

const probes = ["/healthz", "/livez", "/readyz"];

/** Whether a path is one by which a server is asked how it is. */
export function isProbe(path: string): boolean {
  return probes.some((probe) => path.startsWith(probe));
}

type Target = Pick<RequestInfo, "namespace" | "resource" | "name" | "subresource" | "parts">;

/** What the segments after the version are about. */
function targetOf(segments: readonly string[]): Target {
  const [first, second = "", third] = segments;
  const namespace = first === "namespaces" ? second : "";
  // A namespace has subresources of its own; anything else after its name is a resource in it.
  const isWithin = first === "namespaces" && third !== undefined && third !== "status" && third !== "finalize";
  const parts = isWithin ? segments.slice(2) : segments;
  const [resource = "", name = "", subresource = ""] = parts;
  return { namespace, resource, name, subresource, parts };
}

function otherInfo(method: string, path: string, apiPrefix: string): RequestInfo {
  return { ...noRequestInfo, path, apiPrefix, verb: method.toLowerCase() };
}

function decodedPath(target: string): string {
  // Proxies may send the whole URL.
  const path = target.startsWith("/") ? target : (/^[a-z][a-z\d+.-]*:\/\/[^/]*(.*)$/is.exec(target)?.[1] ?? target);
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    throw badRequest(`invalid URL escape in ${JSON.stringify(path)}`);
  }
}

function segmentsOf(path: string): string[] {
  let start = 0;
  let end = path.length;
  while (path.charAt(start) === "/") start++;
  while (end > start && path.charAt(end - 1) === "/") end--;
  return start === end ? [] : path.slice(start, end).split("/");
}

function verbOf(method: string): string {
  switch (method) {
    case "POST":
      return "create";
    case "GET":
    case "HEAD":
      return "get";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return "delete";
    default:
      return "";
  }
}

type Selection = Pick<RequestInfo, "verb" | "name" | "fieldSelector" | "labelSelector">;

/** Which objects the request is about: the one that is named, or those that the query selects. */
function selection(prefixVerb: string | undefined, verb: string, name: string, queryText: string): Selection {
  // Verbs in the path are deprecated; they never took selectors in a uniform way.
  if (prefixVerb !== undefined) return { verb: prefixVerb, name, fieldSelector: "", labelSelector: "" };
  if (name !== "" || (verb !== "get" && verb !== "delete")) return { verb, name, fieldSelector: "", labelSelector: "" };
  const query = new URLSearchParams(queryText);
  const fieldSelector = query.get("fieldSelector") ?? "";
  const labelSelector = query.get("labelSelector") ?? "";
  if (verb === "delete") return { verb: "deletecollection", name, fieldSelector, labelSelector };
  return { verb: asksToWatch(query) ? "watch" : "list", name: selectedName(query), fieldSelector, labelSelector };
}

/** The one name that a list or watch asks for; empty also where its options cannot be read, which is told later. */
function selectedName(query: URLSearchParams): string {
  const fieldSelector = query.get("fieldSelector") ?? "";
  if (fieldSelector === "") return "";
  const integers = [query.get("limit"), query.get("timeoutSeconds")];
  if (integers.some((text) => text !== null && parseInt64(text) === undefined)) return "";
  try {
    parseLabelSelector(query.get("labelSelector") ?? "");
    const name = exactFieldValue(parseFieldSelector(fieldSelector), "metadata.name") ?? "";
    return checkPathSegment(name).length === 0 ? name : "";
  } catch (error) {
    if (error instanceof SelectorError) return "";
    throw error;
  }
}
