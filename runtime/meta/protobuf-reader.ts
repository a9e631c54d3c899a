import { WireError } from "./wire-error.ts";

/** A protobuf message that is being read; `at` stands before the next field, or before the value of a field. */
export interface ProtobufReader {
  readonly bytes: Uint8Array;
  at: number;
}

/** What stands before the value of a field. */
export interface FieldHead {
  readonly field: number;
  readonly wireType: number;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** A message from its beginning. */
export function newProtobufReader(bytes: Uint8Array): ProtobufReader {
  return { bytes, at: 0 };
}

/** The next field; undefined at the end. Throws a WireError. */
export function readHead(input: ProtobufReader): FieldHead | undefined {
  if (input.at === input.bytes.length) return undefined;
  const tag = Number(BigInt.asUintN(32, readVarint(input)));
  const field = Math.floor(tag / 8);
  if (field === 0) throw new WireError(`proto: illegal tag ${field} (wire type ${tag})`);
  return { field, wireType: tag % 8 };
}

/** A whole number, of which those beyond 2^53 lose their last digits. Throws a WireError. */
export function readInteger(input: ProtobufReader): number {
  return Number(BigInt.asIntN(64, readVarint(input)));
}

/** A text. Throws a WireError. */
export function readText(input: ProtobufReader): string {
  return utf8.decode(readBytes(input));
}

/** Bytes, or a message, as they stand in the message: not a copy. Throws a WireError. */
export function readBytes(input: ProtobufReader): Uint8Array {
  const length = Number(readVarint(input));
  return input.bytes.subarray(input.at, skip(input, length));
}

/** Goes past the value of a field that nobody knows. Throws a WireError. */
export function skipValue(input: ProtobufReader, wireType: number): void {
  switch (wireType) {
    case 0:
      readVarint(input);
      return;
    case 1:
      skip(input, 8);
      return;
    case 2:
      readBytes(input);
      return;
    case 5:
      skip(input, 4);
      return;
    default:
      throw new WireError(`proto: illegal wireType ${wireType}`);
  }
}

/** Where the value ends. */
function skip(input: ProtobufReader, length: number): number {
  if (length > input.bytes.length - input.at) throw new WireError("unexpected EOF");
  input.at += length;
  return input.at;
}

function readVarint(input: ProtobufReader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = input.bytes[input.at];
    if (byte === undefined) throw new WireError("unexpected EOF");
    input.at++;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return value;
  }
  throw new WireError("proto: integer overflow");
}
