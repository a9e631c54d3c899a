import { isFields, jsonTypeName, type Fields } from "../../meta/decode.ts";
import { badRequest, failure, requestEntityTooLarge, type StatusError } from "../../meta/status-error.ts";
import { sameJson } from "../../meta/equality.ts";
import { BodyError } from "../body-error.ts";
import { isTooDeep } from "../json-depth.ts";
import { parseJson, strictProblems, type ParsedBody } from "../parse-body.ts";
import { insertAt, locate, removeAt, replaceAt, valueAt, type Place } from "./json-pointer.ts";
import type { PatchApplier } from "./patched-value.ts";

const operationsMax = 10_000;
/** A few copies of copies would be more than any memory holds. */
const copiedCharactersMax = 3 * 1024 * 1024;

/**
 * Applies a JSON patch, https://www.rfc-editor.org/rfc/rfc6902; negative indices count from the end, as in Kubernetes.
 */
export const applyJsonPatch: PatchApplier = (current, patch, validation) => {
  const { operations, problems } = readPatch(patch, validation !== "Ignore");
  for (const operation of operations) requireOperation(operation);
  if (operations.length > operationsMax) {
    const count = `The allowed maximum operations in a JSON patch is ${operationsMax}, got ${operations.length}`;
    throw requestEntityTooLarge(count);
  }
  const document: Document = { root: current, copied: 0 };
  for (const operation of operations) {
    if (!apply(document, operation)) throw doesNotApply();
  }
  return { value: document.root, problems };
};

/** One step of a patch. Fields are undefined where they are left out, or null. */
interface Operation {
  readonly fields: Fields;
  /** Whether there is nothing where the operation should be. */
  readonly empty: boolean;
  readonly op: string | undefined;
  readonly path: string | undefined;
  readonly from: string | undefined;
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

/** What a patch is applied to. */
interface Document {
  root: unknown;
  /** Characters of JSON that copying has added. */
  copied: number;
}

/** False where the operation does not go with the document. */
function apply(document: Document, operation: Operation): boolean {
  const { op, path = "", from = "" } = operation;
  const value = operation.fields["value"] ?? null;
  if (path === "") return applyToRoot(document, op, value);
  const place = locate(document.root, path);
  switch (op) {
    case "add":
      return place !== undefined && insertAt(place, value);
    case "replace":
      return place !== undefined && replaceAt(place, value);
    case "remove":
      return place !== undefined && removeAt(place);
    case "test":
      return place !== undefined && isAt(place, value);
    case "copy":
      return copy(document, locate(document.root, from), place);
    case "move":
      return move(document, from, path);
    default:
      return false;
  }
}

/** A field that is not there is as one that is null; there is no item of a list that is not there. */
function isAt(place: Place, wanted: unknown): boolean {
  const value = valueAt(place);
  if (value === undefined && Array.isArray(place.container)) return false;
  return sameJson(value ?? null, wanted);
}

function applyToRoot(document: Document, op: string | undefined, value: unknown): boolean {
  if (op === "test") return sameJson(document.root, value);
  if ((op !== "add" && op !== "replace") || typeof value !== "object" || value === null) return false;
  document.root = value;
  return true;
}

function copy(document: Document, from: Place | undefined, to: Place | undefined): boolean {
  const value = from === undefined ? undefined : valueAt(from);
  if (value === undefined || to === undefined || isTooDeep(value)) return false;
  const json = JSON.stringify(value);
  document.copied += json.length;
  return document.copied <= copiedCharactersMax && insertAt(to, JSON.parse(json));
}

/** The place is looked for once the value is away: it cannot be inside of it. */
function move(document: Document, from: string, path: string): boolean {
  const source = locate(document.root, from);
  const value = source === undefined ? undefined : valueAt(source);
  if (source === undefined || value === undefined) return false;
  removeAt(source);
  const place = locate(document.root, path);
  return place !== undefined && insertAt(place, value);
}
