import { once } from "node:events";
import http, { type IncomingMessage } from "node:http";
import { X509Certificate } from "node:crypto";
import https from "node:https";
import { connect, type AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { afterEach, expect, test } from "vitest";
import { authorizeLocally } from "../../runtime/auth/local-authorizer.ts";
import { Counter, Distribution } from "../../runtime/http/metrics/family.ts";
import { reportedDryRun, reportedScope, reportedVerb } from "../../runtime/http/metrics/reported-verb.ts";
import { ServerMetrics } from "../../runtime/http/metrics/server-metrics.ts";
import { webhookMetrics } from "../../runtime/http/metrics/webhook-metrics.ts";
import { requestInfo } from "../../runtime/http/request-info.ts";
import { issueAll, listen } from "./tls-fixture.ts";
import { widgetApp, widgetJson, widgets, type WidgetAppOptions } from "./widget-app.ts";

const opened: FastifyInstance[] = [];

afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

function measured(options: WidgetAppOptions = {}): FastifyInstance {
  const app = widgetApp({ metrics: new ServerMetrics(), ...options });
  opened.push(app);
  return app;
}

async function scraped(app: FastifyInstance, accept?: string): Promise<string> {
  const answer = await app.inject({ url: "/metrics", headers: accept === undefined ? {} : { accept } });
  expect(answer.statusCode).toBe(200);
  return answer.body;
}

/** The lines of a metric, without the times in them. */
function lines(text: string, name: string): string[] {
  return text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

const anyWidget = 'group="example.dev",version="v1",resource="widgets"';
const requestCases: [string, string | ReturnType<typeof post>, string][] = [
  [
    "a create",
    post("a"),
    `verb="POST",dry_run="",${anyWidget},subresource="",scope="resource",component="apiserver",code="201"`,
  ],
  [
    "a dry run",
    post("b", "?dryRun=All"),
    `verb="POST",dry_run="All",${anyWidget},subresource="",scope="resource",component="apiserver",code="201"`,
  ],
  [
    "a get of nothing",
    `${widgets}/none`,
    `verb="GET",dry_run="",${anyWidget},subresource="",scope="resource",component="apiserver",code="404"`,
  ],
  [
    "a list",
    widgets,
    `verb="LIST",dry_run="",${anyWidget},subresource="",scope="namespace",component="apiserver",code="200"`,
  ],
  [
    "a list of all namespaces",
    "/apis/example.dev/v1/widgets",
    `verb="LIST",dry_run="",${anyWidget},subresource="",scope="cluster",component="apiserver",code="200"`,
  ],
  [
    "a status",
    `${widgets}/none/status`,
    `verb="GET",dry_run="",${anyWidget},subresource="status",scope="resource",component="apiserver",code="404"`,
  ],
  [
    "a kind that is not there",
    "/apis/other.dev/v7/what",
    'verb="LIST",dry_run="",group="",version="",resource="",subresource="",scope="cluster",component="apiserver",code="404"',
  ],
  [
    "a probe",
    "/livez",
    'verb="GET",dry_run="",group="",version="",resource="",subresource="/livez",scope="",component="",code="200"',
  ],
  [
    "a document",
    "/version",
    'verb="GET",dry_run="",group="",version="",resource="",subresource="/version",scope="",component="apiserver",code="200"',
  ],
];

function post(name: string, query = ""): { method: "POST"; url: string; payload: object } {
  return { method: "POST", url: `${widgets}${query}`, payload: widgetJson(name) };
}

test.each(requestCases)("%s is counted under the labels of the Go server", async (_what, request, labels) => {
  const app = measured();
  await app.inject(request);
  const text = await scraped(app);
  expect(lines(text, "apiserver_request_total")).toEqual([`apiserver_request_total{${labels}} 1`]);
});

test("how long requests take and how large answers are is told in the Go server's buckets", async () => {
  const app = measured();
  const answer = await app.inject(widgets);
  const text = await scraped(app);
  const of = `verb="LIST",dry_run="",${anyWidget},subresource="",scope="namespace",component="apiserver"`;
  const buckets = lines(text, "apiserver_request_duration_seconds_bucket");
  expect(buckets.map((line) => /le="([^"]+)"/.exec(line)?.[1])).toEqual(
    "0.005 0.025 0.05 0.1 0.2 0.4 0.6 0.8 1 1.25 1.5 2 3 4 5 6 8 10 15 20 30 45 60 +Inf".split(" "),
  );
  expect(buckets.at(-1)).toContain(" 1");
  expect(lines(text, "apiserver_request_duration_seconds_count")).toEqual([
    `apiserver_request_duration_seconds_count{${of}} 1`,
  ]);
  expect(lines(text, "apiserver_response_sizes_sum")[0]).toMatch(new RegExp(` ${answer.rawPayload.length}$`));
});

test("what is refused before it is served is counted, and who is refused", async () => {
  const app = measured({
    authorizer: (_user, { isResourceRequest }) =>
      isResourceRequest ? { allowed: false, reason: "" } : { allowed: true },
  });
  await app.inject(widgets);
  const text = await scraped(app);
  expect(lines(text, "apiserver_request_total")[0]).toContain(
    `${anyWidget},subresource="",scope="namespace",component="apiserver",code="403"`,
  );
  expect(lines(text, "apiserver_request_duration_seconds_count")).toEqual([]);
  expect(lines(text, "authorization_attempts_total")).toContain('authorization_attempts_total{result="denied"} 1');
  expect(lines(text, "authorization_attempts_total")).toContain('authorization_attempts_total{result="allowed"} 1');
  expect(lines(text, "authentication_attempts")).toContain('authentication_attempts{result="success"} 2');
  expect(lines(text, "authenticated_user_requests")).toContain('authenticated_user_requests{username="other"} 2');
});

test("watches and their events are counted while they are open", async () => {
  const app = measured();
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  await app.inject(post("a"));
  const watch = http.get({ port, path: `${widgets}?watch=1`, agent: false });
  const [response] = (await once(watch, "response")) as [IncomingMessage];
  await once(response, "data");
  const text = await scraped(app);
  expect(lines(text, "apiserver_watch_events_total")).toContain(`apiserver_watch_events_total{${anyWidget}} 1`);
  expect(lines(text, "apiserver_longrunning_requests")).toEqual([
    `apiserver_longrunning_requests{verb="WATCH",${anyWidget},subresource="",component="apiserver",scope="namespace"} 1`,
  ]);
  expect(lines(text, "apiserver_current_inflight_requests")).toEqual([
    'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
    'apiserver_current_inflight_requests{request_kind="mutating"} 1',
  ]);
  response.on("error", () => undefined);
  watch.on("error", () => undefined).destroy();
});

test("OpenMetrics is given to those who prefer it, and text to others", async () => {
  const app = measured();
  await app.inject(widgets);
  const prometheus =
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
  const open = await app.inject({ url: "/metrics", headers: { accept: prometheus } });
  expect(open.headers["content-type"]).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  expect(open.body).toContain("# TYPE apiserver_request counter\napiserver_request_total{");
  expect(open.body).toContain('le="1.0"');
  expect(open.body.endsWith("# EOF\n")).toBe(true);
  for (const accept of ["", "*/*", "text/plain", "application/openmetrics-text;q=0", "application/json"]) {
    const plain = await app.inject({ url: "/metrics", headers: { accept } });
    expect(plain.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(plain.body).toContain("# TYPE apiserver_request_total counter\napiserver_request_total{");
  }
});

test("every line is of a metric that is described, once, and of finite labels", async () => {
  const app = measured();
  for (const method of ["GET", "PROPFIND", "OPTIONS"] as const)
    await app.inject({ method: method as "GET", url: `${widgets}/x` });
  const text = await scraped(app);
  const described = [...text.matchAll(/^# TYPE (\S+) (counter|gauge|histogram)$/gm)].map(([, name]) => name ?? "");
  expect(new Set(described).size).toBe(described.length);
  const names = text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => /^[a-z_]+/.exec(line)?.[0] ?? "");
  const known = new Set(described.flatMap((name) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]));
  expect(names.filter((name) => !known.has(name))).toEqual([]);
  expect(text).toContain('verb="other"');
  for (const name of [
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "nodejs_eventloop_utilization",
    "kubernetes_build_info",
  ]) {
    expect(described).toContain(name);
  }
});

test("where nothing is measured there is no such path; alone, administrators have it", async () => {
  expect((await widgetApp().inject("/metrics")).statusCode).toBe(404);
  const as = (...groups: string[]) => [() => ({ name: "ann", uid: "", groups, extra: {} })];
  const alone = (...groups: string[]) => measured({ authorizer: authorizeLocally, authenticators: as(...groups) });
  expect((await alone("cats").inject("/metrics")).statusCode).toBe(403);
  expect((await alone("system:masters").inject("/metrics")).statusCode).toBe(200);
});

const w = "/apis/g/v1/namespaces/n/widgets";

test.each([
  ["GET", `${w}/a`, undefined, "GET", "resource"],
  ["HEAD", w, undefined, "LIST", "namespace"],
  ["GET", `${w}?watch=true`, undefined, "WATCH", "namespace"],
  ["GET", "/apis/g/v1/watch/widgets", undefined, "WATCH", "cluster"],
  ["POST", w, undefined, "POST", "resource"],
  ["PUT", `${w}/a`, undefined, "PUT", "resource"],
  ["PATCH", `${w}/a`, "application/merge-patch+json", "PATCH", "resource"],
  ["PATCH", `${w}/a`, "application/apply-patch+yaml", "APPLY", "resource"],
  ["DELETE", w, undefined, "DELETE", "namespace"],
  ["CONNECT", `${w}/a`, undefined, "CONNECT", "resource"],
  ["BREW", `${w}/a`, undefined, "other", "resource"],
  ["GET", "/version", undefined, "GET", ""],
])("%s %s is reported as the Go server does", (method, url, contentType, verb, scope) => {
  const info = requestInfo(method, url);
  expect(reportedScope(info)).toBe(scope);
  expect(reportedVerb(method, info, reportedScope(info), contentType)).toBe(verb);
});

test.each([
  ["", ""],
  ["limit=1", ""],
  ["dryRun=All", "All"],
  ["dryRun=All&dryRun=All", "All"],
  ["dryRun=", "invalid"],
  ["dryRun=All&dryRun=x", "invalid"],
])("a dry run of %j is reported as %j", (query, dryRun) => {
  expect(reportedDryRun(new URLSearchParams(query))).toBe(dryRun);
});

test("series beyond a bound are counted together", () => {
  const counter = new Counter({ name: "c", help: "c", labels: ["a"] });
  for (let index = 0; index < 20_000; index++) counter.of(String(index)).value++;
  const samples = [...counter.samples()];
  expect(samples.length).toBeLessThanOrEqual(10_001);
  expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(20_000);
});

test("calls of webhooks are counted by what came of them", async () => {
  const metrics = new ServerMetrics();
  const called = webhookMetrics(metrics);
  const call = { name: "w.example.dev", type: "validating", operation: "CREATE", seconds: 0.2, code: 0 } as const;
  called({ ...call, outcome: "allowed", code: 200 });
  called({ ...call, outcome: "refused", code: 999 });
  called({ ...call, outcome: "failed" });
  called({ ...call, outcome: "failed open" });
  const { text } = await metrics.expose(undefined);
  const of = 'name="w.example.dev",type="validating"';
  expect(lines(text, "apiserver_admission_webhook_rejection_count")).toEqual([
    `apiserver_admission_webhook_rejection_count{${of},operation="CREATE",error_type="no_error",rejection_code="600"} 1`,
    `apiserver_admission_webhook_rejection_count{${of},operation="CREATE",error_type="calling_webhook_error",rejection_code="0"} 1`,
  ]);
  expect(lines(text, "apiserver_admission_webhook_fail_open_count")).toEqual([
    `apiserver_admission_webhook_fail_open_count{${of}} 1`,
  ]);
  expect(lines(text, "apiserver_admission_webhook_admission_duration_seconds_count")).toEqual([
    `apiserver_admission_webhook_admission_duration_seconds_count{${of},operation="CREATE",rejected="false"} 2`,
    `apiserver_admission_webhook_admission_duration_seconds_count{${of},operation="CREATE",rejected="true"} 2`,
  ]);
});

test("a cache in front of the storage tells how it stands, by resource", async () => {
  const metrics = new ServerMetrics();
  const range = { revision: 12n, entries: 3, bytes: 400, windowChanges: 5, fills: 1 };
  metrics.addCaches(() => [
    { ...range, prefix: "/registry/example.dev/widgets/" },
    { ...range, prefix: "/registry/example.dev/gadgets/", revision: undefined },
  ]);
  const { text } = await metrics.expose(undefined);
  expect(lines(text, "apiserver_storage_objects")).toContain(
    'apiserver_storage_objects{resource="widgets.example.dev"} 3',
  );
  expect(lines(text, "apiserver_watch_cache_resource_version")).toEqual([
    'apiserver_watch_cache_resource_version{group="example.dev",resource="widgets"} 12',
    'apiserver_watch_cache_resource_version{group="example.dev",resource="gadgets"} 0',
  ]);
});

test("who asks for what is deprecated is counted", async () => {
  const app = measured({ lifecycle: { introduced: "1.1", deprecated: "1.2", removed: "1.99" } });
  await app.inject(widgets);
  expect(lines(await scraped(app), "apiserver_requested_deprecated_apis")).toEqual([]);
  await app.inject(widgets.replace("/v1/", "/v1beta1/"));
  expect(lines(await scraped(app), "apiserver_requested_deprecated_apis")).toEqual([
    'apiserver_requested_deprecated_apis{group="example.dev",version="v1beta1",resource="widgets",subresource="",removed_release="1.99"} 1',
  ]);
});

test("certificates, the server's and clients', are told by when they run out; broken handshakes are counted", async () => {
  const certificates = await issueAll();
  const { app, port } = await listen(certificates, { metrics: new ServerMetrics() });
  opened.push(app);
  const { key, certificate: cert } = certificates.client;
  const agent = new https.Agent({ ca: certificates.authority.certificate, key, cert });
  const scrape = async (): Promise<string> => {
    const [response] = (await once(https.get({ port, host: "127.0.0.1", path: "/metrics", agent }), "response")) as [
      IncomingMessage,
    ];
    return Buffer.concat(await response.toArray()).toString();
  };
  const text = await scrape();
  const expiry = Date.parse(new X509Certificate(certificates.serving.certificate).validTo) / 1000;
  expect(lines(text, "apiserver_serving_certificate_not_after_timestamp_seconds")).toEqual([
    `apiserver_serving_certificate_not_after_timestamp_seconds ${expiry}`,
  ]);
  expect(lines(text, "apiserver_client_certificate_expiration_seconds_count")).toEqual([
    "apiserver_client_certificate_expiration_seconds_count 1",
  ]);
  expect(lines(text, "apiserver_client_certificate_expiration_seconds_bucket")[1]).toMatch(/ 0$/);
  const socket = connect(port, "127.0.0.1", () => void socket.write("this is no handshake\r\n\r\n"));
  socket.on("error", () => undefined).resume();
  await expect
    .poll(async () => lines(await scrape(), "apiserver_tls_handshake_errors_total"))
    .toEqual(["apiserver_tls_handshake_errors_total 1"]);
  agent.destroy();
});

test.each([
  [0.005, "0.005"],
  [1, "1"],
  [604_800, "604800"],
  [1e6, "1e+06"],
  [2_592_000, "2.592e+06"],
  [0.00001, "1e-05"],
])("a bucket of %d is written as Go writes it", (bound, text) => {
  const [sample] = new Distribution([bound]).samples({});
  expect(sample?.labels["le"]).toBe(text);
});
