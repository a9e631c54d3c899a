import { crc32 } from "node:zlib";
import type { Revision } from "./storage.ts";
import { StorageUnavailable } from "./storage.ts";
import type { Row, RowHead } from "./tables.ts";

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

/** The bytes of a row, without its revision, which is its key in the table. */
export function encodeRow(row: Row): Buffer {
  const keyLength = Buffer.byteLength(row.key);
  const value = row.entry?.value;
  const bytes = Buffer.allocUnsafe(keyAt + keyLength + (value?.length ?? 0));
  bytes[kindAt] = value === undefined ? deleteKind : putKind;
  bytes.writeDoubleBE(row.timeMs, timeAt);
  bytes.writeDoubleBE(row.before, beforeAt);
  bytes.writeUInt16BE(keyLength, keyLengthAt);
  bytes.write(row.key, keyAt);
  if (value !== undefined) bytes.set(value, keyAt + keyLength);
  bytes.writeUInt32BE(crc32(bytes.subarray(kindAt)), 0);
  return bytes;
}

/** The row that encodeRow() gave these bytes for. Throws StorageUnavailable if they are not what was written. */
export function decodeRow(revision: Revision, bytes: Buffer): Row {
  if (bytes.length < keyAt || bytes.readUInt32BE(0) !== crc32(bytes.subarray(kindAt))) {
    throw new StorageUnavailable(`the data file is damaged: revision ${revision} is not as it was written`);
  }
  const valueAt = keyAt + bytes.readUInt16BE(keyLengthAt);
  const key = bytes.toString("utf8", keyAt, valueAt);
  const entry = bytes[kindAt] === putKind ? { key, value: bytes.subarray(valueAt), revision } : undefined;
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
