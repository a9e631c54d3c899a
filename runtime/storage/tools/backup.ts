import { chmod, mkdir, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { StorageUnavailable } from "../storage.ts";
import type { StoreReport } from "./check-store.ts";
import { exists, moveDurably, moveWithoutReplacing, syncPath } from "./durable-files.ts";
import { dataFileOf, requireStore } from "./raw-store.ts";
import { copyAndVerifyStore, requireSound } from "./verify.ts";

/** What to back up, and where to. */
export interface BackupOptions {
  /** The folder of the store. */
  readonly folder: string;
  readonly file: string;
  /** Whether to replace a file that is there. */
  readonly replace: boolean;
}

/**
 * Writes a store as of one commit to a file, while a server may write it. The file is complete and on the disk when this
 * returns, or not there. Throws StorageUnavailable if the store is damaged or the file exists.
 */
export async function backupStore({ folder, file, replace }: BackupOptions): Promise<StoreReport> {
  const target = resolve(file);
  if (!replace && (await exists(target))) throw taken(file);
  await requireStore(folder);
  const unfinished = `${target}.${process.pid}.tmp`;
  await mkdir(dirname(target), { recursive: true });
  await mkdir(unfinished, { mode: 0o700 });
  try {
    const report = await copyAndVerifyStore(folder, unfinished);
    requireSound(report, `the store in ${folder}`);
    const copy = dataFileOf(unfinished);
    await chmod(copy, 0o600);
    await syncPath(copy);
    if (replace) await moveDurably(copy, target);
    else await moveWithoutReplacing(copy, target).catch((cause: unknown) => Promise.reject(takenIf(file, cause)));
    return report;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function takenIf(file: string, cause: unknown): unknown {
  return cause instanceof Error && "code" in cause && cause.code === "EEXIST" ? taken(file) : cause;
}

function taken(file: string): StorageUnavailable {
  return new StorageUnavailable(`${file} exists; give --to another file, or --force to replace it`);
}
