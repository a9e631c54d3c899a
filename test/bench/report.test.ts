import { expect, test } from "vitest";
import { cases } from "./cases.ts";
import type { ContenderName } from "./contenders.ts";
import { figures } from "./figures.ts";
import type { Metrics, Sample } from "./measure.ts";
import { parseOptions } from "./options.ts";
import { growthTable, mainTable, peerTable } from "./report.ts";
import { rowsOf, type Row } from "./rows.ts";
import { alignedTable, shortNumber } from "./table.ts";

const contenders = ["go-etcd", "ts-etcd", "ts-lmdb"] as const;

function sample(name: string, contender: ContenderName, metrics: Metrics, round = 1): Sample {
  return { case: name, contender, round, metrics };
}

function rows(...samples: Sample[]): Row[] {
  return rowsOf(cases, contenders, samples, figures);
}

test("columns are as wide as their widest text", () => {
  const columns = [
    { title: "a", align: "left" },
    { title: "n", align: "right" },
  ] as const;
  expect(
    alignedTable(columns, [
      ["long", "1"],
      ["x", "100"],
    ]),
  ).toBe("a       n\n----  ---\nlong    1\nx     100\n");
});

test.each([
  [0, "0"],
  [0.0312, "0.031"],
  [1.234, "1.23"],
  [56.78, "56.8"],
  [6301, "6301"],
  [13_640, "13.6k"],
  [Number.NaN, "-"],
])("%d is written %s", (value, expected) => {
  expect(shortNumber(value)).toBe(expected);
});

test("a row holds the medians of the rounds, and how many times better they are than the Go server's", () => {
  const measured = rows(
    ...[100, 110, 90].map((value, at) => sample("get-h1", "go-etcd", { value, cpuMicroseconds: 200 }, at)),
    ...[700, 500, 650].map((value, at) => sample("get-h1", "ts-etcd", { value, cpuMicroseconds: 40 }, at)),
  );
  expect(measured).toMatchObject([
    { contender: "go-etcd", medians: { value: 100 }, timesGo: undefined, verdicts: [] },
    { contender: "ts-etcd", medians: { value: 650 }, rounds: 3, timesGo: 6.5, timesGoCpu: 5 },
  ]);
  expect(mainTable(measured)).toContain(">= 6x: ok");
});

test.each<[string, string, Metrics, string]>([
  ["a rate that is too low", "get-h1", { value: 300 }, ">= 6x: 3.00x, falls short by 50%"],
  ["a median that takes longer", "openapi-v3", { value: 200 }, ">= 1x: 0.50x, falls short by 50%"],
  ["too much memory", "memory-idle", { value: 99 }, "<= 90.0: 99.0, 10% too much"],
  ["a stall", "list-10k-h1", { value: 400, stallMs: 30 }, "stall <= 20.0: 30.0, 50% too much"],
])("%s says by how much it falls short", (_, name, metrics, text) => {
  expect(mainTable(rows(sample(name, "go-etcd", { value: 100 }), sample(name, "ts-etcd", metrics)))).toContain(text);
});

test("without the Go server nothing is compared, and nothing is called ok", () => {
  const table = mainTable(rows(sample("get-h1", "ts-etcd", { value: 1 })));
  expect(table).toContain(">= 6x: not compared");
  expect(table).not.toContain("ok");
});

test("every figure is of a case that is measured", () => {
  const names = new Set(cases.map(({ name }) => name));
  expect(names.size).toBe(cases.length);
  expect(figures.filter((figure) => !names.has(figure.case))).toEqual([]);
});

test("growth compares processor time of the same result on ten times the objects", () => {
  const table = growthTable(
    rows(
      sample("list-1k-h1", "ts-etcd", { value: 1, cpuMicroseconds: 1000 }),
      sample("list-1k-of-100k", "ts-etcd", { value: 1, cpuMicroseconds: 1100 }),
    ),
  );
  expect(table).toMatch(/list-1k-of-100k +ts-etcd +1000 +1100 +1\.10 /);
});

test("the Go server is told beside what it was when the figures were set", () => {
  expect(peerTable(rows(sample("get-h1", "go-etcd", { value: 12_600 })), figures)).toMatch(
    /get-h1 +6300 +12.6k +2\.00/,
  );
});

test("--only takes names and patterns, and --quick leaves the largest store out", () => {
  const names = (...argv: string[]): string[] => parseOptions(argv).cases.map(({ name }) => name);
  expect(names("--only", "create-1", "--only", "st*t-*")).toEqual([
    "start-empty",
    "start-10k",
    "create-1",
    "start-100k",
  ]);
  expect(names("--quick")).not.toContain("start-100k");
  expect(names()).toHaveLength(cases.length);
});
