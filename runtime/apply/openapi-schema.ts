import type { Definitions } from "../scheme/descriptor.ts";
import type { Json } from "../meta/v1.ts";
import { referenceOf } from "./openapi-schema-reference.ts";
import type { Atom, ListShape, MapShape, StructField, TypedSchema, TypeDefinition, TypeRef } from "./typed-schema.ts";
import { isObject, type JsonObject } from "./value.ts";

/**
 * The structured-merge schema of OpenAPI v3 definitions: which lists are sets or maps, which objects stand for
 * themselves. Throws an Error that lists everything no schema can be made of.
 * https://pkg.go.dev/k8s.io/kube-openapi/pkg/schemaconv#ToSchemaFromOpenAPI
 */
export function typedSchemaOf(definitions: Definitions): TypedSchema {
  const problems: string[] = [];
  const types: TypeDefinition[] = [];
  for (const [name, definition] of Object.entries(definitions)) {
    // Generated and published documents are JSON by their making.
    const schema = definition as JsonObject;
    if (schema["$ref"] !== undefined) continue;
    types.push({ name, ...(wellKnown.get(name) ?? atomOf({ problems, name, preserving: false }, schema)) });
  }
  if (problems.length > 0) throw new Error(`failed to convert models to schema: ${problems.join("\n")}`);
  return { types: [...types, { name: atomicName, ...atomic }, { name: deducedName, ...deduced }] };
}

const atomicName = "__untyped_atomic_";
const deducedName = "__untyped_deduced_";
const atomicRef: TypeRef = { namedType: atomicName };

/** The type of what no schema tells of: maps are merged, lists stand for themselves. Every schema made here has it. */
export const deducedType: TypeRef = { namedType: deducedName };

const atomic: Atom = {
  scalar: "untyped",
  list: { elementType: atomicRef, elementRelationship: "atomic" },
  map: { elementType: atomicRef, elementRelationship: "atomic" },
};

const deduced: Atom = {
  scalar: "untyped",
  list: { elementType: atomicRef, elementRelationship: "atomic" },
  map: { elementType: deducedType, elementRelationship: "separable" },
};

/** Types whose definitions say less than is known of them. */
const wellKnown: ReadonlyMap<string, Atom> = new Map([
  ["io.k8s.apimachinery.pkg.api.resource.Quantity", { scalar: "untyped" as const }],
  ["io.k8s.apimachinery.pkg.runtime.RawExtension", atomic],
]);

interface Conversion {
  readonly problems: string[];
  /** Of the definition at hand. */
  readonly name: string;
  /** Whether fields that no schema names are allowed, here and below. */
  readonly preserving: boolean;
}

function atomOf(above: Conversion, schema: JsonObject): Atom {
  const preserving = above.preserving || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const conversion = { ...above, preserving };
  const type = typeOf(schema);
  switch (type) {
    case "":
      return { scalar: "untyped", list: listShape(conversion, schema), map: mapShape(conversion, schema) };
    case "object":
      return { map: mapShape(conversion, schema) };
    case "array":
      return { list: listShape(conversion, schema) };
    case "integer":
    case "number":
      return { scalar: "numeric" };
    case "boolean":
      return { scalar: "boolean" };
    case "string":
      // Other formats, such as times, may be written in several ways.
      return { scalar: isPlainText(schema["format"]) ? "string" : "untyped" };
    default:
      return report(conversion, `unrecognized type: '${type}'`, { scalar: "untyped" });
  }
}

function isPlainText(format: Json | undefined): boolean {
  return format === undefined || format === "" || format === "byte";
}

function typeOf(schema: JsonObject): string {
  const type = schema["type"];
  const first: unknown = Array.isArray(type) ? type[0] : type;
  return typeof first === "string" ? first : "";
}

function report<Result>({ problems, name }: Conversion, problem: string, instead: Result): Result {
  problems.push(`${name}: ${problem}`);
  return instead;
}

function typeRef(conversion: Conversion, schema: JsonObject): TypeRef {
  const nullable = schema["nullable"] === true ? { nullable: true } : {};
  const namedType = referenceOf(schema);
  if (namedType === undefined) {
    const inlined = { ...conversion, name: `inlined in ${conversion.name}` };
    return { ...atomOf(inlined, schema), ...nullable };
  }
  const elementRelationship = mapRelationship(conversion, schema);
  return { namedType, ...(elementRelationship === undefined ? {} : { elementRelationship }), ...nullable };
}

function mapShape(conversion: Conversion, schema: JsonObject): MapShape {
  const properties = schema["properties"];
  const named = isObject(properties) ? Object.entries(properties) : [];
  const fields = named.map(([name, property]) => structField(conversion, name, asSchema(property)));
  const elementType = otherKeys(conversion, schema, fields.length > 0);
  const elementRelationship = mapRelationship(conversion, schema);
  return {
    ...(fields.length === 0 ? {} : { fields }),
    ...(elementType === undefined ? {} : { elementType }),
    ...(elementRelationship === undefined ? {} : { elementRelationship }),
  };
}

function structField(conversion: Conversion, name: string, property: JsonObject): StructField {
  const value = property["default"];
  const preset = value === undefined || value === null ? {} : { default: value };
  return { name, type: typeRef(conversion, property), ...preset };
}

/** The type of keys that are not named; undefined where there may be none. */
function otherKeys(conversion: Conversion, schema: JsonObject, hasFields: boolean): TypeRef | undefined {
  const additional = schema["additionalProperties"];
  if (additional === undefined) return conversion.preserving || !hasFields ? deducedType : undefined;
  if (isObject(additional)) return typeRef(conversion, additional);
  return additional === true ? deducedType : undefined;
}

function mapRelationship(conversion: Conversion, schema: JsonObject): "atomic" | "separable" | undefined {
  const type = schema["x-kubernetes-map-type"];
  switch (type) {
    case undefined:
      return undefined;
    case "atomic":
      return "atomic";
    case "granular":
      return "separable";
    default:
      return report(conversion, `unknown map type ${String(type)}`, undefined);
  }
}

function listShape(conversion: Conversion, schema: JsonObject): ListShape {
  return { elementType: itemType(conversion, schema), ...listRelationship(conversion, schema) };
}

function itemType(conversion: Conversion, schema: JsonObject): TypeRef {
  const items = schema["items"];
  if (isObject(items)) return typeRef(conversion, items);
  if (items !== undefined) {
    return report(conversion, "structural schema arrays must have exactly one member subtype", deducedType);
  }
  return typeOf(schema) === "" ? atomicRef : report(conversion, "`items` must be specified on arrays", atomicRef);
}

type ListRelationship = Pick<ListShape, "elementRelationship" | "keys">;

const atomicList: ListRelationship = { elementRelationship: "atomic" };
const setList: ListRelationship = { elementRelationship: "associative" };

function listRelationship(conversion: Conversion, schema: JsonObject): ListRelationship {
  const type = schema["x-kubernetes-list-type"];
  switch (type) {
    case undefined:
      return relationshipOfStrategy(conversion, schema);
    case "atomic":
      return atomicList;
    case "set":
      return setList;
    case "map":
      return keyedList(conversion, schema["x-kubernetes-list-map-keys"]);
    default:
      return report(conversion, `unknown list type ${String(type)}`, atomicList);
  }
}

function keyedList(conversion: Conversion, keys: Json | undefined): ListRelationship {
  if (keys === undefined) return report(conversion, "missing map keys", setList);
  if (!Array.isArray(keys)) return report(conversion, `uninterpreted map keys: ${JSON.stringify(keys)}`, setList);
  return { ...setList, keys: keys.filter((key) => typeof key === "string") };
}

/** Where no list type is given, how strategic merge patches treat the list tells. */
function relationshipOfStrategy(conversion: Conversion, schema: JsonObject): ListRelationship {
  const strategy = schema["x-kubernetes-patch-strategy"];
  switch (strategy) {
    case undefined:
    case "retainKeys":
      return atomicList;
    case "merge":
    case "merge,retainKeys": {
      const key = schema["x-kubernetes-patch-merge-key"];
      if (key === undefined) return setList;
      return typeof key === "string"
        ? { ...setList, keys: [key] }
        : report(conversion, `uninterpreted merge key: ${JSON.stringify(key)}`, setList);
    }
    default:
      return report(conversion, `unknown patch strategy ${String(strategy)}`, atomicList);
  }
}

function asSchema(value: Json): JsonObject {
  return isObject(value) ? value : {};
}
