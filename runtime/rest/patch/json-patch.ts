import { isFields, jsonTypeName, type Fields } from "../../meta/decode.ts";
import { badRequest, failure, requestEntityTooLarge, type StatusError } from "../../meta/status-error.ts";
import { applyPatchOperations, patchOperationsMax, type PatchOperation } from "../../meta/json-patch.ts";
import { BodyError } from "../body-error.ts";
import { parseJson, strictProblems, type ParsedBody } from "../parse-body.ts";
import type { PatchApplier } from "./patched-value.ts";

/**
 * Applies a JSON patch, https://www.rfc-editor.org/rfc/rfc6902; negative indices count from the end, as in Kubernetes.
 */
export const applyJsonPatch: PatchApplier = (current, patch, validation) => {
  const { operations, problems } = readPatch(patch, validation !== "Ignore");
  for (const operation of operations) requireOperation(operation);
  if (operations.length > patchOperationsMax) {
    const count = `The allowed maximum operations in a JSON patch is ${patchOperationsMax}, got ${operations.length}`;
    throw requestEntityTooLarge(count);
  }
  const patched = applyPatchOperations(current, operations);
  if ("problem" in patched) throw doesNotApply();
  return { value: patched.value, problems };
};

/** One step of a patch, as it was read. */
interface Operation extends PatchOperation {
  /** Whether there is nothing where the operation should be. */
  readonly empty: boolean;
}

interface ReadPatch {
  readonly operations: readonly Operation[];
  readonly problems: readonly string[];
}

function readPatch(bytes: Uint8Array, strictly: boolean): ReadPatch {
  try {
    const parsed = parseJson(bytes, "");
    if (parsed.inexact !== undefined) throw new BodyError(parsed.inexact);
    const operations = operationsOf(parsed.value);
    return { operations, problems: strictly ? problemsOf(parsed, operations) : [] };
  } catch (error) {
    throw error instanceof BodyError ? badRequest(`error decoding patch: ${error.message}`) : error;
  }
}

function operationsOf(value: unknown): Operation[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw wrongType(value, "Go value of type []handlers.jsonPatchOp");
  return value.map((item: unknown) => {
    const fields = item === null ? {} : item;
    if (!isFields(fields)) throw wrongType(fields, "Go value of type handlers.jsonPatchOp");
    return {
      fields,
      empty: item === null,
      op: text(fields, "op"),
      path: text(fields, "path"),
      from: text(fields, "from"),
    };
  });
}

function text(fields: Fields, name: string): string | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw wrongType(value, `Go struct field jsonPatchOp.${name} of type string`);
}

function wrongType(value: unknown, goType: string): BodyError {
  return new BodyError(`json: cannot unmarshal ${jsonTypeName(value)} into ${goType}`);
}

const operationFields: ReadonlySet<string> = new Set(["op", "path", "from", "value"]);

function problemsOf(parsed: ParsedBody, operations: readonly Operation[]): string[] {
  const unknown = operations.flatMap(({ fields }, index) =>
    Object.keys(fields)
      .filter((name) => !operationFields.has(name))
      .map((name) => `[${index}].${name}`),
  );
  return strictProblems(parsed, unknown).map((problem) => `json patch ${problem}`);
}

/** Throws 400 for what cannot be done to any document. */
function requireOperation(operation: Operation): void {
  const why = wrongWith(operation);
  if (why === undefined) return;
  throw badRequest(`invalid operation ${operation.empty ? "null" : keysInOrder(operation.fields)}: ${why}`);
}

function keysInOrder(fields: Fields): string {
  const members = Object.keys(fields)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(fields[name])}`);
  return `{${members.join(",")}}`;
}

function wrongWith({ op, path, from, fields }: Operation): string | undefined {
  switch (op) {
    case "add":
    case "replace":
      if (Object.hasOwn(fields, "value")) break;
      return "failed to decode 'value': operation, missing value field: missing value";
    case "move":
    case "copy":
      if (from !== undefined) break;
      return "failed to decode 'from': operation, missing from field: missing value";
    case "remove":
    case "test":
      break;
    default:
      return "unsupported operation";
  }
  return path === undefined ? "failed to decode 'path': operation missing path field: missing value" : undefined;
}

function doesNotApply(): StatusError {
  return failure(422, "Invalid", "the server rejected our request due to an error in our request", {});
}
