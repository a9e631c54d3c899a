import { expect, test } from "vitest";
import type { PatchSchema } from "../../runtime/apply/patch-schema.ts";
import { createTwoWay } from "../../runtime/apply/strategic-diff.ts";
import { strategicMerge } from "../../runtime/apply/strategic-merge.ts";
import type { JsonObject } from "../../runtime/apply/value.ts";

const schema: PatchSchema = {
  root: { kind: "struct", ref: "x.Root" },
  types: {
    "x.Root": {
      fields: {
        values: { kind: "list", items: { kind: "scalar" }, patchStrategy: ["merge"] },
        items: {
          kind: "list",
          items: { kind: "struct", ref: "x.Item" },
          patchStrategy: ["merge"],
          patchMergeKey: "name",
        },
        unkeyed: { kind: "list", items: { kind: "struct", ref: "x.Item" }, patchStrategy: ["merge"] },
        nested: { kind: "struct", ref: "x.Root" },
        labels: { kind: "map", values: { kind: "scalar" } },
      },
    },
    "x.Item": { fields: { name: { kind: "scalar" }, value: { kind: "scalar" } } },
  },
};

const numbered = (count: number): JsonObject[] => Array.from({ length: count }, (_, i) => ({ name: `n${i}` }));
const namesOf = (object: JsonObject): string[] => (object["items"] as { name: string }[]).map(({ name }) => name);

test.each([3, 20, 21, 50])("an empty $setElementOrder turns %i new items round, as Go's sort does", (count) => {
  const out = strategicMerge(schema, {}, { items: numbered(count), "$setElementOrder/items": [] });
  expect(namesOf(out)).toEqual(namesOf({ items: numbered(count) }).reverse());
});

test("an item that is added takes the place of one that is deleted", () => {
  const original = { items: [{ name: "a" }, { name: "b" }, { name: "c" }] };
  const patch = {
    "$setElementOrder/items": [{ name: "d" }],
    items: [{ name: "d" }, { name: "b", $patch: "delete" }],
  };
  expect(namesOf(strategicMerge(schema, original, patch))).toEqual(["a", "c", "d"]);
});

test("the patch's order wins, and what only the server has stays before what followed it", () => {
  const original = { items: [{ name: "a" }, { name: "server" }, { name: "b" }] };
  const patch = { "$setElementOrder/items": [{ name: "b" }, { name: "a" }] };
  expect(namesOf(strategicMerge(schema, original, patch))).toEqual(["server", "b", "a"]);
});

test.each<[string, JsonObject, JsonObject, string]>([
  [
    "of another order than is set",
    {},
    { values: ["b", "a"], "$setElementOrder/values": ["a", "b"] },
    "The order in patch list:",
  ],
  [
    "without the key",
    { items: [{ name: "a" }] },
    { items: [{ value: 1 }] },
    "map: map[value:1] does not contain declared merge key: name",
  ],
  ["of several types", { values: ["a"] }, { values: [1] }, "list element types are not identical: [[a] [1]]"],
  ["with nulls", { values: ["a"] }, { values: [null] }, "list element types are not identical: [[a] [<nil>]]"],
  ["of nulls alone", { values: [] }, { values: [null] }, "list elements must not be null"],
  ["of lists", { values: [["a"]] }, { values: [["b"]] }, "lists of lists are not supported"],
  [
    "of objects that no key tells apart",
    { unkeyed: [{}] },
    { unkeyed: [{}] },
    "cannot merge lists without merge key for struct",
  ],
])("a list %s is refused", (_how, original, patch, message) => {
  expect(() => strategicMerge(schema, original, patch)).toThrow(message);
});

test.each<[JsonObject, string]>([
  [{ $deleteFromPrimitiveListvalues: [] }, "invalid patch format of primitive list"],
  [{ $setElementOrder: [] }, "invalid patch format of setElementOrder list"],
  [{ "$setElementOrder/values": {} }, "expected a []interface {}, but received a map[string]interface {}"],
  [{ "$setElementOrder/values": null }, "expected a []interface {}, but received a %!s(<nil>)"],
  [{ $retainKeys: ["a"], b: 1 }, "invalid patch format of retainKeys"],
  [{ $patch: "merge" }, "unknown patch type: merge in map: map[$patch:merge]"],
  [{ nested: { $patch: 1.5e7 } }, "unknown patch type: 15000000 in map: map[$patch:15000000]"],
])("a directive that is none is refused: %j", (patch, message) => {
  expect(() => strategicMerge(schema, { nested: {} }, patch)).toThrow(message);
});

test("nulls that meet nothing vanish, but for those in items that are appended to a list", () => {
  const out = strategicMerge(
    schema,
    { items: [{ name: "a" }] },
    {
      nested: { labels: { a: null } },
      items: [{ name: "b", value: null }],
    },
  );
  expect(out).toEqual({ nested: { labels: {} }, items: [{ name: "b", value: null }, { name: "a" }] });
});

test("a key called __proto__ is a key like any other, and changes no prototype", () => {
  const patch = JSON.parse(
    '{"labels":{"__proto__":{"polluted":1}},"nested":{"labels":{"__proto__":"x","a":null}}}',
  ) as JsonObject;
  const original = JSON.parse('{"labels":{"__proto__":"before"},"nested":{"labels":{"b":"1"}}}') as JsonObject;
  const out = strategicMerge(schema, original, patch);
  expect(JSON.stringify(out)).toBe(
    '{"labels":{"__proto__":{"polluted":1}},"nested":{"labels":{"b":"1","__proto__":"x"}}}',
  );
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  const back = createTwoWay(schema, out, original);
  expect(JSON.stringify(back)).toBe('{"labels":{"__proto__":"before"},"nested":{"labels":{"__proto__":null}}}');
});

test("long lists are merged without a walk through them for each item", { timeout: 10_000 }, () => {
  const order = numbered(40_000);
  const reversed = order.toReversed();
  expect(
    strategicMerge(schema, { items: reversed }, { items: order, "$setElementOrder/items": order })["items"],
  ).toEqual(order);
  const added = strategicMerge(schema, { items: order }, { items: [{ name: "z" }], "$setElementOrder/items": [] });
  expect(added["items"]).toHaveLength(order.length + 1);
});
