import { join } from "node:path";
import { open } from "lmdb";
import { defaultStorageLimits } from "./limits.ts";
import type { StorageLimits } from "./limits.ts";
import type { DataFile } from "./lmdb-file.ts";
import { lengthenDataFile, prepareFolder } from "./lmdb-file.ts";
import type { Ownership } from "./lmdb-owner.ts";
import { takeOwnership } from "./lmdb-owner.ts";
import type { LmdbTable } from "./lmdb-tables.ts";
import { format, formatKey, tableOptions } from "./lmdb-state.ts";
import { LmdbTables } from "./lmdb-tables.ts";
import { RevisionStorage } from "./revision-storage.ts";
import { requireRow } from "./tables.ts";
import type { Storage } from "./storage.ts";
import { StorageUnavailable } from "./storage.ts";

/** Where an LMDB store is, and its limits; those not given are the default ones. */
export interface LmdbStorageOptions extends Partial<StorageLimits> {
  /** The folder of the data file; made if it is not there. Not on a network file system. */
  readonly folder: string;
  /** How long a server in another container may show no sign of life before it loses the folder; unset it is 10 s. */
  readonly ownerSilenceMaxMs?: number;
  /** Milliseconds since 1970, for expiry and history; unset it is the clock. */
  readonly now?: () => number;
}

const ownerSilenceMaxMsDefault = 10_000;

/**
 * Opens the embedded store: one LMDB file, written by one process, each write on disk before it is answered.
 * Throws StorageUnavailable if another process has the folder, or if it cannot be used as it is.
 * http://www.lmdb.tech/doc/
 */
export async function openLmdbStorage(options: LmdbStorageOptions): Promise<Storage> {
  const { folder, ownerSilenceMaxMs = ownerSilenceMaxMsDefault, now = Date.now, ...given } = options;
  const limits = requireLimits({ ...defaultStorageLimits, ...given });
  const dataFile = await prepareFolder(folder);
  const root = openFile(folder);
  let ownership: Ownership | undefined;
  try {
    const meta = root.openDB("meta", tableOptions);
    requireFormat(folder, meta, dataFile);
    ownership = await takeOwnership(folder, meta, ownerSilenceMaxMs);
    const { requireOwner, release: releaseFolder } = ownership;
    const release = () => {
      releaseFolder();
      return root.close();
    };
    const tables = new LmdbTables({
      root,
      meta,
      requireOwner,
      release,
      rowsRememberedBytesMax: limits.rowsRememberedBytesMax,
    });
    if (dataFile === "short") requireIntact(folder, tables);
    return new RevisionStorage({ tables, limits, now });
  } catch (cause) {
    ownership?.release();
    await root.close();
    throw dataFile === "short" && !(cause instanceof StorageUnavailable)
      ? cutOff(folder, cause)
      : asUnavailable(folder, cause);
  }
}

/**
 * Keeps servers from a store that is not to be served, until the function that it gives is called.
 * Throws StorageUnavailable if one has it. A store that is too damaged to be opened is nobody's, and needs no holding.
 */
export async function holdStore(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, "data.mdb");
  const found = await lengthenDataFile(path).catch(() => undefined);
  if (found === undefined) return async () => undefined;
  const root = openFile(folder);
  try {
    const { release } = await takeOwnership(folder, root.openDB("meta", tableOptions), ownerSilenceMaxMsDefault);
    return async () => {
      release();
      await root.close();
    };
  } catch (error) {
    await root.close();
    if (error instanceof StorageUnavailable) throw error;
    return async () => undefined;
  }
}

function openFile(folder: string) {
  try {
    return open<Buffer, Buffer>({
      ...tableOptions,
      path: folder,
      noSubdir: false,
      maxDbs: 8,
      // Answers come after the fsync, not before it.
      overlappingSync: false,
      // Writes are grouped above; and LMDB's own grouping leaves a promise behind that nobody handles when a commit fails.
      eventTurnBatching: false,
    });
  } catch (cause) {
    throw asUnavailable(folder, cause);
  }
}

function requireFormat(folder: string, meta: LmdbTable, dataFile: DataFile): void {
  const found = meta.getBinary(formatKey)?.toString();
  if (found === format) return;
  // A server that was killed as it made the file leaves it without a format, but also without anything else.
  if (found === undefined && (dataFile === "new" || meta.getKeysCount() === 0)) {
    meta.putSync(formatKey, Buffer.from(format));
    return;
  }
  const what = found === undefined ? "was not made by this server" : `has the format "${found}"`;
  throw new StorageUnavailable(`the data in ${folder} ${what}; this server reads "${format}"`);
}

/** Reads everything once. Throws StorageUnavailable if something is missing. */
function requireIntact(folder: string, tables: LmdbTables): void {
  try {
    const { revision } = tables.state();
    const limit = { rowsMax: 1_000, bytesMax: 16 << 20 };
    for (let after = 0; after < revision;) after = tables.rows("", after, revision, limit).reached;
    const everything = { start: "", end: undefined };
    for (const head of tables.heads(everything, Infinity, "with deletions")) requireRow(tables, head);
  } catch (cause) {
    throw cutOff(folder, cause);
  }
}

function cutOff(folder: string, cause: unknown): StorageUnavailable {
  return new StorageUnavailable(
    `the data file in ${folder} is cut off; restore a backup: apiserver-boot storage restore`,
    { cause },
  );
}

function requireLimits(limits: StorageLimits): StorageLimits {
  // LMDB's keys, and the buffer that the lmdb package reads values into.
  if (limits.keyBytesMax > 1_900) throw new RangeError("keyBytesMax must not be more than 1,900");
  if (limits.valueBytesMax > 15 << 20) throw new RangeError("valueBytesMax must not be more than 15 MiB");
  return limits;
}

function asUnavailable(folder: string, cause: unknown): Error {
  if (cause instanceof StorageUnavailable) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StorageUnavailable(`the data in ${folder} cannot be used: ${reason}`, { cause });
}
