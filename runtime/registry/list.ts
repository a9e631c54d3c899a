import { setImmediate } from "node:timers/promises";
import type { ListOptions } from "../meta/options.ts";
import { expired, internalError, StatusError, tooLargeResourceVersion } from "../meta/status-error.ts";
import type { KubeList, KubeObject, ListMeta } from "../meta/v1.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { apiVersionOf } from "../scheme/versioned.ts";
import { StorageCompacted, type Page, type RangeOptions, type Revision } from "../storage/storage.ts";
import { encodeContinue } from "./continue-token.ts";
import { listPosition, nextPage, type ListPosition } from "./list-options.ts";
import { freshnessOf, parseResourceVersion } from "./resource-version.ts";
import { indexSelection, keyRange, selects, selectsAll, type KeyRange } from "./selection.ts";
import { storageFailure } from "./storage-errors.ts";
import { keysIn, type StoredKind } from "./stored-kind.ts";

/** Most keys that are read at once to fill a page from which selectors drop objects. */
const chunkKeysMax = 10_000;
/** How long objects are decoded before other requests have their turn, and after how many keys to look at the clock. */
const turnMs = 5;
const clockKeys = 64;

/**
 * Lists the objects of the request's namespace, or of all namespaces, that the selectors choose.
 * Which state they are in: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions.
 */
export async function listObjects(kind: StoredKind, context: RequestContext, options: ListOptions): Promise<KubeList> {
  const range = listedRange(kind, context, options);
  const prefix = range.kind === "prefix" ? range.prefix : keysIn(kind, context.namespace);
  const position = listPosition({ ...options, recursive: range.kind === "prefix" }, prefix);
  try {
    const { items, metadata } =
      range.kind === "prefix"
        ? await readPrefix(kind, context, { prefix, position, options })
        : await readKey(kind, range.key, position, options);
    const { gvk, names } = kind.descriptor;
    return { kind: names.listKind, apiVersion: apiVersionOf(gvk), metadata, items };
  } catch (error) {
    if (error instanceof StorageCompacted && options.continue !== "") throw tokenExpired(position.from, prefix);
    throw storageFailure(error, kind.resource, "list");
  }
}

interface Listed {
  readonly items: readonly KubeObject[];
  readonly metadata: ListMeta;
}

// A token tells where the list goes on, so selectors must not narrow its range down.
function listedRange(kind: StoredKind, context: RequestContext, options: ListOptions): KeyRange {
  if (options.continue !== "") return { kind: "prefix", prefix: keysIn(kind, context.namespace) };
  return keyRange(kind, context.namespace, options);
}

/** Reads what one key holds; the key is the first of those that start with it. */
async function readKey(kind: StoredKind, key: string, { at }: ListPosition, options: ListOptions): Promise<Listed> {
  const page = await kind.storage.list(key, { limit: 1, ...stateOf(Number(at), options) });
  requireRevision(page, options);
  const entry = page.entries.find((candidate) => candidate.key === key);
  const object = entry === undefined ? undefined : kind.objects.read(entry);
  const items = object !== undefined && selects(options, object) ? [object] : [];
  return { items, metadata: { resourceVersion: String(at > 0n ? at : page.revision) } };
}

interface PrefixRequest {
  readonly prefix: string;
  readonly position: ListPosition;
  readonly options: ListOptions;
}

async function readPrefix(kind: StoredKind, context: RequestContext, request: PrefixRequest): Promise<Listed> {
  const { prefix, position, options } = request;
  // Whoever asks for any state gets all of it at once.
  const limit = options.resourceVersion === "0" ? 0 : options.limit;
  const all = selectsAll(options);
  const selection = indexSelection(kind, options);
  const selected = selection === undefined ? {} : { selected: selection };
  const items: KubeObject[] = [];
  let at: Revision = Number(position.at);
  let after = position.from.endsWith("\0") ? position.from.slice(0, -1) : position.from;
  let chunk = limit;
  let turnStart = performance.now();
  let keysRead = 0;
  for (;;) {
    const page = await kind.storage.list(prefix, {
      ...stateOf(at, options),
      ...selected,
      ...(chunk > 0 ? { limit: chunk } : {}),
      ...(after === "" ? {} : { after }),
    });
    requireRevision(page, options);
    // All chunks are of the state that the first one was of.
    if (at === 0) at = page.revision;
    let more = page.remaining > 0;
    for (const entry of page.entries) {
      if (limit > 0 && items.length >= limit) {
        more = true;
        break;
      }
      if (++keysRead % clockKeys === 0 && performance.now() - turnStart > turnMs) {
        await setImmediate();
        context.signal.throwIfAborted();
        turnStart = performance.now();
      }
      after = entry.key;
      const object = kind.objects.read(entry);
      if (all || selects(options, object)) items.push(object);
    }
    if (!more || limit === 0) return { items, metadata: { resourceVersion: String(at) } };
    if (page.entries.length === 0) {
      // Where it looks in an index, what remains may be what nobody wants.
      if (selection !== undefined) return { items, metadata: { resourceVersion: String(at) } };
      throw internalError("the storage told of more keys, but gave none");
    }
    if (items.length >= limit) {
      const keys = page.entries.length + page.remaining;
      // Clients know tokens whose key starts with the slash, so the prefix goes without it.
      const end = { lastKey: after, revision: BigInt(at), keys, limit, selective: !all };
      return { items, metadata: { resourceVersion: String(at), ...nextPage(end, prefix.slice(0, -1)) } };
    }
    chunk = Math.min(chunk * 2, chunkKeysMax);
    // Most lists have been answered by now, and a signal, made when it is asked for, costs more than a short one.
    context.signal.throwIfAborted();
  }
}

/** Which state to read: that of a revision, or one that is as fresh as the client wants. */
function stateOf(at: Revision, { resourceVersion, continue: token }: ListOptions): RangeOptions {
  if (at > 0) return { at };
  const minimum = parseResourceVersion(resourceVersion);
  // A token that names no revision goes on at the newest.
  return token === "" && typeof minimum === "bigint" ? freshnessOf(resourceVersion, minimum) : {};
}

/** Throws 504 if the store has not come as far as the client has seen. */
function requireRevision(page: Page, { resourceVersion }: ListOptions): void {
  const minimum = parseResourceVersion(resourceVersion);
  if (typeof minimum === "bigint" && minimum > BigInt(page.revision)) {
    throw tooLargeResourceVersion(Number(minimum), page.revision);
  }
}

const restartText =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter";
const inconsistentText =
  ", or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token " +
  "results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was " +
  "returned and now may show up in the list.";

/** 410 for a token whose revision is gone, with one that goes on at the newest. */
function tokenExpired(from: string, prefix: string): StatusError {
  const token = encodeContinue({ key: from, revision: -1n }, prefix);
  if (token === undefined) return expired(`${restartText}.`);
  const { status } = expired(restartText + inconsistentText);
  return new StatusError({ ...status, metadata: { continue: token } });
}
