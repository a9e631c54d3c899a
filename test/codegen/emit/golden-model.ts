import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ApiModel } from "../../../codegen/model/model.ts";

/** Where the expected files of the emitters are, beside the types that they were made from. */
export const goldenFolder = fileURLToPath(new URL("../golden/emit/", import.meta.url));

/** The model of `golden/emit/apis`, as `apiserver-boot model` prints it. */
export function goldenModel(): ApiModel {
  return JSON.parse(readFileSync(`${goldenFolder}model.json`, "utf8")) as ApiModel;
}
