import { writeSync } from "node:fs";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import { StorageUnavailable } from "../../runtime/storage/storage.ts";

/* Writes until the disk refuses, and goes on reading and trying. Prints what happened, a word or a key a line. */
const [folder = ""] = process.argv.slice(2);
const storage = await openLmdbStorage({ folder });
const from = await storage.currentRevision();
let refused = 0;
let count = 0;
for (; refused < 3; count++) {
  const key = `/full/${String(count).padStart(4, "0")}`;
  try {
    await storage.put(key, Buffer.alloc(20_000, count), "absent");
    writeSync(1, `${key}\n`);
  } catch (error) {
    if (!(error instanceof StorageUnavailable) || error.uncertain) throw error;
    refused++;
  }
}
const { entries, revision } = await storage.list("/full/");
writeSync(1, `listed ${entries.length}\n`);
let watched = 0;
for await (const batch of storage.watch("/full/", from, new AbortController().signal)) {
  watched += batch.changes.length;
  if (batch.revision >= revision) break;
}
writeSync(1, `watched ${watched}\n`);
await storage.close();
