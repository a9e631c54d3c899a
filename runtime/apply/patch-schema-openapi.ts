import type { Definitions } from "../scheme/descriptor.ts";
import { referenceOf } from "./openapi-schema-reference.ts";
import type { PatchNode, PatchType, PatchTypes } from "./patch-schema.ts";
import { isObject, member, type JsonObject } from "./value.ts";

/**
 * The types of OpenAPI v3 definitions, by definition name, as strategic merge patches need them.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
export function patchTypesOf(definitions: Definitions): PatchTypes {
  const walk: Walk = { definitions, types: new Map(), following: new Set() };
  // Generated and published documents are JSON by their making.
  for (const [name, definition] of Object.entries(definitions)) structNode(walk, name, definition as JsonObject);
  return Object.fromEntries(walk.types);
}

interface Walk {
  readonly definitions: Definitions;
  readonly types: Map<string, PatchType>;
  /** Definitions that are being looked into. */
  readonly following: Set<string>;
}

const untyped: PatchNode = { kind: "untyped" };
const scalar: PatchNode = { kind: "scalar" };
const scalarTypes = new Set(["integer", "number", "boolean", "string"]);

/** What stands at a schema; an object with fields is added to the types under the name. */
function nodeOf(walk: Walk, name: string, schema: JsonObject): PatchNode {
  const reference = referenceOf(schema);
  if (reference !== undefined) return referredNode(walk, reference);
  const type = schema["type"];
  if (typeof type === "string" && scalarTypes.has(type)) return scalar;
  if (type === "array") {
    const items = schema["items"];
    return { kind: "list", items: isObject(items) ? nodeOf(walk, `${name}[]`, items) : untyped };
  }
  if (isObject(schema["properties"])) return structNode(walk, name, schema);
  const additional = schema["additionalProperties"];
  return isObject(additional) ? { kind: "map", values: nodeOf(walk, `${name}{}`, additional) } : untyped;
}

/** A definition's node. One with fields is named and not looked into, since types may contain themselves. */
function referredNode(walk: Walk, name: string): PatchNode {
  const definition = Object.hasOwn(walk.definitions, name) ? walk.definitions[name] : undefined;
  if (definition === undefined) return untyped;
  const schema = definition as JsonObject;
  if (isObject(schema["properties"])) return { kind: "struct", ref: name };
  // A list of lists of itself has no end, and no fields to tell of.
  if (walk.following.has(name)) return untyped;
  walk.following.add(name);
  const node = nodeOf(walk, name, schema);
  walk.following.delete(name);
  return node;
}

function structNode(walk: Walk, name: string, schema: JsonObject): PatchNode {
  const properties = schema["properties"];
  if (isObject(properties)) {
    const fields = Object.entries(properties).flatMap(([field, property]): [string, PatchNode][] =>
      isObject(property)
        ? [[field, { ...nodeOf(walk, `${name}.${field}`, property), ...patchKeywords(property) }]]
        : [],
    );
    const others = otherFields(walk, name, schema);
    walk.types.set(name, { fields: Object.fromEntries(fields), ...(others === undefined ? {} : { others }) });
  }
  return { kind: "struct", ref: name };
}

/** What keys may have that are no fields. */
function otherFields(walk: Walk, name: string, schema: JsonObject): PatchNode | undefined {
  if (schema["x-kubernetes-preserve-unknown-fields"] === true) return untyped;
  const additional = schema["additionalProperties"];
  if (isObject(additional)) return nodeOf(walk, `${name}{}`, additional);
  return additional === true ? untyped : undefined;
}

function patchKeywords(property: JsonObject): Pick<PatchNode, "patchStrategy" | "patchMergeKey"> {
  const strategy = member(property, "x-kubernetes-patch-strategy");
  const mergeKey = member(property, "x-kubernetes-patch-merge-key");
  return {
    ...(typeof strategy === "string" ? { patchStrategy: strategy.split(",") } : {}),
    ...(typeof mergeKey === "string" ? { patchMergeKey: mergeKey } : {}),
  };
}
