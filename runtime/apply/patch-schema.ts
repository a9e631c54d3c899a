import { goQuote } from "../meta/field-error.ts";
import { StrategicMergeError } from "./strategic-error.ts";

/**
 * What a strategic merge patch knows of a type: which lists are merged, and by which key.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/#notes-on-the-strategic-merge-patch
 */
export interface PatchSchema {
  readonly root: PatchNode;
  readonly types: PatchTypes;
}

/** Struct types by name. */
export interface PatchTypes {
  readonly [name: string]: PatchType;
}

/** A struct type: its fields, and what keys may have that are no fields; none are allowed without it. */
export interface PatchType {
  readonly fields: { readonly [jsonName: string]: PatchNode };
  readonly others?: PatchNode;
}

/** One place in a type. */
export interface PatchNode {
  /** Below `untyped` all is allowed: objects merge, lists replace. */
  readonly kind: "scalar" | "struct" | "list" | "map" | "untyped";
  /** The name of a struct's type. */
  readonly ref?: string;
  /** What a list has. */
  readonly items?: PatchNode;
  /** What a map has. */
  readonly values?: PatchNode;
  /** Any of `merge`, `replace`, `retainKeys`; as a list's field, not its items, has it. */
  readonly patchStrategy?: readonly string[];
  /** The field that tells the items of a merged list apart. */
  readonly patchMergeKey?: string;
}

/** How a field that is a list is patched, and what its items are. */
export interface PatchList {
  readonly element: PatchNode;
  /** Empty: items have no key. */
  readonly mergeKey: string;
  readonly strategy: PatchStrategy;
}

/** What a patch strategy says, taken apart. */
export interface PatchStrategy {
  /** `merge`, `replace` or nothing. */
  readonly method: string;
  readonly retainKeys: boolean;
}

const untyped: PatchNode = { kind: "untyped" };

/**
 * The field of that name: exactly, or else without regard to case, as Go's decoder finds fields.
 * Throws a StrategicMergeError where the type has none.
 */
export function fieldOf(types: PatchTypes, node: PatchNode, name: string): PatchNode {
  if (node.kind === "untyped") return untyped;
  // Kubernetes refuses to look into maps of objects; here they are patched as any object is.
  if (node.kind === "map" && node.values !== undefined && node.values.kind !== "scalar") return node.values;
  if (node.kind !== "struct") {
    throw new StrategicMergeError(
      "internal",
      `merging an object in json but data type is not struct, instead is: ${goKind(node)}`,
    );
  }
  const { ref = "" } = node;
  const type = Object.hasOwn(types, ref) ? types[ref] : undefined;
  const found = type === undefined ? undefined : (fieldOfType(type, name) ?? type.others);
  if (found !== undefined) return found;
  throw new StrategicMergeError(
    "internal",
    `unable to find api field in struct ${structName(node)} for the json field ${goQuote(name)}`,
  );
}

function fieldOfType({ fields }: PatchType, name: string): PatchNode | undefined {
  if (Object.hasOwn(fields, name)) return fields[name];
  const folded = name.toLowerCase();
  return Object.entries(fields).find(([candidate]) => candidate.toLowerCase() === folded)?.[1];
}

/** The list under a field's name. Throws a StrategicMergeError where there is no such field, or it is no list. */
export function listOf(types: PatchTypes, node: PatchNode, name: string): PatchList {
  const field = fieldOf(types, node, name);
  return { element: elementOf(node, field), mergeKey: field.patchMergeKey ?? "", strategy: patchStrategy(field) };
}

function elementOf(parent: PatchNode, field: PatchNode): PatchNode {
  switch (field.kind) {
    case "untyped":
      return untyped;
    case "list":
      if (field.items?.kind === "list") throw new StrategicMergeError("internal", "unexpected slice of slice");
      return field.items ?? untyped;
    case "struct":
      // A struct may stand for its list: upstream looks through a pointer here, whatever it points to.
      return field;
    case "map":
    case "scalar":
      throw new StrategicMergeError("internal", `expected slice or array type, but got: ${goKind(parent)}`);
  }
}

/** What the strategy of a field says. Throws a StrategicMergeError where it says too much. */
export function patchStrategy({ patchStrategy: strategies = [] }: PatchNode): PatchStrategy {
  const methods = strategies.filter((strategy) => strategy !== "retainKeys");
  const retainKeys = strategies.length > methods.length;
  if (strategies.length > 2 || methods.length > 1) {
    throw new StrategicMergeError("internal", `unexpected patch strategy: [${strategies.join(" ")}]`);
  }
  return { method: methods[0] ?? "", retainKeys };
}

/** What Go calls a place's kind of type. */
export function goKind({ kind }: PatchNode): string {
  switch (kind) {
    case "list":
      return "slice";
    case "untyped":
    case "scalar":
      return "interface";
    case "struct":
    case "map":
      return kind;
  }
}

function structName({ ref = "" }: PatchNode): string {
  const dot = ref.lastIndexOf(".");
  // What is in no package has no name in Go: a struct on the spot.
  return dot < 0 ? "" : ref.slice(dot + 1);
}
