import * as fc from "fast-check";
import { expect, test } from "vitest";
import { KeyOrder } from "../../runtime/storage/key-order.ts";

interface Item {
  readonly key: string;
  readonly value: number;
}

const someKey = fc.oneof(
  fc.stringMatching(/^[ab/]{0,4}$/),
  fc.constantFrom("\u{ffff}", "\u{1f408}", "\u{1f408}\u{1f409}", "\u{d7ff}", "\u{e000}", "é"),
);
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("set" as const, "append" as const), key: someKey }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), key: someKey }) },
);
const range = fc.record({ start: someKey, end: fc.option(someKey, { nil: undefined }) });

function byteOrder(a: { key: string }, b: { key: string }): number {
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
}

test("an order answers as a sorted list does, whatever was put in and taken out", () => {
  const property = fc.property(
    fc.array(action, { maxLength: 60 }),
    range,
    fc.nat(10),
    (actions, { start, end }, limit) => {
      const order = new KeyOrder<Item>();
      const model = new Map<string, Item>();
      for (const [value, step] of actions.entries()) {
        const item = { key: step.key, value };
        if (step.kind === "delete") {
          expect(order.delete(step.key)).toBe(model.get(step.key));
          model.delete(step.key);
          continue;
        }
        if (step.kind === "set") expect(order.set(item)).toBe(model.get(step.key));
        else order.append(item);
        model.set(step.key, item);
      }
      const inRange = [...model.values()].toSorted(byteOrder).filter((item) => {
        return byteOrder(item, { key: start }) >= 0 && (end === undefined || byteOrder(item, { key: end }) < 0);
      });
      expect(order.size).toBe(model.size);
      expect(order.count({ start, end })).toBe(inRange.length);
      expect(order.slice({ start, end }, limit)).toEqual(inRange.slice(0, limit));
      expect(order.slice({ start, end }, Infinity)).toEqual(inRange);
    },
  );
  fc.assert(property, { numRuns: 500 });
});

test("it stays in order through tens of thousands of changes, each of which looks at few keys", () => {
  let looks = 0;
  const keys = Array.from({ length: 30_000 }, (_unset, at) => `/registry/cats/default/${String(at).padStart(6, "0")}`);
  const items = keys.map((text, number) => ({
    number,
    get key() {
      looks++;
      return text;
    },
  }));
  const order = new KeyOrder<(typeof items)[number]>();
  const size = items.length;
  // A step that has no factor in common with the size visits every number once, in no order.
  const place = (index: number) => (index * 11_383) % size;
  const shuffled = items.map((_item, index) => items[place(index)] ?? expect.fail());
  for (const item of shuffled) order.set(item);
  expect(order.size).toBe(size);
  const added = looks;
  // Two searches of some nine steps each.
  expect(added / size).toBeLessThan(36);
  const whole = { start: "/registry/cats/", end: "/registry/cats0" };
  expect(order.slice(whole, Infinity).findIndex(({ number }, at) => number !== at)).toBe(-1);
  looks = 0;
  expect(order.count(whole)).toBe(size);
  const middle = { start: "/registry/cats/default/015000", end: whole.end };
  expect(order.count(middle)).toBe(15_000);
  expect(order.slice(middle, 500).map(({ number }) => number)).toEqual(
    Array.from({ length: 500 }, (_unset, at) => 15_000 + at),
  );
  expect(looks).toBeLessThan(150);
  for (const { number, key } of shuffled) if (number % 1_000 > 0) order.delete(key);
  expect(order.slice(whole, Infinity).map(({ number }) => number)).toEqual(
    Array.from({ length: 30 }, (_unset, at) => at * 1_000),
  );
  expect(order.count(middle)).toBe(15);
});
