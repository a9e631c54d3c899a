import type { RequestHead } from "./exchange.ts";

/** Entries of the static table: https://www.rfc-editor.org/rfc/rfc7541#appendix-A */
const indexed = { GET: 0x82, POST: 0x83, https: 0x87 };
const nameIndex: Readonly<Record<string, number>> = {
  ":authority": 1,
  ":method": 2,
  ":path": 4,
  accept: 19,
  "content-type": 31,
  "user-agent": 58,
};
const statusIndex: Readonly<Record<number, number>> = {
  8: 200,
  9: 204,
  10: 206,
  11: 304,
  12: 400,
  13: 404,
  14: 500,
};
const statusNameIndexes = { first: 8, last: 14 };

/** The header block of a request, with nothing remembered between requests and no Huffman codes. */
export function encodeHead({ method, path, headers = {} }: RequestHead): Buffer {
  const parts = [
    method === "GET" || method === "POST" ? Buffer.from([indexed[method]]) : literal(":method", method),
    Buffer.from([indexed.https]),
    literal(":authority", "127.0.0.1"),
    literal(":path", path),
  ];
  const all = { "user-agent": "bench", accept: "application/json", ...headers };
  for (const [name, value] of Object.entries(all)) parts.push(literal(name.toLowerCase(), value));
  return Buffer.concat(parts);
}

function literal(name: string, value: string): Buffer {
  const index = nameIndex[name];
  const named = index === undefined ? Buffer.concat([Buffer.from([0]), text(name)]) : integer(index, 15);
  return Buffer.concat([named, text(value)]);
}

function text(value: string): Buffer {
  return Buffer.concat([integer(value.length, 127), Buffer.from(value, "latin1")]);
}

/** An integer whose prefix holds at most `max`: https://www.rfc-editor.org/rfc/rfc7541#section-5.1 */
function integer(value: number, max: number): Buffer {
  if (value < max) return Buffer.from([value]);
  const bytes = [max];
  let rest = value - max;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128));
  return Buffer.from([...bytes, rest]);
}

/**
 * The status in a header block whose sender has no dynamic table: it comes first, after changes of the table's size.
 * Undefined where there is none.
 */
export function readStatus(block: Buffer, start: number): number | undefined {
  let at = start;
  while (((block[at] ?? 0) & 0xe0) === 0x20) at += (block[at] ?? 0) === 0x3f ? 2 : 1;
  const first = block[at] ?? 0;
  if (first >= 0x80) return statusIndex[first & 0x7f];
  const index = first & (first >= 0x40 ? 0x3f : 0x0f);
  if (index < statusNameIndexes.first || index > statusNameIndexes.last) return undefined;
  const length = block[at + 1] ?? 0;
  if (length < 0x80) return Number(block.toString("latin1", at + 2, at + 2 + length));
  return huffmanDigits(block.subarray(at + 2, at + 2 + (length & 0x7f)));
}

/** Three digits in the Huffman code: 0 to 2 have five bits, the others six. */
function huffmanDigits(bytes: Buffer): number {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  let digits = "";
  for (let at = 0; digits.length < 3;) {
    const short = Number.parseInt(bits.slice(at, at + 5), 2);
    const isShort = short < 3;
    digits += isShort ? short : Number.parseInt(bits.slice(at, at + 6), 2) - 0x16;
    at += isShort ? 5 : 6;
  }
  return Number(digits);
}
