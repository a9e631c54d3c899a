import type { RequestInfo } from "../request-info.ts";

/** What requests are told apart by in metrics: few words, whatever clients send. */
export const reportedVerbs = [
  "GET",
  "LIST",
  "WATCH",
  "POST",
  "PUT",
  "PATCH",
  "APPLY",
  "DELETE",
  "CONNECT",
  "other",
] as const;
/** One of them. */
export type ReportedVerb = (typeof reportedVerbs)[number];

/** Of what a request is: one object, those of a namespace, or all of the cluster; empty for what is no resource. */
export const reportedScopes = ["", "resource", "namespace", "cluster"] as const;
/** One of them. */
export type ReportedScope = (typeof reportedScopes)[number];

/** The values of the label `dry_run`. */
export const reportedDryRuns = ["", "All", "invalid"] as const;
/** One of them. */
export type ReportedDryRun = (typeof reportedDryRuns)[number];

/** The scope of a request. https://pkg.go.dev/k8s.io/apiserver/pkg/endpoints/metrics#CleanScope */
export function reportedScope({ isResourceRequest, parts, verb, namespace }: RequestInfo): ReportedScope {
  if (!isResourceRequest) return "";
  if (parts.length > 1 || verb === "create") return "resource";
  return namespace === "" ? "cluster" : "namespace";
}

const applyTypes: ReadonlySet<string> = new Set(["application/apply-patch+yaml", "application/apply-patch+cbor"]);

/** The verb of a request. https://pkg.go.dev/k8s.io/apiserver/pkg/endpoints/metrics#CleanVerb */
export function reportedVerb(
  method: string | undefined,
  { verb }: RequestInfo,
  scope: ReportedScope,
  contentType: string | undefined,
): ReportedVerb {
  switch (method) {
    case "GET":
    case "HEAD":
      if (verb === "watch") return "WATCH";
      return scope === "" || scope === "resource" ? "GET" : "LIST";
    case "PATCH":
      return contentType !== undefined && applyTypes.has(contentType) ? "APPLY" : "PATCH";
    case "POST":
    case "PUT":
    case "DELETE":
    case "CONNECT":
      return method;
    default:
      return "other";
  }
}

/** Whether a request asks for nothing to be stored, as far as that can be understood. */
export function reportedDryRun(query: URLSearchParams): ReportedDryRun {
  if (query.size === 0) return "";
  const values = query.getAll("dryRun");
  if (values.length === 0) return "";
  return values.every((value) => value === "All") ? "All" : "invalid";
}
