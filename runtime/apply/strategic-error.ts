import type { Json } from "../meta/v1.ts";
import { goPlain, goTypeName } from "./typed-errors.ts";
import type { JsonObject } from "./value.ts";

/**
 * Whose fault it is: `malformed` and `unprocessable` the patch's, which clients learn as 400 and 422; `conflict` that of
 * changes which clash; `internal` anything else that a patch and its type do not agree on.
 */
export type StrategicMergeFault = "malformed" | "unprocessable" | "conflict" | "internal";

/** A strategic merge patch that cannot be applied or made, in the words of Kubernetes. */
export class StrategicMergeError extends Error {
  override readonly name = "StrategicMergeError";
  readonly fault: StrategicMergeFault;
  constructor(fault: StrategicMergeFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** A directive's list, or the list that it is about, is not as it must be. */
export function malformedList(
  directive: "primitive list" | "retainKeys" | "setElementOrder list",
): StrategicMergeError {
  return new StrategicMergeError("malformed", `invalid patch format of ${directive}`);
}

/** A value of another JSON type than is needed here. */
export function wrongType(expected: "list" | "map", actual: Json): StrategicMergeError {
  const received = actual === null ? "%!s(<nil>)" : goTypeName(actual);
  return new StrategicMergeError(
    "internal",
    `expected a ${goTypeName(expected === "list" ? [] : {})}, but received a ${received}`,
  );
}

/** An item of a merged list without the field that tells items apart. */
export function noMergeKey(item: JsonObject, mergeKey: string): StrategicMergeError {
  return new StrategicMergeError("internal", `map: ${goPlain(item)} does not contain declared merge key: ${mergeKey}`);
}

/** A `$patch` that is none. */
export function unknownPatchType(directive: Json, patch: JsonObject): StrategicMergeError {
  return new StrategicMergeError("internal", `unknown patch type: ${goPlain(directive)} in map: ${goPlain(patch)}`);
}
