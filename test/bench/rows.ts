import type { Case } from "./cases.ts";
import type { ContenderName } from "./contenders.ts";
import type { Figure } from "./figures.ts";
import { betterOf, type MetricName, type Metrics, type Sample } from "./measure.ts";
import { median, spread, timesBetter } from "./statistics.ts";

/** What all rounds of a case say of one server. */
export interface Row {
  readonly case: string;
  readonly contender: ContenderName;
  readonly rounds: number;
  readonly medians: Metrics;
  /** How far the rounds' first numbers lie apart, as a share of the median. */
  readonly spread: number;
  /** How many times better than the Go server the first number is; undefined for itself, and without it. */
  readonly timesGo: number | undefined;
  /** Likewise for processor time, which says more where other programs run at the same time. */
  readonly timesGoCpu: number | undefined;
  readonly verdicts: readonly Verdict[];
}

/** Whether a number reaches its figure. */
export interface Verdict {
  readonly metric: MetricName;
  readonly goal: Figure["goal"];
  /** The ratio or the number that is held against the goal; undefined where there is no Go server to compare with. */
  readonly reached: number | undefined;
  /** How much is missing, as a share of the goal; 0 where it is reached. */
  readonly shortBy: number;
}

/** One row for each case and server that was measured, in the order given. */
export function rowsOf(
  cases: readonly Case[],
  contenders: readonly ContenderName[],
  samples: readonly Sample[],
  figures: readonly Figure[],
): Row[] {
  return cases.flatMap((one) =>
    contenders.flatMap((contender) => {
      const medians = mediansOf(samples, one.name, contender);
      if (medians === undefined) return [];
      const go = mediansOf(samples, one.name, "go-etcd");
      const own = figures.filter((figure) => figure.case === one.name && figure.contender === contender);
      const values = metricsOf(samples, one.name, contender).map(({ value }) => value);
      const isGo = contender === "go-etcd" || go === undefined;
      return {
        case: one.name,
        contender,
        rounds: values.length,
        medians,
        spread: spread(values),
        timesGo: isGo ? undefined : timesBetter(medians.value, go.value, betterOf("value", one.measure)),
        timesGoCpu: isGo ? undefined : timesBetterIfKnown(medians.cpuMicroseconds, go.cpuMicroseconds),
        verdicts: own.map((figure) => verdictOf(figure, one, medians, go)),
      };
    }),
  );
}

function timesBetterIfKnown(ours: number | undefined, theirs: number | undefined): number | undefined {
  return ours === undefined || theirs === undefined ? undefined : timesBetter(ours, theirs, "less");
}

function metricsOf(samples: readonly Sample[], name: string, contender: ContenderName): Metrics[] {
  return samples.filter((sample) => sample.case === name && sample.contender === contender).map((each) => each.metrics);
}

/** The median of each number by itself. */
function mediansOf(samples: readonly Sample[], name: string, contender: ContenderName): Metrics | undefined {
  const all = metricsOf(samples, name, contender);
  const [first] = all;
  if (first === undefined) return undefined;
  const names = Object.keys(first) as MetricName[];
  const medians = names.map((metric) => [metric, median(all.flatMap((each) => each[metric] ?? []))] as const);
  return { ...first, ...Object.fromEntries(medians) };
}

function verdictOf({ metric, goal }: Figure, { measure }: Case, ours: Metrics, go: Metrics | undefined): Verdict {
  const own = ours[metric];
  if (own === undefined) return { metric, goal, reached: undefined, shortBy: 0 };
  if (goal.kind === "atMost") return { metric, goal, reached: own, shortBy: Math.max(0, own / goal.limit - 1) };
  const theirs = go?.[metric];
  if (theirs === undefined) return { metric, goal, reached: undefined, shortBy: 0 };
  const reached = timesBetter(own, theirs, betterOf(metric, measure));
  return { metric, goal, reached, shortBy: Math.max(0, 1 - reached / goal.atLeast) };
}
