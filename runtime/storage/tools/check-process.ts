import { writeSync } from "node:fs";
import { join } from "node:path";
import { checkStore, type StoreReport } from "./check-store.ts";
import { disown, openToRead } from "./raw-store.ts";

/** What the process of a check sends to the one that started it: exactly one message. */
export type CheckMessage = { readonly report: StoreReport } | { readonly failure: string };

const firstProgressMs = 2_000;
const progressMs = 1_000;

/*
 * Checks the store in the folder that is named by the first argument; where there is a second one, copies the store to
 * that folder and checks the copy. LMDB ends the process that meets a damaged page, and this is one that may be ended.
 */
const [source = "", target] = process.argv.slice(2);
const message = await check();
process.send?.(message, () => process.disconnect());

async function check(): Promise<CheckMessage> {
  let nextMs = performance.now() + firstProgressMs;
  try {
    if (target !== undefined) await snapshot(source, target);
    const report = await checkStore(target ?? source, (checked) => {
      if (performance.now() < nextMs) return;
      nextMs = performance.now() + progressMs;
      writeSync(2, `checked ${checked} rows\n`);
    });
    return { report };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

/** Copies a store as of one commit, without the pages that are free, while a server may write it. */
async function snapshot(folder: string, into: string): Promise<void> {
  const root = await openToRead(folder);
  try {
    // It makes the folder that the path is in, and LMDB wants the folder itself.
    await root.backup(join(into, "."), true);
  } finally {
    await root.close();
  }
  await disown(into);
}
