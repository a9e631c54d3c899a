import type { FieldNode, FieldSet } from "./field-set.ts";
import type { PathElement } from "./path-element.ts";
import type { SchemaIndex, TypeRef } from "./typed-schema.ts";

/**
 * The set with every field that a path passes through made a member of its own, where the schema declares it: a set of
 * `a.b.c` gains `a` if `a` is a field, but not `a.b` if that is a key of a map.
 */
export function ensureNamedFields(schema: SchemaIndex, ref: TypeRef | undefined, set: FieldSet): FieldSet {
  if (set.size === 0) return set;
  const atom = ref === undefined ? undefined : schema.resolve(ref);
  const out = new Map<string, FieldNode>();
  for (const [text, { element, member, children }] of set) {
    const field = element.kind === "field" ? atom?.map?.fields.get(element.name) : undefined;
    const named = field !== undefined && children.size > 0;
    const below = typeBelow(atom, element, field?.type);
    out.set(text, { element, member: member || named, children: ensureNamedFields(schema, below, children) });
  }
  return out;
}

function typeBelow(
  atom: ReturnType<SchemaIndex["resolve"]>,
  element: PathElement,
  fieldType: TypeRef | undefined,
): TypeRef | undefined {
  if (element.kind === "field") return fieldType ?? atom?.map?.elementType;
  return element.kind === "key" ? atom?.list?.elementType : undefined;
}
