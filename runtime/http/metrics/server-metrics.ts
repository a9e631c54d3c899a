import { StatusError } from "../../meta/status-error.ts";
import type { UserInfo } from "../../meta/user-info.ts";
import type { PresentedCertificate } from "../peer-certificates.ts";
import { exposeMetrics, type ExposedMetrics } from "./exposition.ts";
import { Counter, gauge, Histogram, keptCounter, type Cell, type Family, type Sample } from "./family.ts";
import { processFamilies } from "./process-families.ts";
import { RequestMetrics } from "./request-metrics.ts";

/** How one range of keys stands in a cache in front of the storage, as `CachedStorage.statistics` tells. */
export interface CacheStatistics {
  /** Ends with the group and the plural of the resource that it holds. */
  readonly prefix: string;
  readonly revision: bigint | number | string | undefined;
  readonly entries: number;
  readonly bytes: number;
  readonly windowChanges: number;
  readonly fills: number;
}

const certificateBounds = [
  0, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 345600, 604800, 2592000, 7776000, 15552000, 31104000,
];

/**
 * All that a server counts and measures, under the names that dashboards of Kubernetes know. Counting is changing a
 * number; texts are made when somebody asks for them.
 * https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
export class ServerMetrics {
  readonly requests = new RequestMetrics();
  readonly #families: Family[] = [...this.requests.families, ...processFamilies()];

  readonly #authentications = this.counter("authentication_attempts", "Counter of authenticated attempts.", ["result"]);
  readonly #users = this.counter(
    "authenticated_user_requests",
    "Counter of authenticated requests broken out by username.",
    ["username"],
  );
  readonly #authorizations = this.counter(
    "authorization_attempts_total",
    "Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'.",
    ["result"],
  );

  readonly #authenticated: Cell = this.#authentications.of("success");
  readonly #unauthenticated: Cell = this.#authentications.of("failure");
  readonly #authenticationFailed: Cell = this.#authentications.of("error");
  /** Requests by what came of asking whether they may be made. */
  readonly allowed: Cell = this.#authorizations.of("allowed");
  readonly denied: Cell = this.#authorizations.of("denied");
  readonly authorizationFailed: Cell = this.#authorizations.of("error");
  /** Connections that ended before they were secure. */
  readonly handshakeErrors: Cell = this.counter(
    "apiserver_tls_handshake_errors_total",
    "Number of requests dropped with 'TLS handshake error from' error.",
    [],
  ).of();
  readonly #clientCertificates = this.histogram(
    "apiserver_client_certificate_expiration_seconds",
    "Distribution of the remaining lifetime on the certificate used to authenticate a request.",
    [],
    certificateBounds,
  ).of();
  readonly #email: Cell = this.#users.of("email_id");
  readonly #otherUsers: Cell = this.#users.of("other");

  /** Adds a metric that others keep. */
  add(...families: readonly Family[]): void {
    this.#families.push(...families);
  }

  /** Adds a counter, to be counted in by whoever has it. */
  counter(name: string, help: string, labels: readonly string[]): Counter {
    const counter = new Counter({ name, help, labels });
    this.#families.push(counter);
    return counter;
  }

  /** Adds a histogram with buckets of these upper bounds. */
  histogram(name: string, help: string, labels: readonly string[], bounds: readonly number[]): Histogram {
    const histogram = new Histogram({ name, help, labels, bounds });
    this.#families.push(histogram);
    return histogram;
  }

  /** Counts a request whose user is known, by the certificate if it is that. */
  countAuthenticated(user: UserInfo, certificate: PresentedCertificate | undefined, nowMs: number): void {
    this.#authenticated.value++;
    this.#countUser(user);
    if (certificate?.verified === true) this.#clientCertificates.observe((certificate.notAfterMs - nowMs) / 1000);
  }

  /** Counts a request whose user nobody knows. */
  countUnauthenticated(error: unknown): void {
    const isRefusal = error instanceof StatusError && error.status.code === 401 && error.cause === undefined;
    (isRefusal ? this.#unauthenticated : this.#authenticationFailed).value++;
  }

  // Metrics do not tell the world who the users are.
  #countUser({ name }: UserInfo): void {
    if (knownUsers.has(name)) this.#users.of(name).value++;
    else if (name.includes("@")) this.#email.value++;
    else this.#otherUsers.value++;
  }

  /** Adds what a cache in front of the storage tells of itself. */
  addCaches(statistics: () => readonly CacheStatistics[]): void {
    const each =
      (value: (range: CacheStatistics) => number): (() => Sample[]) =>
      () =>
        statistics().map((range) => ({ labels: resourceLabels(range), value: value(range) }));
    this.add(
      gauge(
        "apiserver_resource_objects",
        "Number of stored objects at the time of last check split by kind.",
        each(({ entries }) => entries),
      ),
      gauge("apiserver_storage_objects", "Number of stored objects at the time of last check split by kind.", () =>
        statistics().map((range) => ({ labels: { resource: qualifiedResource(range) }, value: range.entries })),
      ),
      gauge(
        "apiserver_watch_cache_size_bytes",
        "Bytes of the objects that the watch cache holds.",
        each(({ bytes }) => bytes),
      ),
      gauge(
        "apiserver_watch_cache_window_events",
        "Changes that the watch cache can go back to.",
        each(({ windowChanges }) => windowChanges),
      ),
      gauge(
        "apiserver_watch_cache_resource_version",
        "Current resource version of watch cache broken by resource type.",
        each(({ revision }) => Number(revision ?? 0)),
      ),
      keptCounter(
        "apiserver_watch_cache_initializations_total",
        "Counter of watch cache initializations broken by resource type.",
        each(({ fills }) => fills),
      ),
    );
  }

  /** All metrics, in the form that an Accept header prefers. */
  expose(accept: string | undefined): Promise<ExposedMetrics> {
    return exposeMetrics(this.#families, accept);
  }
}

const knownUsers: ReadonlySet<string> = new Set([
  "admin",
  "client",
  "kube_proxy",
  "kubelet",
  "system:serviceaccount:kube-system:default",
]);

function resourceLabels({ prefix }: CacheStatistics): { readonly group: string; readonly resource: string } {
  const [resource = "", group = ""] = prefix
    .split("/")
    .filter((part) => part !== "")
    .toReversed();
  return { group, resource };
}

function qualifiedResource(range: CacheStatistics): string {
  const { group, resource } = resourceLabels(range);
  return group === "" ? resource : `${resource}.${group}`;
}
