import * as fc from "fast-check";
import type { Field, GroupVersion, Type } from "../../../codegen/model/model.ts";

/**
 * Objects of a type as decoding leaves them: of the right JSON types, with what decoding fills in, but often against
 * the rules. Values come from small pools, so that two objects have much in common.
 */
export function arbitraryObject(groupVersion: GroupVersion, name: string): fc.Arbitrary<object> {
  const type = groupVersion.types.find((each) => each.name === name);
  const isKind = groupVersion.kinds.some((kind) => kind.name === name);
  const fields = (type?.fields ?? []).map((field) => arbitraryField(groupVersion, field));
  return fc.tuple(...fields).map((entries) => ({
    ...(isKind ? { apiVersion: `${groupVersion.group}/${groupVersion.version}`, kind: name, metadata: {} } : {}),
    ...Object.fromEntries(entries.flat()),
  }));
}

function arbitraryField(groupVersion: GroupVersion, field: Field): fc.Arbitrary<[string, unknown][]> {
  const value = arbitraryValue(groupVersion, field.type).map((each): [string, unknown][] => [[field.name, each]]);
  const given = field.nullable
    ? fc.oneof({ weight: 4, arbitrary: value }, fc.constant([[field.name, null]] as [string, unknown][]))
    : value;
  return isAlwaysThere(field) ? given : fc.oneof({ weight: 2, arbitrary: given }, fc.constant<[string, unknown][]>([]));
}

function isAlwaysThere({ presence, type }: Field): boolean {
  switch (presence) {
    case "optional":
      return false;
    case "required":
      return type.kind === "string" || type.kind === "array" || type.kind === "map";
    case "emptyAllowed":
    case "defaulted":
      return true;
  }
}

const texts = ["", "a", "ab", "done", "failed", "inspect", "zero", "x y", "AB-12", "é😀é😀é😀", "z".repeat(70)];
const forms = {
  "date-time": ["2026-01-02T15:04:05Z", "2027-01-02T15:04:05Z", "yesterday"],
  "micro-time": ["2026-01-02T15:04:05.000001Z", "2026-01-02T15:04:05Z"],
  duration: ["1h30m", "2s", "long"],
  byte: ["YQ==", "", "?"],
  quantity: ["1", "1k", "1Ki", "100m", "heavy"],
} as const;
const numbers = [-1, 0, 1, 2, 7, 24, 100];
const keys = ["a", "b", "example.com/c", "-", "__proto__", "constructor"];

function arbitraryValue(groupVersion: GroupVersion, type: Type): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case "string":
      if (type.format !== undefined) return fc.constantFrom(...forms[type.format]);
      return fc.constantFrom(...(type.enum === undefined ? texts : [...type.enum.map(({ value }) => value), "Other"]));
    case "integer":
      return fc.constantFrom(...numbers);
    case "number":
      return fc.constantFrom(...numbers, 1.5);
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(arbitraryValue(groupVersion, type.items), { maxLength: 4 });
    case "map":
      return fc
        .array(fc.tuple(fc.constantFrom(...keys), arbitraryValue(groupVersion, type.values)), { maxLength: 4 })
        .map((entries) => Object.fromEntries(entries));
    case "ref":
      return type.name === "FamilyNode" ? family : arbitraryObject(groupVersion, type.name);
    case "wellKnown":
      return wellKnown[type.name];
  }
}

// The one type that holds itself.
const family = fc.letrec<{ node: object }>((tie) => ({
  node: fc
    .record(
      {
        name: fc.constantFrom("", "a", "b"),
        children: fc.array(tie("node"), { maxLength: 2, depthIdentifier: "family" }),
      },
      { requiredKeys: ["name"] },
    )
    .map((node) => ({ ...node })),
})).node;

const json = fc.constantFrom<unknown>(1, "a", [1, { b: [] }], { c: { d: "e" } });
const wellKnown = {
  ObjectMeta: fc.constantFrom({}, { name: "box" }, { name: "box", labels: { a: "b" } }),
  IntOrString: fc.constantFrom<unknown>(80, "http"),
  RawExtension: fc.constantFrom({}, { apiVersion: "v1", kind: "Thing" }, JSON.parse(`{ "__proto__": { "x": [1] } }`)),
  Json: json,
};

/** A pair of an object and one that it may replace: now and then the same in part, or nothing. */
export function arbitraryUpdate(groupVersion: GroupVersion, name: string): fc.Arbitrary<[object, object | undefined]> {
  const one = arbitraryObject(groupVersion, name);
  const mixed = fc.tuple(one, one, fc.infiniteStream(fc.boolean())).map(([a, b, coins]): [object, object] => {
    const coin = (): boolean => coins.next().value ?? false;
    return [a, mix(a, b, coin) as object];
  });
  return fc.oneof(
    one.map((object): [object, undefined] => [object, undefined]),
    { weight: 3, arbitrary: mixed },
  );
}

/** Takes each part from one of two values of the same type. */
function mix(a: unknown, b: unknown, coin: () => boolean): unknown {
  if (Array.isArray(a) && Array.isArray(b)) {
    return [...a.filter(coin), ...b.filter(coin)].map((item: unknown) => structuredClone(item));
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return structuredClone(coin() ? a : b);
  const left = new Map<string, unknown>(Object.entries(a));
  const right = new Map<string, unknown>(Object.entries(b));
  const names = [...new Set([...left.keys(), ...right.keys()])];
  return Object.fromEntries(
    names.flatMap((name): [string, unknown][] => {
      if (left.has(name) && right.has(name)) return [[name, mix(left.get(name), right.get(name), coin)]];
      // What only some objects have may come or go; the rest is in both.
      return coin() ? [[name, structuredClone(left.get(name) ?? right.get(name))]] : [];
    }),
  );
}
