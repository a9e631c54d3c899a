import { expect, test } from "vitest";
import type { ManagedFieldsEntry } from "../../runtime/meta/v1.ts";
import { RepeatedFields } from "../../runtime/registry/repeated-fields.ts";

function entry(field: string): ManagedFieldsEntry {
  return { manager: "kubectl", operation: "Update", apiVersion: "v1", fieldsV1: { "f:spec": { [field]: {} } } };
}

test("equal field sets become one, which cannot change; others stay as they are", () => {
  const repeated = new RepeatedFields();
  const entries = [entry("f:a"), entry("f:b"), entry("f:a")];
  for (const each of entries) repeated.share([each]);
  expect(entries).toEqual([entry("f:a"), entry("f:b"), entry("f:a")]);
  expect(entries[2]?.fieldsV1).toBe(entries[0]?.fieldsV1);
  expect(entries[1]?.fieldsV1).not.toBe(entries[0]?.fieldsV1);
  expect(Object.isFrozen(entries[0]?.fieldsV1?.["f:spec"])).toBe(true);
});

test("a field set whose keys stand otherwise, or are those of every object, is itself", () => {
  const repeated = new RepeatedFields();
  const texts = ['{"f:a":{},"f:b":{}}', '{"f:b":{},"f:a":{}}', '{"__proto__":{}}', "{}"];
  const sets = texts.map((text) => {
    const one: ManagedFieldsEntry = { fieldsV1: JSON.parse(text) };
    repeated.share([one]);
    return one.fieldsV1;
  });
  expect(sets.map((set) => JSON.stringify(set))).toEqual(texts);
});

test("however many field sets there are, and however long, none is lost", () => {
  const repeated = new RepeatedFields();
  const fields = [...Array.from({ length: 3_000 }, (_, ordinal) => `f:${ordinal}`), `f:${"x".repeat(10_000)}`];
  for (const field of [...fields, ...fields]) {
    const one = entry(field);
    repeated.share([one]);
    expect(one.fieldsV1).toEqual(entry(field).fieldsV1);
  }
});
