import type { ApiModel, GroupVersion, Json, Kind, ObjectType } from "../model/model.ts";
import { abiType, capitalized, code, defaultFrom, docComment, literal, quote, sourceFile, valueFrom } from "./code.ts";
import { convertsByItself } from "./conversion.ts";
import { hasDefaults } from "./defaults.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { outputPath, registrationName, sourceModule, typeText, valueName } from "./naming.ts";
import { openApiPath } from "./openapi.ts";
import { hasValidation } from "./validations.ts";

/** Writes `zz_generated.register.ts`: a descriptor for each kind, and what the group version has in all. */
export function emitRegister(model: ApiModel): GeneratedFile[] {
  return model.groupVersions.map((groupVersion) => {
    const descriptors = groupVersion.kinds.map((kind) => descriptorText(model, groupVersion, kind));
    return sourceFile(outputPath(groupVersion, "register"), [...descriptors, registrationText(groupVersion)]);
  });
}

function registrationText(groupVersion: GroupVersion): string {
  const { group, version, kinds } = groupVersion;
  const definitions = (["v2", "v3"] as const).map((each) =>
    defaultFrom(openApiPath(groupVersion, each), `definitions${capitalized(each)}`),
  );
  return code`
    ${docComment(`What is served of ${group}/${version}.`)}
    export const ${registrationName(groupVersion)}: ${abiType("GroupVersionRegistration")} = {
      group: ${quote(group)},
      version: ${quote(version)},
      resources: [${kinds.map(({ name }) => valueName(name)).join(", ")}],
      openApi: { v2: ${definitions[0]}, v3: ${definitions[1]} },
    };`;
}

function descriptorText(model: ApiModel, groupVersion: GroupVersion, kind: Kind): string {
  const type = groupVersion.types.find(({ name }) => name === kind.name);
  if (type === undefined) throw new Error(`${kind.name} has no type`);
  const { group, version } = groupVersion;
  const { name, plural, singular, shortNames, categories, listKind } = kind;
  return code`
    const ${valueName(name)}: ${abiType("ResourceDescriptor")}<${typeText(type)}> = {
      gvk: ${literal({ group, version, kind: name })},
      names: ${literal({ plural, singular, shortNames, categories, listKind })},
      scope: ${quote(kind.scope)},
      storageVersion: ${quote(kind.storageVersion)},
      subresources: ${literal(subresourcesOf(kind))},
      columns: ${literal(kind.columns.map((column) => ({ ...column })))},
      selectableFields: ${literal(kind.selectableFields)},
      ${kind.lifecycle && `lifecycle: ${literal({ ...kind.lifecycle })},`}
      definition: ${quote(`${groupVersion.modelPackage}.${name}`)},
      ${functionsOf(groupVersion, kind, type)}
      ${conversionOf(model, groupVersion, kind)}
      strategy: ${strategyOf(kind)},
    };`;
}

function subresourcesOf({ status, scale }: Kind): Json {
  return { ...(status ? { status: true } : {}), ...(scale === undefined ? {} : { scale: { ...scale } }) };
}

function functionsOf(groupVersion: GroupVersion, kind: Kind, type: ObjectType): string[] {
  const { name } = kind;
  const from = (generator: string, symbol: string): string => valueFrom(outputPath(groupVersion, generator), symbol);
  const hasOwnDefaults = !groupVersion.off.includes("defaulter") && hasDefaults(groupVersion, name);
  const copy = groupVersion.off.includes("deepcopy")
    ? `deepCopy: (object: ${typeText(type)}) => structuredClone(object),`
    : `deepCopy: ${from("deepcopy", `deepCopy${name}`)},`;
  return [
    `decode: ${from("decode", `decode${name}`)},`,
    hasOwnDefaults ? `applyDefaults: ${from("defaults", `set${name}Defaults`)},` : "applyDefaults: () => {},",
    hasValidation(groupVersion, kind) ? `validate: ${from("validations", `validate${name}`)},` : "validate: () => [],",
    copy,
  ];
}

function conversionOf(model: ApiModel, groupVersion: GroupVersion, kind: Kind): string {
  if (kind.storageVersion === groupVersion.version) return "";
  const name = `${valueName(kind.name)}Conversion`;
  if (kind.conversion !== undefined) return `conversion: ${defaultFrom(sourceModule(kind.conversion), name)},`;
  if (!convertsByItself(model, groupVersion, kind)) return "";
  return `conversion: ${valueFrom(outputPath(groupVersion, "conversion"), name)},`;
}

function strategyOf({ name, strategy }: Kind): string {
  return strategy === undefined ? "{}" : defaultFrom(sourceModule(strategy), `${valueName(name)}Strategy`);
}
