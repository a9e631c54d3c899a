import { expect, test } from "vitest";
import { DecisionCache } from "../../runtime/auth/decision-cache.ts";

const decision = { allowed: true } as const;

/** Whether each of the letters is remembered. */
function remembered(cache: DecisionCache, keys: string): string {
  return keys
    .split("")
    .filter((key) => cache.get(key, 0) !== undefined)
    .join("");
}

test("where there is no more room the oldest goes that nobody has asked for", () => {
  const cache = new DecisionCache(3, 1000);
  for (const key of "abc") cache.add(key, decision, 0, 10);
  cache.get("a", 0);
  cache.add("d", decision, 0, 10);
  expect(remembered(cache, "abcd")).toBe("acd");
});

test("what is in use goes all the same once everything is", () => {
  const cache = new DecisionCache(3, 1000);
  for (const key of "abc") cache.add(key, decision, 0, 10);
  remembered(cache, "abc");
  cache.add("d", decision, 0, 10);
  expect(remembered(cache, "abcd")).toBe("bcd");
  expect(cache.size).toBe(3);
});

test("long questions count for more", () => {
  const cache = new DecisionCache(100, 10);
  for (const key of ["a", "b", "c".repeat(9), "d".repeat(11)]) cache.add(key, decision, 0, 10);
  expect(remembered(cache, "ab")).toBe("b");
  expect(cache.get("c".repeat(9), 0)).toBe(decision);
  expect(cache.size).toBe(2);
});

test("a decision that is made again replaces the one before", () => {
  const cache = new DecisionCache(2, 2);
  for (const key of "aab") cache.add(key, decision, 0, 10);
  expect(remembered(cache, "ab")).toBe("ab");
  cache.add("a", { allowed: false, reason: "" }, 5, 0);
  expect(remembered(cache, "ab")).toBe("b");
});

test("it never holds more than it may, whatever is asked", () => {
  const cache = new DecisionCache(50, 1000);
  for (let round = 0; round < 2000; round++) {
    cache.add(`key ${round % 120}`, decision, round, round % 7 === 0 ? 0 : 40);
    cache.get(`key ${(round * 31) % 120}`, round);
    expect(cache.size).toBeLessThanOrEqual(50);
  }
});
