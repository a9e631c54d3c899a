import { invalid } from "../../meta/field-error.ts";
import type { FieldValidation } from "../../meta/options.ts";
import { badRequest, invalidObject } from "../../meta/status-error.ts";
import type { KubeObject } from "../../meta/v1.ts";
import type { RequestContext } from "../../scheme/request-context.ts";
import { rememberDecoded } from "../../scheme/decoded-objects.ts";
import { setDefaults } from "../../scheme/set-defaults.ts";
import { convert } from "../../scheme/versioned.ts";
import { BodyError } from "../body-error.ts";
import { decodeObject, typeOf } from "../decode-object.ts";
import { isTooDeep } from "../../meta/json-depth.ts";
import { strictError, warnOfProblems } from "../strict-problems.ts";
import { bodyKindOf, type BodyKind, type ResourceTarget } from "../target.ts";
import { shownText, type PatchedValue } from "./patched-value.ts";

/** How a patch is to be decoded once it has been applied. */
interface PatchDecoding {
  readonly target: ResourceTarget;
  readonly context: RequestContext;
  readonly validation: FieldValidation;
}

/**
 * Makes an object of the target's kind out of what `apply` gives, with its defaults set. Throws 422, showing the
 * JSON, for what is no such object. `apply` runs again where that JSON is needed, since decoding takes it to pieces.
 */
export function patchedObject(decoding: PatchDecoding, apply: () => PatchedValue): KubeObject {
  const { target, context, validation } = decoding;
  const { value, problems, refusal } = apply();
  if (isTooDeep(value)) throw badRequest("the patched object exceeds the maximum depth");
  const json = (): string => JSON.stringify(apply().value);
  try {
    const { object, problems: found } = decode(bodyKindOf(target), value, json);
    const all = [...problems, ...found];
    if (all.length > 0 && validation === "Strict") throw new BodyError(strictError(all));
    if (validation === "Warn") warnOfProblems(context, all);
    return object;
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    if (refusal !== undefined) throw refusal(error.message);
    throw invalidObject({ group: "", kind: "" }, "", [invalid("patch", shownText(json()), error.message)]);
  }
}

interface Decoded {
  readonly object: KubeObject;
  readonly problems: readonly string[];
}

function decode({ scheme, descriptor }: BodyKind, value: unknown, json: () => string): Decoded {
  const type = typeOf(value, descriptor.gvk);
  const parsed = { value, json, duplicates: [], yamlDuplicates: [], inexact: undefined };
  const { object, source, problems } = decodeObject(scheme, parsed, type, descriptor.gvk);
  setDefaults(source, object);
  rememberDecoded(object, source);
  // A patch may say that the object is of another version of its kind.
  return { object: convert(scheme, object, source, descriptor), problems };
}
