import type { PatchSchema } from "../../apply/patch-schema.ts";
import { StrategicMergeError } from "../../apply/strategic-error.ts";
import { strategicMerge } from "../../apply/strategic-merge.ts";
import { goPlain } from "../../apply/typed-errors.ts";
import { isObject, type JsonObject } from "../../apply/value.ts";
import { jsonTypeName } from "../../meta/decode.ts";
import { invalid } from "../../meta/field-error.ts";
import { badRequest, failure, invalidObject, type StatusError } from "../../meta/status-error.ts";
import { BodyError } from "../body-error.ts";
import { parseJson } from "../parse-body.ts";
import { shownText, type PatchApplier } from "./patched-value.ts";

/**
 * Applies strategic merge patches to objects of a type.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
export function strategicPatch(schema: PatchSchema): PatchApplier {
  return (current, bytes, validation) => {
    const { patch, problems } = readPatch(bytes);
    // What is patched is an object of the kind, and stays one.
    const object = current as JsonObject;
    const { apiVersion, kind } = object;
    return {
      value: { ...merged(schema, object, patch), apiVersion, kind },
      problems: validation === "Ignore" ? [] : problems,
      refusal: (why) => refusal(patch, why),
    };
  };
}

function readPatch(bytes: Uint8Array): { patch: JsonObject; problems: readonly string[] } {
  try {
    const { value, duplicates, inexact } = parseJson(bytes, "");
    if (inexact !== undefined) throw new BodyError(inexact);
    if (value === null) return { patch: {}, problems: [] };
    if (isObject(value)) return { patch: value, problems: duplicates };
    throw new BodyError(`json: cannot unmarshal ${jsonTypeName(value)} into Go value of type map[string]interface {}`);
  } catch (error) {
    throw error instanceof BodyError ? badRequest(error.message) : error;
  }
}

function merged(schema: PatchSchema, object: JsonObject, patch: JsonObject): JsonObject {
  try {
    return strategicMerge(schema, object, patch);
  } catch (error) {
    throw error instanceof StrategicMergeError ? statusFor(error) : error;
  }
}

function statusFor({ fault, message }: StrategicMergeError): StatusError {
  switch (fault) {
    case "malformed":
      return badRequest(message);
    case "unprocessable":
      return failure(422, "Invalid", "the server rejected our request due to an error in our request", {});
    case "conflict":
    case "internal":
      return failure(500, "", message);
  }
}

function refusal(patch: JsonObject, why: string): StatusError {
  return invalidObject({ group: "", kind: "" }, "", [
    invalid("patch", shownText(goPlain(patch)), inUnstructuredWords(why)),
  ]);
}

/** Go reads the patched object from a map, not from JSON, and has other words for values of a wrong type. */
function inUnstructuredWords(why: string): string {
  const match = /^json: cannot unmarshal (string|number|bool|array|object)( \S+)? into Go .* of type (\S+)$/.exec(why);
  if (match === null) return why;
  const [, json = "", literal = "", goType = ""] = match;
  const from = json === "number" && /[.e]/i.test(literal) ? "float64" : (goKinds[json] ?? json);
  if (goType.startsWith("[]")) return `cannot restore slice from ${from}`;
  if (goType.startsWith("map[")) return `cannot restore map from ${from}`;
  const to = goType.replace(/\d+$/, "");
  if (!["string", "bool", "int", "uint", "float"].includes(to)) return `cannot restore struct from: ${from}`;
  // Of the types that JSON has, Go converts numbers into anything but booleans.
  const converts = json === "number" && to !== "bool" && !(from === "float64" && to === "string");
  return converts ? `cannot convert ${from} to ${goType}` : `unrecognized type: ${goType}`;
}

const goKinds: { readonly [json: string]: string } = {
  number: "int64",
  array: "slice",
  object: "map",
};
