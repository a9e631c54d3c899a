import { isFields, jsonTypeName, type Fields } from "../../meta/decode.ts";
import { badRequest } from "../../meta/status-error.ts";
import { BodyError } from "../body-error.ts";
import { parseJson } from "../parse-body.ts";
import { setMember } from "../../meta/set-member.ts";
import type { PatchApplier } from "./patched-value.ts";

/** Applies a merge patch, https://www.rfc-editor.org/rfc/rfc7386. */
export const applyMergePatch: PatchApplier = (current, patch, validation) => {
  const { value, problems } = readPatch(patch);
  return { value: merged(current, value), problems: validation === "Ignore" ? [] : problems };
};

function readPatch(bytes: Uint8Array): { value: unknown; problems: readonly string[] } {
  try {
    const { value, duplicates, inexact } = parseJson(bytes, "");
    if (inexact !== undefined) throw new BodyError(inexact);
    if (value === null || isFields(value)) return { value, problems: duplicates };
    throw new BodyError(`json: cannot unmarshal ${jsonTypeName(value)} into Go value of type map[string]interface {}`);
  } catch (error) {
    throw error instanceof BodyError ? badRequest(`error decoding patch: ${error.message}`) : error;
  }
}

function merged(current: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return isFields(current) ? patch : withoutNulls(patch);
  if (!isFields(current)) return withoutNulls(patch);
  for (const name of Object.keys(patch)) {
    const value = patch[name];
    if (value === null) delete current[name];
    else setMember(current, name, merged(Object.hasOwn(current, name) ? current[name] : undefined, value));
  }
  return current;
}

/** What a patch leaves where there was nothing: its nulls delete nothing, and do not stay; in lists' objects neither. */
function withoutNulls(patch: unknown): unknown {
  if (Array.isArray(patch)) return patch.map(withoutNulls);
  if (!isFields(patch)) return patch;
  const kept: Fields = {};
  for (const name of Object.keys(patch)) {
    if (patch[name] !== null) setMember(kept, name, withoutNulls(patch[name]));
  }
  return kept;
}
