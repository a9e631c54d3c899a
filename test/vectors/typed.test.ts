import { expect } from "vitest";
import { compareTyped } from "../../runtime/apply/compare-typed.ts";
import { fieldsV1, parseFieldsV1 } from "../../runtime/apply/fields-v1.ts";
import { mergeTyped } from "../../runtime/apply/merge-typed.ts";
import { extractItems, removeItems, withKeyFields } from "../../runtime/apply/prune-typed.ts";
import { reconcileSet } from "../../runtime/apply/reconcile-set.ts";
import { SchemaIndex, type TypedSchema, type TypeRef } from "../../runtime/apply/typed-schema.ts";
import { validateTyped } from "../../runtime/apply/validate-typed.ts";
import { pathsOfValue } from "../../runtime/apply/value-paths.ts";
import type { Json } from "../../runtime/meta/v1.ts";
import { loadSchemas, type VectorCase } from "./load.ts";
import { vectorSuite } from "./suite.ts";

const schemas = loadSchemas() as Record<string, TypedSchema>;
const indexes = new Map<unknown, SchemaIndex>();

function indexOf(id: unknown): SchemaIndex {
  let index = indexes.get(id);
  if (index === undefined) {
    index = new SchemaIndex(schemas[id as string] ?? { types: [] });
    indexes.set(id, index);
  }
  return index;
}

/** What an operation gives, in the form of `expect`; it throws where the operation fails. */
const operations: Record<string, (index: SchemaIndex, ref: TypeRef, vector: VectorCase) => Record<string, unknown>> = {
  validate(index, ref, vector) {
    validateTyped(index, ref, vector["object"] as Json, { allowDuplicates: vector["allowDuplicates"] === true });
    return {};
  },
  merge: (index, ref, vector) => ({
    out: mergeTyped(index, ref, vector["object"] as Json, vector["other"] as Json),
  }),
  compare(index, ref, vector) {
    const { removed, modified, added } = compareTyped(index, ref, vector["object"] as Json, vector["other"] as Json);
    return { removed: fieldsV1(removed), modified: fieldsV1(modified), added: fieldsV1(added) };
  },
  remove: (index, ref, vector) => ({
    out: removeItems(index, ref, vector["object"] as Json, parseFieldsV1(vector["set"] as Json)),
  }),
  extract(index, ref, vector) {
    const object = vector["object"] as Json;
    const items = parseFieldsV1(vector["set"] as Json);
    const chosen = vector["appendKeyFields"] === true ? withKeyFields(index, ref, object, items) : items;
    return { out: extractItems(index, ref, object, chosen) };
  },
  toFieldSet: (index, ref, vector) => ({ out: fieldsV1(pathsOfValue(index, ref, vector["object"] as Json)) }),
  reconcile(index, ref, vector) {
    const set = reconcileSet(index, ref, parseFieldsV1(vector["set"] as Json));
    return { changed: set !== undefined, set: set === undefined ? null : fieldsV1(set) };
  },
};

vectorSuite("typed", (vector) => {
  const expected = vector["expect"] as { valid?: boolean; [part: string]: unknown };
  if (vector.op === "schema") {
    const schema = vector["schema"] as TypedSchema;
    const index = new SchemaIndex(schema);
    const known = schema.types.every(({ name }) => index.resolve({ namedType: name }) !== undefined);
    return expect(known).toBe(expected.valid);
  }
  const operation = operations[vector.op ?? ""];
  if (operation === undefined) throw new Error(`no check for ${vector.op}`);
  let result: Record<string, unknown> | undefined;
  let problem: unknown;
  try {
    result = operation(indexOf(vector["schema"]), vector["type"] as TypeRef, vector);
  } catch (error) {
    problem = error;
  }
  expect(
    result !== undefined,
    `valid ${String(expected.valid)}: ${String(problem)} wants ${String(expected["errorText"])}`,
  ).toBe(expected.valid ?? true);
  for (const [part, value] of Object.entries(result ?? {})) expect(value).toEqual(expected[part]);
  if (problem !== undefined) expect((problem as Error).message).not.toBe("");
});
