import { api, flunders } from "./flunders.ts";
import type { ChangeVerb, Plan } from "./load/job.ts";

/** What a server holds when a case begins. Each is a store of its own. */
export type StoreKind =
  /** Nothing. */
  | "empty"
  /** 10,000 objects of 1 KB in ten namespaces, and one of 633 B. */
  | "10k"
  /** Nothing at the beginning of a round; what is written stays until its end. */
  | "writes"
  /** 100,000 objects of 1 KB in a hundred namespaces. */
  | "100k";

/** One thing that is measured; its name is what --only knows. */
export interface Case {
  readonly name: string;
  readonly store: StoreKind;
  /** What is told of it in the table. */
  readonly measure: Measure;
  readonly work: Work;
}

/** What is done for a case. */
export type Work =
  | {
      readonly kind: "requests";
      readonly http: "h1" | "h2";
      readonly clients: number;
      readonly plan: Plan;
      /** How much longer than others it is measured; 1 if unset. */
      readonly longer?: number;
    }
  | { readonly kind: "watch"; readonly http: "h1" | "h2"; readonly watchers: number }
  | { readonly kind: "memory" }
  | { readonly kind: "start" };

/** The first number of a case, whichever way better lies. */
export type Measure = "requestsPerSecond" | "megabytesPerSecond" | "p50Ms" | "cpuMicroseconds" | "memoryMb" | "startMs";

/** Where the case's namespaced lists look; each namespace has 1,000 objects. */
export const namespaceName = (ordinal: number): string => `ns-${ordinal}`;
/** The namespace and name of the object that is read. */
export const readObject = { namespace: "read", prefix: "one", bytes: 633 };
/** About so long is an object when it is read. */
export const objectBytes = 1024;

const onePath = `${flunders(readObject.namespace)}/${readObject.prefix}-0`;
const asTable = { Accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" };
const thousand = flunders(namespaceName(0));

/** All that is measured, in the order of a round. */
export const cases: readonly Case[] = [
  { name: "start-empty", store: "empty", measure: "startMs", work: { kind: "start" } },
  { name: "memory-idle", store: "empty", measure: "memoryMb", work: { kind: "memory" } },
  { name: "start-10k", store: "10k", measure: "startMs", work: { kind: "start" } },
  { name: "memory-10k", store: "10k", measure: "memoryMb", work: { kind: "memory" } },
  ...both("get", 64, onePath, "requestsPerSecond"),
  ...both("get-rv0", 64, `${onePath}?resourceVersion=0`, "requestsPerSecond"),
  ...both("list-1k", 16, thousand, "megabytesPerSecond"),
  get("list-1k-rv0", 16, `${thousand}?resourceVersion=0`, "megabytesPerSecond"),
  get("list-1k-table", 16, thousand, "megabytesPerSecond", asTable),
  ...both("list-10k", 16, flunders(), "megabytesPerSecond"),
  get("list-10k-rv0", 16, `${flunders()}?resourceVersion=0`, "megabytesPerSecond"),
  // So many clients at once take seconds for their first lists.
  {
    name: "list-10k-64",
    store: "10k",
    measure: "megabytesPerSecond",
    work: { kind: "requests", http: "h1", clients: 64, plan: { kind: "get", path: flunders() }, longer: 3 },
  },
  paged("list-10k-paged", "10k"),
  get("list-10k-label", 16, `${flunders()}?labelSelector=tier%3Dgold`, "requestsPerSecond"),
  get("discovery-groups", 1, "/apis", "p50Ms"),
  get("discovery-resources", 1, api, "p50Ms"),
  get("openapi-v2", 1, "/openapi/v2", "p50Ms"),
  get("openapi-v2-gzip", 1, "/openapi/v2", "p50Ms", { "Accept-Encoding": "gzip" }),
  get("openapi-v3", 1, `/openapi/v3${api}`, "p50Ms"),
  get("openapi-v3-gzip", 1, `/openapi/v3${api}`, "p50Ms", { "Accept-Encoding": "gzip" }),
  get("openapi-v3-gzip-h2", 1, `/openapi/v3${api}`, "p50Ms", { "Accept-Encoding": "gzip" }),
  ...[1, 16, 64].map((clients) => writing("create", clients, "h1")),
  writing("create", 64, "h2"),
  ...(["update", "patch", "apply"] as const).flatMap((verb) =>
    [1, 16, 64].map((clients) => writing(verb, clients, "h1")),
  ),
  ...[1, 100, 1000].map((watchers) => watching(`watch-${watchers}`, "writes", watchers, "h1")),
  watching("watch-1000-h2", "writes", 1000, "h2"),
  { name: "start-100k", store: "100k", measure: "startMs", work: { kind: "start" } },
  { name: "memory-100k", store: "100k", measure: "memoryMb", work: { kind: "memory" } },
  { ...get("list-1k-of-100k", 16, thousand, "megabytesPerSecond"), store: "100k" },
  {
    ...get("list-label-of-100k", 16, `${flunders()}?labelSelector=tier%3Dgold`, "requestsPerSecond"),
    store: "100k",
  },
  paged("list-100k-paged", "100k"),
  watching("watch-100-of-100k", "100k", 100, "h1"),
];

/** Cases of the same result on ten times the objects: what their cost should not depend on. */
export const growth: readonly { readonly small: string; readonly large: string; readonly expected: string }[] = [
  { small: "list-1k-h1", large: "list-1k-of-100k", expected: "the same: a namespace of 1,000 objects" },
  { small: "list-10k-label", large: "list-label-of-100k", expected: "the same: 100 objects by a label" },
  { small: "list-10k-paged", large: "list-100k-paged", expected: "the same for each page of 500" },
  { small: "watch-100", large: "watch-100-of-100k", expected: "the same for each event" },
];

function both(name: string, clients: number, path: string, measure: Measure): Case[] {
  return (["h1", "h2"] as const).map((http) => ({
    name: `${name}-${http}`,
    store: "10k",
    measure,
    work: { kind: "requests", http, clients, plan: { kind: "get", path } },
  }));
}

function get(
  name: string,
  clients: number,
  path: string,
  measure: Measure,
  headers?: Readonly<Record<string, string>>,
): Case {
  const plan: Plan = headers === undefined ? { kind: "get", path } : { kind: "get", path, headers };
  const http = name.endsWith("-h2") ? "h2" : "h1";
  return { name, store: "10k", measure, work: { kind: "requests", http, clients, plan } };
}

function paged(name: string, store: StoreKind): Case {
  const plan: Plan = { kind: "pages", path: flunders(), limit: 500 };
  return { name, store, measure: "requestsPerSecond", work: { kind: "requests", http: "h1", clients: 1, plan } };
}

function writing(verb: "create" | ChangeVerb, clients: number, http: "h1" | "h2"): Case {
  const collection = flunders("writes");
  // The prefix is completed where the case runs, for names must not meet again.
  const rest = { prefix: verb, bytes: objectBytes };
  const plan: Plan =
    verb === "create" ? { kind: verb, collections: [collection], ...rest } : { kind: verb, collection, ...rest };
  const name = `${verb}-${clients}${http === "h2" ? "-h2" : ""}`;
  return { name, store: "writes", measure: "requestsPerSecond", work: { kind: "requests", http, clients, plan } };
}

function watching(name: string, store: StoreKind, watchers: number, http: "h1" | "h2"): Case {
  return { name, store, measure: "cpuMicroseconds", work: { kind: "watch", http, watchers } };
}
