import assert from "node:assert/strict";
import type { Change, Entry, EntryIndex, IndexSelection, Revision, Storage, WatchBatch } from "../storage/storage.ts";

/** One behaviour that every Storage has. */
export interface StorageCase {
  readonly name: string;
  run(store: CaseStore): Promise<void>;
}

/** What a case works on: a store, and a prefix in it under which there is nothing yet. */
interface CaseStore {
  readonly storage: Storage;
  readonly prefix: string;
  readonly watchBufferChangesMax: number | undefined;
}

/** How long a case waits for something that ought to come at once. */
const patienceMs = 10_000;

/** The bytes of a text. */
export function bytes(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

/** The text of an entry's value; undefined where there is no entry. */
export function text(entry: Entry | undefined): string | undefined {
  return entry === undefined ? undefined : new TextDecoder().decode(entry.value);
}

/** Looks entries up by the first word of their value; those without a word have no color. */
export const byColor: EntryIndex = {
  valueOf: (entry) => text(entry)?.split(" ")[0] || undefined,
};

/** Writes a key whatever it holds. */
export async function write(storage: Storage, key: string, value: string): Promise<Entry> {
  const current = await storage.get(key);
  return storage.put(key, bytes(value), current?.revision ?? "absent");
}

/** A change in words: `created a=1`, `modified a=1→2` or `deleted a=2`, its key without the prefix. */
export function describeChange({ key, entry, previous }: Change, prefix: string): string {
  const name = key.slice(prefix.length);
  if (entry === undefined) return `deleted ${name}=${text(previous)}`;
  return previous === undefined
    ? `created ${name}=${text(entry)}`
    : `modified ${name}=${text(previous)}→${text(entry)}`;
}

/** Rejects if a promise takes longer than a case waits. */
export async function soon<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${patienceMs} ms`)), patienceMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A watch that a case reads from by hand. */
export interface WatchProbe {
  /** The next batch; undefined at the end of the watch. */
  next(): Promise<WatchBatch | undefined>;
  /** Exactly so many changes, from as many batches as it takes. */
  changes(count: number): Promise<Change[]>;
  /** Reads, and expects nothing, until the watch stands at a revision. */
  quietUntil(revision: Revision): Promise<void>;
  abort(): void;
  /** Leaves the watch as the end of a for-await loop does. */
  leave(): Promise<void>;
}

/** Starts a watch; it is at work once next() or one of the others has been called. */
export function watchProbe(storage: Storage, prefix: string, from: Revision, selected?: IndexSelection): WatchProbe {
  const abort = new AbortController();
  const iterator = storage.watch(prefix, from, abort.signal, selected)[Symbol.asyncIterator]();
  let position = from;
  const next = async (): Promise<WatchBatch | undefined> => {
    const result = await soon(iterator.next(), `a batch of the watch of ${prefix}`);
    if (result.done === true) return undefined;
    checkBatch(result.value, prefix, position);
    position = result.value.revision;
    return result.value;
  };
  return {
    next,
    async changes(count) {
      const found: Change[] = [];
      while (found.length < count) {
        const batch = await next();
        assert.ok(batch !== undefined, `the watch ended after ${found.length} of ${count} changes`);
        found.push(...batch.changes);
      }
      assert.equal(found.length, count, "more changes came than were made");
      return found;
    },
    async quietUntil(revision) {
      for (let reached = position; reached < revision; reached = position) {
        const batch = await next();
        assert.deepEqual(batch?.changes, []);
      }
    },
    abort: () => abort.abort(),
    async leave() {
      await iterator.return?.();
    },
  };
}

/** What is true of every batch: keys under the prefix, revisions that rise and lie after what was told before. */
function checkBatch(batch: WatchBatch, prefix: string, position: Revision): void {
  let last = position;
  for (const change of batch.changes) {
    assert.ok(change.key.startsWith(prefix), `${change.key} is not under ${prefix}`);
    assert.ok(change.revision > last, `revision ${change.revision} came after ${last}`);
    last = change.revision;
    if (change.entry === undefined) continue;
    assert.equal(change.entry.key, change.key);
    assert.equal(change.entry.revision, change.revision);
  }
  assert.ok(batch.revision >= last, `the batch of revision ${batch.revision} holds revision ${last}`);
}
