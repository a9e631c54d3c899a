import { Buffer } from "node:buffer";
import { newByteWriter, putByte, putText, reserve, writtenBytes, type ByteWriter } from "./byte-writer.ts";
import { isInt64 } from "./decode.ts";

/** The major types of https://www.rfc-editor.org/rfc/rfc8949#section-3.1. */
export const majorTypes = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, other: 7 } as const;

/** Tells that what follows is CBOR; every document begins with it. https://www.rfc-editor.org/rfc/rfc8949#section-3.4.6 */
export const selfDescribedTag = 55_799;

/**
 * A JSON value as a document in CBOR. Texts are byte strings, as Kubernetes writes them: it saves the reader a check.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/runtime/serializer/cbor
 */
export function encodeCbor(value: unknown): Uint8Array {
  const out = newByteWriter();
  putCborHead(out, majorTypes.tag, selfDescribedTag);
  putCbor(out, value);
  return writtenBytes(out);
}

/** Writes a JSON value within a document; what JSON has no form for is left out, or null in lists. */
export function putCbor(out: ByteWriter, value: unknown): void {
  switch (typeof value) {
    case "string":
      putCborText(out, value);
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

/** Writes the key of a map, or a text. */
export function putCborText(out: ByteWriter, text: string): void {
  const length = Buffer.byteLength(text);
  putCborHead(out, majorTypes.bytes, length);
  putText(out, text, length);
}

/** Writes what every item begins with: its major type, and its value, length or number of elements. */
export function putCborHead(out: ByteWriter, majorType: number, argument: number): void {
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

const falseByte = 0xf4;
const trueByte = 0xf5;
const nullByte = 0xf6;

function putNumber(out: ByteWriter, value: number): void {
  if (isInt64(value)) {
    if (value >= 0) putCborHead(out, majorTypes.unsigned, value);
    else if (value >= Number.MIN_SAFE_INTEGER) putCborHead(out, majorTypes.negative, -1 - value);
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
  putCborHead(out, majorTypes.array, values.length);
  for (const value of values) putCbor(out, value);
}

function putMap(out: ByteWriter, object: object): void {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  putCborHead(out, majorTypes.map, entries.length);
  for (const [key, value] of entries) {
    putCborText(out, key);
    putCbor(out, value);
  }
}
