import { crc32 } from "node:zlib";
import type { Revision } from "./storage.ts";
import { StorageUnavailable } from "./storage.ts";
import type { Row, RowHead } from "./tables.ts";
import type { ValueSlab } from "./value-slab.ts";

/*
 * A row's bytes: checksum of all that follows (4), kind (1), time (8), revision of the write before (8),
 * length of the key (2), key, value. Numbers are big-endian.
 */
const kindAt = 4;
const timeAt = 5;
const beforeAt = 13;
const keyLengthAt = 21;
const keyAt = 23;

const putKind = 1;
const deleteKind = 2;

/** How many bytes encodeRow() writes at most for a row with such a key and value. */
export function rowBytesMax(key: string, value: Uint8Array | undefined): number {
  return keyAt + key.length * 3 + (value?.length ?? 0);
}

/** Writes a row, without its revision, which is its key in the table, to the start of `bytes`; gives its length. */
export function encodeRow(row: Row, bytes: Buffer): number {
  const value = row.entry?.value;
  bytes[kindAt] = value === undefined ? deleteKind : putKind;
  bytes.writeDoubleBE(row.timeMs, timeAt);
  bytes.writeDoubleBE(row.before, beforeAt);
  const keyLength = bytes.write(row.key, keyAt);
  bytes.writeUInt16BE(keyLength, keyLengthAt);
  if (value !== undefined) bytes.set(value, keyAt + keyLength);
  const length = keyAt + keyLength + (value?.length ?? 0);
  bytes.writeUInt32BE(crc32(bytes.subarray(kindAt, length)), 0);
  return length;
}

/**
 * The row that encodeRow() wrote as the first `length` of these bytes, with a copy of its value.
 * Throws StorageUnavailable if they are not what was written.
 */
export function decodeRow(revision: Revision, bytes: Buffer, length: number, values: ValueSlab): Row {
  if (length < keyAt || bytes.readUInt32BE(0) !== crc32(bytes.subarray(kindAt, length))) {
    throw new StorageUnavailable(
      `the data file is damaged: revision ${revision} is not as it was written; restore a backup`,
    );
  }
  const valueAt = keyAt + bytes.readUInt16BE(keyLengthAt);
  const key = bytes.toString("utf8", keyAt, valueAt);
  const entry = bytes[kindAt] === putKind ? { key, value: values.copy(bytes, valueAt, length), revision } : undefined;
  return { revision, key, entry, before: bytes.readDoubleBE(beforeAt), timeMs: bytes.readDoubleBE(timeAt) };
}

/** A row without its value, and without checking that it is intact. `size` is how many of the bytes are the row's. */
export function decodeRowHead(bytes: Buffer, size: number): RowHead {
  return {
    key: bytes.toString("utf8", keyAt, keyAt + bytes.readUInt16BE(keyLengthAt)),
    deleted: bytes[kindAt] === deleteKind,
    before: bytes.readDoubleBE(beforeAt),
    timeMs: bytes.readDoubleBE(timeAt),
    bytes: size,
  };
}

/** Whether a row's key starts with these bytes. */
export function rowStartsWith(bytes: Buffer, prefix: Buffer): boolean {
  const length = bytes.readUInt16BE(keyLengthAt);
  return length >= prefix.length && prefix.compare(bytes, keyAt, keyAt + prefix.length) === 0;
}
