import type { Buffer } from "node:buffer";
import { WireError } from "../../meta/wire-error.ts";
import type { Revision } from "../storage.ts";

/**
 * etcd's answers. Numbers are read without BigInt, which the reader of Kubernetes' objects needs and which costs more
 * than all the rest here; what does not fit a number, such as the ids of members, is skipped.
 */

/** A key's value as etcd has it; the bytes are those of the message. */
export interface KeyValue {
  readonly key: string;
  readonly value: Buffer;
  /** The revision of the write that made the value. */
  readonly revision: Revision;
  /** The revision that created the key; 0 in a deletion. */
  readonly created: Revision;
  /** How many times the key has been written since it was created. */
  readonly version: number;
}

/** The answer to Range. */
export interface RangeAnswer {
  /** The revision of the store when it answered. */
  readonly revision: Revision;
  readonly found: readonly KeyValue[];
  /** How many keys the whole range has. */
  readonly count: number;
}

/** The answer to a transaction of one write, or one read instead. */
export interface TxnAnswer {
  /** The revision of the store afterwards, which is that of the write if it was made. */
  readonly revision: Revision;
  readonly succeeded: boolean;
  /** What was read instead of writing. */
  readonly found: KeyValue | undefined;
}

/** One event of a watch. */
export interface WatchEvent {
  readonly deleted: boolean;
  readonly kv: KeyValue;
  /** The value before, if there was one and it is not compacted away. */
  readonly previous: KeyValue | undefined;
}

/** A message of a watch. */
export interface WatchAnswer {
  readonly revision: Revision;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Not 0 if the watch asked for what is compacted. */
  readonly compacted: Revision;
  readonly reason: string;
  /** More events of the same revision may follow in another message. */
  readonly fragment: boolean;
  readonly events: readonly WatchEvent[];
}

interface Reader {
  readonly bytes: Buffer;
  at: number;
  /** The end of the message that is being read. */
  end: number;
}

/** Reads the answer to Range. Throws a WireError. */
export function readRange(bytes: Buffer): RangeAnswer {
  return rangeOf(newReader(bytes));
}

/** Reads the answer to a transaction. Throws a WireError. */
export function readTxn(bytes: Buffer): TxnAnswer {
  const input = newReader(bytes);
  let revision = 0;
  let succeeded = false;
  let found: KeyValue | undefined;
  while (input.at < input.end) {
    const tag = readVarint(input);
    if (tag === 0x0a) revision = inMessage(input, revisionOf);
    else if (tag === 0x10) succeeded = readVarint(input) !== 0;
    else if (tag === 0x1a) found = inMessage(input, foundOf);
    else skip(input, tag);
  }
  return { revision, succeeded, found };
}

/** Reads the version of etcd from the answer to Status. Throws a WireError. */
export function readVersion(bytes: Buffer): string {
  const input = newReader(bytes);
  let version = "";
  while (input.at < input.end) {
    const tag = readVarint(input);
    if (tag === 0x12) version = readText(input);
    else skip(input, tag);
  }
  return version;
}

/** Reads what LeaseGrant says went wrong; empty if nothing. Throws a WireError. */
export function readLeaseError(bytes: Buffer): string {
  const input = newReader(bytes);
  let error = "";
  while (input.at < input.end) {
    const tag = readVarint(input);
    if (tag === 0x22) error = readText(input);
    else skip(input, tag);
  }
  return error;
}

/** Reads a message of a watch. Throws a WireError. */
export function readWatch(bytes: Buffer): WatchAnswer {
  const input = newReader(bytes);
  const answer = { revision: 0, created: false, canceled: false, compacted: 0, reason: "", fragment: false };
  const events: WatchEvent[] = [];
  while (input.at < input.end) {
    const tag = readVarint(input);
    if (tag === 0x5a) events.push(inMessage(input, eventOf));
    else if (tag === 0x0a) answer.revision = inMessage(input, revisionOf);
    else if (tag === 0x18) answer.created = readVarint(input) !== 0;
    else if (tag === 0x20) answer.canceled = readVarint(input) !== 0;
    else if (tag === 0x28) answer.compacted = readVarint(input);
    else if (tag === 0x32) answer.reason = readText(input);
    else if (tag === 0x38) answer.fragment = readVarint(input) !== 0;
    else skip(input, tag);
  }
  return { ...answer, events };
}

function rangeOf(input: Reader): RangeAnswer {
  let revision = 0;
  let count = 0;
  const found: KeyValue[] = [];
  while (input.at < input.end) {
    const tag = readVarint(input);
    if (tag === 0x12) found.push(inMessage(input, keyValueOf));
    else if (tag === 0x0a) revision = inMessage(input, revisionOf);
    else if (tag === 0x20) count = readVarint(input);
    else skip(input, tag);
  }
  return { revision, found, count };
}

/** The one value that an operation of a transaction has read. */
function foundOf(input: Reader): KeyValue | undefined {
  let found: KeyValue | undefined;
  while (input.at < input.end) {
    const tag = readVarint(input);
    if (tag === 0x0a) [found] = inMessage(input, rangeOf).found;
    else skip(input, tag);
  }
  return found;
}

function eventOf(input: Reader): WatchEvent {
  let deleted = false;
  let kv: KeyValue | undefined;
  let previous: KeyValue | undefined;
  while (input.at < input.end) {
    const tag = readVarint(input);
    if (tag === 0x08) deleted = readVarint(input) !== 0;
    else if (tag === 0x12) kv = inMessage(input, keyValueOf);
    else if (tag === 0x1a) previous = inMessage(input, keyValueOf);
    else skip(input, tag);
  }
  if (kv === undefined) throw new WireError("an event without a key");
  return { deleted, kv, previous };
}

function keyValueOf(input: Reader): KeyValue {
  let key = "";
  let value: Buffer | undefined;
  let revision = 0;
  let created = 0;
  let version = 0;
  while (input.at < input.end) {
    const tag = readVarint(input);
    if (tag === 0x0a) key = readText(input);
    else if (tag === 0x10) created = readVarint(input);
    else if (tag === 0x18) revision = readVarint(input);
    else if (tag === 0x20) version = readVarint(input);
    else if (tag === 0x2a) value = readBytes(input);
    else skip(input, tag);
  }
  return { key, value: value ?? input.bytes.subarray(0, 0), revision, created, version };
}

/** The revision in a header. */
function revisionOf(input: Reader): Revision {
  let revision = 0;
  while (input.at < input.end) {
    const tag = readVarint(input);
    if (tag === 0x18) revision = readVarint(input);
    else skip(input, tag);
  }
  return revision;
}

function newReader(bytes: Buffer): Reader {
  return { bytes, at: 0, end: bytes.length };
}

/** Reads the message that stands here. */
function inMessage<T>(input: Reader, read: (input: Reader) => T): T {
  const end = endOfField(input);
  const outer = input.end;
  input.end = end;
  const result = read(input);
  if (input.at !== end) throw new WireError("unexpected EOF");
  input.end = outer;
  return result;
}

function readText(input: Reader): string {
  const end = endOfField(input);
  const text = input.bytes.toString("utf8", input.at, end);
  input.at = end;
  return text;
}

function readBytes(input: Reader): Buffer {
  const end = endOfField(input);
  const bytes = input.bytes.subarray(input.at, end);
  input.at = end;
  return bytes;
}

function endOfField(input: Reader): number {
  const length = readVarint(input);
  if (length > input.end - input.at) throw new WireError("unexpected EOF");
  return input.at + length;
}

function skip(input: Reader, tag: number): void {
  const wireType = tag % 8;
  if (wireType === 0) {
    skipVarint(input);
    return;
  }
  const length = wireType === 1 ? 8 : wireType === 5 ? 4 : wireType === 2 ? readVarint(input) : Infinity;
  if (length > input.end - input.at) throw new WireError(`proto: field ${tag >>> 3} cannot be skipped`);
  input.at += length;
}

function skipVarint(input: Reader): void {
  while (byteAt(input) > 127);
}

/** A whole number from 0 to 2^53 - 1. */
function readVarint(input: Reader): number {
  let byte = byteAt(input);
  if (byte < 128) return byte;
  let value = byte & 127;
  for (let scale = 128; scale < 2 ** 63; scale *= 128) {
    byte = byteAt(input);
    value += (byte & 127) * scale;
    if (byte > 127) continue;
    if (value > Number.MAX_SAFE_INTEGER) break;
    return value;
  }
  throw new WireError("proto: integer overflow");
}

function byteAt(input: Reader): number {
  const byte = input.at < input.end ? input.bytes[input.at++] : undefined;
  if (byte === undefined) throw new WireError("unexpected EOF");
  return byte;
}
