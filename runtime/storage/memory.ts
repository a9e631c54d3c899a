import { defaultStorageLimits } from "./limits.ts";
import type { StorageLimits } from "./limits.ts";
import { MemoryTables } from "./memory-tables.ts";
import { RevisionStorage } from "./revision-storage.ts";
import type { Revision, Storage } from "./storage.ts";

/** How a memory store starts out; limits not given are the default ones. */
export interface MemoryStorageOptions extends Partial<StorageLimits> {
  /** The revision of the empty store; unset it is 1, as in etcd, because a resourceVersion of 0 has a meaning of its own. */
  readonly startRevision?: Revision;
  /** The newest compacted revision; unset it is the start revision. */
  readonly compacted?: Revision;
  /** Milliseconds since 1970, for expiry and history; unset it is the clock. */
  readonly now?: () => number;
  /** How many changes watches can resume over; short for historyChangesMax. */
  readonly historyMax?: number;
}

/** A store that forgets everything with its process: for tests and fixtures. */
export function memoryStorage(options: MemoryStorageOptions = {}): Storage {
  const { startRevision = 1, compacted = startRevision, now = Date.now, historyMax, ...limits } = options;
  const history = historyMax === undefined ? {} : { historyChangesMax: historyMax };
  return new RevisionStorage({
    tables: new MemoryTables({ revision: startRevision, compacted, historyBytes: 0 }),
    limits: { ...defaultStorageLimits, ...limits, ...history },
    now,
  });
}
