import { compareBytes } from "../meta/byte-text.ts";

/** A range of keys: from `start`, which it includes, up to `end`, which it does not; an undefined end is open. */
export interface KeyRange {
  readonly start: string;
  readonly end: string | undefined;
}

/** The keys that start with `prefix` and, where it is given, are greater than `after`. */
export function prefixRange(prefix: string, after: string | undefined): KeyRange {
  const end = prefixEnd(prefix);
  // No key lies between a key and the same with a zero byte at its end.
  if (after === undefined || compareBytes(after, prefix) < 0) return { start: prefix, end };
  return { start: `${after}\0`, end };
}

/** The least string that is greater than every string that starts with `prefix`; undefined if there is none. */
function prefixEnd(prefix: string): string | undefined {
  const characters = Array.from(prefix);
  for (let last = characters.pop(); last !== undefined; last = characters.pop()) {
    const point = last.codePointAt(0) ?? 0;
    if (point === 0x10ffff) continue;
    return characters.join("") + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1);
  }
  return undefined;
}
