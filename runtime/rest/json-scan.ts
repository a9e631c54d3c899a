import { depthMax } from "../meta/decode.ts";
import { goQuote } from "../meta/field-error.ts";
import { BodyError } from "./body-error.ts";

/** As many strict problems as one request is told. */
const problemsMax = 100;
/** Once they have so many characters no more are told: each shows a path, which can be nearly as long as the request. */
const problemCharactersMax = 64 * 1024;

const nothing: ReadonlySet<string> = new Set();

/** What JSON.parse hides. */
interface JsonFacts {
  /** `duplicate field "spec.name"` for each field that stands twice, in the order of the text. */
  readonly problems: readonly string[];
  /** Why the first number that JSON.parse has changed cannot be taken; undefined if there is none. */
  readonly inexact: string | undefined;
}

/**
 * Goes once through JSON that JSON.parse has taken, and finds what it hides. Among the problems there is
 * `unknown field "spec.x"` for each path in `unknown`; what is inside of such fields is no problem.
 * Throws a BodyError for brackets in brackets beyond the limit.
 * https://pkg.go.dev/sigs.k8s.io/json#UnmarshalStrict
 */
export function scanJson(json: string, unknown: ReadonlySet<string> = nothing): JsonFacts {
  const scan: Scan = {
    json,
    at: 0,
    levels: [],
    keyIsNext: false,
    unknown,
    problems: new Set(),
    problemCharacters: 0,
    silentBelow: Infinity,
    inexact: undefined,
  };
  while (scan.at < json.length) token(scan);
  return { problems: [...scan.problems], inexact: scan.inexact };
}

/** An object or list that is open. */
interface Level {
  /** Its path, such as `spec.toys[0]`; empty for the outermost. */
  readonly path: string;
  /** The keys so far; undefined for a list. */
  readonly keys: Set<string> | undefined;
  /** Those with which something is wrong, once it has been told. */
  told: Set<string> | undefined;
  /** The key or index at which the scan stands. */
  key: string;
  index: number;
}

interface Scan {
  readonly json: string;
  at: number;
  readonly levels: Level[];
  keyIsNext: boolean;
  readonly unknown: ReadonlySet<string>;
  readonly problems: Set<string>;
  problemCharacters: number;
  /** While more levels than these are open, the scan is inside of an unknown field. */
  silentBelow: number;
  inexact: string | undefined;
}

function token(scan: Scan): void {
  switch (scan.json.charCodeAt(scan.at)) {
    case 0x7b: // {
      open(scan, new Set());
      scan.keyIsNext = true;
      break;
    case 0x5b: // [
      open(scan, undefined);
      break;
    case 0x7d: // }
    case 0x5d: // ]
      scan.levels.pop();
      scan.keyIsNext = false;
      scan.at++;
      break;
    case 0x2c: // ,
      comma(scan);
      break;
    case 0x22: // "
      text(scan);
      break;
    case 0x2d: // -
      number(scan);
      break;
    default:
      if (isDigit(scan.json.charCodeAt(scan.at))) number(scan);
      else scan.at++;
  }
}

function open(scan: Scan, keys: Set<string> | undefined): void {
  if (scan.levels.length >= depthMax) {
    throw new BodyError(`invalid character '${keys === undefined ? "[" : "{"}' exceeded max depth`);
  }
  scan.levels.push({ path: pathOf(scan), keys, told: undefined, key: "", index: 0 });
  scan.keyIsNext = false;
  scan.at++;
}

function comma(scan: Scan): void {
  const level = scan.levels.at(-1);
  if (level?.keys === undefined) {
    if (level !== undefined) level.index++;
  } else {
    scan.keyIsNext = true;
  }
  scan.at++;
}

function text(scan: Scan): void {
  const end = endOfText(scan.json, scan.at);
  if (scan.keyIsNext) {
    key(scan, keyText(scan.json.slice(scan.at, end)));
    scan.keyIsNext = false;
  }
  scan.at = end;
}

/** Where a text that starts at `start` is over, its quotes included. */
function endOfText(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); quote !== -1; quote = json.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (json.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return json.length;
}

function keyText(quoted: string): string {
  if (!quoted.includes("\\")) return quoted.slice(1, -1);
  const unescaped: unknown = JSON.parse(quoted);
  return String(unescaped);
}

function key(scan: Scan, name: string): void {
  const level = scan.levels.at(-1);
  if (level?.keys === undefined) return;
  level.key = name;
  if (scan.levels.length > scan.silentBelow) return;
  scan.silentBelow = Infinity;
  if (scan.unknown.size > 0 && scan.unknown.has(pathOf(scan))) {
    tell(scan, level, "unknown");
    scan.silentBelow = scan.levels.length;
  } else if (level.keys.has(name)) {
    tell(scan, level, "duplicate");
  }
  level.keys.add(name);
}

/** Tells a problem with the key at which the scan stands, once: paths are long where brackets are deep. */
function tell(scan: Scan, level: Level, what: "unknown" | "duplicate"): void {
  if (scan.problems.size >= problemsMax || scan.problemCharacters >= problemCharactersMax) return;
  if (level.told?.has(level.key) === true) return;
  level.told = (level.told ?? new Set()).add(level.key);
  const problem = `${what} field ${goQuote(pathOf(scan))}`;
  scan.problems.add(problem);
  scan.problemCharacters += problem.length;
}

/** The path at which the scan stands. */
function pathOf({ levels }: Scan): string {
  const level = levels.at(-1);
  if (level === undefined) return "";
  const { path, keys, key: name, index } = level;
  if (keys === undefined) return `${path}[${index}]`;
  return path === "" ? name : `${path}.${name}`;
}

/** Shorter whole numbers are all below 2^53. */
const exactDigits = 15;

function number(scan: Scan): void {
  const { json, at: start } = scan;
  let fractional = false;
  let exponential = false;
  let end = start + 1;
  for (; end < json.length; end++) {
    const code = json.charCodeAt(end);
    if (code === 0x65 || code === 0x45) exponential = true;
    else if (code === 0x2e) fractional = true;
    else if (!isDigit(code) && code !== 0x2b && code !== 0x2d) break;
  }
  scan.at = end;
  if (end - start <= exactDigits && !exponential) return;
  const digits = json.slice(start, end);
  const why = changed(Number(digits), fractional || exponential);
  if (why === undefined) return;
  scan.inexact ??= `json: cannot unmarshal number ${digits} into field ${goQuote(pathOf(scan))}: ${why}`;
}

function changed(value: number, approximate: boolean): string | undefined {
  if (!Number.isFinite(value)) return "it is out of range";
  if (approximate || Number.isSafeInteger(value)) return undefined;
  return `whole numbers beyond ${Number.MAX_SAFE_INTEGER} cannot be kept exactly`;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
