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

/** How the value of a field stands in a message. https://protobuf.dev/programming-guides/encoding/ */
export const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Writes a number of double precision. */
export function writeDouble(out: ByteWriter, field: number, value: number): void {
  putTag(out, field, wireTypes.fixed64);
  reserve(out, 8);
  out.length = out.bytes.writeDoubleLE(value, out.length);
}

/** Writes a whole number of at most 2^53 either way, as int32, int64 or enumeration. */
export function writeInteger(out: ByteWriter, field: number, value: number): void {
  putTag(out, field, wireTypes.varint);
  if (value >= 0) putVarint(out, value);
  else putNegative(out, value);
}

/** Writes a boolean. */
export function writeFlag(out: ByteWriter, field: number, value: boolean): void {
  putTag(out, field, wireTypes.varint);
  putByte(out, value ? 1 : 0);
}

const shortTextMax = 64;

/** Writes a text. */
export function writeText(out: ByteWriter, field: number, value: string): void {
  putTag(out, field, wireTypes.bytes);
  // Names and labels are short and plain: copying them here takes half the time of calling out to encode them.
  if (value.length < shortTextMax) {
    putByte(out, value.length);
    if (putAscii(out, value)) return;
    out.length--;
  }
  const length = Buffer.byteLength(value);
  putVarint(out, length);
  putText(out, value, length);
}

/** Writes bytes, or a message that is written already. */
export function writeBytes(out: ByteWriter, field: number, value: Uint8Array): void {
  beginBytes(out, field, value.length);
  putBytes(out, value);
}

/** Begins bytes, of which so many are to follow. */
export function beginBytes(out: ByteWriter, field: number, length: number): void {
  putTag(out, field, wireTypes.bytes);
  putVarint(out, length);
}

/** Begins a message within the message; gives what `endMessage` needs. */
export function beginMessage(out: ByteWriter, field: number): number {
  putTag(out, field, wireTypes.bytes);
  // Most messages are short: one byte is kept for the length.
  putByte(out, 0);
  return out.length;
}

/** Ends the message that was begun there. */
export function endMessage(out: ByteWriter, start: number): void {
  const length = out.length - start;
  const more = varintLength(length) - 1;
  if (more > 0) {
    reserve(out, more);
    out.bytes.copyWithin(start + more, start, out.length);
  }
  const end = out.length + more;
  out.length = start - 1;
  putVarint(out, length);
  out.length = end;
}

/** Writes a message within the message. */
export function writeMessage(out: ByteWriter, field: number, fill: (out: ByteWriter) => void): void {
  const start = beginMessage(out, field);
  fill(out);
  endMessage(out, start);
}

/** The bytes of a whole message. */
export function messageBytes(fill: (out: ByteWriter) => void): Uint8Array {
  const out = newByteWriter();
  fill(out);
  return writtenBytes(out);
}

function putTag(out: ByteWriter, field: number, wireType: number): void {
  putVarint(out, field * 8 + wireType);
}

function putVarint(out: ByteWriter, value: number): void {
  let rest = value;
  // Division instead of shifts: those stop at 32 bits.
  for (; rest >= 128; rest = Math.floor(rest / 128)) putByte(out, (rest % 128) + 128);
  putByte(out, rest);
}

// As 64 bits in two's complement, whatever the type of the field.
function putNegative(out: ByteWriter, value: number): void {
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) putByte(out, Number(rest & 127n) + 128);
  putByte(out, Number(rest));
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}
