import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import type { Revision } from "../../runtime/storage/storage.ts";

/*
 * Waits for the name of a folder, then writes to the store there until it is killed. Each line of output is a write that
 * has been acknowledged: revision, key, and the value or "-" for a deletion. When it has written enough, it waits.
 */
const writers = 8;
const keysEach = 5;
/** Fewer than the history keeps, so that what one life wrote can be watched by the next one. */
const writesMax = 1_000;

createInterface({ input: process.stdin }).once("line", (folder) => void main(folder));

async function main(folder: string): Promise<void> {
  const storage = await openLmdbStorage({
    folder,
    historyChangesMax: 2_000,
    maintenanceMs: 20,
    compactionStepMax: 200,
  });
  const run = async (writer: number) => {
    for (let count = 0; count < writesMax / writers; count++) {
      const key = `/crash/${writer}/${count % keysEach}`;
      const held = await storage.get(key);
      let value = `${process.pid}.${count}`;
      let revision: Revision;
      if (held !== undefined && Math.random() < 0.3) {
        revision = await storage.delete(key, held.revision);
        value = "-";
      } else {
        const padded = Buffer.from(value.padEnd(Math.floor(Math.random() * 3_000), "."));
        revision = (await storage.put(key, padded, held?.revision ?? "absent")).revision;
      }
      writeSync(1, `${revision} ${key} ${value}\n`);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_unset, writer) => run(writer)));
}
