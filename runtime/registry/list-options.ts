import {
  fieldErrorMessage,
  forbidden,
  notSupported,
  notSupportedInOrder,
  type FieldError,
} from "../meta/field-error.ts";
import { badRequest, failure } from "../meta/status-error.ts";
import { decodeContinue, encodeContinue } from "./continue-token.ts";
import { parseResourceVersion } from "./resource-version.ts";

/** What a list or watch asks of history, as the query has it. */
export interface PositionOptions {
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly continue: string;
  readonly sendInitialEvents: boolean | undefined;
}

const field = "resourceVersionMatch";
const matches: ReadonlySet<string> = new Set(["", "Exact", "NotOlderThan"]);
const withoutInitialEvents = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";

/** What is wrong with the options of a list. Allowed combinations: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions */
export function validateListOptions(options: PositionOptions): FieldError[] {
  const { resourceVersion, resourceVersionMatch: match } = options;
  const errors: FieldError[] = [];
  if (match !== "") {
    if (resourceVersion === "")
      errors.push(forbidden(field, `${field} is forbidden unless resourceVersion is provided`));
    if (options.continue !== "") errors.push(forbidden(field, `${field} is forbidden when continue is provided`));
    if (match !== "Exact" && match !== "NotOlderThan") {
      errors.push(notSupportedInOrder(field, match, ["Exact", "NotOlderThan", ""]));
    }
    if (match === "Exact" && resourceVersion === "0") {
      errors.push(forbidden(field, `${field} "exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (options.sendInitialEvents !== undefined) {
    errors.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  return errors;
}

/** What the storage behind a watch can do. */
interface WatchFeatures {
  /** Whether it can send the present state as events. */
  readonly initialEvents: boolean;
}

/** What is wrong with the options of a watch. */
export function validateWatchOptions(
  options: PositionOptions,
  features: WatchFeatures = { initialEvents: true },
): FieldError[] {
  const { resourceVersionMatch: match, sendInitialEvents } = options;
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined) {
    if (match !== "NotOlderThan") {
      errors.push(forbidden(field, `sendInitialEvents requires setting ${field} to NotOlderThan`));
    }
    if (!features.initialEvents) errors.push(forbidden("sendInitialEvents", withoutInitialEvents));
  }
  if (match === "") return errors;
  if (sendInitialEvents === undefined) {
    errors.push(forbidden(field, `${field} is forbidden for watch unless sendInitialEvents is provided`));
  }
  if (match !== "NotOlderThan") errors.push(notSupported(field, match, ["NotOlderThan"]));
  if (options.continue !== "") errors.push(forbidden(field, `${field} is forbidden when continue is provided`));
  return errors;
}

/** What part of history a list reads, and from which key on. */
export interface ListPosition {
  /** The revision that the list is to be true at; 0 for the newest. */
  readonly at: bigint;
  /** The first key to read; empty for all. */
  readonly from: string;
}

/** What a list asks of the store. */
export interface ListRequest {
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly continue: string;
  readonly limit: number;
  /** False where one key is read: it has no pages. */
  readonly recursive: boolean;
}

/** Works out where a list reads. `keyPrefix` ends in a slash. Throws 400 for what it cannot read. */
export function listPosition(request: ListRequest, keyPrefix: string): ListPosition {
  const { resourceVersion, resourceVersionMatch: match } = request;
  if (request.recursive && request.continue !== "") return continuedPosition(request, keyPrefix);
  const revision = parseResourceVersion(resourceVersion);
  if (typeof revision !== "bigint") throw badRequest(`invalid resource version: ${fieldErrorMessage(revision)}`);
  if (resourceVersion !== "" && !matches.has(match)) {
    throw failure(500, "", `unknown ResourceVersionMatch value: ${match}`);
  }
  // A limit without a match asks for the very version, since its next pages have to be of that version.
  const exact = match === "Exact" || (match === "" && request.recursive && request.limit > 0);
  return { at: exact ? revision : 0n, from: "" };
}

function continuedPosition(request: ListRequest, keyPrefix: string): ListPosition {
  const continuation = decodeContinue(request.continue, keyPrefix);
  if (typeof continuation === "string") throw badRequest(`invalid continue token: ${continuation}`);
  if (request.resourceVersion !== "" && request.resourceVersion !== "0") {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
  return { at: continuation.revision > 0n ? continuation.revision : 0n, from: continuation.key };
}

/** Where a page ends. */
interface PageEnd {
  readonly lastKey: string;
  readonly revision: bigint;
  /** The keys of this page and of all after it; objects that selectors refuse count too. */
  readonly keys: number;
  readonly limit: number;
  /** Whether there are selectors: then nobody knows how many items remain. */
  readonly selective: boolean;
}

/** How a list says that it goes on; undefined if the key is not below the prefix. */
export function nextPage(
  end: PageEnd,
  keyPrefix: string,
): { readonly continue: string; readonly remainingItemCount?: number } | undefined {
  // The first key after the last one is the last with a zero byte behind it.
  const token = encodeContinue({ key: `${end.lastKey}\0`, revision: end.revision }, keyPrefix);
  if (token === undefined) return undefined;
  return end.selective ? { continue: token } : { continue: token, remainingItemCount: end.keys - end.limit };
}
