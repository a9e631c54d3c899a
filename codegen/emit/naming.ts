import type { Field, GroupVersion, Kind, ObjectType } from "../model/model.ts";
import { abiType, camelCase, typeFrom } from "./code.ts";

/** The file of a group version that a generator writes, such as `generated/animal/v1alpha1/zz_generated.deepcopy.ts`. */
export function outputPath(groupVersion: GroupVersion, generator: string): string {
  return `generated/${groupVersion.folder}/zz_generated.${generator}.ts`;
}

/** The module that a path below `apis/`, or a package's name, means to a generated file. */
export function sourceModule(module: string): string {
  return module.endsWith(".ts") ? `apis/${module}` : module;
}

/** An object type as program text: its own name, imported, or one that `typeAliases` declares. */
export function typeText({ name, source }: ObjectType): string {
  return source.text === source.symbol ? typeFrom(sourceModule(source.module), source.symbol) : name;
}

/** Declarations of the types without a name of their own that the parts of a file use. */
export function typeAliases({ types }: GroupVersion, parts: readonly string[]): string {
  const used = types.filter(({ name, source }) => {
    const word = new RegExp(`\\b${name}\\b`);
    return source.text !== source.symbol && parts.some((part) => word.test(part));
  });
  return used.map(({ name, source }) => `type ${name} = ${textOf(source)};`).join("\n");
}

function textOf({ module, symbol, text }: ObjectType["source"]): string {
  // The symbol as a whole word: `CatSpec` in `NonNullable<CatSpec["home"]>`.
  const word = new RegExp(`(?<![\\w$"])${symbol.replaceAll("$", "\\$")}(?![\\w$"])`, "g");
  return text.replace(word, () => typeFrom(sourceModule(module), symbol));
}

/** An object type whose every field can be read and set: the type itself, or a view of a union of objects. */
export function looseTypeText(type: ObjectType): string {
  return type.union ? `${abiType("Loose")}<${typeText(type)}>` : typeText(type);
}

/** The kind whose objects have this type, if it is a kind's own. */
export function kindOf(groupVersion: GroupVersion, type: ObjectType): Kind | undefined {
  return groupVersion.kinds.find(({ name }) => name === type.name);
}

/** What a group version's registration is called, such as `animalV1alpha1`. */
export function registrationName({ folder }: GroupVersion): string {
  return camelCase(folder);
}

/** A name with a small first letter, as a value of the type is called; never a word that the language keeps. */
export function valueName(name: string): string {
  const value = name.slice(0, 1).toLowerCase() + name.slice(1);
  return keptWords.has(value) ? `${value}Object` : value;
}

// Of the words that may not name a value in a module, those that can be a type's name with a small first letter.
const keptWords: ReadonlySet<string> = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends " +
    "false finally for function if implements import in instanceof interface let new null package private protected " +
    "public return static super switch this throw true try typeof undefined var void while with yield"
  ).split(" "),
);

/** What generated code needs to know of a field to carry its value about. */
export type DataField = Pick<Field, "name" | "presence" | "nullable" | "default" | "type">;

/** The fields of objects of a type, with those that every kind has. */
export function fieldsOf(groupVersion: GroupVersion, type: ObjectType): readonly DataField[] {
  return kindOf(groupVersion, type) === undefined ? type.fields : [...kindFields, ...type.fields];
}

const kindFields: readonly DataField[] = [
  { name: "apiVersion", presence: "optional", nullable: false, type: { kind: "string" } },
  { name: "kind", presence: "optional", nullable: false, type: { kind: "string" } },
  { name: "metadata", presence: "defaulted", nullable: false, type: { kind: "wellKnown", name: "ObjectMeta" } },
];
