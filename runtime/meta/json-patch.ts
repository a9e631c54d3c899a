import type { Fields } from "./decode.ts";
import { sameJson } from "./equality.ts";
import { isTooDeep } from "./json-depth.ts";
import { insertAt, locate, removeAt, replaceAt, valueAt, type Place } from "./json-pointer.ts";

/** As many operations as one patch may have. */
export const patchOperationsMax = 10_000;
/** A few copies of copies would be more than any memory holds. */
const copiedCharactersMax = 3 * 1024 * 1024;

/** One step of a JSON patch; `op`, `path` and `from` are undefined where they are left out, or null. */
export interface PatchOperation {
  readonly fields: Fields;
  readonly op: string | undefined;
  readonly path: string | undefined;
  readonly from: string | undefined;
}

/** What a patch has made of a document, or why it does not go with it, in the words of the library that Kubernetes uses. */
type Patched = { readonly value: unknown } | { readonly problem: string };

/**
 * Applies a JSON patch to a document, which it takes to pieces; negative indices count from the end, as in Kubernetes.
 * https://www.rfc-editor.org/rfc/rfc6902
 */
export function applyPatchOperations(root: unknown, operations: readonly PatchOperation[]): Patched {
  const document: Document = { root, copied: 0 };
  for (const operation of operations) {
    const problem = apply(document, operation);
    if (problem !== undefined) return { problem };
  }
  return { value: document.root };
}

/** What is patched. */
interface Document {
  root: unknown;
  /** Characters of JSON that copying has added. */
  copied: number;
}

const missing = "missing value";

/** Gives why the operation does not go with the document; undefined once it is done. */
function apply(document: Document, operation: PatchOperation): string | undefined {
  const { op = "", path, from = "" } = operation;
  const value = operation.fields["value"] ?? null;
  if (path === undefined) return `${op} operation failed to decode path: ${missing}`;
  if (path === "") return applyToRoot(document, op, value);
  const place = locate(document.root, path);
  switch (op) {
    case "add":
      if (place === undefined) return `add operation does not apply: doc is missing path: "${path}": ${missing}`;
      return insertAt(place, value) ? undefined : wrongPlace("add", path, place);
    case "replace":
      if (place === undefined) return `replace operation does not apply: doc is missing path: ${path}: ${missing}`;
      if (replaceAt(place, value)) return undefined;
      return `replace operation does not apply: doc is missing key: ${path}: ${missing}`;
    case "remove":
      if (place === undefined) return `remove operation does not apply: doc is missing path: "${path}": ${missing}`;
      return removeAt(place) ? undefined : wrongPlace("remove", path, place);
    case "test":
      if (place === undefined) return `test operation does not apply: is missing path: ${path}: ${missing}`;
      return isAt(place, value) ? undefined : `testing value ${path} failed: test failed`;
    case "copy":
      return copy(document, { from, path, place });
    case "move":
      return move(document, from, path);
    default:
      return `Unexpected kind: ${op}`;
  }
}

function wrongPlace(op: string, path: string, { container, token }: Place): string {
  const why = Array.isArray(container)
    ? `Unable to access invalid index: ${token}: invalid index referenced`
    : `Unable to remove nonexistent key: ${token}: ${missing}`;
  return `error in ${op} for path: '${path}': ${why}`;
}

/** A field that is not there is as one that is null; there is no item of a list that is not there. */
function isAt(place: Place, wanted: unknown): boolean {
  const value = valueAt(place);
  if (value === undefined && Array.isArray(place.container)) return false;
  return sameJson(value ?? null, wanted);
}

function applyToRoot(document: Document, op: string, value: unknown): string | undefined {
  if (op === "test") return sameJson(document.root, value) ? undefined : "testing value  failed: test failed";
  if (op !== "add" && op !== "replace") return `${op} operation does not apply: doc is missing path: "": ${missing}`;
  if (typeof value !== "object" || value === null) return `${op} operation value must be object or array`;
  document.root = value;
  return undefined;
}

interface Copying {
  readonly from: string;
  readonly path: string;
  readonly place: Place | undefined;
}

function copy(document: Document, { from, path, place }: Copying): string | undefined {
  const source = locate(document.root, from);
  const value = source === undefined ? undefined : valueAt(source);
  if (value === undefined) return `copy operation does not apply: doc is missing from path: ${from}: ${missing}`;
  if (place === undefined) return `copy operation does not apply: doc is missing destination path: ${path}: ${missing}`;
  if (isTooDeep(value)) return "error while performing deep copy: it is too deep";
  const json = JSON.stringify(value);
  document.copied += json.length;
  if (document.copied > copiedCharactersMax) {
    return `unable to complete the copy, the accumulated size increase of copy is ${document.copied}, exceeding the limit ${copiedCharactersMax}`;
  }
  return insertAt(place, JSON.parse(json)) ? undefined : wrongPlace("copy", path, place);
}

/** The place is looked for once the value is away: it cannot be inside of it. */
function move(document: Document, from: string, path: string): string | undefined {
  const source = locate(document.root, from);
  const value = source === undefined ? undefined : valueAt(source);
  if (source === undefined || value === undefined) {
    return `move operation does not apply: doc is missing from path: ${from}: ${missing}`;
  }
  removeAt(source);
  const place = locate(document.root, path);
  if (place === undefined) return `move operation does not apply: doc is missing destination path: ${path}: ${missing}`;
  return insertAt(place, value) ? undefined : wrongPlace("move", path, place);
}
