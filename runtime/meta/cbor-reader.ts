import { Buffer } from "node:buffer";
import { majorTypes } from "./cbor-writer.ts";
import { depthMax } from "./decode.ts";
import { formatTime } from "./time.ts";
import { WireError } from "./wire-error.ts";

/**
 * A document in CBOR as JSON, digit by digit: numbers are as exact as they were. Takes and refuses what Kubernetes does:
 * keys that stand twice, numbers that JSON or 64 bits do not have, and texts that are no UTF-8. Throws a WireError.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/runtime/serializer/cbor
 */
export function cborToJson(bytes: Uint8Array): string {
  if (bytes.length === 0) throw new WireError("EOF");
  const input: CborInput = { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), at: 0, depth: 0 };
  const json = item(input, asUtf8);
  const rest = bytes.length - input.at;
  if (rest > 0) throw new WireError(`cbor: ${rest} bytes of extraneous data starting at index ${input.at}`);
  return json;
}

interface CborInput {
  readonly bytes: Buffer;
  at: number;
  depth: number;
}

/** What byte strings mean: the tags around them tell. */
type ByteText = (bytes: Buffer) => string;

// JSON has no bytes: without a tag they are text, of which what is no UTF-8 is replaced.
const asUtf8: ByteText = (bytes) => bytes.toString("utf8");

/** The tags that tell as what bytes are to be shown. https://www.rfc-editor.org/rfc/rfc8949#section-3.4.5.2 */
const laterEncodings: ReadonlyMap<number, ByteText> = new Map<number, ByteText>([
  [21, (bytes) => bytes.toString("base64url")],
  [22, (bytes) => bytes.toString("base64")],
  [23, (bytes) => bytes.toString("hex")],
]);

/** What stands before every item. */
interface Head {
  readonly majorType: number;
  /** Undefined for items whose end is marked. */
  readonly argument: bigint | undefined;
  /** The byte's lower five bits, which tell the kind of float. */
  readonly info: number;
}

const breakByte = 0xff;
const indefinite = 31;

function item(input: CborInput, byteText: ByteText): string {
  const head = headOf(input);
  switch (head.majorType) {
    case majorTypes.unsigned:
      return integer(definite(head));
    case majorTypes.negative:
      return integer(-1n - definite(head));
    case majorTypes.bytes:
      return JSON.stringify(byteText(stringBytes(input, head)));
    case majorTypes.text:
      return JSON.stringify(utf8Text(stringBytes(input, head)));
    case majorTypes.array:
      return nested(input, () => array(input, head, byteText));
    case majorTypes.map:
      return nested(input, () => map(input, head, byteText));
    case majorTypes.tag:
      return nested(input, () => tagged(input, Number(definite(head)), byteText));
    default:
      return simple(input, head);
  }
}

function headOf(input: CborInput): Head {
  const first = input.bytes[input.at];
  if (first === undefined) throw new WireError("unexpected EOF");
  input.at++;
  const majorType = first >> 5;
  const info = first & 31;
  return { majorType, argument: argumentOf(input, majorType, info), info };
}

const argumentBytes: readonly number[] = [1, 2, 4, 8];

function argumentOf(input: CborInput, majorType: number, info: number): bigint | undefined {
  if (info < 24) return BigInt(info);
  const length = argumentBytes[info - 24];
  if (length !== undefined) return BigInt(`0x${taken(input, length).toString("hex")}`);
  if (info === indefinite && majorType >= majorTypes.bytes && majorType <= majorTypes.map) return undefined;
  throw new WireError(`cbor: invalid additional information ${info} for type ${majorType}`);
}

function definite({ argument }: Head): bigint {
  if (argument === undefined) throw new WireError("cbor: indefinite length where none can be");
  return argument;
}

function taken(input: CborInput, length: number): Buffer {
  if (length > input.bytes.length - input.at) throw new WireError("unexpected EOF");
  input.at += length;
  return input.bytes.subarray(input.at - length, input.at);
}

const integerMax = 2n ** 63n - 1n;

function integer(value: bigint): string {
  if (value <= integerMax && value >= -integerMax - 1n) return value.toString();
  throw new WireError(`cbor: cannot unmarshal ${value} into Go value of type int64: it overflows`);
}

function stringBytes(input: CborInput, { majorType, argument }: Head): Buffer {
  if (argument !== undefined) return taken(input, Number(argument));
  const chunks: Buffer[] = [];
  while (!ended(input)) {
    const chunk = headOf(input);
    if (chunk.majorType !== majorType || chunk.argument === undefined) {
      throw new WireError(`cbor: wrong element type ${chunk.majorType} for indefinite-length string`);
    }
    chunks.push(taken(input, Number(chunk.argument)));
  }
  return Buffer.concat(chunks);
}

/** Whether the end of an item of indefinite length has come; goes past it. */
function ended(input: CborInput): boolean {
  if (input.bytes[input.at] !== breakByte) return false;
  input.at++;
  return true;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8Text(bytes: Buffer): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw new WireError("cbor: invalid UTF-8 string");
  }
}

function nested(input: CborInput, read: () => string): string {
  input.depth++;
  if (input.depth > depthMax) throw new WireError(`cbor: exceeded max nested level ${depthMax}`);
  const json = read();
  input.depth--;
  return json;
}

function array(input: CborInput, { argument }: Head, byteText: ByteText): string {
  const values: string[] = [];
  while (argument === undefined ? !ended(input) : values.length < argument) values.push(item(input, byteText));
  return `[${values.join(",")}]`;
}

function map(input: CborInput, { argument }: Head, byteText: ByteText): string {
  const entries: string[] = [];
  const keys = new Set<string>();
  while (argument === undefined ? !ended(input) : entries.length < argument) {
    const key = keyOf(input, byteText);
    if (keys.has(key)) {
      throw new WireError(`cbor: found duplicate map key ${JSON.stringify(key)} at map element index ${keys.size}`);
    }
    keys.add(key);
    entries.push(`${JSON.stringify(key)}:${item(input, byteText)}`);
  }
  return `{${entries.join(",")}}`;
}

function keyOf(input: CborInput, byteText: ByteText): string {
  const head = headOf(input);
  if (head.majorType === majorTypes.text) return utf8Text(stringBytes(input, head));
  if (head.majorType === majorTypes.bytes) return byteText(stringBytes(input, head));
  throw new WireError(`cbor: a map key must be a string, not of type ${head.majorType}`);
}

function tagged(input: CborInput, tag: number, byteText: ByteText): string {
  switch (tag) {
    case 1:
      return JSON.stringify(epochTime(item(input, byteText)));
    case 2:
    case 3:
      throw new WireError("cbor: numbers beyond 64 bits are not taken");
    default:
      // Other tags tell nothing that JSON could.
      return item(input, laterEncodings.get(tag) ?? byteText);
  }
}

function epochTime(seconds: string): string {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) throw new WireError("cbor: a time must be a number of seconds");
  return formatTime(date);
}

const simpleValues: ReadonlyMap<number, string> = new Map([
  [20, "false"],
  [21, "true"],
  [22, "null"],
]);

function simple({ bytes, at }: CborInput, { argument, info }: Head): string {
  switch (info) {
    case 25:
      return float(halfFloat(bytes.readUInt16BE(at - 2)));
    case 26:
      return float(bytes.readFloatBE(at - 4));
    case 27:
      return float(bytes.readDoubleBE(at - 8));
    default: {
      const json = info < 24 ? simpleValues.get(info) : undefined;
      if (json === undefined) throw new WireError(`cbor: simple value ${argument} is not recognized`);
      return json;
    }
  }
}

/** A number of half precision. https://www.rfc-editor.org/rfc/rfc8949#section-appendix.d */
function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits >= 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function float(value: number): string {
  if (!Number.isFinite(value)) throw new WireError(`cbor: ${value} is no number that JSON has`);
  const text = String(value);
  // A float stays one, though it be whole.
  return /[.e]/.test(text) ? text : `${text}.0`;
}
