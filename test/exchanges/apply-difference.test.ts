import { expect, test } from "vitest";
import { withoutDifference, type Pair } from "./apply-difference.ts";
import type { Difference } from "./differences.ts";
import type { Value } from "./recordings.ts";

const about = { cases: ["a"], why: "" };

function pair(expected: Value, actual: Value): Pair {
  return { expected: { id: "a", response: expected }, actual: { id: "a", response: actual } };
}

const text: Difference = { ...about, kind: "text", at: ["body", "message"], recorded: "Go", ours: "Node" };
const items: Difference = { ...about, kind: "items", at: ["list"], recordedOnly: ["/b"], oursOnly: ["/a", "/d"] };
const derived: Difference = { ...about, kind: "derived", pattern: /"\w+-(\w{3})"/g };
const answer: Difference = { ...about, kind: "answer", recordedStatus: 406, ourStatus: 200 };

test.each<[string, Difference, Pair]>([
  ["a text", text, pair({ body: { message: "in Go", code: 1 } }, { body: { message: "in Node", code: 1 } })],
  ["the items of a list", items, pair({ list: ["/b", "/c"] }, { list: ["/a", "/c", "/d"] })],
  ["the lines of a text", items, pair({ list: "ok\n/b\n/c\n" }, { list: "ok\n/a\n/d\n/c\n" })],
  ["what is derived", derived, pair({ "x-123": ["x-123", "x-456"] }, { "x-abc": ["x-abc", "x-def"] })],
  ["the whole answer", answer, pair({ status: 406, body: 1 }, { status: 200, body: 2 })],
])("%s that differs deliberately is taken for the same", (_, difference, sides) => {
  const { expected, actual } = withoutDifference(sides, difference);
  expect(expected).toEqual(actual);
});

test.each<[string, Difference, Pair]>([
  ["another text", text, pair({ body: { message: "in Go" } }, { body: { message: "in Deno" } })],
  ["another item", items, pair({ list: ["/b", "/c"] }, { list: ["/a", "/c"] })],
  ["another thing derived", derived, pair({ x: ["x-123", "x-456"] }, { x: ["x-abc", "x-abc"] })],
])("%s is not", (_, difference, sides) => {
  const { expected, actual } = withoutDifference(sides, difference);
  expect(expected).not.toEqual(actual);
});

test.each<[string, Difference, Pair]>([
  ["a text", text, pair({ body: { message: "in Node" } }, { body: { message: "in Node" } })],
  ["a text in a place that there is not", text, pair({ error: 1 }, { error: 1 })],
  ["an item", items, pair({ list: ["/a"] }, { list: ["/a"] })],
  ["what is derived", derived, pair({ x: "y" }, { x: "y" })],
  ["a status", answer, pair({ status: 200 }, { status: 200 })],
])("%s that does not differ any more is an error", (_, difference, sides) => {
  expect(() => withoutDifference(sides, difference)).toThrow();
});
