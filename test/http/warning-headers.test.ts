import { expect, test } from "vitest";
import { WarningHeaders, warningOf } from "../../runtime/http/warning-headers.ts";

function headersOf(...texts: string[]): readonly string[] {
  const headers = new WarningHeaders();
  for (const text of texts) headers.add(warningOf(text));
  return headers.values;
}

test("a warning is quoted, with its quotes and backslashes escaped", () => {
  expect(headersOf(`use "b" not c:\\d`)).toEqual([`299 - "use \\"b\\" not c:\\\\d"`]);
});

test("each text is sent once, empty ones and those with control characters never", () => {
  expect(headersOf("a", "b", "a", "", "x\ny", "z\u0085")).toEqual([`299 - "a"`, `299 - "b"`]);
});

test("other letters than ASCII are sent as UTF-8", () => {
  const [value = ""] = headersOf("größe");
  expect(Buffer.from(value, "latin1").toString("utf8")).toBe(`299 - "größe"`);
});

test("beyond 4096 characters all warnings are cut to 256, and later ones left out", () => {
  const texts = Array.from({ length: 40 }, (_, index) => `${String(index).padStart(3, "0")}${"x".repeat(297)}`);
  const values = headersOf(...texts);
  expect(values.length).toBe(16);
  expect(values.every((value) => value.length === `299 - ""`.length + 256)).toBe(true);
  expect(headersOf(...texts.slice(0, 13)).every((value) => value.length === `299 - ""`.length + 300)).toBe(true);
});
