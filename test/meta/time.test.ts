import { expect, test } from "vitest";
import { TimeFormatError } from "../../runtime/meta/time-format-error.ts";
import { formatTime, humanAge, normalizeMicroTime, normalizeTime, parseTime } from "../../runtime/meta/time.ts";

test.each([
  ["2026-01-02T15:04:05Z", "2026-01-02T15:04:05Z"],
  ["1000-12-28T23:59:59Z", "1000-12-28T23:59:59Z"],
  ["9999-12-31T00:00:00Z", "9999-12-31T00:00:00Z"],
  ["2026-01-02T15:04:05.999999999Z", "2026-01-02T15:04:05Z"],
  ["2026-01-02T15:04:05,5Z", "2026-01-02T15:04:05Z"],
  ["2026-01-02T00:30:00+01:00", "2026-01-01T23:30:00Z"],
  ["2023-12-31T23:59:59-23:59", "2024-01-01T23:58:59Z"],
  ["2024-02-29T5:00:00Z", "2024-02-29T05:00:00Z"],
  ["0099-03-04T05:06:07Z", "0099-03-04T05:06:07Z"],
  ["0001-01-01T00:00:00Z", ""],
  ["0001-01-01T01:00:00+01:00", ""],
])("the Time %s is written %j", (text, expected) => {
  expect(normalizeTime(text)).toBe(expected);
});

test.each([
  ["2026-01-02T15:04:05.123456Z", "2026-01-02T15:04:05.123456Z"],
  ["1969-12-31T23:59:59.999999+01:00", "1969-12-31T22:59:59.999999Z"],
  ["0001-01-01T00:00:00.000000Z", ""],
])("the MicroTime %s is written %j", (text, expected) => {
  expect(normalizeMicroTime(text)).toBe(expected);
});

const layout = `"2006-01-02T15:04:05Z07:00"`;

test.each([
  ["", `parsing time "" as ${layout}: cannot parse "" as "2006"`],
  ["today", `parsing time "today" as ${layout}: cannot parse "today" as "2006"`],
  ["2024-2-20T05:00:00Z", `parsing time "2024-2-20T05:00:00Z" as ${layout}: cannot parse "2-20T05:00:00Z" as "01"`],
  ["2024-02-20 05:00:00Z", `parsing time "2024-02-20 05:00:00Z" as ${layout}: cannot parse " 05:00:00Z" as "T"`],
  ["2024-02-20T05:00:00", `parsing time "2024-02-20T05:00:00" as ${layout}: cannot parse "" as "Z07:00"`],
  [
    "2024-02-20T05:00:00\u00e9",
    `parsing time "2024-02-20T05:00:00\\xc3\\xa9" as ${layout}: cannot parse "\\xc3\\xa9" as "Z07:00"`,
  ],
  ["2024-13-01T00:00:00Z", `parsing time "2024-13-01T00:00:00Z": month out of range`],
  ["2024-00-01T00:00:00Z", `parsing time "2024-00-01T00:00:00Z": month out of range`],
  ["2024-01-00T00:00:00Z", `parsing time "2024-01-00T00:00:00Z": day out of range`],
  ["2024-01-01T00:60:00Z", `parsing time "2024-01-01T00:60:00Z": minute out of range`],
  ["2023-02-29T00:00:00Z", `parsing time "2023-02-29T00:00:00Z": day out of range`],
  ["2024-01-01T24:00:00Z", `parsing time "2024-01-01T24:00:00Z": hour out of range`],
  ["2024-01-01T00:00:60Z", `parsing time "2024-01-01T00:00:60Z": second out of range`],
  ["2024-01-01T00:00:00+25:00", `parsing time "2024-01-01T00:00:00+25:00": time zone offset hour out of range`],
  ["2024-01-01T00:00:00Zx", `parsing time "2024-01-01T00:00:00Zx": extra text: "x"`],
])("the Time %j is refused with Go's words", (text, message) => {
  expect(() => normalizeTime(text)).toThrow(new TimeFormatError(message));
});

test("a MicroTime needs its six digits", () => {
  expect(() => normalizeMicroTime("2026-01-02T15:04:05Z")).toThrow(
    new TimeFormatError(
      `parsing time "2026-01-02T15:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"`,
    ),
  );
});

test("a moment keeps its fraction", () => {
  expect(parseTime("1970-01-01T00:00:01.25Z")).toEqual({ seconds: 1, nanoseconds: 250_000_000 });
});

test("a date is written in UTC, to the second, cutting off what is beyond", () => {
  expect(formatTime(new Date("2026-01-02T15:04:05.999Z"))).toBe("2026-01-02T15:04:05Z");
});

test.each([
  [undefined, "<unknown>"],
  [null, "<unknown>"],
  ["x", "<invalid>"],
  ["2026-01-02T15:04:05Z", "55s"],
  ["2026-01-02T15:05:01Z", "0s"],
  ["2026-01-02T15:05:03Z", "<invalid>"],
])("the age of %j is %s", (time, age) => {
  expect(humanAge(time, new Date("2026-01-02T15:05:00Z"))).toBe(age);
});
