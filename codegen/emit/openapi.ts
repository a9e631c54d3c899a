import type { ApiModel, GroupVersion } from "../model/model.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { definitionsOf } from "./openapi/definitions.ts";
import { toV2, type Definitions } from "./openapi/schema.ts";

/** Writes `generated/openapi/{v2,v3}/<group>_<version>.json`: the definitions of each group version. */
export function emitOpenApi(model: ApiModel): GeneratedFile[] {
  return model.groupVersions.flatMap((groupVersion) => {
    const definitions = groupVersion.off.includes("openapi") ? {} : definitionsOf(groupVersion);
    return [
      jsonFile(openApiPath(groupVersion, "v2"), toV2(definitions)),
      jsonFile(openApiPath(groupVersion, "v3"), definitions),
    ];
  });
}

/** The file with the definitions of a group version. */
export function openApiPath({ group, version }: GroupVersion, generation: "v2" | "v3"): string {
  return `generated/openapi/${generation}/${group}_${version}.json`;
}

function jsonFile(path: string, definitions: Definitions): GeneratedFile {
  return { path, text: `${JSON.stringify(definitions, null, 2)}\n` };
}
