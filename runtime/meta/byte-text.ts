import { Buffer } from "node:buffer";

/** The length of a text in bytes of UTF-8, which is what the limits of the API count. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

/** The longest beginning of a text that has at most `max` bytes and splits no character. */
export function truncateToBytes(text: string, max: number): string {
  if (byteLength(text) <= max) return text;
  let kept = "";
  let bytes = 0;
  for (const character of text) {
    bytes += byteLength(character);
    if (bytes > max) break;
    kept += character;
  }
  return kept;
}

/**
 * Orders texts by their bytes of UTF-8, as Go and the storage do: -1, 0 or 1; `<` on strings orders by UTF-16 units.
 * Their first `from` units are known to be the same.
 */
export function compareBytes(a: string, b: string, from = 0): number {
  const length = Math.min(a.length, b.length);
  for (let i = from; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return aboveSurrogates(left) < aboveSurrogates(right) ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

// A surrogate stands for a character beyond every one that fits a single unit.
function aboveSurrogates(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
