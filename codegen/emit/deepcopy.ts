import type { ApiModel, GroupVersion, ObjectType, Type } from "../model/model.ts";
import { abi, code, docComment, firstSentence, member, property, sourceFile, withArticle } from "./code.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { fieldsOf, looseTypeText, outputPath, typeAliases, typeText, type DataField } from "./naming.ts";

/** Writes `zz_generated.deepcopy.ts`: one flat function per object type. */
export function emitDeepCopy(model: ApiModel): GeneratedFile[] {
  return model.groupVersions
    .filter(({ off }) => !off.includes("deepcopy"))
    .map((groupVersion) => {
      const functions = groupVersion.types.map((type) => deepCopyFunction(groupVersion, type));
      return sourceFile(outputPath(groupVersion, "deepcopy"), [typeAliases(groupVersion, functions), ...functions]);
    });
}

function deepCopyFunction(groupVersion: GroupVersion, type: ObjectType): string {
  const fields = fieldsOf(groupVersion, type);
  const given = fields.filter((field) => !mayBeMissing(field));
  const missing = fields.filter(mayBeMissing);
  const text = looseTypeText(type);
  const literal = `{ ${given.map((field) => `${property(field.name)}: ${copyOfField(field)},`).join("\n")} }`;
  const isWhole = missing.every(({ presence }) => presence === "optional");
  return code`
    ${docComment(`A copy of ${withArticle(type.name)} that shares nothing with it.`, firstSentence(type.doc))}
    export function deepCopy${type.name}(from: ${text}): ${typeText(type)} {
      ${isWhole ? `const to: ${text} = ${literal};` : `const to = ${literal} as ${text};`}
      ${missing.map((field) => `if (${source(field)} !== undefined) to${member(field.name)} = ${copyOfField(field)};`)}
      return to${type.union ? ` as ${typeText(type)}` : ""};
    }`;
}

/** Whether objects, valid or not, can be without the field: a copy is to be without it too. */
function mayBeMissing({ presence, nullable, type }: DataField): boolean {
  switch (presence) {
    case "optional":
      return true;
    case "required":
      return nullable || (type.kind !== "string" && type.kind !== "array" && type.kind !== "map");
    case "emptyAllowed":
    case "defaulted":
      return false;
  }
}

function source({ name }: DataField): string {
  return `from${member(name)}`;
}

function copyOfField(field: DataField): string {
  const copy = copyOf(field.type, source(field));
  return field.nullable && copy !== source(field) ? `${source(field)} === null ? null : ${copy}` : copy;
}

/** An expression for a copy of the value of an expression. */
function copyOf(type: Type, from: string): string {
  switch (type.kind) {
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return from;
    case "array":
      return isShared(type.items) ? `[...${from}]` : `${from}.map(${copier(type.items)})`;
    case "map":
      return isShared(type.values) ? `{ ...${from} }` : `${abi("copyMap")}(${from}, ${copier(type.values)})`;
    case "ref":
    case "wellKnown":
      return isShared(type) ? from : `${copier(type)}(${from})`;
  }
}

/** An expression for a function that copies values of a type. */
function copier(type: Type): string {
  switch (type.kind) {
    case "ref":
      return `deepCopy${type.name}`;
    case "wellKnown":
      return abi(type.name === "ObjectMeta" ? "deepCopyObjectMeta" : "copyJson");
    case "array":
    case "map":
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return `(item) => (${copyOf(type, "item")})`;
  }
}

/** Whether a copy may hold the very same value, because it cannot change. */
function isShared(type: Type): boolean {
  switch (type.kind) {
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return true;
    case "wellKnown":
      return type.name === "IntOrString";
    case "array":
    case "map":
    case "ref":
      return false;
  }
}
