import fc from "fast-check";
import { expect, test } from "vitest";
import { ItemRuns } from "../../runtime/http/item-runs.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";

const gvk = { group: "example.dev", version: "v1", kind: "Widget" };
const type = { kind: "Widget", apiVersion: "example.dev/v1" };
const runBytes = 400;

let revision = 0;

function widget(name: string): KubeObject {
  const metadata = Object.freeze({ name, resourceVersion: String(++revision) });
  return Object.freeze({ ...type, metadata });
}

function widgets(count: number): KubeObject[] {
  return Array.from({ length: count }, (_, index) => widget(`w-${index}`));
}

function newRuns(rememberedBytesMax = 1024 * 1024): ItemRuns {
  return new ItemRuns(runBytes, rememberedBytesMax);
}

/** What a list of the objects is to be, told plainly. */
function plainJson(objects: readonly KubeObject[]): string {
  return objects.map(({ kind: _kind, apiVersion: _version, ...rest }) => `,${JSON.stringify(rest)}`).join("");
}

function json(runs: ItemRuns, objects: readonly KubeObject[]): string {
  return Buffer.concat([...runs.bytes(objects, gvk)]).toString();
}

test("what has not changed is the very bytes that were made once", () => {
  const runs = newRuns();
  const objects = widgets(50);
  const first = [...runs.bytes(objects, gvk)];
  expect(first.length).toBeGreaterThan(3);
  const again = [...runs.bytes([...objects], gvk)];
  expect(again.every((bytes, index) => bytes === first[index])).toBe(true);
});

test.each([0, 7, 25, 49])("a change of object %i costs its own run alone", (changed) => {
  const runs = newRuns();
  const objects = widgets(50);
  const before = new Set(runs.bytes(objects, gvk));
  const after = [...runs.bytes(objects.with(changed, widget("new")), gvk)];
  expect(after.filter((bytes) => !before.has(bytes)).length).toBe(1);
});

test("pages of a list, the whole of it, and parts of it come to share their runs", () => {
  const runs = newRuns();
  const objects = widgets(60);
  const lists = [objects, objects.slice(0, 25), objects.slice(25, 50), objects.slice(50)];
  const once = lists.flatMap((list) => [...runs.bytes(list, gvk)]);
  const settled = lists.flatMap((list) => [...runs.bytes(list, gvk)]);
  const again = lists.flatMap((list) => [...runs.bytes(list, gvk)]);
  expect(once.length).toBeGreaterThan(0);
  expect(again.every((bytes, index) => bytes === settled[index])).toBe(true);
});

test("of objects that may still change nothing is remembered", () => {
  const runs = newRuns();
  const object: KubeObject = { ...type, metadata: { name: "a" } };
  expect(json(runs, [object])).toBe(`,{"metadata":{"name":"a"}}`);
  object.metadata.name = "b";
  expect(json(runs, [object])).toBe(`,{"metadata":{"name":"b"}}`);
});

test("objects keep the type that is not the list's", () => {
  const other = Object.freeze({ kind: "Gadget", apiVersion: "example.dev/v1", metadata: Object.freeze({ name: "g" }) });
  expect(json(newRuns(), [other])).toBe(`,${JSON.stringify(other)}`);
});

/** What happens to a list between two times that it is asked for. */
type Step = readonly ["change" | "insert" | "remove" | "part", number, number];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(fc.constantFrom("change", "insert", "remove", "part"), fc.nat(60), fc.nat(20)),
  { maxLength: 30 },
);

test("whatever becomes of the objects, the bytes are those of the list as it is", () => {
  fc.assert(
    fc.property(steps, fc.constantFrom(500, 2_000, 1_000_000), (taken, rememberedBytesMax) => {
      const runs = newRuns(rememberedBytesMax);
      let objects = widgets(40);
      for (const [what, at, count] of taken) {
        if (what === "change") objects = objects.map((each, index) => (index === at ? widget("changed") : each));
        else if (what === "insert") objects = objects.toSpliced(at, 0, ...widgets(count));
        else if (what === "remove") objects = objects.toSpliced(at, count);
        const list = what === "part" ? objects.slice(at, at + count) : objects;
        expect(json(runs, list)).toBe(plainJson(list));
      }
    }),
  );
});
