import { expect, test } from "vitest";
import { fieldManagerOf } from "../../runtime/http/field-manager.ts";

test.each([
  ["mine", "kubectl/v1.36", "mine"],
  ["", "kubectl/v1.36 (linux/amd64)", "kubectl"],
  ["", "kubectl", "kubectl"],
  ["", "a\tb\u200b/1", "ab"],
  ["", `${"x".repeat(200)}/1`, "x".repeat(128)],
  ["", `${"ü".repeat(100)}/1`, "ü".repeat(64)],
  ["", undefined, ""],
])("the manager %j asked for by %j is %j", (requested, userAgent, expected) => {
  expect(fieldManagerOf(requested, userAgent)).toBe(expected);
});
