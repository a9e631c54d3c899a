import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import { measureDataFile } from "../lmdb-file.ts";
import { decodeState, encodeState, format, formatKey, ownerKey, stateKey, tableOptions } from "../lmdb-state.ts";
import type { LmdbTable } from "../lmdb-tables.ts";
import type { Revision } from "../storage.ts";
import { StorageUnavailable } from "../storage.ts";

/** The file of an embedded store. */
export function dataFileOf(folder: string): string {
  return join(folder, "data.mdb");
}

/** Opens the file of a store for reading, beside a server that writes it. Throws if it is not LMDB's. */
export async function openToRead(folder: string): Promise<RootDatabase<Buffer, Buffer>> {
  await requireStore(folder);
  return open({ ...tableOptions, path: folder, noSubdir: false, maxDbs: 8, readOnly: true });
}

/** A table of a file that was opened for reading. Throws StorageUnavailable if it is not there. */
export function tableOf(root: RootDatabase<Buffer, Buffer>, name: string): LmdbTable {
  // Whatever its type says, this gives undefined for a table that is not there.
  const table: LmdbTable | undefined = root.openDB(name, tableOptions);
  if (table === undefined) throw new StorageUnavailable(`the data file has no table "${name}"`);
  return table;
}

/** The table of what the data is. Throws StorageUnavailable if this server does not know the format. */
export function metaOf(root: RootDatabase<Buffer, Buffer>): LmdbTable {
  const meta = tableOf(root, "meta");
  const found = meta.getBinary(formatKey)?.toString();
  if (found === format) return meta;
  throw new StorageUnavailable(
    found === undefined
      ? "the data file was not made by this server"
      : `the data file has the format "${found}"; this program reads "${format}"`,
  );
}

/** Frees the copy of a store from the server that owned the original. The copy must be nobody else's. */
export async function disown(folder: string): Promise<void> {
  await change(folder, (meta) => {
    meta.removeSync(ownerKey);
  });
}

/** What a store's revisions are to be above of. */
export interface HandedOut {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** The newest revision that is known to have been handed out. */
  readonly known: Revision;
}

/** More than a store can write: 100,000 a second. */
const revisionsPerMs = 100;

/**
 * Moves a store's revision on, above all that may have been handed out, and forgets all history before it, so that every
 * client that has seen a revision of the past, or of a future that is lost, is told to read anew. It goes by the clock: a
 * store that has moved on so at one time, and was written ever since, is still below where it moves to at a later time.
 * JavaScript counts so far without gaps until the year 4824. The store must be closed, and compacted up to its newest
 * revision.
 */
export async function skipRevisions(folder: string, { nowMs, known }: HandedOut): Promise<Revision> {
  let revision: Revision = 0;
  await change(folder, (meta) => {
    const own = decodeState(meta.getBinary(stateKey)).revision;
    revision = Math.max(own, known, nowMs * revisionsPerMs) + 1;
    meta.putSync(stateKey, encodeState({ revision, compacted: revision, historyBytes: 0 }));
  });
  return revision;
}

/** The newest revision of a store; 0 if there is none that can be read. */
export async function newestRevision(folder: string): Promise<Revision> {
  try {
    const root = await openToRead(folder);
    try {
      return decodeState(metaOf(root).getBinary(stateKey)).revision;
    } finally {
      await root.close();
    }
  } catch {
    return 0;
  }
}

async function change(folder: string, work: (meta: LmdbTable) => void): Promise<void> {
  await requireStore(folder);
  const root = open<Buffer, Buffer>({
    ...tableOptions,
    path: folder,
    noSubdir: false,
    maxDbs: 8,
    overlappingSync: false,
  });
  try {
    const meta = metaOf(root);
    root.transactionSync(() => work(meta));
  } finally {
    await root.close();
  }
}

/** Throws StorageUnavailable if a folder holds no store, or a file that is not LMDB's. */
export async function requireStore(folder: string): Promise<void> {
  try {
    await measureDataFile(dataFileOf(folder));
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ENOENT")) throw cause;
    throw new StorageUnavailable(`${folder} holds no store; name the folder that the server got with --data-dir`, {
      cause,
    });
  }
}
