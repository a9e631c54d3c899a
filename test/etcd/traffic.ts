import { expect, vi } from "vitest";
import type { Change, Entry, Revision, Storage } from "../../runtime/storage/storage.ts";
import { StorageConflict, StorageUnavailable } from "../../runtime/storage/storage.ts";

/** Writers and a watch that run while something happens to the store. */
export interface Traffic {
  /** How many writes have been acknowledged. */
  readonly acknowledged: ReadonlyMap<Revision, string>;
  /** Waits until so many more writes have been acknowledged. */
  more(count: number): Promise<void>;
  /**
   * Ends the writers, waits for the watch to have caught up, and expects that it has seen what was acknowledged, each
   * change once, in order, each following on the one before.
   */
  check(): Promise<Change[]>;
}

const patience = { timeout: 60_000, interval: 20 };

/** Starts writers of keys of their own, which count up by compare-and-swap, and a watch of all of them. */
export async function startTraffic(storage: Storage, prefix: string, writers = 4): Promise<Traffic> {
  const acknowledged = new Map<Revision, string>();
  const changes: Change[] = [];
  const from = await storage.currentRevision();
  const watching = new AbortController();
  let reached = from;
  const watch = (async () => {
    for await (const batch of storage.watch(prefix, from, watching.signal)) {
      changes.push(...batch.changes);
      reached = batch.revision;
    }
  })();
  const stopping = new AbortController();
  const writing = Array.from({ length: writers }, (_unset, writer) =>
    countUp(storage, `${prefix}w${writer}`, stopping.signal, acknowledged),
  );
  return {
    acknowledged,
    async more(count) {
      const wanted = acknowledged.size + count;
      await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThanOrEqual(wanted), patience);
    },
    async check() {
      stopping.abort();
      await Promise.all(writing);
      const newest = await storage.currentRevision();
      await vi.waitFor(() => expect(reached).toBeGreaterThanOrEqual(newest), patience);
      watching.abort();
      await watch;
      expectHistory(changes, acknowledged);
      return changes;
    },
  };
}

async function countUp(
  storage: Storage,
  key: string,
  signal: AbortSignal,
  acknowledged: Map<Revision, string>,
): Promise<void> {
  let current: Entry | undefined;
  for (let known = true; !signal.aborted;) {
    try {
      if (!known) current = await storage.get(key);
      known = true;
      const count = current === undefined ? 0 : Number(Buffer.from(current.value).toString()) + 1;
      current = await storage.put(key, Buffer.from(String(count)), current?.revision ?? "absent");
      acknowledged.set(current.revision, `${key}=${count}`);
    } catch (error) {
      // A write whose outcome is unknown may have been made, so that what is there is read again.
      if (!(error instanceof StorageUnavailable) && !(error instanceof StorageConflict)) throw error;
      known = false;
    }
  }
}

function expectHistory(changes: readonly Change[], acknowledged: ReadonlyMap<Revision, string>): void {
  const seen = new Map(changes.map((change) => [change.revision, words(change.entry)]));
  const revisions = changes.map((change) => change.revision);
  expect(revisions, "in order, none twice").toEqual([...new Set(revisions)].toSorted((a, b) => a - b));
  const missing = [...acknowledged].filter(([revision, write]) => seen.get(revision) !== write);
  expect(missing, "acknowledged and not seen").toEqual([]);
  const last = new Map<string, Entry | undefined>();
  for (const { key, entry, previous } of changes) {
    expect(words(previous), `before ${words(entry)}`).toBe(words(last.get(key)));
    last.set(key, entry);
  }
}

function words(entry: Entry | undefined): string {
  return entry === undefined ? "nothing" : `${entry.key}=${Buffer.from(entry.value).toString()}`;
}
