import type { Measure } from "./cases.ts";
import type { ContenderName } from "./contenders.ts";
import type { Result } from "./load/job.ts";

/** What one run of a case gave. What does not apply is absent. */
export interface Sample {
  readonly case: string;
  readonly contender: ContenderName;
  readonly round: number;
  readonly metrics: Metrics;
}

/** The numbers of a run. */
export interface Metrics {
  /** The case's first number, in the unit of its measure. */
  readonly value: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Processor time of the server for each answer or delivered event, or for its start. */
  readonly cpuMicroseconds?: number;
  /** The most memory that the server had during the case. */
  readonly peakMb?: number;
  /** The longest stall of the server's event loop during the case. */
  readonly stallMs?: number;
  /** Length of an answer's body, as it came over the wire. */
  readonly answerBytes?: number;
  /** Processor time of the load for each answer; near to the time between answers, the load is the bound. */
  readonly loadCpuMicroseconds?: number;
}

export type MetricName = keyof Metrics;

/** Which way better lies. */
export function betterOf(metric: MetricName, measure: Measure): "more" | "less" {
  if (metric !== "value") return "less";
  return measure === "requestsPerSecond" || measure === "megabytesPerSecond" ? "more" : "less";
}

/** The numbers of a run under load. */
export function metricsOf(
  result: Result,
  measure: Measure,
  server: { readonly peakMb: number; readonly stallMs: number | undefined },
): Metrics {
  const { count, seconds, bytes, p50Ms, p99Ms } = result;
  const cpuMicroseconds = (result.serverCpuSeconds / count) * 1e6;
  const values: Record<Measure, number> = {
    requestsPerSecond: count / seconds,
    megabytesPerSecond: bytes / seconds / 1e6,
    p50Ms,
    cpuMicroseconds,
    memoryMb: server.peakMb,
    startMs: 0,
  };
  return {
    value: values[measure],
    p50Ms,
    p99Ms,
    cpuMicroseconds,
    peakMb: server.peakMb,
    ...(server.stallMs === undefined ? {} : { stallMs: server.stallMs }),
    ...(bytes === 0 ? {} : { answerBytes: bytes / count }),
    loadCpuMicroseconds: (result.loadCpuSeconds / count) * 1e6,
  };
}
