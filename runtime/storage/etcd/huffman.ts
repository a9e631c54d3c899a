import { Buffer } from "node:buffer";
import { WireError } from "../../meta/wire-error.ts";

/**
 * How many bits each symbol's code has, as letters: A is 5, Z is 30. The last symbol is the end of a text. Codes follow
 * from it: shorter ones come first, and of those that are equally long the smaller symbol.
 * https://www.rfc-editor.org/rfc/rfc7541#appendix-B
 */
const lengths =
  "ISXXXXXXXTZXXZXXXXXXXXZXXXXXXXXXBFFHIBDGFFDGDBBBAAABBBBBBBCDKBHFIBCCCCCCCCCCCCCCCCCCCCCCDCDIOIJBKABABABBBACCBBB" +
  "ABCBAABCCCCCKGJIXPRPPRRRSRSSSSSTSTTRSTSSSSQRSRSSTRQPRRSSQSRRTQRSSQQRQSRSSPRRRSRRSVVPORSRUVVVWWVTUOQVWWVWTQQVVXWWWP" +
  "TPQRQQSRRUUTTVSVWVVWWWWWXWWWWWVZ";
const shortestBits = 5;
const longestBits = 30;

/** The codes of one length: the first of them, and what they stand for. */
interface Codes {
  readonly first: number;
  readonly symbols: readonly number[];
}

const codesByLength = codes();

function codes(): readonly Codes[] {
  const found: Codes[] = [];
  let first = 0;
  for (let bits = shortestBits; bits <= longestBits; bits++) {
    const letter = String.fromCharCode(65 + bits - shortestBits);
    const symbols = Array.from(lengths, (_letter, symbol) => symbol).filter((symbol) => lengths[symbol] === letter);
    found.push({ first, symbols });
    first = (first + symbols.length) * 2;
  }
  return found;
}

/** The text that was written in HPACK's Huffman code, a byte a character. Throws a WireError where it is none. */
export function decodeHuffman(bytes: Uint8Array): string {
  // The shortest code has five bits.
  const out = Buffer.allocUnsafe(Math.ceil((bytes.length * 8) / shortestBits));
  let length = 0;
  let code = 0;
  let bits = 0;
  for (const byte of bytes) {
    for (let shift = 7; shift >= 0; shift--) {
      code = code * 2 + ((byte >>> shift) & 1);
      bits++;
      const candidates = codesByLength[bits - shortestBits];
      const symbol = candidates?.symbols[code - candidates.first];
      if (symbol !== undefined) {
        if (symbol > 255) throw new WireError("hpack: the end inside a text");
        out[length++] = symbol;
        code = 0;
        bits = 0;
      } else if (bits >= longestBits) throw new WireError("hpack: no such code");
    }
  }
  // What is left over is the beginning of the code of the end: nothing but ones.
  if (bits > 7 || code !== 2 ** bits - 1) throw new WireError("hpack: a text that stops inside a code");
  return out.toString("latin1", 0, length);
}
