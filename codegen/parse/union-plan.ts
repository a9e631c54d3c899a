import type { DraftCase, DraftUnion } from "./draft.ts";
import { modesOf, type Variant } from "./union-variants.ts";

/** What the union demands of its fields; undefined where no tag could say it. */
export function planOf(
  variants: readonly Variant[],
  discriminator: string | undefined,
  names: readonly string[],
): DraftUnion | undefined {
  const own = names.filter((name) => name !== discriminator && !isCommon(variants, name));
  const alone = variants.every((variant) => ownOf(variant, own).length <= 1);
  const unshared = own.every((name) => variants.filter(({ properties }) => properties.has(name)).length === 1);
  const optional = own.filter((name) => variants.some(({ properties }) => properties.get(name)?.isOptional()));
  if (discriminator === undefined) {
    const each = variants.every((variant) => ownOf(variant, own).length === 1);
    if (each && unshared && optional.length === 0) return { kind: "exactlyOne", members: own };
    if (each && unshared && optional.length === own.length) return { kind: "atMostOne", members: own };
    return undefined;
  }
  if (own.length === 0) return { kind: "plain" };
  const single = variants.every((variant) => modesOf(variant, discriminator).length === 1);
  if (alone && unshared && single && optional.length === 0) {
    const members = variants.flatMap((variant) =>
      ownOf(variant, own).map((field) => ({ field, memberName: modesOf(variant, discriminator)[0] ?? "" })),
    );
    return { kind: "discriminated", discriminator, members };
  }
  const fields = own.map((field) => ({ field, cases: casesOf(variants, discriminator, field) }));
  return { kind: "modes", discriminator, fields };
}

function ownOf(variant: Variant, own: readonly string[]): string[] {
  return own.filter((name) => variant.properties.has(name));
}

/** Whether every variant has the field, and all of them with `?` or none. */
function isCommon(variants: readonly Variant[], name: string): boolean {
  const optional = new Set(variants.map(({ properties }) => properties.get(name)?.isOptional()));
  return optional.size === 1 && !optional.has(undefined);
}

function casesOf(variants: readonly Variant[], discriminator: string, field: string): DraftCase[] {
  return variants.flatMap((variant) => {
    const property = variant.properties.get(field);
    if (property === undefined) return [];
    return modesOf(variant, discriminator).map((mode) => ({ mode, optional: property.isOptional() }));
  });
}
