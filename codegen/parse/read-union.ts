import type { Node, Type } from "ts-morph";
import { emptyEnv, unwrap, type Unwrapped } from "./declared.ts";
import type { DraftEnumValue, DraftField, DraftObject } from "./draft.ts";
import { readFieldType } from "./read-fields.ts";
import { commentOf, fieldSite, identity, isApi, startOf, type Reader, type Site } from "./reader.ts";
import type { Tag } from "./tag.ts";
import { planOf } from "./union-plan.ts";
import { findDiscriminator, modesOf, readVariants, typeOf, type Variant } from "./union-variants.ts";

/** Reads a union of objects into one object with the fields of all, and what the union says of them. */
export function readUnion(reader: Reader, found: Unwrapped, object: DraftObject, site: Site): void {
  const variants = readVariants(reader, found);
  const discriminator = findDiscriminator(variants);
  const names = new Set(variants.flatMap(({ properties }) => [...properties.keys()]));
  const context: UnionContext = { reader, variants, discriminator, site };
  for (const name of names) {
    const field = name === discriminator ? readDiscriminator(context, name) : readSharedField(context, name);
    if (field !== undefined) object.fields.push(field);
  }
  const plan = planOf(variants, discriminator, [...names]);
  object.union = plan ?? { kind: "plain" };
  if (plan === undefined) {
    const message =
      "a union of objects needs a field with another literal in each variant, or one required field of its own in each";
    reader.report("unsupportedUnion", site.at, message);
  }
}

interface UnionContext {
  readonly reader: Reader;
  readonly variants: readonly Variant[];
  readonly discriminator: string | undefined;
  readonly site: Site;
}

function readDiscriminator({ reader, variants, site }: UnionContext, name: string): DraftField | undefined {
  const first = variants[0];
  const signature = first?.members.get(name)?.signature ?? first?.properties.get(name)?.getDeclarations()[0];
  if (first === undefined || signature === undefined) return undefined;
  tellOtherTags(reader, variants, name);
  const isBoolean = typeOf(first, name)?.isBooleanLiteral() === true;
  const values = variants.flatMap((variant) =>
    modesOf(variant, name).map((value): DraftEnumValue => ({
      value,
      doc: variant.comment.doc,
      tags: variant.comment.tags,
    })),
  );
  return {
    name,
    comment: commentOf(reader, signature),
    optional: false,
    nullable: false,
    type: { shape: isBoolean ? { kind: "boolean" } : { kind: "string", enum: values }, tags: [] },
    at: isApi(reader, signature) ? startOf(reader, signature) : site.at,
  };
}

/** Reads a field by the first variant that has it; the others must mean the same. */
function readSharedField(context: UnionContext, name: string): DraftField | undefined {
  const { reader, variants, site } = context;
  const having = variants.filter(({ properties }) => properties.has(name));
  const [first] = having;
  const type = first === undefined ? undefined : typeOf(first, name);
  if (first === undefined || type === undefined) return undefined;
  const member = first.members.get(name);
  const signature = member?.signature ?? first.properties.get(name)?.getDeclarations()[0];
  const inside = fieldSite(reader, site, name, accessText(context, first, name), signature);
  if (!having.every((variant) => isSame(first, variant, name))) {
    const message = `${name} has another type in another variant of the union: give it another name`;
    reader.report("unsupportedUnion", inside.at, message);
    return undefined;
  }
  tellOtherTags(reader, having, name);
  const optional =
    having.length < variants.length || having.some(({ properties }) => properties.get(name)?.isOptional());
  return readFieldType(
    reader,
    { type, node: member?.node, env: member?.env ?? emptyEnv },
    {
      name,
      comment: signature === undefined ? { doc: "", tags: [] } : commentOf(reader, signature),
      optional,
      site: inside,
    },
  );
}

/** Whether two variants mean the same by a field: also by its aliases, which the checker looks through. */
function isSame(a: Variant, b: Variant, name: string): boolean {
  const [typeA, typeB] = [typeOf(a, name)?.getNonNullableType(), typeOf(b, name)?.getNonNullableType()];
  if (typeA === undefined || typeB === undefined || identity(typeA) !== identity(typeB)) return false;
  const [aliasesA, aliasesB] = [aliasesOf(a, typeA, name), aliasesOf(b, typeB, name)];
  return aliasesA.length === aliasesB.length && aliasesA.every((alias, index) => alias === aliasesB[index]);
}

function aliasesOf({ members }: Variant, type: Type, name: string): readonly Node[] {
  const { node, env = emptyEnv } = members.get(name) ?? {};
  return unwrap({ type, node, env }, () => false).aliases;
}

/** The comment of the first variant counts, so others may repeat its tags but add none. */
function tellOtherTags(reader: Reader, [first, ...others]: readonly Variant[], name: string): void {
  const tagsOf = (variant: Variant | undefined): readonly Tag[] => {
    const signature = variant?.members.get(name)?.signature;
    return signature === undefined ? [] : commentOf(reader, signature).tags;
  };
  const known = new Set(tagsOf(first).map(tagText));
  for (const tag of others.flatMap(tagsOf).filter((each) => !known.has(tagText(each)))) {
    const message = `${name} has not +${tag.written} in the first variant of the union: tag it there`;
    reader.report("contradiction", tag.at, message);
  }
}

function tagText({ name, args, value, inner }: Tag): string {
  return JSON.stringify([name, [...args], value]) + (inner === undefined ? "" : tagText(inner));
}

/** How TypeScript gets at a field that not every variant has. */
function accessText({ variants, discriminator, site }: UnionContext, first: Variant, name: string): string {
  const key = JSON.stringify(name);
  if (variants.every(({ properties, excluded }) => properties.has(name) || excluded.has(name)))
    return `${site.text}[${key}]`;
  if (discriminator === undefined) return `Extract<${site.text}, { ${key}?: unknown }>[${key}]`;
  const isBoolean = typeOf(first, discriminator)?.isBooleanLiteral() === true;
  const [mode = ""] = modesOf(first, discriminator);
  return `Extract<${site.text}, { ${JSON.stringify(discriminator)}: ${isBoolean ? mode : JSON.stringify(mode)} }>[${key}]`;
}
