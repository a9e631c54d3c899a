import { expect, test } from "vitest";
import { formatDuration, humanDuration, parseDuration } from "../../runtime/meta/duration.ts";
import { TimeFormatError } from "../../runtime/meta/time-format-error.ts";

test.each([
  ["0", "0s"],
  ["1h30m", "1h30m0s"],
  ["-1.5s", "-1.5s"],
  ["+90s", "1m30s"],
  [".5m", "30s"],
  ["100ms", "100ms"],
  ["1500us", "1.5ms"],
  ["3\u03bcs", "3\u00b5s"],
  ["7ns", "7ns"],
  ["2562047h47m16.854775807s", "2562047h47m16.854775807s"],
  ["-9223372036854775808ns", "-2562047h47m16.854775808s"],
  ["0.0000000001s", "0s"],
])("the Duration %s is written %s", (text, expected) => {
  expect(formatDuration(parseDuration(text))).toBe(expected);
});

test.each([
  ["", `time: invalid duration ""`],
  ["x", `time: invalid duration "x"`],
  [".", `time: invalid duration "."`],
  ["1", `time: missing unit in duration "1"`],
  ["1h5", `time: missing unit in duration "1h5"`],
  ["1d", `time: unknown unit "d" in duration "1d"`],
  ["1 h", `time: unknown unit " h" in duration "1 h"`],
  ["9223372036854775808ns", `time: invalid duration "9223372036854775808ns"`],
  ["1e9h", `time: unknown unit "e" in duration "1e9h"`],
])("the Duration %j is refused with Go's words", (text, message) => {
  expect(() => parseDuration(text)).toThrow(new TimeFormatError(message));
});

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

test.each([
  [-2 * second, "<invalid>"],
  [-2 * second + 1, "0s"],
  [0, "0s"],
  [2 * minute - 1, "119s"],
  [2 * minute, "2m"],
  [2 * minute + second, "2m1s"],
  [10 * minute - 1, "9m59s"],
  [10 * minute + second, "10m"],
  [3 * hour - 1, "179m"],
  [3 * hour + minute, "3h1m"],
  [8 * hour + 59 * minute, "8h"],
  [2 * day - 1, "47h"],
  [2 * day + hour, "2d1h"],
  [8 * day - 1, "7d23h"],
  [8 * day + 23 * hour, "8d"],
  [2 * year - 1, "729d"],
  [2 * year + day - 1, "2y"],
  [2 * year + day, "2y1d"],
  [8 * year - 1, "7y364d"],
  [8 * year + 364 * day, "8y"],
])("%i ms are %s to people", (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});
