import type { ApiModel, Field, GroupVersion, Kind, Type } from "../model/model.ts";

/**
 * Whether objects of a kind look the same in a version and in the version that is stored, so that one becomes the
 * other by its apiVersion alone. Rules and defaults may differ: they run on the version that a client speaks.
 */
export function hasShapeOfStorage(model: ApiModel, served: GroupVersion, kind: Kind): boolean {
  const stored = storageOf(model, served, kind);
  return stored !== undefined && sameObject({ served, stored, compared: new Set() }, kind.name, kind.name);
}

/** The group version in which objects of the kind are stored; undefined if the model lacks it. */
export function storageOf(model: ApiModel, { group }: GroupVersion, kind: Kind): GroupVersion | undefined {
  return model.groupVersions.find((each) => each.group === group && each.version === kind.storageVersion);
}

interface Comparison {
  readonly served: GroupVersion;
  readonly stored: GroupVersion;
  /** Pairs of types that are the same, or are being compared further up. */
  readonly compared: Set<string>;
}

function sameObject(comparison: Comparison, servedName: string, storedName: string): boolean {
  const pair = `${servedName}/${storedName}`;
  if (comparison.compared.has(pair)) return true;
  comparison.compared.add(pair);
  const fields = comparison.served.types.find(({ name }) => name === servedName)?.fields;
  const others = comparison.stored.types.find(({ name }) => name === storedName)?.fields;
  if (fields === undefined || others === undefined || fields.length !== others.length) return false;
  return fields.every((field) => {
    const other = others.find(({ name }) => name === field.name);
    return other !== undefined && sameField(comparison, field, other);
  });
}

function sameField(comparison: Comparison, served: Field, stored: Field): boolean {
  const bothMayBeAbsent = (served.presence === "optional") === (stored.presence === "optional");
  return bothMayBeAbsent && served.nullable === stored.nullable && sameType(comparison, served.type, stored.type);
}

function sameType(comparison: Comparison, served: Type, stored: Type): boolean {
  switch (served.kind) {
    case "string":
      return stored.kind === "string" && served.format === stored.format && valuesOf(served) === valuesOf(stored);
    case "integer":
    case "number":
      return stored.kind === served.kind && served.format === stored.format;
    case "boolean":
      return stored.kind === "boolean";
    case "array":
      return stored.kind === "array" && sameType(comparison, served.items, stored.items);
    case "map":
      return stored.kind === "map" && sameType(comparison, served.values, stored.values);
    case "ref":
      return stored.kind === "ref" && sameObject(comparison, served.name, stored.name);
    case "wellKnown":
      return stored.kind === "wellKnown" && served.name === stored.name;
  }
}

function valuesOf(type: Extract<Type, { kind: "string" }>): string {
  return JSON.stringify(type.enum?.map(({ value }) => value).toSorted());
}
