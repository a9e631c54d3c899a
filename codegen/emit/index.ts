import type { ApiModel } from "../model/model.ts";
import { emitConversion } from "./conversion.ts";
import { emitDecode } from "./decode.ts";
import { emitDeepCopy } from "./deepcopy.ts";
import { emitDefaults } from "./defaults.ts";
import type { Emitter, GeneratedFile } from "./generated-file.ts";
import { emitOpenApi } from "./openapi.ts";
import { emitRegister } from "./register.ts";
import { emitScheme } from "./scheme.ts";
import { emitValidations } from "./validations.ts";

/** Everything that is made from a model, one emitter per output. */
const emitters: readonly Emitter[] = [
  emitDecode,
  emitDefaults,
  emitDeepCopy,
  emitValidations,
  emitConversion,
  emitOpenApi,
  emitRegister,
  emitScheme,
];

/** All files that a model gives, by path. */
export function emitAll(model: ApiModel): GeneratedFile[] {
  return emitters.flatMap((emit) => emit(model)).sort((a, b) => (a.path < b.path ? -1 : 1));
}
