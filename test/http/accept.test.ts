import { expect, test } from "vitest";
import { acceptsMediaType, parseAccept } from "../../runtime/http/accept.ts";

function order(header: string): string[] {
  return parseAccept(header).map(({ type, subtype }) => `${type}/${subtype}`);
}

test.each([
  ["a/b, c/d", ["a/b", "c/d"]],
  ["a/b;q=0.5, c/d", ["c/d", "a/b"]],
  ["*/*, a/*, a/b", ["a/b", "a/*", "*/*"]],
  ["*", ["*/*"]],
  // What is named beats what is not, until the better quality comes last.
  ["*/*;q=0.9, a/b;q=0.1", ["a/b", "*/*"]],
  ["a/b;q=0.1, */*;q=0.9", ["*/*", "a/b"]],
  ["a, a/b/c, , a/b", ["a/b"]],
])("the preferences of %s", (header, expected) => {
  expect(order(header)).toEqual(expected);
});

test("parameters are read without the quality, and half ones are left out", () => {
  const [clause] = parseAccept("application/json; as = Table ;v=v1;q=0.25;g;x=1=2");
  expect(clause?.quality).toBe(0.25);
  expect([...(clause?.parameters ?? [])]).toEqual([
    ["as", "Table"],
    ["v", "v1"],
  ]);
});

test("a header of very many clauses is read only so far", () => {
  expect(parseAccept("a/b,".repeat(10_000))).toHaveLength(64);
});

test.each([
  ["application/json", true],
  ["application/*", true],
  ["*/*", true],
  ["application/yaml", false],
  ["text/*", false],
  ["text/json", false],
])("whether %s takes application/json: %s", (range, taken) => {
  const [clause] = parseAccept(range);
  expect(clause !== undefined && acceptsMediaType(clause, "application", "json")).toBe(taken);
});
