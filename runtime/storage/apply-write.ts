import type { Change, Entry, Revision } from "./storage.ts";
import { StorageConflict } from "./storage.ts";
import type { Expiry, StoreState, Tables } from "./tables.ts";
import { requireRow } from "./tables.ts";

/** One thing to do in a transaction. */
export type Write =
  | {
      readonly kind: "put";
      readonly key: string;
      readonly value: Uint8Array;
      readonly expected: Revision | "absent";
      readonly expiresMs: number | undefined;
    }
  | { readonly kind: "delete"; readonly key: string; readonly expected: Revision }
  | { readonly kind: "expire"; readonly expiry: Expiry }
  | { readonly kind: "compact"; readonly goal: CompactionGoal };

/** Changes are forgotten, oldest first, while any of these asks for it. */
export interface CompactionGoal {
  /** Up to and including this revision. */
  readonly revision: Revision;
  /** Those written before this time. */
  readonly beforeMs: number;
  /** Those beyond so many. */
  readonly changesMax: number;
  /** Those beyond so many bytes. */
  readonly bytesMax: number;
  /** But nothing after this revision, which somebody reads; asked when the compaction has its turn. */
  readonly limit: () => Revision;
  /** And no more changes than this at once. */
  readonly stepMax: number;
  /** And no more bytes than this at once. */
  readonly stepBytesMax: number;
}

/** The state as a transaction moves it. */
export type StateDraft = { -readonly [Name in keyof StoreState]: StoreState[Name] };

/**
 * Does one write inside a transaction. Gives the change that a watch is to see, if there is one.
 * Throws, before anything is written, StorageConflict if the key is not at the expected revision, and StorageUnavailable
 * if what is stored is damaged. Any other error leaves the transaction half done.
 */
export function applyWrite(tables: Tables, state: StateDraft, write: Write, timeMs: number): Change | undefined {
  if (write.kind === "compact") {
    compactStep(tables, state, write.goal);
    return undefined;
  }
  const { key } = write.kind === "expire" ? write.expiry : write;
  const head = tables.head(key);
  const current = head === undefined || head.deleted ? undefined : requireRow(tables, head).entry;
  const revision = state.revision + 1;
  let entry: Entry | undefined;
  if (write.kind === "expire") {
    tables.dropExpiry(write.expiry);
    // A newer write may have replaced the value, or deleted it.
    if (current?.revision !== write.expiry.revision) return undefined;
  } else if ((current?.revision ?? "absent") !== write.expected) {
    throw new StorageConflict(key, current);
  }
  if (write.kind === "put") {
    entry = { key, value: write.value, revision };
    if (write.expiresMs !== undefined) tables.addExpiry({ timeMs: write.expiresMs, revision, key });
  }
  state.historyBytes += tables.addRow({ revision, key, entry, before: head?.revision ?? 0, timeMs });
  state.revision = revision;
  tables.setHead({ key, revision, deleted: entry === undefined }, head);
  return { key, revision, entry, previous: current };
}

function compactStep(tables: Tables, state: StateDraft, goal: CompactionGoal): void {
  const limit = Math.min(state.revision, goal.limit());
  const bytesBefore = state.historyBytes;
  for (let step = 0; step < goal.stepMax && state.compacted < limit; step++) {
    if (bytesBefore - state.historyBytes > goal.stepBytesMax) return;
    const revision = state.compacted + 1;
    const row = tables.rowHead(revision);
    const wanted =
      revision <= goal.revision ||
      state.revision - state.compacted > goal.changesMax ||
      state.historyBytes > goal.bytesMax ||
      (row !== undefined && row.timeMs < goal.beforeMs);
    if (!wanted) return;
    state.compacted = revision;
    if (row === undefined) continue;
    state.historyBytes -= row.bytes;
    // From here on nobody asks for what the key held before this write, nor, if it is a deletion, for the write itself.
    if (row.before !== 0) tables.dropRow(row.before);
    if (!row.deleted) continue;
    tables.dropRow(revision);
    const head = tables.head(row.key);
    if (head?.revision === revision) tables.dropHead(head);
  }
}
