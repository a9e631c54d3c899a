import fc from "fast-check";
import { expect, test } from "vitest";
import { patternCost, type PatternCost } from "../../codegen/check/pattern-cost.ts";

const costs: readonly (readonly [PatternCost, readonly string[]])[] = [
  [
    "linear",
    [
      "^a*$",
      "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
      "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
      "^(([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\\.){3}[0-9]+$",
      "^\\d{4}-\\d{2}-\\d{2}T$",
      "^\\w+@\\w+\\.\\w+$",
      "^(?:ab|ac)*d$",
      "^(?<year>\\d+)$",
      "^[^\\n]*\\n$",
      "^\\u{1F408}*\\x41$",
      "",
    ],
  ],
  ["polynomial", ["^a*a*$", "a+$", "[a-z]+x", "^\\d+\\d+$", "^.*,.*,$", "^[a-z]+[^0-9]+$"]],
  ["exponential", ["^(a+)+$", "^(a*)*$", "^(a|a)*$", "^(a|aa)+$", "^(a|b|ab)*c$", "^(a(b?|c?))*d$", "^([a-z]+\\d*)+$"]],
  ["unknown", ["^(?=a)b", "^(?!a)b", "^(?<=a)b", "^(a)\\1$", `^${"a".repeat(2000)}$`]],
];

for (const [cost, patterns] of costs) {
  test.each(patterns)(`the time of %s is ${cost}`, (pattern) => {
    expect(patternCost(pattern)).toBe(cost);
  });
}

test("no pattern that compiles makes judging throw", () => {
  const part = fc.stringMatching(/^[a-c*+?|()[\]{}1,^$\\dw.-]{0,16}$/);
  fc.assert(
    fc.property(part, (pattern) => {
      fc.pre(compiles(pattern));
      expect(["linear", "polynomial", "exponential", "unknown"]).toContain(patternCost(pattern));
    }),
    { numRuns: 500 },
  );
});

function compiles(pattern: string): boolean {
  try {
    return RegExp(pattern, "u").source.length > 0;
  } catch {
    return false;
  }
}
