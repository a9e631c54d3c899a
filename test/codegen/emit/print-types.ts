import type { Field, GroupVersion, ObjectType, Type } from "../../../codegen/model/model.ts";

/** The TypeScript that an author would have written for the types of a model; those of the meta package are left out. */
export function printTypes({ kinds, types }: GroupVersion): string {
  const own = types.filter(({ source }) => source.module.endsWith(".ts"));
  const names = new Set(kinds.map(({ name }) => name));
  const meta = ["Condition", "IntOrString", "Json", "KubeObject", "ObjectMeta", "RawExtension"];
  const imported = meta.filter((name) => !own.some((type) => type.name === name));
  return [
    `import type { ${imported.join(", ")} } from "apiserver-ts/meta/v1";`,
    ...own.map((type) => printType(type, names.has(type.name))),
  ].join("\n\n");
}

function printType({ name, doc, fields, union }: ObjectType, isKind: boolean): string {
  const comment = doc === "" ? "" : `/** ${doc} */\n`;
  const members = fields.map(printField).join("\n");
  if (union) return `${comment}export type ${name} =\n${variants(fields)};`;
  return `${comment}export interface ${name}${isKind ? " extends KubeObject" : ""} {\n${members}\n}`;
}

// A variant for each optional field: what is common, and that field.
function variants(fields: readonly Field[]): string {
  const common = fields.filter(({ presence }) => presence !== "optional").map(printField);
  const own = fields.filter(({ presence }) => presence === "optional");
  return own
    .map((field) => `  | { ${[...common, printField({ ...field, presence: "required" })].join(" ")} }`)
    .join("\n");
}

function printField({ name, presence, nullable, type }: Field): string {
  const mark = presence === "optional" ? "?" : "";
  return `${JSON.stringify(name)}${mark}: ${printValue(type)}${nullable ? " | null" : ""};`;
}

function printValue(type: Type): string {
  switch (type.kind) {
    case "string":
      return type.enum === undefined || type.enum.length === 0
        ? "string"
        : type.enum.map(({ value }) => JSON.stringify(value)).join(" | ");
    case "integer":
    case "number":
      return "number";
    case "boolean":
      return "boolean";
    case "array":
      return `(${printValue(type.items)})[]`;
    case "map":
      return `Record<string, ${printValue(type.values)}>`;
    case "ref":
    case "wellKnown":
      return type.name;
  }
}
