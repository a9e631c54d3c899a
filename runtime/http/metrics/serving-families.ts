import type { EventEmitter } from "node:events";
import type { Audit } from "../../audit/audit.ts";
import type { VersionInfo } from "../fixed-paths.ts";
import type { ResourceTarget } from "../../rest/target.ts";
import { isProbe } from "../request-info.ts";
import type { Serving } from "../serving.ts";
import { gauge, keptCounter, numberGauge, type Family, type Sample } from "./family.ts";
import type { ReportedTarget, RequestMetrics } from "./request-metrics.ts";
import type { ServerMetrics } from "./server-metrics.ts";
import { reportedScope } from "./reported-verb.ts";

/** Makes known to metrics what a server serves, and what is to be seen of it while it does. */
export function measureServing(serving: Serving, metrics: ServerMetrics, version: VersionInfo): void {
  const { resources, paths, tls } = serving;
  const { requests } = metrics;
  for (const { target } of resources.values()) requests.addTarget(target, reportedTarget(target));
  for (const [path, answer] of paths.byPath) requests.addTarget(answer, reportedPath(path));
  requests.addTarget(paths.openApiV3, reportedPath("/openapi/v3/"));
  metrics.add(...servingFamilies(serving, requests, version));
  if (tls !== undefined) metrics.add(servingCertificateFamily(() => tls.certificate.notAfterMs));
}

/** Counts connections of a server that end before they are secure. */
export function countHandshakeErrors(server: EventEmitter, { handshakeErrors }: ServerMetrics): void {
  server.on("tlsClientError", () => handshakeErrors.value++);
}

function reportedTarget({ descriptor: { gvk, names }, subresource }: ResourceTarget): ReportedTarget {
  return { group: gvk.group, version: gvk.version, resource: names.plural, subresource, component: "apiserver" };
}

function reportedPath(path: string): ReportedTarget {
  // As the Go server has it: what tells of the server itself is no part of the API.
  const component = isProbe(path) || path === "/metrics" ? "" : "apiserver";
  return { group: "", version: "", resource: "", subresource: path, component };
}

function servingFamilies(serving: Serving, requests: RequestMetrics, version: VersionInfo): Family[] {
  const { audit, inFlight } = serving;
  return [
    gauge("kubernetes_build_info", "A metric with a constant '1' value labeled by the version of the build.", () => [
      { labels: buildLabels(version), value: 1 },
    ]),
    gauge(
      "apiserver_current_inflight_requests",
      "Maximal number of currently used inflight request limit of this apiserver per request kind since the last scrape.",
      () => [
        { labels: { request_kind: "readOnly" }, value: inFlight.takePeak("reading") },
        { labels: { request_kind: "mutating" }, value: inFlight.takePeak("mutating") },
      ],
    ),
    gauge("apiserver_current_inqueue_requests", "Number of requests that wait to be served per request kind.", () => [
      { labels: { request_kind: "readOnly" }, value: inFlight.waiting("reading") },
      { labels: { request_kind: "mutating" }, value: inFlight.waiting("mutating") },
    ]),
    gauge(
      "apiserver_longrunning_requests",
      "Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component.",
      () => longRunning(serving, requests),
    ),
    ...(audit === undefined ? [] : auditFamilies(audit)),
  ];
}

/** When the certificate that the server shows runs out, as a Unix time. */
function servingCertificateFamily(notAfterMs: () => number): Family {
  return numberGauge(
    "apiserver_serving_certificate_not_after_timestamp_seconds",
    "Time at which the serving certificate expires since unix epoch in seconds.",
    () => notAfterMs() / 1000,
  );
}

function auditFamilies({ counts }: Audit): Family[] {
  return [
    keptCounter(
      "apiserver_audit_event_total",
      "Counter of audit events generated and sent to the audit backend.",
      () => [{ labels: {}, value: counts.events }],
    ),
    keptCounter(
      "apiserver_audit_error_total",
      "Counter of audit events that failed to be audited properly. Plugin identifies the plugin affected by the error.",
      () => [{ labels: { plugin: "log" }, value: counts.errors }],
    ),
    keptCounter("apiserver_audit_level_total", "Counter of policy levels for audit events (1 per request).", () =>
      Object.entries(counts.levels).map(([level, value]) => ({ labels: { level }, value })),
    ),
  ];
}

function* longRunning({ open }: Serving, requests: RequestMetrics): Generator<Sample> {
  const counts = new Map<string, { readonly labels: Sample["labels"]; value: number }>();
  for (const { counted, target, info } of open) {
    if (counted !== "watch") continue;
    const labels = { verb: "WATCH", ...requests.targetOf(target), scope: reportedScope(info) };
    const key = Object.values(labels).join("\0");
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { labels, value: 1 });
    else known.value++;
  }
  yield* counts.values();
}

function buildLabels(version: VersionInfo): Sample["labels"] {
  return {
    major: version.major,
    minor: version.minor,
    git_version: version.gitVersion,
    git_commit: version.gitCommit,
    git_tree_state: version.gitTreeState,
    build_date: version.buildDate,
    go_version: version.goVersion,
    compiler: version.compiler,
    platform: version.platform,
  };
}
