import { join } from "node:path";
import { test } from "vitest";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import { storageConformance } from "../../runtime/testing/storage-conformance.ts";
import { temporaryFolder } from "./temporary-folder.ts";

storageConformance("lmdb", {
  open: () =>
    openLmdbStorage({
      folder: join(temporaryFolder(), "data.of/the store"),
      watchBufferChangesMax: 100,
      maintenanceMs: 20,
    }),
  test,
  watchBufferChangesMax: 100,
});
