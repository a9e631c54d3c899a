/** What a regular expression is made of, as far as its cost goes. */
export type PatternNode =
  | { readonly kind: "characters"; readonly set: CharacterSet }
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly PatternNode[] }
  | { readonly kind: "repeat"; readonly of: PatternNode; readonly min: number; readonly max: number };

/** Code points as ranges, both ends included. */
export type CharacterSet = readonly (readonly [low: number, high: number])[];

const last = 0x10ffff;
const any: CharacterSet = [[0, last]];
const empty: PatternNode = { kind: "sequence", parts: [] };
const classes: { readonly [letter: string]: CharacterSet } = {
  d: [[48, 57]],
  w: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  s: [
    [9, 13],
    [32, 32],
    [0xa0, 0xa0],
    [0x2000, 0x200a],
    [0x2028, 0x2029],
    [0x3000, 0x3000],
  ],
};
const controls: { readonly [letter: string]: number } = { t: 9, n: 10, v: 11, f: 12, r: 13, "0": 0 };

interface Cursor {
  readonly text: readonly string[];
  at: number;
}

/** Reads a pattern that is known to compile. Undefined where it has lookarounds or backreferences, which RE2 has not. */
export function readPattern(pattern: string): PatternNode | undefined {
  const cursor: Cursor = { text: Array.from(pattern), at: 0 };
  try {
    return readChoice(cursor);
  } catch (error) {
    if (error instanceof UnsupportedPattern) return undefined;
    throw error;
  }
}

class UnsupportedPattern extends Error {}

function readChoice(cursor: Cursor): PatternNode {
  const parts = [readSequence(cursor)];
  while (take(cursor, "|")) parts.push(readSequence(cursor));
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: "choice", parts };
}

function readSequence(cursor: Cursor): PatternNode {
  const parts: PatternNode[] = [];
  while (cursor.at < cursor.text.length && !peek(cursor, "|") && !peek(cursor, ")")) {
    parts.push(readRepeated(cursor, readAtom(cursor)));
  }
  return { kind: "sequence", parts };
}

function readRepeated(cursor: Cursor, of: PatternNode): PatternNode {
  const rest = cursor.text.slice(cursor.at, cursor.at + 24).join("");
  const match = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(rest);
  if (match === null) return of;
  cursor.at += match[0].length;
  const [, low, comma, high] = match;
  if (low !== undefined) {
    const min = Number(low);
    return { kind: "repeat", of, min, max: comma === "" ? min : high === "" ? Infinity : Number(high) };
  }
  return { kind: "repeat", of, min: rest.startsWith("+") ? 1 : 0, max: rest.startsWith("?") ? 1 : Infinity };
}

function readAtom(cursor: Cursor): PatternNode {
  const character = cursor.text[cursor.at++] ?? "";
  switch (character) {
    case "^":
    case "$":
      return empty;
    case ".":
      return { kind: "characters", set: any };
    case "(":
      return readGroup(cursor);
    case "[":
      return { kind: "characters", set: readClass(cursor) };
    case "\\":
      return readEscape(cursor);
    default:
      return { kind: "characters", set: single(character.codePointAt(0) ?? 0) };
  }
}

function readGroup(cursor: Cursor): PatternNode {
  if (take(cursor, "?") && !take(cursor, ":")) {
    const named = take(cursor, "<") && !peek(cursor, "=") && !peek(cursor, "!");
    if (!named) throw new UnsupportedPattern();
    while (!take(cursor, ">")) cursor.at++;
  }
  const inside = readChoice(cursor);
  take(cursor, ")");
  return inside;
}

function readEscape(cursor: Cursor): PatternNode {
  const letter = cursor.text[cursor.at] ?? "";
  if (letter === "b" || letter === "B") {
    cursor.at++;
    return empty;
  }
  if (/[1-9k]/.test(letter)) throw new UnsupportedPattern();
  return { kind: "characters", set: readEscapedSet(cursor) };
}

/** What stands behind a backslash; sets by Unicode property count as any character. */
function readEscapedSet(cursor: Cursor): CharacterSet {
  const letter = cursor.text[cursor.at++] ?? "";
  const named = classes[letter.toLowerCase()];
  if (named !== undefined) return letter === letter.toLowerCase() ? named : complement(named);
  if (letter === "p" || letter === "P") {
    while (!take(cursor, "}")) cursor.at++;
    return any;
  }
  const digits = /^(?:u\{([\da-fA-F]+)\}|u([\da-fA-F]{4})|x([\da-fA-F]{2})|c([A-Za-z]))/.exec(
    letter + cursor.text.slice(cursor.at, cursor.at + 10).join(""),
  );
  if (digits === null) return single(controls[letter] ?? letter.codePointAt(0) ?? 0);
  cursor.at += digits[0].length - 1;
  const hex = digits[1] ?? digits[2] ?? digits[3];
  return single(hex === undefined ? (digits[4]?.charCodeAt(0) ?? 0) % 32 : Number.parseInt(hex, 16));
}

function readClass(cursor: Cursor): CharacterSet {
  const negated = take(cursor, "^");
  const ranges: (readonly [number, number])[] = [];
  while (!take(cursor, "]")) {
    const low = readClassAtom(cursor);
    const isRange = peek(cursor, "-") && cursor.text[cursor.at + 1] !== "]";
    if (!isRange) {
      ranges.push(...low);
      continue;
    }
    cursor.at++;
    ranges.push([low[0]?.[0] ?? 0, readClassAtom(cursor)[0]?.[1] ?? last]);
  }
  return negated ? complement(ranges) : ranges;
}

function readClassAtom(cursor: Cursor): CharacterSet {
  const character = cursor.text[cursor.at++] ?? "";
  if (character !== "\\") return single(character.codePointAt(0) ?? 0);
  if (take(cursor, "b")) return single(8);
  return readEscapedSet(cursor);
}

function single(codePoint: number): CharacterSet {
  return [[codePoint, codePoint]];
}

function complement(set: CharacterSet): CharacterSet {
  const result: (readonly [number, number])[] = [];
  let next = 0;
  for (const [low, high] of set.toSorted((a, b) => a[0] - b[0])) {
    if (low > next) result.push([next, low - 1]);
    next = Math.max(next, high + 1);
  }
  if (next <= last) result.push([next, last]);
  return result;
}

function peek(cursor: Cursor, character: string): boolean {
  return cursor.text[cursor.at] === character;
}

function take(cursor: Cursor, character: string): boolean {
  if (!peek(cursor, character)) return false;
  cursor.at++;
  return true;
}
