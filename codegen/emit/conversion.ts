import type { ApiModel, GroupVersion, Kind, ObjectType } from "../model/model.ts";
import { abiType, capitalized, code, docComment, quote, sourceFile } from "./code.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { outputPath, typeText, valueName } from "./naming.ts";
import { hasShapeOfStorage, storageOf } from "./same-shape.ts";

/**
 * Writes `zz_generated.conversion.ts`: conversions of the kinds that have the same shape in the version that is stored.
 * Those of other shapes are the author's, in a module beside the types.
 */
export function emitConversion(model: ApiModel): GeneratedFile[] {
  return model.groupVersions.flatMap((groupVersion) => {
    const conversions = groupVersion.kinds
      .filter((kind) => convertsByItself(model, groupVersion, kind))
      .map((kind) => conversionText(model, groupVersion, kind));
    return conversions.length === 0 ? [] : [sourceFile(outputPath(groupVersion, "conversion"), conversions)];
  });
}

/** Whether objects of the kind are converted by generated code. */
export function convertsByItself(model: ApiModel, groupVersion: GroupVersion, kind: Kind): boolean {
  return (
    kind.storageVersion !== groupVersion.version &&
    kind.conversion === undefined &&
    !groupVersion.off.includes("conversion") &&
    hasShapeOfStorage(model, groupVersion, kind)
  );
}

function conversionText(model: ApiModel, served: GroupVersion, kind: Kind): string {
  const stored = storageOf(model, served, kind);
  const types = [served, stored].map((each) => typeText(typeOf(each, kind)));
  return code`
    ${docComment(`${capitalized(kind.plural)} look the same in ${served.version} and ${kind.storageVersion}, the version that is stored.`)}
    export const ${valueName(kind.name)}Conversion: ${abiType("Conversion")}<${types.join(", ")}> = {
      toStorage: (served) => ({ ...served, apiVersion: ${quote(`${served.group}/${kind.storageVersion}`)} }),
      fromStorage: (stored) => ({ ...stored, apiVersion: ${quote(`${served.group}/${served.version}`)} }),
    };`;
}

function typeOf(groupVersion: GroupVersion | undefined, kind: Kind): ObjectType {
  const type = groupVersion?.types.find(({ name }) => name === kind.name);
  if (type === undefined) throw new Error(`${kind.name} has no type in the version that is stored`);
  return type;
}
