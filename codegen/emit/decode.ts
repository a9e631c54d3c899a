import type { ApiModel, GroupVersion, ObjectType, Type } from "../model/model.ts";
import { abi, abiType, code, docComment, firstSentence, member, quote, sourceFile, withArticle } from "./code.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { fieldsOf, outputPath, typeAliases, typeText, valueName, type DataField } from "./naming.ts";

/** Writes `zz_generated.decode.ts`: one flat function per object type, that makes objects of JSON in place. */
export function emitDecode(model: ApiModel): GeneratedFile[] {
  return model.groupVersions.map((groupVersion) => {
    const reached = groupVersion.types.filter(({ name }) => isReferred(groupVersion, name));
    const functions = groupVersion.types.map((type) => decodeFunction(groupVersion, type));
    return sourceFile(outputPath(groupVersion, "decode"), [
      typeAliases(groupVersion, functions),
      reached.map((type) => objectDecoder(groupVersion, type)).join("\n"),
      composedDecoders(groupVersion),
      ...functions,
    ]);
  });
}

function isReferred(groupVersion: GroupVersion, name: string): boolean {
  return groupVersion.types.some(({ fields }) => fields.some(({ type }) => refersTo(type, name)));
}

function refersTo(type: Type, name: string): boolean {
  switch (type.kind) {
    case "ref":
      return type.name === name;
    case "array":
      return refersTo(type.items, name);
    case "map":
      return refersTo(type.values, name);
    case "string":
    case "integer":
    case "number":
    case "boolean":
    case "wellKnown":
      return false;
  }
}

function objectDecoder(groupVersion: GroupVersion, { name, source }: ObjectType): string {
  const goPackage = source.module.endsWith(".ts") ? groupVersion.version : "v1";
  return `const ${valueName(name)}Decoder = ${abi("objectDecoder")}(${quote(`${goPackage}.${name}`)}, decode${name});`;
}

/** Constants for the lists and maps that occur, the inner ones first. */
function composedDecoders({ types }: GroupVersion): string {
  const lines = new Map<string, string>();
  const add = (type: Type): void => {
    if (type.kind !== "array" && type.kind !== "map") return;
    const inner = type.kind === "array" ? type.items : type.values;
    add(inner);
    const make = abi(type.kind === "array" ? "listDecoder" : "mapDecoder");
    lines.set(decoder(type), `const ${decoder(type)} = ${make}(${decoder(inner)});`);
  };
  for (const { fields } of types) for (const { type } of fields) add(type);
  return [...lines.values()].join("\n");
}

function decodeFunction(groupVersion: GroupVersion, type: ObjectType): string {
  const fields = fieldsOf(groupVersion, type);
  const kept = fields.filter(({ nullable }) => nullable).map(({ name }) => ` && name !== ${quote(name)}`);
  return code`
    ${docComment(`Makes ${withArticle(type.name)} of JSON, in place.`, firstSentence(type.doc))}
    export function decode${type.name}(object: object, report: ${abiType("DecodeReport")}): ${typeText(type)} {
      const fields = object as ${abiType("Fields")};
      report.struct = ${quote(type.name)};
      for (const name of Object.keys(fields)) {
        const value = fields[name];
        if (value === null${kept}) {
          delete fields[name];
          continue;
        }
        switch (name) {
          ${cases(fields)}
          default:
            ${abi("dropUnknownField")}(fields, name, report);
        }
      }
      ${fields.map((field) => zeroStatement(groupVersion, type, field))}
      return object as ${typeText(type)};
    }`;
}

/** The cases of the switch; fields that are read alike share one. */
function cases(fields: readonly DataField[]): string {
  const groups = new Map<string, string[]>();
  for (const field of fields) {
    const statement = decodeStatement(field);
    groups.set(statement, [...(groups.get(statement) ?? []), `case ${quote(field.name)}:`]);
  }
  return [...groups].map(([statement, labels]) => code`${labels}\n${statement}\nbreak;`).join("\n");
}

function decodeStatement({ type, nullable }: DataField): string {
  const statement = notNullStatement(type);
  return nullable ? `if (value !== null) { ${statement} }` : statement;
}

function notNullStatement(type: Type): string {
  if (type.kind === "wellKnown" && type.name === "ObjectMeta") {
    return `fields[name] = ${abi("decodeObjectMeta")}(value, name, report);`;
  }
  const test = scalarTest(type);
  if (test === undefined) return `${abi("decodeField")}(fields, name, ${decoder(type)}, report);`;
  return `if (${test.refuses}) ${abi("wrongType")}(report, name, value, ${quote(test.goType)});`;
}

/** The types whose values are only looked at. */
function scalarTest(type: Type): { readonly refuses: string; readonly goType: string } | undefined {
  switch (type.kind) {
    case "string":
      return type.format === undefined ? { refuses: `typeof value !== "string"`, goType: "string" } : undefined;
    case "boolean":
      return { refuses: `typeof value !== "boolean"`, goType: "bool" };
    case "integer":
      return { refuses: `!${abi(type.format === "int32" ? "isInt32" : "isInt64")}(value)`, goType: type.format };
    case "number": {
      const goType = type.format === "float" ? "float32" : "float64";
      return { refuses: `!${abi(goType === "float32" ? "isFloat32" : "isFloat64")}(value)`, goType };
    }
    case "array":
    case "map":
    case "ref":
    case "wellKnown":
      return undefined;
  }
}

const stringDecoders = {
  "date-time": "timeDecoder",
  "micro-time": "microTimeDecoder",
  duration: "durationDecoder",
  byte: "bytesDecoder",
  quantity: "quantityDecoder",
} as const;

/** The name of the decoder of a type: the runtime's, or one of the file's own constants. */
function decoder(type: Type): string {
  switch (type.kind) {
    case "string":
      return abi(type.format === undefined ? "stringDecoder" : stringDecoders[type.format]);
    case "boolean":
      return abi("booleanDecoder");
    case "integer":
      return abi(type.format === "int32" ? "int32Decoder" : "int64Decoder");
    case "number":
      return abi(type.format === "float" ? "float32Decoder" : "float64Decoder");
    case "ref":
      return `${valueName(type.name)}Decoder`;
    case "wellKnown":
      return abi(`${valueName(type.name)}Decoder`);
    case "array":
    case "map":
      return `${composedName(type)}Decoder`;
  }
}

/** A name for a list or map by what it holds, such as `toyList` or `stringListMap`. */
function composedName(type: Type): string {
  switch (type.kind) {
    case "array":
      return `${composedName(type.items)}List`;
    case "map":
      return `${composedName(type.values)}Map`;
    case "string":
      return type.format === undefined ? "string" : stringDecoders[type.format].replace(/Decoder$/, "");
    case "integer":
    case "number":
      return type.format;
    case "boolean":
      return type.kind;
    case "ref":
    case "wellKnown":
      return valueName(type.name);
  }
}

/** Gives a field that is absent what its type promises, so that hooks can trust the types; defaults come later. */
function zeroStatement(groupVersion: GroupVersion, owner: ObjectType, field: DataField): string {
  if (field.presence === "optional" || field.nullable) return "";
  if (field.presence === "defaulted" && field.default !== undefined) return "";
  const zero = zeroOf(groupVersion, owner, field);
  return zero === undefined ? "" : `fields${member(field.name)} ??= ${zero};`;
}

function zeroOf(groupVersion: GroupVersion, owner: ObjectType, { type, presence }: DataField): string | undefined {
  switch (type.kind) {
    case "string":
      return `""`;
    case "array":
      return "[]";
    case "map":
      return "{}";
    case "integer":
    case "number":
      return presence === "defaulted" ? "0" : undefined;
    case "boolean":
      return presence === "defaulted" ? "false" : undefined;
    case "ref":
      // A type that holds itself always has no zero value.
      if (presence !== "defaulted" || holdsAlways(groupVersion, type.name, owner.name)) return undefined;
      return `decode${type.name}({}, report)`;
    case "wellKnown":
      return presence === "defaulted" && (type.name === "ObjectMeta" || type.name === "RawExtension")
        ? "{}"
        : undefined;
  }
}

/** Whether a value of type `from` always holds one of type `to`, itself or in an object that it always holds. */
function holdsAlways(groupVersion: GroupVersion, from: string, to: string, seen = new Set<string>()): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  const fields = groupVersion.types.find(({ name }) => name === from)?.fields ?? [];
  return fields.some(
    ({ presence, type }) =>
      presence === "defaulted" && type.kind === "ref" && holdsAlways(groupVersion, type.name, to, seen),
  );
}
