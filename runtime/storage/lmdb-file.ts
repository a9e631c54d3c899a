import { access, constants, mkdir, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { StorageUnavailable } from "./storage.ts";

/**
 * LMDB's file header, one in each of the file's first two pages, of which the newer counts. LMDB itself crashes the
 * process on a file that is not one of its own, so this is looked at first.
 * http://www.lmdb.tech/doc/ and struct MDB_meta in mdb.c, as the lmdb package builds it for 64-bit machines.
 */
const magicAt = 24;
const versionAt = 28;
const pageSizeAt = 48;
const lastPageAt = 144;
const transactionAt = 152;
const headerBytes = 160;

const magic = 0xbeefc0de;
const dataVersion = 2;
const roomBytes = 1 << 16;
const zerosMax = 1 << 20;

/** What a look at the data file says: nothing there yet, all there, or shorter than its header says. */
export type DataFile = "new" | "whole" | "short";

/**
 * Makes the folder if need be and looks whether LMDB can work in it.
 * Throws StorageUnavailable if the folder cannot be written, or has a data file that is not LMDB's.
 */
export async function prepareFolder(folder: string): Promise<DataFile> {
  const path = join(folder, "data.mdb");
  try {
    // Objects are for the server alone to read.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size === 0) return await requireRoom(folder);
    return await lengthenDataFile(path);
  } catch (cause) {
    if (cause instanceof StorageUnavailable) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StorageUnavailable(`the data folder ${folder} cannot be used: ${reason}`, { cause });
  }
}

/** LMDB crashes when a disk is too full for its first pages, so room for them is tried out. */
async function requireRoom(folder: string): Promise<DataFile> {
  const path = join(folder, `room-${process.pid}`);
  try {
    const file = await open(path, "w");
    try {
      await file.writeFile(Buffer.alloc(roomBytes));
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true });
  }
  return "new";
}

/** How long a data file should be, and how long it is, in bytes. */
interface DataFileSize {
  readonly whole: number;
  readonly found: number;
}

/** Reads a data file's header. Throws StorageUnavailable if the file is not LMDB's. */
export async function measureDataFile(path: string): Promise<DataFileSize> {
  const file = await open(path, "r");
  try {
    const first = await readHeader(file, 0);
    const second = first === undefined ? undefined : await readHeader(file, first.pageSize);
    if (first === undefined || second === undefined || second.pageSize !== first.pageSize) {
      throw new StorageUnavailable(
        `${path} is not a data file of this server, or is damaged; move it away to start with an empty store, or restore a backup: apiserver-boot storage restore`,
      );
    }
    const { lastPage } = second.transaction > first.transaction ? second : first;
    return { whole: (lastPage + 1) * first.pageSize, found: (await file.stat()).size };
  } finally {
    await file.close();
  }
}

/**
 * Makes a data file as long as its header says, which LMDB counts on: touching a page beyond the end kills the process.
 * The last pages may be free ones that were never written; whether anything is missing shows when its rows are read.
 * Throws StorageUnavailable if the file is not LMDB's.
 */
export async function lengthenDataFile(path: string): Promise<DataFile> {
  const { whole, found } = await measureDataFile(path);
  // Fails now where it is only to be read, and not at the first write.
  await access(path, constants.W_OK);
  if (found >= whole) return "whole";
  // Zeros are appended, wherever the end is by then: it may be that a server has the file.
  const file = await open(path, "a");
  try {
    for (let missing = whole - found; missing > 0; missing -= zerosMax) {
      await file.write(Buffer.alloc(Math.min(missing, zerosMax)));
    }
  } finally {
    await file.close();
  }
  return "short";
}

interface FileHeader {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: bigint;
}

async function readHeader(file: Awaited<ReturnType<typeof open>>, position: number): Promise<FileHeader | undefined> {
  const bytes = Buffer.alloc(headerBytes);
  const { bytesRead } = await file.read(bytes, 0, headerBytes, position);
  if (bytesRead < headerBytes || bytes.readUInt32LE(magicAt) !== magic) return undefined;
  if (bytes.readUInt16LE(versionAt) !== dataVersion) return undefined;
  const pageSize = bytes.readUInt32LE(pageSizeAt);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return undefined;
  const lastPage = Number(bytes.readBigUInt64LE(lastPageAt));
  return { pageSize, lastPage, transaction: bytes.readBigUInt64LE(transactionAt) };
}
