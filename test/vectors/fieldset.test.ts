import { expect } from "vitest";
import { ensureNamedFields } from "../../runtime/apply/ensure-named-fields.ts";
import {
  equalSets,
  fieldSetOf,
  filterSet,
  intersectSets,
  leavesOf,
  pathsOf,
  subtractSet,
  subtractTree,
  unionSets,
  type FieldMatcher,
  type FieldSet,
} from "../../runtime/apply/field-set.ts";
import { fieldsV1, parseFieldsV1 } from "../../runtime/apply/fields-v1.ts";
import { equalManagers, managersDifference } from "../../runtime/apply/managers.ts";
import {
  compareElements,
  comparePaths,
  elementString,
  parsePathElement,
  pathString,
  type PathElement,
} from "../../runtime/apply/path-element.ts";
import { SchemaIndex, type TypedSchema, type TypeRef } from "../../runtime/apply/typed-schema.ts";
import { leavesOfValue } from "../../runtime/apply/value-paths.ts";
import type { Json } from "../../runtime/meta/v1.ts";
import { loadSchemas, type VectorCase } from "./load.ts";
import { vectorSuite } from "./suite.ts";
import { managersFrom, managersJson, type ManagersJson } from "./managers.ts";

const schemas = loadSchemas() as Record<string, TypedSchema>;

interface MatcherJson {
  readonly matchAll: boolean;
  readonly members: readonly { wildcard: boolean; element?: string; child: MatcherJson }[];
}

const element = (text: unknown): PathElement => {
  const parsed = parsePathElement(text as string);
  if (parsed === undefined) throw new Error("unknown path element type");
  return parsed;
};
const path = (texts: unknown): PathElement[] => (texts as string[]).map(element);
const set = (json: unknown): FieldSet => parseFieldsV1(json as Json);
const sameSet = (actual: FieldSet, json: unknown): void => expect(fieldsV1(actual)).toEqual(json);

function matcher(json: MatcherJson): FieldMatcher {
  return {
    matchAll: json.matchAll,
    members: json.members.map((member) => ({
      wildcard: member.wildcard,
      ...(member.element === undefined ? {} : { element: element(member.element) }),
      child: matcher(member.child),
    })),
  };
}

function attempt<T>(run: () => T): { value?: T; failed: boolean } {
  try {
    return { value: run(), failed: false };
  } catch {
    return { failed: true };
  }
}

const binary: Record<string, (a: FieldSet, b: FieldSet) => FieldSet> = {
  union: unionSets,
  intersection: intersectSets,
  difference: subtractSet,
  recursiveDifference: subtractTree,
};

const unary: Record<string, (vector: VectorCase) => FieldSet> = {
  leaves: ({ a }) => leavesOf(set(a)),
  ensureNamedFieldsAreMembers: ({ a, schema, type }) =>
    ensureNamedFields(new SchemaIndex(schemas[schema as string] ?? { types: [] }), type as TypeRef, set(a)),
  filterInclude: (vector) => filterSet(set(vector["a"]), matcher(vector["matcher"] as MatcherJson)),
  fromValue: ({ value }) => leavesOfValue(value as Json),
};

vectorSuite("fieldset", (vector) => {
  const op = vector.op ?? "";
  const expected = vector["expect"] as { out: unknown; paths: string[]; string: string; error: string | null };
  const combine = binary[op];
  if (combine !== undefined) return sameSet(combine(set(vector["a"]), set(vector["b"])), expected.out);
  const derive = unary[op];
  if (derive !== undefined) return sameSet(derive(vector), expected.out);
  switch (op) {
    case "fromJSON": {
      const { value, failed } = attempt(() => parseFieldsV1(JSON.parse(vector["in"] as string) as Json));
      expect(failed).toBe(expected.error !== null);
      if (value === undefined) return;
      expect(JSON.stringify(fieldsV1(value))).toBe(expected.out);
      if (expected.paths) expect([...pathsOf(value)].map(pathString)).toEqual(expected.paths);
      expect(equalSets(fieldSetOf(pathsOf(value)), value)).toBe(true);
      return;
    }
    case "deserializePathElement": {
      const { value, failed } = attempt(() => element(vector["in"]));
      expect(failed).toBe(expected.error !== null);
      if (value === undefined) return;
      expect(value.text).toBe(expected.out);
      expect(elementString(value)).toBe(expected.string);
      return;
    }
    case "elementCompare":
      return expect(compareElements(element(vector["a"]), element(vector["b"]))).toBe(expected.out);
    case "pathCompare":
      return expect(comparePaths(path(vector["a"]), path(vector["b"]))).toBe(expected.out);
    case "pathString":
      return expect(pathString(path(vector["path"]))).toBe(expected.out);
    case "managersEquals":
      return expect(equalManagers(managersFrom(vector["a"]), managersFrom(vector["b"]))).toBe(expected.out);
    case "managersDifference": {
      const difference = managersDifference(managersFrom(vector["a"]), managersFrom(vector["b"]));
      return expect(managersJson(difference)).toEqual(expected.out as ManagersJson);
    }
    default:
      throw new Error(`no check for ${op}`);
  }
});
