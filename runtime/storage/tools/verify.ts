import { fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { StorageUnavailable } from "../storage.ts";
import type { CheckMessage } from "./check-process.ts";
import type { StoreReport } from "./check-store.ts";
import { dataFileOf } from "./raw-store.ts";

/**
 * Looks at everything in a store, while a server may write it.
 * Throws StorageUnavailable if it cannot be read, for example because it is cut off.
 */
export function verifyStore(folder: string): Promise<StoreReport> {
  return inProcess(folder);
}

/** Copies a store as of one commit into an empty folder, while a server may write it, and looks at all of the copy. */
export function copyAndVerifyStore(folder: string, into: string): Promise<StoreReport> {
  return inProcess(folder, into);
}

async function inProcess(folder: string, ...into: readonly string[]): Promise<StoreReport> {
  const script = fileURLToPath(new URL(`check-process${extname(import.meta.url)}`, import.meta.url));
  const child = fork(script, [folder, ...into]);
  let message: CheckMessage | undefined;
  child.on("message", (received) => {
    // Both ends are this program's.
    message = received as CheckMessage;
  });
  const ending = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  if (message === undefined) {
    const file = dataFileOf(folder);
    throw new StorageUnavailable(`${file} cannot be read to its end (${ending}): it is cut off or damaged`);
  }
  if ("failure" in message) throw new StorageUnavailable(message.failure);
  return message.report;
}

/** Throws StorageUnavailable if a report tells of damage; `what` is what was looked at. */
export function requireSound(report: StoreReport, what: string): void {
  const [first] = report.problems;
  if (first === undefined) return;
  const others = report.problemCount === 1 ? "" : `, and ${report.problemCount - 1} more`;
  throw new StorageUnavailable(`${what} is damaged: ${first}${others}`);
}
