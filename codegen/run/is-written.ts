import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const pollMs = 10;
const waitMs = 10_000;
/** File systems tell when a file was written less exactly than clocks do. */
const exactMs = 1000;

/** Waits until a file has been written since a moment, in milliseconds of the epoch; not for ever. */
export async function isWritten(file: string, sinceMs: number): Promise<void> {
  const giveUpAt = performance.now() + waitMs;
  while (!(await isNewer(file, sinceMs - exactMs)) && performance.now() < giveUpAt) await sleep(pollMs);
}

async function isNewer(file: string, sinceMs: number): Promise<boolean> {
  try {
    return (await stat(file)).mtimeMs >= sinceMs;
  } catch {
    return false;
  }
}
