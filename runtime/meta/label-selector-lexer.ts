/** What a piece of a label selector is: an operator or punctuation as written, a word, or the end. */
type TokenKind = "end" | "word" | "in" | "notin" | "(" | ")" | "," | "!" | "=" | "==" | "!=" | "<" | ">";

/** A piece of a label selector. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const end: Token = { kind: "end", text: "" };

/** Cuts a label selector into its pieces; the last one is always the end. Every text can be cut. */
export function tokensOf(selector: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (isBlank(selector.charAt(at))) at++;
    const kind = symbolAt(selector, at);
    if (kind !== undefined) {
      tokens.push({ kind, text: kind });
      at = pastNul(selector, at + kind.length);
      continue;
    }
    const stop = wordEnd(selector, at);
    if (stop === at) break;
    const text = selector.slice(at, stop);
    tokens.push({ kind: text === "in" || text === "notin" ? text : "word", text });
    at = pastNul(selector, stop);
  }
  tokens.push(end);
  return tokens;
}

// Upstream takes a NUL right after a piece for its end, and one anywhere else for the end of the selector.
function pastNul(selector: string, at: number): number {
  return selector.charAt(at) === "\0" ? at + 1 : at;
}

function symbolAt(selector: string, at: number): TokenKind | undefined {
  const character = selector.charAt(at);
  switch (character) {
    case "=":
    case "!":
      return selector.charAt(at + 1) === "=" ? `${character}=` : character;
    case "(":
    case ")":
    case ",":
    case "<":
    case ">":
      return character;
    default:
      return undefined;
  }
}

function wordEnd(selector: string, from: number): number {
  let at = from;
  while (at < selector.length && !endsWord(selector.charAt(at))) at++;
  return at;
}

function endsWord(character: string): boolean {
  return isBlank(character) || character === "\0" || "=!(),<>".includes(character);
}

function isBlank(character: string): boolean {
  return character === " " || character === "\t" || character === "\r" || character === "\n";
}
