import type { ContenderName } from "./contenders.ts";
import type { MetricName } from "./measure.ts";

/** What one number of a case should reach. */
export interface Figure {
  readonly case: string;
  readonly metric: MetricName;
  readonly contender: Exclude<ContenderName, "go-etcd">;
  readonly goal: Goal;
  /** What the Go server was measured to have when the figures were set, in the metric's unit. */
  readonly goThen?: number;
}

/** Either so many times better than the Go server in the same run, or at most so much. */
export type Goal =
  { readonly kind: "timesBetter"; readonly atLeast: number } | { readonly kind: "atMost"; readonly limit: number };

/** The figures to reach, on two cores that the load shares. Those that are missed are told of, and gate nothing. */
export const figures: readonly Figure[] = [
  ratio("get-h1", "value", 6, 6_300),
  ratio("get-rv0-h1", "value", 3, 13_600),
  ratio("list-1k-h1", "value", 3, 170),
  ratio("list-10k-h1", "value", 4, 160),
  atMost("list-10k-h1", "stallMs", 20),
  atMost("list-10k-h1", "peakMb", 400),
  atMost("list-10k-64", "stallMs", 20),
  atMost("list-10k-64", "peakMb", 400, 1_500),
  ratio("list-10k-paged", "value", 3, 156),
  ratio("create-64", "value", 2, 2_600),
  { ...ratio("create-64", "value", 5), contender: "ts-lmdb" },
  ratio("create-1", "value", 1.2, 807),
  ratio("update-64", "value", 2, 1_700),
  ratio("patch-64", "value", 2, 1_100),
  ratio("watch-1000", "value", 2, 20.4),
  ratio("watch-1000", "p99Ms", 1, 19),
  ratio("discovery-groups", "value", 1),
  ratio("discovery-resources", "value", 1, 0.15),
  ratio("openapi-v3", "value", 1, 0.3),
  ratio("openapi-v3-gzip", "value", 1, 0.3),
  // The Go server never compresses it; less than half says that ours does.
  ratio("openapi-v3-gzip", "answerBytes", 2, 166_000),
  atMost("memory-idle", "value", 90, 69),
  atMost("memory-10k", "value", 140, 239),
  atMost("start-empty", "value", 250, 180),
  atMost("start-10k", "value", 400, 251),
];

function ratio(name: string, metric: MetricName, atLeast: number, goThen?: number): Figure {
  return figure(name, metric, { kind: "timesBetter", atLeast }, goThen);
}

function atMost(name: string, metric: MetricName, limit: number, goThen?: number): Figure {
  return figure(name, metric, { kind: "atMost", limit }, goThen);
}

function figure(name: string, metric: MetricName, goal: Goal, goThen: number | undefined): Figure {
  return { case: name, metric, contender: "ts-etcd", goal, ...(goThen === undefined ? {} : { goThen }) };
}
