import type { ApiModel, Field, GroupVersion, Json, ObjectType, Type } from "../model/model.ts";
import { code, docComment, firstSentence, literal, member, property, sourceFile, withArticle } from "./code.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { looseTypeText, outputPath, typeAliases } from "./naming.ts";

/** Writes `zz_generated.defaults.ts`: one flat function per object type that has defaults, or holds one that has. */
export function emitDefaults(model: ApiModel): GeneratedFile[] {
  return model.groupVersions.flatMap((groupVersion) => {
    if (groupVersion.off.includes("defaulter")) return [];
    const functions = groupVersion.types
      .filter(({ name }) => hasDefaults(groupVersion, name))
      .map((type) => defaultsFunction(groupVersion, type));
    return functions.length === 0
      ? []
      : [sourceFile(outputPath(groupVersion, "defaults"), [typeAliases(groupVersion, functions), ...functions])];
  });
}

/** Whether objects of the type get defaults, themselves or in an object they hold. */
export function hasDefaults({ types }: GroupVersion, typeName: string): boolean {
  const seen = new Set<string>();
  const anyIn = (name: string): boolean => {
    if (seen.has(name)) return false;
    seen.add(name);
    const fields = types.find((type) => type.name === name)?.fields ?? [];
    return fields.some((field) => field.default !== undefined || referred(field.type).some(anyIn));
  };
  return anyIn(typeName);
}

/** The object types that values of a type hold. */
function referred(type: Type): string[] {
  switch (type.kind) {
    case "ref":
      return [type.name];
    case "array":
      return referred(type.items);
    case "map":
      return referred(type.values);
    case "string":
    case "integer":
    case "number":
    case "boolean":
    case "wellKnown":
      return [];
  }
}

function defaultsFunction(groupVersion: GroupVersion, type: ObjectType): string {
  return code`
    ${docComment(`Sets what ${withArticle(type.name)} leaves to the defaults.`, firstSentence(type.doc))}
    export function set${type.name}Defaults(object: ${looseTypeText(type)}): void {
      ${type.fields.map((field) => [defaultOf(groupVersion, field), innerDefaults(groupVersion, field)])}
    }`;
}

function defaultOf(groupVersion: GroupVersion, field: Field): string {
  if (field.default === undefined) return "";
  return `object${member(field.name)} ??= ${valueText(groupVersion, field.type, field.default)};`;
}

function innerDefaults(groupVersion: GroupVersion, field: Field): string {
  const { name, type, presence, nullable } = field;
  const value = `object${member(name)}`;
  const inner = defaultsIn(groupVersion, type, value);
  const conditions = [
    // What must be given may be missing as long as the object was not validated.
    ...((presence === "optional" || presence === "required") && field.default === undefined
      ? [`${value} !== undefined`]
      : []),
    ...(nullable ? [`${value} !== null`] : []),
  ];
  return inner === "" || conditions.length === 0 ? inner : `if (${conditions.join(" && ")}) {\n${inner}\n}`;
}

function defaultsIn(groupVersion: GroupVersion, type: Type, value: string, depth = 0): string {
  const item = depth === 0 ? "item" : `item${depth}`;
  switch (type.kind) {
    case "ref":
      return hasDefaults(groupVersion, type.name) ? `set${type.name}Defaults(${value});` : "";
    case "array": {
      const inner = defaultsIn(groupVersion, type.items, item, depth + 1);
      return inner === "" ? "" : `for (const ${item} of ${value}) { ${inner} }`;
    }
    case "map": {
      const inner = defaultsIn(groupVersion, type.values, item, depth + 1);
      return inner === "" ? "" : `for (const ${item} of Object.values(${value})) { ${inner} }`;
    }
    case "string":
    case "integer":
    case "number":
    case "boolean":
    case "wellKnown":
      return "";
  }
}

/**
 * A JSON value of a type as program text: every use makes a value of its own. An object's fields that its type always
 * has are completed as decoding would.
 */
function valueText(groupVersion: GroupVersion, type: Type, value: Json): string {
  if (Array.isArray(value) && type.kind === "array") {
    return `[${value.map((item: Json) => valueText(groupVersion, type.items, item)).join(", ")}]`;
  }
  if (type.kind === "ref" && typeof value === "object" && value !== null) {
    const fields = groupVersion.types.find(({ name }) => name === type.name)?.fields ?? [];
    const given = new Map<string, Json>(Object.entries(value));
    const entries = fields.flatMap((field) => {
      const own = given.get(field.name) ?? zeroOf(field);
      return own === undefined ? [] : [`${property(field.name)}: ${valueText(groupVersion, field.type, own)}`];
    });
    return `{ ${entries.join(", ")} }`;
  }
  return literal(value);
}

function zeroOf({ presence, type, default: byDefault }: Field): Json | undefined {
  if (presence === "optional") return undefined;
  if (byDefault !== undefined) return byDefault;
  switch (type.kind) {
    case "string":
      return "";
    case "array":
      return [];
    case "map":
      return {};
    case "ref":
      return presence === "defaulted" ? {} : undefined;
    case "integer":
    case "number":
      return presence === "defaulted" ? 0 : undefined;
    case "boolean":
      return presence === "defaulted" ? false : undefined;
    case "wellKnown":
      return undefined;
  }
}
