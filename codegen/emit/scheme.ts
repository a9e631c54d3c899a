import type { ApiModel } from "../model/model.ts";
import { abi, code, docComment, sourceFile, valueFrom } from "./code.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { outputPath, registrationName } from "./naming.ts";

/** Writes `generated/index.ts`: the scheme of all group versions, which a server is made of. */
export function emitScheme(model: ApiModel): GeneratedFile[] {
  const registrations = model.groupVersions.map((groupVersion) =>
    valueFrom(outputPath(groupVersion, "register"), registrationName(groupVersion)),
  );
  return [
    sourceFile("generated/index.ts", [
      code`
        ${docComment("Every API of this project.")}
        export const scheme = ${abi("createScheme")}([${registrations.join(", ")}]);`,
    ]),
  ];
}
