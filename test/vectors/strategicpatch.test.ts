import { expect } from "vitest";
import type { PatchSchema } from "../../runtime/apply/patch-schema.ts";
import { haveConflicts } from "../../runtime/apply/strategic-conflicts.ts";
import { createThreeWay, createTwoWay } from "../../runtime/apply/strategic-diff.ts";
import { StrategicMergeError } from "../../runtime/apply/strategic-error.ts";
import { strategicMerge } from "../../runtime/apply/strategic-merge.ts";
import type { JsonObject } from "../../runtime/apply/value.ts";
import { loadSchemas, type VectorCase } from "./load.ts";
import { vectorSuite } from "./suite.ts";

const schemas = loadSchemas() as Record<string, PatchSchema>;

interface Expected {
  readonly error: { readonly kind: string; readonly text: string } | null;
  readonly out?: unknown;
}

vectorSuite("strategicpatch", (vector) => {
  const { error, out } = vector["expect"] as Expected;
  if (vector["preconditions"] !== undefined) return;
  const inputs = JSON.stringify(vector);
  const { result, failure } = run(vector);
  expect(JSON.stringify(vector), "the inputs stay as they are").toBe(inputs);
  if (failure !== undefined && !(failure instanceof StrategicMergeError)) throw failure;
  expect(failure?.message ?? null).toEqual(error === null ? null : expect.any(String));
  if (error === null) return expect(result).toEqual(out);
  expect(failure?.fault === "conflict").toBe(error.kind === "conflict");
  if (error.kind === "error") expect(failure?.message).toBe(error.text);
});

function run(vector: VectorCase): { result?: unknown; failure?: unknown } {
  const schema = schemas[vector["schema"] as string];
  if (schema === undefined) throw new Error(`no schema ${String(vector["schema"])}`);
  const input = (name: string): JsonObject => (vector[name] ?? {}) as JsonObject;
  try {
    switch (vector.op) {
      case "apply":
        return { result: strategicMerge(schema, input("original"), input("patch")) };
      case "createTwoWay":
        return { result: createTwoWay(schema, input("original"), input("modified")) };
      case "createThreeWay": {
        const objects = { original: input("original"), modified: input("modified"), current: input("current") };
        return { result: createThreeWay(schema, objects, { overwrite: vector["overwrite"] === true }) };
      }
      case "haveConflicts":
        return { result: haveConflicts(schema, input("left"), input("right")) };
      default:
        throw new Error(`no check for ${vector.op}`);
    }
  } catch (failure) {
    return { failure };
  }
}
