import { writeFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import { StorageUnavailable } from "../../runtime/storage/storage.ts";

/*
 * Writes to a store on a small disk beside a file that takes much of it, until the disk refuses; goes on reading; removes
 * the file, and writes again. Prints what happened, a word or a key a line.
 */
const [disk = ""] = process.argv.slice(2);
const filler = join(disk, "filler");
writeFileSync(filler, Buffer.alloc(4 << 20));
const storage = await openLmdbStorage({ folder: join(disk, "store"), rowsRememberedBytesMax: 0, maintenanceMs: 20 });
let count = 0;

async function write(): Promise<string | undefined> {
  const key = `/full/${String(count++).padStart(4, "0")}`;
  try {
    await storage.put(key, Buffer.alloc(20_000, count), "absent");
    writeSync(1, `${key}\n`);
    return undefined;
  } catch (error) {
    if (!(error instanceof StorageUnavailable) || error.uncertain) throw error;
    return error.message;
  }
}

let refusal: string | undefined;
while (refusal === undefined) refusal = await write();
writeSync(1, `refused ${refusal}\n`);
await Promise.all(Array.from({ length: 20 }, write));
writeSync(1, `listed ${(await storage.list("/full/")).entries.length}\n`);
rmSync(filler);
for (let index = 0; index < 20; index++) {
  const again = await write();
  if (again !== undefined) throw new Error(`refused although there is room: ${again}`);
}
writeSync(1, `listed ${(await storage.list("/full/")).entries.length}\n`);
await storage.close();
