import { Node, type Symbol, type Type } from "ts-morph";
import type { Comment } from "./comment.ts";
import { emptyEnv, unwrap, type Unwrapped } from "./declared.ts";
import { declaredMembers, type Member } from "./members.ts";
import { unionMembers } from "./read-enum.ts";
import type { Reader } from "./reader.ts";

/** One member of a union of objects. */
export interface Variant {
  readonly type: Type;
  readonly comment: Comment;
  readonly members: ReadonlyMap<string, Member>;
  /** Without those that the variant excludes by `?: never`. */
  readonly properties: ReadonlyMap<string, Symbol>;
  readonly excluded: ReadonlySet<string>;
}

/** The variants of a union of objects, with the comment before each. */
export function readVariants(reader: Reader, found: Unwrapped): Variant[] {
  const types = found.type.getUnionTypes();
  const parts = flatten(reader, found);
  // In an instance of a generic the nodes are the declaration's, but the checker keeps their order.
  const instance = found.env.size > 0;
  if (parts.length !== types.length)
    return types.map((type) => toVariant(type, { type, env: emptyEnv, aliases: [] }, noComment));
  return parts.map(({ part, comment }, index) =>
    toVariant(instance ? (types[index] ?? part.type) : part.type, part, comment),
  );
}

const noComment: Comment = { doc: "", tags: [] };

function flatten(reader: Reader, found: Unwrapped): { part: Unwrapped; comment: Comment }[] {
  if (!Node.isUnionTypeNode(found.node)) return [];
  return unionMembers(reader, found.node).flatMap(({ node, comment }) => {
    const part = unwrap({ type: node.getType(), node, env: found.env }, () => false);
    return Node.isUnionTypeNode(part.node) ? flatten(reader, part) : [{ part, comment }];
  });
}

function toVariant(type: Type, part: Unwrapped, comment: Comment): Variant {
  const all = type.getProperties().map((property) => [property.getName(), property] as const);
  const location = part.node ?? type.getSymbol()?.getDeclarations()[0];
  const excludes = (property: Symbol): boolean => {
    const propertyType = location === undefined ? undefined : property.getTypeAtLocation(location);
    return propertyType !== undefined && (propertyType.isUndefined() || propertyType.isNever());
  };
  return {
    type,
    comment,
    members: declaredMembers({ ...part, type }),
    properties: new Map(all.filter(([, property]) => !excludes(property))),
    excluded: new Set(all.filter(([, property]) => excludes(property)).map(([name]) => name)),
  };
}

/** The type that a variant has for a field. */
export function typeOf(variant: Variant, name: string): Type | undefined {
  const property = variant.properties.get(name);
  const location = variant.members.get(name)?.signature ?? property?.getDeclarations()[0];
  return location === undefined ? undefined : property?.getTypeAtLocation(location);
}

/** The field whose literal tells the variants apart. */
export function findDiscriminator(variants: readonly Variant[]): string | undefined {
  const [first] = variants;
  return [...(first?.properties.keys() ?? [])].find((name) => {
    const values = variants.flatMap((variant) => modesOf(variant, name));
    const everywhere = variants.every((variant) => modesOf(variant, name).length > 0);
    return everywhere && new Set(values).size === values.length;
  });
}

/** The literals that a field has in a variant; none where it is optional or not of literals. */
export function modesOf(variant: Variant, name: string): string[] {
  const type = typeOf(variant, name);
  if (type === undefined || variant.properties.get(name)?.isOptional() === true) return [];
  const parts = type.isUnion() ? type.getUnionTypes() : [type];
  const literals = parts.filter((part) => part.isStringLiteral() || part.isBooleanLiteral());
  if (literals.length !== parts.length) return [];
  return literals.map((part) => String(part.isBooleanLiteral() ? part.getText() : part.getLiteralValue()));
}
