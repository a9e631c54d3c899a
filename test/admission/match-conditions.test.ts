import { expect, test } from "vitest";
import { matchConditions } from "../../runtime/admission/webhook/match-conditions.ts";

const input = {
  object: {
    metadata: { name: "w", labels: { a: "b" } },
    spec: { size: 3, share: 0.5, tags: ["x", "y"], text: `${"a".repeat(40)}!` },
  },
  oldObject: null,
  request: { operation: "CREATE", userInfo: { username: "ann", groups: ["dev"] }, dryRun: false },
};

function outcome(...expressions: readonly string[]): unknown {
  const conditions = expressions.map((expression, i) => ({ name: `c${i}`, expression }));
  return matchConditions(conditions, false)(input);
}

test.each([
  ["object.spec.size > 2 && object.spec.size == 3", "match"],
  ["object.spec.share < 1.0", "match"],
  ["has(object.metadata.labels) && object.metadata.labels['a'] == 'b'", "match"],
  ["has(object.metadata.annotations)", "no match"],
  ["object.metadata.?annotations['x'].orValue('none') == 'none'", "match"],
  ["oldObject == null", "match"],
  ["request.operation in ['CREATE', 'UPDATE']", "match"],
  ["!('system:nodes' in request.userInfo.groups)", "match"],
  ["object.spec.tags.exists(tag, tag.startsWith('x'))", "match"],
  ["object.spec.tags.all(tag, tag.matches('^[xy]$'))", "match"],
  ["object.metadata.name.startsWith('v')", "no match"],
  ["object.metadata.name.replace('w', '$&x') == '$&x' && 'aaa'.replace('a', 'b', 2) == 'bba'", "match"],
  ["'abc'.charAt(1) == 'b' && 'abc'.charAt(3) == '' && 'abc'.replace('b', 'x', -1) == 'axc'", "match"],
  ["'a1b22'.find('[0-9]+') == '1' && 'a1b22'.findAll('[0-9]+') == ['1', '22'] && ''.find('x') == ''", "match"],
  ["has(object.constructor) || has(object.__proto__)", "no match"],
])("%s: %s", (expression, kind) => {
  expect(outcome(expression)).toEqual({ kind });
});

test.each([
  ["object.spec.nothing == 1", "expression 'object.spec.nothing == 1' resulted in error: no such key: nothing"],
  ["object.spec.size", "expression 'object.spec.size' resulted in error: it is neither true nor false"],
  ["'abc'.charAt(4) == ''", /index out of range: 4$/],
  ["1 + 1", "compilation error: must evaluate to bool, not int"],
  ["object.", /^compilation error: /],
  ["unknown == 1", "compilation error: Unknown variable: unknown"],
  [
    "authorizer.group('').resource('pods').check('get').allowed()",
    "compilation error: Unknown variable: authorizer; this server does not offer the variable authorizer",
  ],
])("%s is an error", (expression, why) => {
  expect(outcome(expression)).toEqual({
    kind: "error",
    why: typeof why === "string" ? why : (expect.stringMatching(why) as string),
  });
});

test("a condition that is false counts for more than one with an error, and errors are told together", () => {
  expect(outcome("object.spec.nothing == 1", "false")).toEqual({ kind: "no match" });
  expect(outcome("object.a == 1", "true", "object.b == 1")).toEqual({
    kind: "error",
    why: "[expression 'object.a == 1' resulted in error: no such key: a, expression 'object.b == 1' resulted in error: no such key: b]",
  });
});

test("an error is no match where failures are ignored", () => {
  expect(matchConditions([{ name: "c", expression: "object.a == 1" }], true)(input)).toEqual({ kind: "no match" });
});

test.each([
  ["patterns", "object.spec.text.matches('^(a+)+$')"],
  ["patterns that are looked for", "object.spec.text.find('^(a+)+$') == ''"],
  [
    "loops",
    `${"object.spec.tags.all(a, ".repeat(30)}object.spec.size == 3${")".repeat(30)}`.replaceAll(
      "object.spec.tags",
      "[1,2,3,4,5,6,7,8]",
    ),
  ],
])("what would take for ever is stopped: %s", (_, expression) => {
  expect(outcome(expression)).toMatchObject({
    kind: "error",
    why: expect.stringMatching(/resulted in error: it took too long$/) as string,
  });
  expect(outcome("object.spec.tags.exists(tag, tag == 'y')")).toEqual({ kind: "match" });
});
