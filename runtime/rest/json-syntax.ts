import { goQuote } from "../meta/field-error.ts";
import { depthMax } from "../meta/decode.ts";

/**
 * Why bytes are not JSON, in the words of Go's decoder: `unexpected end of JSON input`, or
 * `invalid character '}' looking for beginning of value`. For bytes that JSON.parse has refused.
 * https://pkg.go.dev/encoding/json#SyntaxError
 */
export function jsonSyntaxError(bytes: Uint8Array): string {
  const scanner: Scanner = { bytes, at: 0, open: [], expects: "value" };
  for (;;) {
    const character = nextAfterSpace(scanner);
    if (character === undefined) return unexpectedEnd;
    const problem = step(scanner, character);
    if (problem !== undefined) return problem;
  }
}

const unexpectedEnd = "unexpected end of JSON input";

/** What may stand at a place. */
type Expectation = "value" | "value or ]" | "key" | "key or }" | ":" | "end of value";

interface Scanner {
  readonly bytes: Uint8Array;
  at: number;
  /** The brackets that are open, outermost first. */
  readonly open: ("{" | "[")[];
  expects: Expectation;
}

function nextAfterSpace(scanner: Scanner): string | undefined {
  for (; scanner.at < scanner.bytes.length; scanner.at++) {
    const character = characterAt(scanner);
    if (!" \t\r\n".includes(character)) return character;
  }
  return undefined;
}

/** The byte as Go names it; past the end there is a space, as there is to Go inside of numbers and words. */
function characterAt({ bytes, at }: Scanner): string {
  return String.fromCharCode(bytes[at] ?? 0x20);
}

/** Reads what stands here. Gives what is wrong with it. */
function step(scanner: Scanner, character: string): string | undefined {
  switch (scanner.expects) {
    case "value or ]":
      return character === "]" ? close(scanner) : value(scanner, character);
    case "value":
      return value(scanner, character);
    case "key or }":
      return character === "}" ? close(scanner) : key(scanner, character);
    case "key":
      return key(scanner, character);
    case ":":
      if (character !== ":") return invalidCharacter(character, "after object key");
      return expectNext(scanner, "value");
    case "end of value":
      return afterValue(scanner, character);
  }
}

function expectNext(scanner: Scanner, expectation: Expectation): undefined {
  scanner.at++;
  scanner.expects = expectation;
}

function close(scanner: Scanner): undefined {
  scanner.open.pop();
  return expectNext(scanner, "end of value");
}

function afterValue(scanner: Scanner, character: string): string | undefined {
  switch (scanner.open.at(-1)) {
    case undefined:
      return invalidCharacter(character, "after top-level value");
    case "{":
      if (character === ",") return expectNext(scanner, "key");
      return character === "}" ? close(scanner) : invalidCharacter(character, "after object key:value pair");
    case "[":
      if (character === ",") return expectNext(scanner, "value");
      return character === "]" ? close(scanner) : invalidCharacter(character, "after array element");
  }
}

function key(scanner: Scanner, character: string): string | undefined {
  if (character !== '"') return invalidCharacter(character, "looking for beginning of object key string");
  scanner.expects = ":";
  return text(scanner);
}

function value(scanner: Scanner, character: string): string | undefined {
  scanner.expects = "end of value";
  switch (character) {
    case "{":
    case "[":
      if (scanner.open.push(character) > depthMax) return invalidCharacter(character, "exceeded max depth");
      return expectNext(scanner, character === "{" ? "key or }" : "value or ]");
    case '"':
      return text(scanner);
    case "t":
      return word(scanner, "true");
    case "f":
      return word(scanner, "false");
    case "n":
      return word(scanner, "null");
    default:
      if (character === "-" || isDigit(character)) return number(scanner);
      return invalidCharacter(character, "looking for beginning of value");
  }
}

function text(scanner: Scanner): string | undefined {
  for (scanner.at++; scanner.at < scanner.bytes.length; scanner.at++) {
    const character = characterAt(scanner);
    if (character < " ") return invalidCharacter(character, "in string literal");
    if (character === '"') {
      scanner.at++;
      return undefined;
    }
    const problem = character === "\\" ? escape(scanner) : undefined;
    if (problem !== undefined) return problem;
  }
  return unexpectedEnd;
}

/** Leaves the scanner at the escape's last character. */
function escape(scanner: Scanner): string | undefined {
  scanner.at++;
  const kind = characterAt(scanner);
  if ('bfnrt\\/"'.includes(kind)) return undefined;
  if (kind !== "u") return invalidCharacter(kind, "in string escape code");
  for (let digit = 0; digit < 4; digit++) {
    scanner.at++;
    const character = characterAt(scanner);
    if (!/[\da-fA-F]/.test(character)) return invalidCharacter(character, "in \\u hexadecimal character escape");
  }
  return undefined;
}

function word(scanner: Scanner, expected: string): string | undefined {
  for (const letter of expected) {
    const character = characterAt(scanner);
    if (character !== letter) return invalidCharacter(character, `in literal ${expected} (expecting '${letter}')`);
    scanner.at++;
  }
  return undefined;
}

function number(scanner: Scanner): string | undefined {
  if (characterAt(scanner) === "-") {
    scanner.at++;
    if (!isDigit(characterAt(scanner))) return invalidCharacter(characterAt(scanner), "in numeric literal");
  }
  if (characterAt(scanner) === "0") scanner.at++;
  else digits(scanner);
  if (characterAt(scanner) === ".") {
    scanner.at++;
    const problem = someDigits(scanner, "after decimal point in numeric literal");
    if (problem !== undefined) return problem;
  }
  if (!"eE".includes(characterAt(scanner))) return undefined;
  scanner.at++;
  if ("+-".includes(characterAt(scanner))) scanner.at++;
  return someDigits(scanner, "in exponent of numeric literal");
}

function someDigits(scanner: Scanner, where: string): string | undefined {
  if (!isDigit(characterAt(scanner))) return invalidCharacter(characterAt(scanner), where);
  digits(scanner);
  return undefined;
}

function digits(scanner: Scanner): void {
  while (isDigit(characterAt(scanner))) scanner.at++;
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9";
}

function invalidCharacter(character: string, where: string): string {
  const quoted = character === "'" ? "\\'" : character === '"' ? character : goQuote(character).slice(1, -1);
  return `invalid character '${quoted}' ${where}`;
}
