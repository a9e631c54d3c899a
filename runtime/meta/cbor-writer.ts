import { Buffer } from "node:buffer";
import {
  newByteWriter,
  putAscii,
  putByte,
  putBytes,
  putText,
  reserve,
  writtenBytes,
  type ByteWriter,
} from "./byte-writer.ts";
import { isInt64 } from "./decode.ts";

/** The major types of https://www.rfc-editor.org/rfc/rfc8949#section-3.1. */
export const majorTypes = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, other: 7 } as const;

/** Tells that what follows is CBOR; every document begins with it. https://www.rfc-editor.org/rfc/rfc8949#section-3.4.6 */
const selfDescribed = Uint8Array.of(0xd9, 0xd9, 0xf7);

/**
 * A JSON value as a document in CBOR. Texts are byte strings, as Kubernetes writes them: it saves the reader a check.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/runtime/serializer/cbor
 */
export function encodeCbor(value: unknown): Uint8Array {
  return written((out) => putDocument(out, value));
}

/** An event of a watch as a document in CBOR; where it ends, it tells itself. */
export function encodeCborEvent(type: string, object: object): Uint8Array {
  return written((out) => {
    putBytes(out, selfDescribed);
    putHead(out, majorTypes.map, 2);
    putString(out, "type");
    putString(out, type);
    putString(out, "object");
    putDocument(out, object);
  });
}

/** A list as a document in CBOR, one element after the other; `fields` is all of it but the array of that name. */
export function* cborListPieces(fields: object, arrayField: string, values: readonly object[]): Generator<Uint8Array> {
  const others = entriesOf(fields);
  yield written((out) => {
    putBytes(out, selfDescribed);
    putHead(out, majorTypes.map, others.length + 1);
    putEntries(out, others);
    putString(out, arrayField);
    putHead(out, majorTypes.array, values.length);
  });
  for (const value of values) yield written((out) => putValue(out, value));
}

function written(fill: (out: ByteWriter) => void): Uint8Array {
  const out = newByteWriter();
  fill(out);
  return writtenBytes(out);
}

function putDocument(out: ByteWriter, value: unknown): void {
  putBytes(out, selfDescribed);
  putValue(out, value);
}

const falseByte = 0xf4;
const trueByte = 0xf5;
const nullByte = 0xf6;

// What JSON has no form for is null, as JSON.stringify has it.
function putValue(out: ByteWriter, value: unknown): void {
  switch (typeof value) {
    case "string":
      putString(out, value);
      return;
    case "number":
      putNumber(out, value);
      return;
    case "boolean":
      putByte(out, value ? trueByte : falseByte);
      return;
    case "object":
      if (value === null) putByte(out, nullByte);
      else if (Array.isArray(value)) putArray(out, value);
      else putMap(out, value);
      return;
    default:
      putByte(out, nullByte);
  }
}

function putString(out: ByteWriter, text: string): void {
  if (text.length < 24) {
    putHead(out, majorTypes.bytes, text.length);
    if (putAscii(out, text)) return;
    out.length--;
  }
  const length = Buffer.byteLength(text);
  putHead(out, majorTypes.bytes, length);
  putText(out, text, length);
}

/** What every item begins with: its major type, and its value, its length or the number of its elements. */
function putHead(out: ByteWriter, majorType: number, argument: number): void {
  const type = majorType * 32;
  if (argument < 24) {
    putByte(out, type + argument);
    return;
  }
  reserve(out, 5);
  const { bytes } = out;
  if (argument < 2 ** 8) {
    bytes[out.length] = type + 24;
    out.length = bytes.writeUInt8(argument, out.length + 1);
  } else if (argument < 2 ** 16) {
    bytes[out.length] = type + 25;
    out.length = bytes.writeUInt16BE(argument, out.length + 1);
  } else if (argument < 2 ** 32) {
    bytes[out.length] = type + 26;
    out.length = bytes.writeUInt32BE(argument, out.length + 1);
  } else {
    putLong(out, majorType, BigInt(argument));
  }
}

function putLong(out: ByteWriter, majorType: number, argument: bigint): void {
  reserve(out, 9);
  out.bytes[out.length] = majorType * 32 + 27;
  out.length = out.bytes.writeBigUInt64BE(argument, out.length + 1);
}

function putNumber(out: ByteWriter, value: number): void {
  if (isInt64(value)) {
    if (value >= 0) putHead(out, majorTypes.unsigned, value);
    else if (value >= Number.MIN_SAFE_INTEGER) putHead(out, majorTypes.negative, -1 - value);
    else putLong(out, majorTypes.negative, BigInt(-value) - 1n);
  } else if (Number.isFinite(value)) {
    putFloat(out, value);
  } else {
    putByte(out, nullByte);
  }
}

function putFloat(out: ByteWriter, value: number): void {
  reserve(out, 9);
  const { bytes } = out;
  if (Math.fround(value) === value) {
    bytes[out.length] = 0xfa;
    out.length = bytes.writeFloatBE(value, out.length + 1);
  } else {
    bytes[out.length] = 0xfb;
    out.length = bytes.writeDoubleBE(value, out.length + 1);
  }
}

function putArray(out: ByteWriter, values: readonly unknown[]): void {
  putHead(out, majorTypes.array, values.length);
  for (const value of values) putValue(out, value);
}

function putMap(out: ByteWriter, object: object): void {
  const entries = entriesOf(object);
  putHead(out, majorTypes.map, entries.length);
  putEntries(out, entries);
}

type Entries = readonly [key: string, value: unknown][];

function entriesOf(object: object): Entries {
  return Object.entries(object).filter(([, value]) => value !== undefined);
}

function putEntries(out: ByteWriter, entries: Entries): void {
  for (const [key, value] of entries) {
    putString(out, key);
    putValue(out, value);
  }
}
