import { expect } from "vitest";
import type { FieldFilter } from "../../runtime/apply/compare-typed.ts";
import type { FieldMatcher } from "../../runtime/apply/field-set.ts";
import { parseFieldsV1 } from "../../runtime/apply/fields-v1.ts";
import { parsePathElement, pathString } from "../../runtime/apply/path-element.ts";
import { SchemaIndex, type TypedSchema, type TypeRef } from "../../runtime/apply/typed-schema.ts";
import {
  apply,
  ConflictError,
  extractApply,
  sameTyped,
  update,
  type Owned,
  type Typed,
  type UpdaterOptions,
} from "../../runtime/apply/updater.ts";
import { setMember } from "../../runtime/meta/set-member.ts";
import { isObject } from "../../runtime/apply/value.ts";
import { validateTyped } from "../../runtime/apply/validate-typed.ts";
import { TypedError } from "../../runtime/apply/typed-errors.ts";
import type { Json } from "../../runtime/meta/v1.ts";
import { loadSchemas, type VectorCase } from "./load.ts";
import { managersFrom, managersJson } from "./managers.ts";

const schemas = loadSchemas() as Record<string, TypedSchema>;
const indexes = new Map<string, SchemaIndex>();

function indexOf(id: string): SchemaIndex {
  const known = indexes.get(id);
  if (known !== undefined) return known;
  const made = new SchemaIndex(schemas[id] ?? { types: [] });
  indexes.set(id, made);
  return made;
}

interface MatcherJson {
  readonly matchAll: boolean;
  readonly members: readonly { wildcard: boolean; element?: string; child: MatcherJson }[];
}

interface Step {
  readonly op: "apply" | "update" | "extractApply" | "changeSchema";
  readonly schema: string;
  readonly type: TypeRef;
  readonly converter: { readonly kind: string; readonly accepted?: readonly string[] };
  readonly manager: string;
  readonly version: string;
  readonly force?: boolean;
  readonly object: Json;
  readonly expect: {
    readonly live: Json;
    readonly managers: unknown;
    readonly error?: { kind: string } | null;
    readonly conflicts?: readonly { manager: string; pathString: string }[];
  };
}

/** Runs the steps of a case of the `smd` layer on one state. */
export function checkUpdater(vector: VectorCase): void {
  const ignored = filters(vector);
  let state: Owned | undefined;
  for (const [number, step] of (vector["steps"] as Step[]).entries()) {
    const { failure, result } = run(step, state, ignored);
    const label = `step ${number}`;
    expect(failureKind(failure), `${label}: ${String(failure)}`).toBe(step.expect.error?.kind ?? null);
    if (failure instanceof ConflictError) {
      const found = failure.conflicts.map(({ manager, path }) => `${manager} ${pathString(path)}`).sort();
      const wanted = (step.expect.conflicts ?? []).map((conflict) => `${conflict.manager} ${conflict.pathString}`);
      expect(found, label).toEqual(wanted.sort());
    }
    if (failure === undefined && result !== undefined) {
      expect(result.object.value, label).toEqual(step.expect.live);
      expect(managersJson(result.managers), label).toEqual(step.expect.managers ?? {});
    }
    // The sequence goes on with what was to come out, failed or not.
    const object = { schema: indexOf(step.schema), type: step.type, value: step.expect.live };
    state = { object: result?.object ?? { ...object }, managers: managersFrom(step.expect.managers) };
    if (failure !== undefined) state = { object, managers: managersFrom(step.expect.managers) };
  }
}

function failureKind(failure: unknown): string | null {
  if (failure === undefined) return null;
  if (failure instanceof ConflictError) return "conflict";
  return failure instanceof InvalidObject ? "invalidObject" : "error";
}

class InvalidObject extends Error {}

function run(
  step: Step,
  state: Owned | undefined,
  ignored: ReadonlyMap<string, FieldFilter>,
): { failure?: unknown; result?: Owned } {
  const schema = indexOf(step.schema);
  const options: UpdaterOptions = { ignored, convert: (object, version) => convert(step, object, version) };
  try {
    if (step.op === "changeSchema") {
      const value = state?.object.value ?? null;
      validateTyped(schema, step.type, value, { allowDuplicates: true });
      return { result: { object: { schema, type: step.type, value }, managers: state?.managers ?? new Map() } };
    }
    const object = typed(step, schema);
    const live = convert(step, state?.object ?? { schema, type: step.type, value: null }, step.version);
    if (live === undefined) throw new Error("the live object's version is missing");
    const owned = { object: live, managers: state?.managers ?? new Map() };
    const act = { manager: step.manager, version: step.version, force: step.force ?? false };
    if (step.op === "update") return { result: update(options, owned, object, act) };
    const extracts = step.op === "extractApply" && live.value !== null;
    const result = extracts
      ? extractApply(options, owned, object, act)
      : apply(options, owned, object, step.op === "extractApply" ? { ...act, force: true } : act);
    // An apply that changes nothing leaves the live object as it is.
    return { result: sameTyped(result.object, live) ? { ...result, object: live } : result };
  } catch (failure) {
    return { failure };
  }
}

function typed(step: Step, schema: SchemaIndex): Typed {
  try {
    validateTyped(schema, step.type, step.object, { allowDuplicates: step.op === "update" });
  } catch (error) {
    if (error instanceof TypedError) throw new InvalidObject(error.message);
    throw error;
  }
  return { schema, type: step.type, value: step.object };
}

function filters(vector: VectorCase): Map<string, FieldFilter> {
  const out = new Map<string, FieldFilter>();
  for (const [version, filter] of Object.entries((vector["ignoreFilter"] ?? {}) as Record<string, FilterJson>)) {
    out.set(
      version,
      "exclude" in filter ? { exclude: parseFieldsV1(filter.exclude) } : { include: matcher(filter.include) },
    );
  }
  for (const [version, set] of Object.entries((vector["ignoredFields"] ?? {}) as Record<string, Json>)) {
    out.set(version, { exclude: parseFieldsV1(set) });
  }
  return out;
}

type FilterJson = { readonly exclude: Json } | { readonly include: MatcherJson };

function matcher(json: MatcherJson): FieldMatcher {
  return {
    matchAll: json.matchAll,
    members: json.members.map(({ wildcard, element, child }) => {
      const parsed = element === undefined ? undefined : parsePathElement(element);
      return { wildcard, child: matcher(child), ...(parsed === undefined ? {} : { element: parsed }) };
    }),
  };
}

/** The converters that the README of the vectors describes. */
function convert(step: Step, object: Typed, version: string): Typed | undefined {
  const from = object.type.namedType ?? "";
  switch (step.converter.kind) {
    case "identity":
      return object;
    case "versions":
      return (step.converter.accepted ?? []).includes(version) ? object : undefined;
    case "renaming":
      return retyped(
        object,
        version,
        mapKeys(object.value, (key) => (key.endsWith(from) ? key.slice(0, -from.length) + version : key)),
      );
    case "repeating": {
      const count = Number(/^v(\d+)$/.exec(version)?.[1] ?? 0);
      if (count === 0) return undefined;
      const below = (value: Json): Json => mapKeys(value, (key) => (key[0] ?? "").repeat(count));
      const top = isObject(object.value)
        ? Object.fromEntries(Object.entries(object.value).map(([key, value]) => [key, below(value)]))
        : object.value;
      return { ...object, value: top };
    }
    case "reliantFields":
      return reliantFields(object, from, version);
    default:
      throw new Error(`no converter ${step.converter.kind}`);
  }
}

function retyped(object: Typed, version: string, value: Json): Typed {
  return { ...object, type: { namedType: version }, value };
}

function reliantFields(object: Typed, from: string, version: string): Typed | undefined {
  if (from === version) return object;
  if (version !== "v1" && version !== "v2") return undefined;
  const value = isObject(object.value) ? { ...object.value } : {};
  const [old, renamed] =
    version === "v1"
      ? ["required_field_bar", "field_foo_rely_on_bar"]
      : ["field_foo_rely_on_bar", "required_field_bar"];
  if (version === "v1" && !(old in value)) throw new Error("required_field_bar is missing");
  return retyped(object, version, renameKey(value, old, renamed));
}

function renameKey(value: { [key: string]: Json }, old: string, renamed: string): Json {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key === old ? renamed : key, item]));
}

function mapKeys(value: Json, rename: (key: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => mapKeys(item as Json, rename));
  if (!isObject(value)) return value;
  const out: { [key: string]: Json } = {};
  // In order, so that the same one stays where two keys come to have one name.
  for (const key of Object.keys(value).sort()) setMember(out, rename(key), mapKeys(value[key] ?? null, rename));
  return out;
}
