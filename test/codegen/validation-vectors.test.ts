import { afterAll, describe, expect, test } from "vitest";
import { emitValidations } from "../../codegen/emit/validations.ts";
import { newValidation, type Validation } from "../../runtime/meta/checks.ts";
import { invalid, type FieldError } from "../../runtime/meta/field-error.ts";
import { loadValidationVectors } from "../vectors/load.ts";
import { runEmitted, type Exports } from "./emit/run-emitted.ts";
import { vectorModel } from "./emit/vector-model.ts";
import type { VectorSchema } from "./emit/vector-schema.ts";
import { vectorValue } from "./emit/vector-value.ts";

interface Expected {
  readonly type: string;
  readonly field: string;
  readonly detail: string;
}

interface Vector {
  readonly id: string;
  readonly schema: string;
  readonly type: string;
  readonly operation: "create" | "update";
  readonly value: unknown;
  readonly oldValue?: unknown;
  readonly options?: Readonly<Record<string, boolean>>;
  readonly subresources?: readonly string[];
  readonly expected: readonly Expected[];
}

interface ScalarVector {
  readonly id: string;
  readonly tag: string;
  readonly value: string;
  readonly expected: readonly Expected[];
}

const { schemas, vectors, scalarVectors } = loadValidationVectors() as {
  readonly schemas: Readonly<Record<string, VectorSchema>>;
  readonly vectors: readonly Vector[];
  readonly scalarVectors: readonly ScalarVector[];
};

/** Where this project deliberately differs, and why. */
const different: Readonly<Record<string, string>> = {
  ...all("JSON null in a list is decoded as the zero value, so that there are no null items to refuse", [
    "tags/eachval/slice_of_pointers#3",
    "tags/item/single_key#21",
    "tags/unique#7",
    "tags/update/lists#29",
  ]),
  ...all("what must be given must not be empty if it is a string: TypeScript has no pointers to tell the two apart", [
    "tags/optional/nonzero_defaults#2",
    "tags/subfield/shortcircuit#2",
  ]),
  ...all(
    "a pointer is optional unless it is required: TypeScript has no third state, and upstream's linter refuses it",
    ["ratcheting/default_behavior#7"],
  ),
  ...all("which subresources a kind has is for the registry to know: no others are routed to it", [
    "tags/supported_resources/issubresource#1",
    "tags/supported_resources/root#2",
    "tags/supported_resources/root#3",
    "tags/supported_resources/subresource#5",
    "tags/supported_resources/subresource#6",
    "tags/supported_resources/subresource#8",
  ]),
};

function all(reason: string, ids: readonly string[]): Record<string, string> {
  return Object.fromEntries(ids.map((id) => [id, reason]));
}

type Check = (at: string, object: unknown, old: unknown, validation: Validation) => void;

/** The functions that check the types of a schema; those of types with nothing to check are missing. */
function checksOf(schema: VectorSchema): Exports {
  const { groupVersion, forced } = vectorModel(schema);
  const [file] = emitValidations({ groupVersions: [groupVersion] });
  if (file === undefined) return {};
  const names = [...file.text.matchAll(/^\s*function (check\w+)\(at/gm)].map(([, name]) => name);
  const failing = Object.fromEntries(
    [...forced].map(([symbol, message]) => [
      symbol,
      (path: string, value: unknown) => [invalid(path, value, `forced failure: ${message}`)],
    ]),
  );
  return runEmitted(`${file.text}\nexport { ${names.join(", ")} };`, { "forced.ts": failing });
}

function failureOf(vector: Vector, checks: Exports, schema: VectorSchema): string | undefined {
  const check = checks[`check${vector.type}`] as Check | undefined;
  const validation = newValidation(vector.operation === "update", new Map(Object.entries(vector.options ?? {})));
  const type = { ref: vector.type };
  const old =
    vector.oldValue === undefined || vector.oldValue === null ? undefined : vectorValue(schema, type, vector.oldValue);
  check?.("", vectorValue(schema, type, vector.value), old, validation);
  return difference(validation.errors, vector.expected);
}

function difference(errors: readonly FieldError[], expected: readonly Expected[]): string | undefined {
  const got = errors.map(({ type, field, detail }) => `${field === "" ? "<nil>" : field}: ${type}: ${detail}`).sort();
  const want = expected.map(({ type, field, detail }) => `${field}: ${type}: ${detail}`).sort();
  return JSON.stringify(got) === JSON.stringify(want) ? undefined : `got ${got.join("; ")}, not ${want.join("; ")}`;
}

describe("generated validation gives what Kubernetes' validation-gen gives", () => {
  let passed = 0;
  for (const [id, schema] of Object.entries(schemas)) {
    test(id, () => {
      const checks = checksOf(schema);
      const failures: string[] = [];
      for (const vector of vectors) {
        if (vector.schema !== id || vector.id in different) continue;
        const failure = failureOf(vector, checks, schema);
        if (failure === undefined) passed++;
        else failures.push(`${vector.id}: ${failure}`);
      }
      expect(failures).toEqual([]);
    });
  }
  afterAll(() => console.log(`validation: ${passed} of ${vectors.length}`));
});

describe("a single rule gives what Kubernetes' function for it gives", () => {
  let passed = 0;
  for (const tag of new Set(scalarVectors.map((vector) => vector.tag))) {
    const schema: VectorSchema = {
      types: {
        T: { type: { kind: "struct", fields: [{ json: "f", goName: "F", type: { kind: "string" }, tags: [tag] }] } },
      },
    };
    test(tag, () => {
      const checks = checksOf(schema);
      const failures: string[] = [];
      for (const { id, value, expected } of scalarVectors.filter((vector) => vector.tag === tag)) {
        const vector = { id, schema: "", type: "T", operation: "create", value: { f: value }, expected } as const;
        const failure = failureOf(vector, checks, schema);
        if (failure === undefined) passed++;
        else failures.push(`${id}: ${failure}`);
      }
      expect(failures).toEqual([]);
    });
  }
  afterAll(() => console.log(`validation of scalars: ${passed} of ${scalarVectors.length}`));
});
