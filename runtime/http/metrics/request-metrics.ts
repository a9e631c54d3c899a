import type { RequestState } from "../request-state.ts";
import { Counter, gauge, Histogram, type Cell, type Distribution, type Family, type Sample } from "./family.ts";
import {
  reportedDryRun,
  reportedDryRuns,
  reportedScope,
  reportedScopes,
  reportedVerb,
  reportedVerbs,
  type ReportedDryRun,
  type ReportedScope,
  type ReportedVerb,
} from "./reported-verb.ts";

/** What metrics call something that is served: a resource, or a path; what does not apply is empty. */
export interface ReportedTarget {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Of what is no resource, the path. */
  readonly subresource: string;
  readonly component: string;
}

/** What is counted of the requests of one target that are alike. */
interface Alike {
  /** Unset until one of them has been served. */
  latency: Distribution | undefined;
  /** Only for reads. */
  sizes: Distribution | undefined;
  readonly byCode: Map<number, Cell>;
  readonly labels: readonly string[];
}

/** What is counted of one target; filled as requests come. */
interface TargetCounts {
  readonly target: ReportedTarget;
  readonly alike: (Alike | undefined)[];
  readonly events: Cell;
}

const unknownTarget: ReportedTarget = {
  group: "",
  version: "",
  resource: "",
  subresource: "",
  component: "apiserver",
};

const targetLabels = ["group", "version", "resource", "subresource", "scope", "component"];
const latencyBounds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];
const sizeBounds = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/**
 * Counts requests under the names and labels of the Go server. What is counted for a target is found by the target
 * itself, and no label is looked at for a request like one that has been before.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/endpoints/metrics
 */
export class RequestMetrics {
  readonly #requests = new Counter({
    name: "apiserver_request_total",
    help: "Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.",
    labels: ["verb", "dry_run", ...targetLabels, "code"],
  });
  readonly #latencies = new Histogram({
    name: "apiserver_request_duration_seconds",
    help: "Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.",
    labels: ["verb", "dry_run", ...targetLabels],
    bounds: latencyBounds,
  });
  readonly #sizes = new Histogram({
    name: "apiserver_response_sizes",
    help: "Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.",
    labels: ["verb", ...targetLabels],
    bounds: sizeBounds,
  });
  readonly #terminations = new Counter({
    name: "apiserver_request_terminations_total",
    help: "Number of requests which apiserver terminated in self-defense.",
    labels: ["verb", ...targetLabels, "code"],
  });
  readonly #events = new Counter({
    name: "apiserver_watch_events_total",
    help: "Number of events sent in watch clients.",
    labels: ["group", "version", "resource"],
  });
  readonly #deprecated = new Map<object, Sample>();
  readonly #byTarget = new Map<object, TargetCounts>();
  readonly #unknown = this.#countsOf(unknownTarget);

  readonly families: readonly Family[] = [
    this.#requests,
    this.#latencies,
    this.#sizes,
    this.#terminations,
    this.#events,
    gauge(
      "apiserver_requested_deprecated_apis",
      "Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.",
      () => this.#deprecated.values(),
    ),
  ];

  /** Makes a target known, by the key that its requests will have. */
  addTarget(key: object, target: ReportedTarget): void {
    this.#byTarget.set(key, this.#countsOf(target));
  }

  /** What metrics call a target that has been added. */
  targetOf(key: object | undefined): ReportedTarget {
    return this.#countsAt(key).target;
  }

  /** Where the events of a target's watches are counted. */
  eventsOf(key: object): Cell {
    return this.#countsAt(key).events;
  }

  /** Takes down that a deprecated target has been asked for, and in which release it goes, or an empty text. */
  deprecated(key: object, removedRelease: string): void {
    if (this.#deprecated.has(key)) return;
    const { group, version, resource, subresource } = this.targetOf(key);
    const labels = { group, version, resource, subresource, removed_release: removedRelease };
    this.#deprecated.set(key, { labels, value: 1 });
  }

  /** Counts a request that has been served: how it went, and how long it took. */
  served(state: RequestState, seconds: number): void {
    const alike = this.#alike(state);
    const { latency = this.#firstServed(alike) } = alike;
    latency.observe(seconds);
    alike.sizes?.observe(state.sentBytes);
    const counted = alike.byCode.get(state.status);
    if (counted !== undefined) counted.value++;
    else this.#firstOf(alike, state.status);
    if (state.status === 504) this.#terminated(state, alike);
  }

  /** Counts a request that was turned away before it was served. */
  refused(state: RequestState): void {
    const alike = this.#alike(state);
    const counted = alike.byCode.get(state.status);
    if (counted !== undefined) counted.value++;
    else this.#firstOf(alike, state.status);
    if (state.status === 429 || state.status === 504) this.#terminated(state, alike);
  }

  #countsAt(key: object | undefined): TargetCounts {
    return (key === undefined ? undefined : this.#byTarget.get(key)) ?? this.#unknown;
  }

  #countsOf(target: ReportedTarget): TargetCounts {
    const { group, version, resource } = target;
    return { target, alike: [], events: this.#events.of(group, version, resource) };
  }

  #alike({ target, request, info, query }: RequestState): Alike {
    const counts = this.#countsAt(target);
    const scope = reportedScope(info);
    const verb = reportedVerb(request.method, info, scope, request.headers["content-type"]);
    const dryRun = reportedDryRun(query);
    const index =
      (reportedVerbs.indexOf(verb) * reportedScopes.length + reportedScopes.indexOf(scope)) * reportedDryRuns.length +
      reportedDryRuns.indexOf(dryRun);
    const known = counts.alike[index];
    if (known !== undefined) return known;
    const made = this.#newAlike(counts.target, verb, scope, dryRun);
    counts.alike[index] = made;
    return made;
  }

  #newAlike(target: ReportedTarget, verb: ReportedVerb, scope: ReportedScope, dryRun: ReportedDryRun): Alike {
    const { group, version, resource, subresource, component } = target;
    const of = [group, version, resource, subresource, scope, component];
    return { latency: undefined, sizes: undefined, byCode: new Map(), labels: [verb, dryRun, ...of] };
  }

  #firstServed(alike: Alike): Distribution {
    const [verb = "", , ...of] = alike.labels;
    const latency = this.#latencies.of(...alike.labels);
    alike.latency = latency;
    if (verb === "GET" || verb === "LIST") alike.sizes = this.#sizes.of(verb, ...of);
    return latency;
  }

  #firstOf({ byCode, labels }: Alike, code: number): void {
    const counted = this.#requests.of(...labels, String(code));
    counted.value++;
    byCode.set(code, counted);
  }

  #terminated({ status }: RequestState, { labels: [verb = "", , ...target] }: Alike): void {
    this.#terminations.of(verb, ...target, String(status)).value++;
  }
}
