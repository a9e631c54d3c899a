import { cases, growth, type Measure } from "./cases.ts";
import type { Figure } from "./figures.ts";
import type { MetricName } from "./measure.ts";
import type { Row, Verdict } from "./rows.ts";
import { alignedTable, shortNumber, type Column } from "./table.ts";

const units: Record<Measure, string> = {
  requestsPerSecond: "/s",
  megabytesPerSecond: " MB/s",
  p50Ms: " ms p50",
  cpuMicroseconds: " µs CPU",
  memoryMb: " MB",
  startMs: " ms",
};

const columns: readonly Column[] = [
  { title: "case", align: "left" },
  { title: "server", align: "left" },
  { title: "median", align: "right" },
  { title: "spread", align: "right" },
  { title: "p50 ms", align: "right" },
  { title: "p99 ms", align: "right" },
  { title: "CPU µs", align: "right" },
  { title: "peak MB", align: "right" },
  { title: "stall ms", align: "right" },
  { title: "x Go", align: "right" },
  { title: "CPU x Go", align: "right" },
  { title: "figure", align: "left" },
];

const metricNames: Record<MetricName, string> = {
  value: "",
  p50Ms: "p50 ",
  p99Ms: "p99 ",
  cpuMicroseconds: "CPU ",
  peakMb: "peak ",
  stallMs: "stall ",
  answerBytes: "bytes ",
  loadCpuMicroseconds: "load CPU ",
};

/** The table of all rows. */
export function mainTable(rows: readonly Row[]): string {
  return alignedTable(
    columns,
    rows.map((row) => {
      const { p50Ms, p99Ms, cpuMicroseconds, peakMb, stallMs, value } = row.medians;
      const measure = cases.find(({ name }) => name === row.case)?.measure;
      return [
        row.case,
        row.contender,
        `${shortNumber(value)}${measure === undefined ? "" : units[measure]}`,
        row.rounds < 2 ? "" : `±${Math.round(row.spread * 100)}%`,
        ...[p50Ms, p99Ms, cpuMicroseconds, peakMb, stallMs].map((number) =>
          number === undefined ? "" : shortNumber(number),
        ),
        ...[row.timesGo, row.timesGoCpu].map((times) => (times === undefined ? "" : times.toFixed(2))),
        row.verdicts.map(verdictText).join("; "),
      ];
    }),
  );
}

function verdictText({ metric, goal, reached, shortBy }: Verdict): string {
  const name = metricNames[metric];
  const wanted = goal.kind === "atMost" ? `${name}<= ${shortNumber(goal.limit)}` : `${name}>= ${goal.atLeast}x`;
  if (reached === undefined) return `${wanted}: not compared`;
  if (shortBy === 0) return `${wanted}: ok`;
  const has = goal.kind === "atMost" ? shortNumber(reached) : `${reached.toFixed(2)}x`;
  const share = `${Math.max(1, Math.round(shortBy * 100))}%`;
  return `${wanted}: ${has}, ${goal.kind === "atMost" ? `${share} too much` : `falls short by ${share}`}`;
}

/** How cost grows with the number of objects, for cases whose result is the same; empty where nothing can be told. */
export function growthTable(rows: readonly Row[]): string {
  const cpu = (name: string, contender: string): number | undefined =>
    rows.find((row) => row.case === name && row.contender === contender)?.medians.cpuMicroseconds;
  const contenders = [...new Set(rows.map(({ contender }) => contender))];
  const lines = growth.flatMap(({ small, large, expected }) =>
    contenders.flatMap((contender) => {
      const before = cpu(small, contender);
      const after = cpu(large, contender);
      if (before === undefined || after === undefined) return [];
      const times = (after / before).toFixed(2);
      return [[large, contender, shortNumber(before), shortNumber(after), times, expected]];
    }),
  );
  if (lines.length === 0) return "";
  const titles = ["case", "server", "CPU µs of 10k", "CPU µs of 100k", "times", "expected"];
  const aligned = titles.map((title, at): Column => ({ title, align: at > 1 && at < 5 ? "right" : "left" }));
  return alignedTable(aligned, lines);
}

/** The Go server as it is here beside what it was when the figures were set; empty without it. */
export function peerTable(rows: readonly Row[], figures: readonly Figure[]): string {
  const lines = figures.flatMap(({ case: name, metric, goThen }) => {
    const here = rows.find((row) => row.case === name && row.contender === "go-etcd")?.medians[metric];
    if (goThen === undefined || here === undefined) return [];
    return [
      [`${name} ${metricNames[metric]}`.trim(), shortNumber(goThen), shortNumber(here), (here / goThen).toFixed(2)],
    ];
  });
  if (lines.length === 0) return "";
  const titles = ["Go server", "then", "here", "here / then"];
  return alignedTable(
    titles.map((title, at) => ({ title, align: at === 0 ? "left" : "right" })),
    lines,
  );
}
