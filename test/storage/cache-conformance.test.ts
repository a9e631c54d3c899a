import { test } from "vitest";
import type { Storage } from "../../runtime/storage/storage.ts";
import { cachedStorage } from "../../runtime/storage/cache/cached-storage.ts";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { storageConformance } from "../../runtime/testing/storage-conformance.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const watchBufferChangesMax = 100;
const quick = { watchBufferChangesMax, maintenanceMs: 20 };

async function cached(storage: Storage, prefixes: readonly string[]): Promise<Storage> {
  const cache = cachedStorage(storage, { prefixes, limits: { watchBufferChangesMax, unindexedKeysMax: 0 } });
  await cache.ready();
  return cache;
}

storageConformance("cache around memory", {
  open: () => cached(memoryStorage(quick), ["/conformance/"]),
  test,
  watchBufferChangesMax,
});

storageConformance("cache of everything around lmdb", {
  open: async () => cached(await openLmdbStorage({ folder: temporaryFolder(), ...quick }), [""]),
  test,
  watchBufferChangesMax,
});

storageConformance("cache that nobody waits for", {
  open: async () => cachedStorage(memoryStorage(quick), { prefixes: ["/conformance/"] }),
  test,
});
