import { expect, test } from "vitest";
import { median, percentile, spread, timesBetter } from "./statistics.ts";

test.each([
  [[3], 3],
  [[9, 1, 5], 5],
  [[1, 100, 3, 2], 2.5],
  [[10, 9, 100], 10],
])("the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected);
});

test("nothing has no median", () => {
  expect(() => median([])).toThrow("no median");
});

test.each([
  [[5], 0],
  [[90, 100, 120], 0.15],
  [[0, 0], 0],
])("the spread of %j is %d of its median", (values, expected) => {
  expect(spread(values)).toBeCloseTo(expected);
});

test.each([
  [0.5, 50],
  [0.99, 99],
  [1, 100],
  [0, 1],
])("of 1 to 100, percentile %d is %d", (share, expected) => {
  expect(
    percentile(
      Float64Array.from({ length: 100 }, (_, at) => at + 1),
      share,
    ),
  ).toBe(expected);
});

test("better is more for rates, and less for times", () => {
  expect(timesBetter(60, 20, "more")).toBe(3);
  expect(timesBetter(20, 60, "less")).toBe(3);
  expect(timesBetter(60, 20, "less")).toBeCloseTo(1 / 3);
});
