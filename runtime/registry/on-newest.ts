import type { RequestContext } from "../scheme/request-context.ts";
import { StorageConflict, type Entry } from "../storage/storage.ts";
import type { StoredKind } from "./stored-kind.ts";

/** How often a write starts over because another came first; whoever is never first is told so. */
const attemptsMax = 100;

/**
 * Does `write` on what a key holds; whenever another write comes first, again on what it holds by then.
 * Throws the last StorageConflict where that does not end.
 */
export async function onNewest<Result>(
  { storage }: StoredKind,
  { signal }: RequestContext,
  key: string,
  write: (entry: Entry | undefined) => Promise<Result>,
): Promise<Result> {
  let entry = await storage.get(key);
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await write(entry);
    } catch (error) {
      if (!(error instanceof StorageConflict) || attempt >= attemptsMax) throw error;
      entry = error.current;
    }
  }
}
