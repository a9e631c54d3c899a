import { changeNodes, type FieldSet } from "./field-set.ts";
import { fieldName, isField } from "./path-element.ts";
import type { SchemaIndex, TypeRef } from "./typed-schema.ts";

/**
 * The set with every field that a path passes through made a member of its own, where the schema declares it: a set of
 * `a.b.c` gains `a` if `a` is a field, but not `a.b` if that is a key of a map.
 */
export function ensureNamedFields(schema: SchemaIndex, ref: TypeRef | undefined, set: FieldSet): FieldSet {
  if (set.size === 0) return set;
  const atom = ref === undefined ? undefined : schema.resolve(ref);
  return changeNodes(set, (node, text) => {
    if (node.children.size === 0) return node;
    const name = fieldName(text);
    const field = name === undefined ? undefined : atom?.map?.fields.get(name);
    const member = node.member || field !== undefined;
    const children = ensureNamedFields(schema, field?.type ?? elementTypeOf(atom, text), node.children);
    return member === node.member && children === node.children ? node : { member, children };
  });
}

function elementTypeOf(atom: ReturnType<SchemaIndex["resolve"]>, text: string): TypeRef | undefined {
  if (isField(text)) return atom?.map?.elementType;
  return text.startsWith("k:") ? atom?.list?.elementType : undefined;
}
