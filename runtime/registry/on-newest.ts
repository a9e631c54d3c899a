import type { RequestContext } from "../scheme/request-context.ts";
import { StorageConflict, StorageUnavailable, type Entry, type ReadOptions } from "../storage/storage.ts";
import type { StoredKind } from "./stored-kind.ts";

/** How often a write starts over because another came first; whoever is never first is told so. */
const attemptsMax = 100;

/** Whatever a cache has will do to begin with: the storage refuses to replace what is not the newest. */
const anyState: ReadOptions = { notOlderThan: 0 };

/** What an attempt to write has come to. */
export interface Attempt<Result> {
  readonly result: Result;
  /** Whether the storage has confirmed that the entry was the newest, as it does when it writes in its place. */
  readonly confirmed: boolean;
}

/**
 * Does `write` on what a key holds; whenever another write comes first, again on what it holds by then. The first attempt
 * may see an older state: what it throws, or gives without having written, counts only once the entry turns out to be the
 * newest. Throws the last StorageConflict where that does not end.
 * The counterpart of https://pkg.go.dev/k8s.io/apiserver/pkg/storage#Interface GuaranteedUpdate.
 */
export async function onNewest<Result>(
  { storage }: StoredKind,
  context: RequestContext,
  key: string,
  write: (entry: Entry | undefined) => Promise<Attempt<Result>>,
): Promise<Result> {
  let entry = await storage.get(key, anyState);
  // What a cache does not have yet may well be there.
  let newest = entry === undefined;
  if (entry === undefined) entry = await storage.get(key);
  for (let attempt = 1; ; attempt++) {
    // Most writes take one attempt, and a signal is made only when it is asked for.
    if (attempt > 1) context.signal.throwIfAborted();
    const outcome = await outcomeOf(write, entry);
    if (outcome.kind === "conflict" && attempt < attemptsMax) {
      entry = outcome.error.current;
      newest = true;
      continue;
    }
    if (newest || isFinal(outcome)) return resultOf(outcome);
    context.signal.throwIfAborted();
    const current = await storage.get(key);
    if (current?.revision === entry?.revision) return resultOf(outcome);
    entry = current;
    newest = true;
  }
}

type Outcome<Result> =
  | ({ readonly kind: "done" } & Attempt<Result>)
  | { readonly kind: "conflict"; readonly error: StorageConflict }
  | { readonly kind: "refused"; readonly error: unknown };

async function outcomeOf<Result>(
  write: (entry: Entry | undefined) => Promise<Attempt<Result>>,
  entry: Entry | undefined,
): Promise<Outcome<Result>> {
  try {
    const { result, confirmed } = await write(entry);
    return { kind: "done", result, confirmed };
  } catch (error) {
    return error instanceof StorageConflict ? { kind: "conflict", error } : { kind: "refused", error };
  }
}

/** Whether an outcome stands, even if the entry was not the newest. */
function isFinal<Result>(outcome: Outcome<Result>): boolean {
  switch (outcome.kind) {
    case "done":
      return outcome.confirmed;
    case "conflict":
      return true;
    case "refused":
      // The write may have happened: it must not be done twice.
      return outcome.error instanceof StorageUnavailable;
  }
}

function resultOf<Result>(outcome: Outcome<Result>): Result {
  if (outcome.kind === "done") return outcome.result;
  throw outcome.error;
}
