import { Buffer } from "node:buffer";
import { WireError } from "../../meta/wire-error.ts";
import { decodeHuffman } from "./huffman.ts";

/**
 * As much of HPACK as a client of gRPC needs: it tells its server not to use a dynamic table, uses none itself, and looks
 * at three fields. https://www.rfc-editor.org/rfc/rfc7541
 */

/** What a server says before or after its messages. */
export interface Fields {
  /** The status of HTTP; empty in trailers. */
  readonly status: string;
  /** The status of the call; undefined where it is still to come. */
  readonly code: number | undefined;
  /** What the server says of a call that failed. */
  readonly message: string;
}

/** Indexes of the static table. */
const indexed = { authority: 1, methodPost: 3, path: 4, schemeHttp: 6, schemeHttps: 7, contentType: 31 } as const;
const staticMax = 61;
/** Those of the static table's fields that are looked at. */
const statuses: Readonly<Record<number, string>> = {
  8: "200",
  9: "204",
  10: "206",
  11: "304",
  12: "400",
  13: "404",
  14: "500",
};

/** The header block of a request to a method of gRPC. */
export function requestBlock(url: URL, path: string): Buffer {
  const scheme = url.protocol === "https:" ? indexed.schemeHttps : indexed.schemeHttp;
  return Buffer.concat([
    Buffer.of(0x80 + indexed.methodPost, 0x80 + scheme),
    literal(indexed.path, path),
    literal(indexed.authority, url.host),
    literal(indexed.contentType, "application/grpc"),
    literal("te", "trailers"),
    // Has a member that has lost its leader say so at once. https://github.com/etcd-io/etcd/issues/7275
    literal("hasleader", "true"),
  ]);
}

/** A field as it is, which the server is not to remember. */
function literal(name: number | string, value: string): Buffer {
  const head = typeof name === "number" ? integer(name, 4) : Buffer.concat([Buffer.of(0), text(name)]);
  return Buffer.concat([head, text(value)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  return Buffer.concat([integer(bytes.length, 7), bytes]);
}

function integer(value: number, prefixBits: number): Buffer {
  const max = 2 ** prefixBits - 1;
  if (value < max) return Buffer.of(value);
  const bytes = [max];
  let rest = value - max;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.of(...bytes, rest);
}

/** Reads a header block. Throws a WireError where it is none, or refers to a table that we do not keep. */
export function readFields(bytes: Buffer): Fields {
  const input = { bytes, at: 0 };
  const fields = { status: "", code: undefined as number | undefined, message: "" };
  while (input.at < bytes.length) {
    const first = bytes[input.at] ?? 0;
    if (first >= 0x80) {
      fields.status = statuses[staticIndex(input, 7)] ?? fields.status;
    } else if (first >= 0x20 && first < 0x40) {
      // The size of the dynamic table, which stays empty.
      readInteger(input, 5);
    } else {
      const index = staticIndex(input, first >= 0x40 ? 6 : 4);
      const name = index === 0 ? readText(input) : statuses[index] === undefined ? "" : ":status";
      const value = readText(input);
      if (name === ":status") fields.status = value;
      else if (name === "grpc-status") fields.code = Number(value);
      else if (name === "grpc-message") fields.message = percentDecoded(value);
    }
  }
  return fields;
}

interface Input {
  readonly bytes: Buffer;
  at: number;
}

function staticIndex(input: Input, prefixBits: number): number {
  const index = readInteger(input, prefixBits);
  if (index > staticMax) throw new WireError("hpack: a field of the dynamic table, which has none");
  return index;
}

function readInteger(input: Input, prefixBits: number): number {
  const max = 2 ** prefixBits - 1;
  let value = readByte(input) & max;
  if (value < max) return value;
  for (let scale = 1; scale <= 128 ** 3; scale *= 128) {
    const byte = readByte(input);
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
  throw new WireError("hpack: integer overflow");
}

function readText(input: Input): string {
  const isHuffman = (input.bytes[input.at] ?? 0) >= 0x80;
  const length = readInteger(input, 7);
  const end = input.at + length;
  if (end > input.bytes.length) throw new WireError("hpack: unexpected end");
  const bytes = input.bytes.subarray(input.at, end);
  input.at = end;
  return isHuffman ? decodeHuffman(bytes) : bytes.toString("latin1");
}

function readByte(input: Input): number {
  const byte = input.bytes[input.at++];
  if (byte === undefined) throw new WireError("hpack: unexpected end");
  return byte;
}

/** What gRPC writes with percent signs, since fields hold no other characters than ASCII's. */
function percentDecoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
