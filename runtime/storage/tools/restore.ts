import { constants } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { holdStore, openLmdbStorage } from "../lmdb.ts";
import { measureDataFile } from "../lmdb-file.ts";
import type { Revision } from "../storage.ts";
import { StorageUnavailable } from "../storage.ts";
import type { StoreReport } from "./check-store.ts";
import { exists, moveDurably, syncPath } from "./durable-files.ts";
import { dataFileOf, disown, newestRevision, skipRevisions } from "./raw-store.ts";
import { requireSound, verifyStore } from "./verify.ts";

/** What to restore, and where to. */
export interface RestoreOptions {
  readonly file: string;
  /** The folder of the store. */
  readonly folder: string;
  /** Whether to put a store that is there aside. */
  readonly replace: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** What a restore did. */
export interface Restored {
  readonly report: StoreReport;
  /** What the store goes on from. */
  readonly revision: Revision;
  /** Where what was there before is now; undefined if nothing was. */
  readonly aside: string | undefined;
}

/**
 * Puts a backup in the place of a store. Revisions go on above what was handed out after the backup, and history
 * starts anew: whoever watches from a revision of before is told to read anew (410), and so misses nothing in silence.
 * Throws StorageUnavailable if the backup is damaged, a server has the store, or there is one and `replace` is not set.
 */
export async function restoreStore({ file, folder, replace, nowMs }: RestoreOptions): Promise<Restored> {
  const target = resolve(folder);
  if (!replace && (await exists(dataFileOf(target)))) {
    throw new StorageUnavailable(
      `${folder} holds a store; --force puts it aside, as ${folder}.before-restore-<time>, and the backup in its place`,
    );
  }
  await requireBackup(file);
  // Told now, and not only when all is prepared; it is held again when it is put aside.
  const release = await holdStore(target);
  await release();
  const unfinished = `${target}.restoring-${process.pid}`;
  await mkdir(dirname(target), { recursive: true });
  await mkdir(unfinished, { mode: 0o700 });
  try {
    const report = await prepare(file, unfinished);
    const revision = await skipRevisions(unfinished, { nowMs, known: await newestRevision(target) });
    await syncPath(dataFileOf(unfinished));
    const aside = await makeRoom(target, nowMs);
    await moveDurably(unfinished, target);
    return { report, revision, aside };
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function requireBackup(file: string): Promise<void> {
  await measureDataFile(file).catch((cause: unknown) => {
    const reason = cause instanceof StorageUnavailable || !(cause instanceof Error) ? "" : `: ${cause.message}`;
    throw new StorageUnavailable(`${file} is no backup of a store, or is damaged${reason}`, { cause });
  });
}

/** Copies the backup, and forgets its history. */
async function prepare(file: string, unfinished: string): Promise<StoreReport> {
  await copyFile(file, dataFileOf(unfinished), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const report = await verifyStore(unfinished).catch((cause: unknown) => {
    throw new StorageUnavailable(`${file} is damaged; give another backup`, { cause });
  });
  requireSound(report, file);
  // What was copied by other means names the server that wrote it.
  await disown(unfinished);
  const storage = await openLmdbStorage({ folder: unfinished });
  try {
    await storage.compact(await storage.currentRevision());
  } finally {
    await storage.close();
  }
  return report;
}

/** Puts aside what is there. Throws StorageUnavailable if a server has it. */
async function makeRoom(target: string, nowMs: number): Promise<string | undefined> {
  const found = await readdir(target).catch(() => undefined);
  if (found === undefined) return undefined;
  if (found.length === 0) {
    await rmdir(target);
    return undefined;
  }
  const aside = `${target}.before-restore-${new Date(nowMs).toISOString().replace(/[:.]/g, "-")}`;
  // Held while it moves, so that no server starts to write what is being put aside.
  const release = await holdStore(target);
  try {
    await rename(target, aside);
  } finally {
    await release();
  }
  return aside;
}
