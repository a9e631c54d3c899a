import { Buffer } from "node:buffer";
import { messageBytes, writeFlag, writeInteger, writeMessage, writeText } from "../../meta/protobuf-writer.ts";
import type { KeyRange } from "../key-range.ts";
import type { Revision } from "../storage.ts";

/**
 * etcd's requests as gRPC sends them: five bytes that tell the length, then the message. Those of reads and writes are
 * laid out by hand into memory of the right size, because there is one for every request to the server.
 * https://github.com/etcd-io/etcd/blob/main/api/etcdserverpb/rpc.proto
 */

const frameBytes = 5;

/** A request to write a key, which holds the only copy of the value. */
export interface PutRequest {
  readonly message: Buffer;
  /** The value, in the message. */
  readonly value: Buffer;
}

/** Which keys to read, and how. */
export interface RangeRequest {
  readonly range: KeyRange;
  /** 0 is all. */
  readonly limit: number;
  /** 0 is the newest. */
  readonly revision: Revision;
}

/** Txn: puts the key if it is still at `expected`, 0 for absent; else reads it. `lease` is 0 for none. */
export function putRequest(key: string, value: Uint8Array, expected: Revision, lease: number): PutRequest {
  const keyField = fieldSize(Buffer.byteLength(key));
  const leaseField = lease === 0 ? 0 : 1 + varintSize(lease);
  const putSize = keyField + fieldSize(value.length) + leaseField;
  const putOpSize = fieldSize(putSize);
  const layout = conditionalLayout(keyField, expected, putOpSize);
  // From the pool, though the entry keeps it for as long as it lives: memory of its own costs the collector more than all
  // the rest of a write does, and the pool's pieces are small.
  const message = Buffer.allocUnsafe(layout.total);
  let at = beginConditional(message, key, expected, layout);
  at = putLength(message, at, 0x12, putOpSize);
  at = putLength(message, at, 0x12, putSize);
  at = copyKey(message, at, layout);
  at = putLength(message, at, 0x12, value.length);
  message.set(value, at);
  const valueAt = at;
  at += value.length;
  if (lease !== 0) at = putVarint(message, putByte(message, at, 0x18), lease);
  endConditional(message, at, layout);
  return { message, value: message.subarray(valueAt, valueAt + value.length) };
}

/** Txn: deletes the key if it is still at `expected`; else reads it. */
export function deleteRequest(key: string, expected: Revision): Buffer {
  const keyField = fieldSize(Buffer.byteLength(key));
  const opSize = fieldSize(keyField);
  const layout = conditionalLayout(keyField, expected, opSize);
  const message = Buffer.allocUnsafe(layout.total);
  let at = beginConditional(message, key, expected, layout);
  at = putLength(message, at, 0x12, opSize);
  at = putLength(message, at, 0x1a, keyField);
  at = copyKey(message, at, layout);
  endConditional(message, at, layout);
  return message;
}

/** Range: the newest value of one key. */
export function getRequest(key: string): Buffer {
  const length = Buffer.byteLength(key);
  const message = Buffer.allocUnsafe(frameBytes + fieldSize(length));
  putText(message, beginFrame(message), 0x0a, key, length);
  return message;
}

/** Range: some keys in byte order. */
export function rangeRequest({ range, limit, revision }: RangeRequest): Buffer {
  const start = startOf(range);
  const end = endOf(range);
  const startBytes = Buffer.byteLength(start);
  const endBytes = Buffer.byteLength(end);
  const limitField = limit === 0 ? 0 : 1 + varintSize(limit);
  const revisionField = revision === 0 ? 0 : 1 + varintSize(revision);
  const size = fieldSize(startBytes) + fieldSize(endBytes) + limitField + revisionField;
  const message = Buffer.allocUnsafe(frameBytes + size);
  let at = putText(message, beginFrame(message), 0x0a, start, startBytes);
  at = putText(message, at, 0x12, end, endBytes);
  if (limit !== 0) at = putVarint(message, putByte(message, at, 0x18), limit);
  if (revision !== 0) putVarint(message, putByte(message, at, 0x20), revision);
  return message;
}

/** Range: how many keys of this name there are, which tells the newest revision. */
export function countRequest(key: string): Buffer {
  return framed((out) => {
    writeText(out, 1, key);
    writeFlag(out, 9, true);
  });
}

/** Txn: puts the key if it has been written so many times since it was created; else reads it. */
export function putAtVersionRequest(key: string, value: string, version: number): Buffer {
  return framed((out) => {
    writeMessage(out, 1, (compare) => {
      writeText(compare, 3, key);
      writeInteger(compare, 4, version);
    });
    writeMessage(out, 2, (success) => {
      writeMessage(success, 2, (put) => {
        writeText(put, 1, key);
        writeText(put, 2, value);
      });
    });
    writeMessage(out, 3, (failure) => writeMessage(failure, 1, (range) => writeText(range, 1, key)));
  });
}

/** Compact: forgets what is older than a revision. */
export function compactRequest(revision: Revision): Buffer {
  return framed((out) => writeInteger(out, 1, revision));
}

/** LeaseGrant: a lease of this number, which is not 0. */
export function leaseGrantRequest(id: number, ttlSeconds: number): Buffer {
  return framed((out) => {
    writeInteger(out, 1, ttlSeconds);
    writeInteger(out, 2, id);
  });
}

/** Status: what the member is. */
export function statusRequest(): Buffer {
  return framed(() => undefined);
}

/** Watch: everything from `start` on, with the values before, in parts where it is much. */
export function watchCreateRequest(range: KeyRange, start: Revision): Buffer {
  return framed((out) =>
    writeMessage(out, 1, (create) => {
      writeText(create, 1, startOf(range));
      writeText(create, 2, endOf(range));
      writeInteger(create, 3, start);
      writeFlag(create, 4, true);
      writeFlag(create, 6, true);
      writeFlag(create, 8, true);
    }),
  );
}

/** Watch: asks how far the watches of the stream have come. */
export function watchProgressRequest(): Buffer {
  return framed((out) => writeMessage(out, 3, () => undefined));
}

// To etcd a zero byte is the least key as a start, and as an end no end at all.
function startOf({ start }: KeyRange): string {
  return start === "" ? "\0" : start;
}

function endOf({ end }: KeyRange): string {
  return end ?? "\0";
}

function framed(fill: Parameters<typeof messageBytes>[0]): Buffer {
  const body = messageBytes(fill);
  const message = Buffer.allocUnsafe(frameBytes + body.length);
  message.set(body, beginFrame(message));
  return message;
}

/** The sizes in a transaction that compares one key's revision and reads the key if it is another. */
interface ConditionalLayout {
  readonly total: number;
  readonly compareSize: number;
  readonly keyField: number;
}

/** Where the key stands first, tag and length included: after the frame, the head of the comparison and its target. */
function keyPlace({ compareSize }: ConditionalLayout): number {
  return frameBytes + 1 + varintSize(compareSize) + 2;
}

function conditionalLayout(keyField: number, expected: Revision, successSize: number): ConditionalLayout {
  const compareSize = 2 + keyField + 1 + varintSize(expected);
  const readSize = fieldSize(keyField);
  const total = frameBytes + fieldSize(compareSize) + fieldSize(successSize) + fieldSize(readSize);
  return { total, compareSize, keyField };
}

function beginConditional(message: Buffer, key: string, expected: Revision, layout: ConditionalLayout): number {
  let at = putLength(message, beginFrame(message), 0x0a, layout.compareSize);
  // Equal, which is the default, by the revision of the last change.
  at = putByte(message, putByte(message, at, 0x10), 2);
  at = putText(message, at, 0x1a, key, Buffer.byteLength(key));
  return putVarint(message, putByte(message, at, 0x30), expected);
}

function endConditional(message: Buffer, start: number, layout: ConditionalLayout): void {
  const at = putLength(message, start, 0x1a, fieldSize(layout.keyField));
  copyKey(message, putLength(message, at, 0x0a, layout.keyField), layout);
}

/** Writes the key once more, as the first field of a message. */
function copyKey(message: Buffer, at: number, layout: ConditionalLayout): number {
  const from = keyPlace(layout);
  message.copyWithin(at, from, from + layout.keyField);
  message[at] = 0x0a;
  return at + layout.keyField;
}

function beginFrame(message: Buffer): number {
  message[0] = 0;
  message.writeUInt32BE(message.length - frameBytes, 1);
  return frameBytes;
}

function putByte(message: Buffer, at: number, byte: number): number {
  message[at] = byte;
  return at + 1;
}

function putLength(message: Buffer, at: number, tag: number, length: number): number {
  message[at] = tag;
  return putVarint(message, at + 1, length);
}

function putText(message: Buffer, start: number, tag: number, text: string, byteLength: number): number {
  const at = putLength(message, start, tag, byteLength);
  return at + message.write(text, at, byteLength, "utf8");
}

function putVarint(message: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  // Division instead of shifts: those stop at 32 bits.
  for (; rest >= 128; rest = Math.floor(rest / 128)) message[at++] = (rest % 128) + 128;
  message[at] = rest;
  return at + 1;
}

/** What a field takes that has a tag of one byte and so many bytes of content. */
function fieldSize(length: number): number {
  return 1 + varintSize(length) + length;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}
