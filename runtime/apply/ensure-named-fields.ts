import { changeNodes, type FieldSet } from "./field-set.ts";
import type { PathElement } from "./path-element.ts";
import type { SchemaIndex, TypeRef } from "./typed-schema.ts";

/**
 * The set with every field that a path passes through made a member of its own, where the schema declares it: a set of
 * `a.b.c` gains `a` if `a` is a field, but not `a.b` if that is a key of a map.
 */
export function ensureNamedFields(schema: SchemaIndex, ref: TypeRef | undefined, set: FieldSet): FieldSet {
  if (set.size === 0) return set;
  const atom = ref === undefined ? undefined : schema.resolve(ref);
  return changeNodes(set, (node) => {
    if (node.children.size === 0) return node;
    const { element } = node;
    const field = element.kind === "field" ? atom?.map?.fields.get(element.name) : undefined;
    const member = node.member || field !== undefined;
    const children = ensureNamedFields(schema, typeBelow(atom, element, field?.type), node.children);
    return member === node.member && children === node.children ? node : { element, member, children };
  });
}

function typeBelow(
  atom: ReturnType<SchemaIndex["resolve"]>,
  element: PathElement,
  fieldType: TypeRef | undefined,
): TypeRef | undefined {
  if (element.kind === "field") return fieldType ?? atom?.map?.elementType;
  return element.kind === "key" ? atom?.list?.elementType : undefined;
}
