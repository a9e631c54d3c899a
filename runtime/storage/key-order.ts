/** A range of keys: from `start`, which it includes, up to `end`, which it does not; an undefined end is open. */
export interface KeyRange {
  readonly start: string;
  readonly end: string | undefined;
}

/** Orders keys by their UTF-8 bytes, as LMDB and etcd do; `<` on strings orders by UTF-16 units instead. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return byteRank(left) - byteRank(right);
  }
  return a.length - b.length;
}

/** The keys that start with `prefix` and, where it is given, are greater than `after`. */
export function prefixRange(prefix: string, after: string | undefined): KeyRange {
  const end = prefixEnd(prefix);
  // No key lies between a key and the same with a zero byte at its end.
  if (after === undefined || compareKeys(after, prefix) < 0) return { start: prefix, end };
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

/** Surrogates stand for code points above U+FFFF, but as UTF-16 units lie below U+E000. */
function byteRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
