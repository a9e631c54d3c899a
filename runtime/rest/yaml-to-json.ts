import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type CST,
  type Document,
  type Node,
  type Scalar,
  type YAMLMap,
  type YAMLParseError,
} from "yaml";
import { compareBytes } from "../meta/byte-text.ts";
import { depthMax } from "../meta/decode.ts";
import { goQuote } from "../meta/field-error.ts";
import { requestEntityTooLarge } from "../meta/status-error.ts";
import { BodyError } from "./body-error.ts";
import { scalarValue, type ScalarValue } from "./yaml-scalar.ts";

/** A document of YAML as JSON. */
interface JsonFromYaml {
  /** Keys are in order, as Go's encoder has them. */
  readonly json: string;
  /** `line 7: key "reference" already set in map`, for each key that stands twice; the last one is taken. */
  readonly duplicates: readonly string[];
}

/** Nodes that one document may have by way of aliases, and the characters of JSON in them. */
const aliasedNodesMax = 10_000;
const aliasedCharactersMax = 1_000_000;
/** Scalars, signs and gaps of one document: half a second's work, during which the server does nothing else. */
const tokensMax = 200_000;

/**
 * Turns YAML into JSON as Kubernetes does: by the rules of YAML 1.1, with keys made into text. There may be one document.
 * Throws a BodyError for what is not YAML, or has no JSON, and 413 for what would take too long.
 * https://pkg.go.dev/sigs.k8s.io/yaml#YAMLToJSON
 */
export function yamlToJson(text: string): JsonFromYaml {
  const lines = new LineCounter();
  const contents = parse(text, lines);
  const reader: Reader = { lines, anchors: new Map(), within: new Set(), duplicates: [], aliased: 0, characters: 0 };
  return { json: jsonOf(reader, contents, { depth: 0, aliased: false }), duplicates: reader.duplicates };
}

function parse(text: string, lineCounter: LineCounter): Node | null {
  // Scalars stay texts, and duplicate keys and merges stay as they are: what they mean is decided here.
  const composer = new Composer({
    schema: "failsafe",
    version: "1.1",
    merge: false,
    uniqueKeys: false,
    resolveKnownTags: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const [first, ...others] = composer.compose(shallowTokens(text, lineCounter));
  if (first === undefined) return null;
  const error = first.errors[0];
  if (error !== undefined) throw new BodyError(`yaml: ${syntaxError(error, text, lineCounter)}`);
  if (others.some(isFilled)) throw new BodyError("yaml: there may be one document only");
  return first.contents;
}

function* shallowTokens(text: string, lineCounter: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lineCounter.addNewLine);
  lineCounter.addNewLine(0);
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++tokens > tokensMax) throw requestEntityTooLarge(`limit is ${tokensMax} tokens of YAML`);
    yield* parser.next(lexeme);
    // The library goes down by recursion, and Node ends the process where a regular expression is compiled with no stack
    // left: collections that are too deep must not get there. Beside them, the stack has the document and a scalar.
    if (parser.stack.length > depthMax + 2) throw new BodyError("yaml: exceeded max depth");
  }
  yield* parser.end();
}

function isFilled({ contents, errors }: Document.Parsed): boolean {
  return errors.length > 0 || (contents !== null && !(isScalar(contents) && contents.source === ""));
}

interface Reader {
  readonly lines: LineCounter;
  readonly anchors: Map<string, Node>;
  /** Anchors whose nodes are being read. */
  readonly within: Set<string>;
  readonly duplicates: string[];
  aliased: number;
  characters: number;
}

/** Where a node stands. */
interface Place {
  readonly depth: number;
  readonly aliased: boolean;
}

function jsonOf(reader: Reader, node: Node | null, place: Place): string {
  if (node === null) return "null";
  if (place.depth > depthMax) throw new BodyError("yaml: exceeded max depth");
  if (place.aliased) count(reader, 0);
  if (isAlias(node)) return jsonOfAlias(reader, node.source, place);
  const { anchor } = node;
  if (anchor === undefined) return jsonOfContent(reader, node, place);
  reader.anchors.set(anchor, node);
  reader.within.add(anchor);
  const json = jsonOfContent(reader, node, place);
  reader.within.delete(anchor);
  return json;
}

function jsonOfAlias(reader: Reader, name: string, { depth }: Place): string {
  const node = reader.anchors.get(name);
  if (node === undefined) throw new BodyError(`yaml: unknown anchor '${name}' referenced`);
  if (reader.within.has(name)) throw new BodyError(`yaml: anchor '${name}' value contains itself`);
  return jsonOf(reader, node, { depth: depth + 1, aliased: true });
}

function jsonOfContent(reader: Reader, node: Node, place: Place): string {
  const within: Place = { ...place, depth: place.depth + 1 };
  if (isMap<Node, Node | null>(node)) return jsonOfMap(reader, node, within);
  if (isSeq<Node | null>(node)) return `[${node.items.map((item) => jsonOf(reader, item, within)).join(",")}]`;
  const json = isScalar(node) ? scalarJson(valueOf(node)) : "null";
  if (place.aliased) count(reader, json.length);
  return json;
}

// A few lines of aliases to aliases can stand for more than any memory holds.
function count(reader: Reader, characters: number): void {
  reader.aliased++;
  reader.characters += characters;
  if (reader.aliased > aliasedNodesMax || reader.characters > aliasedCharactersMax) {
    throw new BodyError("yaml: document contains excessive aliasing");
  }
}

function valueOf(node: Scalar): ScalarValue {
  return scalarValue(String(node.value), node.type === "PLAIN", node.tag);
}

function scalarJson(value: ScalarValue): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new BodyError(`json: unsupported value: ${Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf"}`);
  }
  return JSON.stringify(value);
}

/** The entries of a map that is being put together: JSON by key. */
type Entries = Map<string, string>;

function jsonOfMap(reader: Reader, map: YAMLMap<Node, Node | null>, place: Place): string {
  const entries: Entries = new Map();
  fill(reader, entries, map, place);
  const sorted = [...entries].toSorted(([a], [b]) => compareBytes(a, b));
  return `{${sorted.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")}}`;
}

function fill(reader: Reader, entries: Entries, map: YAMLMap<Node, Node | null>, place: Place): void {
  for (const { key, value } of map.items) {
    if (isMergeKey(key)) {
      merge(reader, entries, value, place);
      continue;
    }
    const keyValue = keyOf(reader, key);
    const name = typeof keyValue === "string" ? keyValue : String(keyValue);
    const json = jsonOf(reader, value, place);
    if (entries.has(name)) {
      const shown = typeof keyValue === "string" ? goQuote(keyValue) : name;
      reader.duplicates.push(`line ${lineOf(reader.lines, value ?? key)}: key ${shown} already set in map`);
    }
    entries.set(name, json);
  }
}

function isMergeKey(key: Node | null): boolean {
  return isScalar(key) && key.type === "PLAIN" && key.tag === undefined && key.source === "<<";
}

/** Takes over the entries of another map, or of several, the first of which wins. */
function merge(reader: Reader, entries: Entries, from: Node | null, place: Place): void {
  const within: Place = { depth: place.depth + 1, aliased: place.aliased || isAlias(from) };
  if (within.depth > depthMax) throw new BodyError("yaml: exceeded max depth");
  if (within.aliased) count(reader, 0);
  const node = isAlias(from) ? reader.anchors.get(from.source) : from;
  if (isAlias(from) && reader.within.has(from.source)) {
    throw new BodyError(`yaml: anchor '${from.source}' value contains itself`);
  }
  if (isMap<Node, Node | null>(node)) fill(reader, entries, node, within);
  else if (isSeq<Node | null>(node)) {
    for (const item of node.items.toReversed()) merge(reader, entries, item, within);
  } else throw new BodyError("yaml: map merge requires map or sequence of maps as the value");
}

function keyOf(reader: Reader, key: Node | null): Exclude<ScalarValue, null> {
  const node = isAlias(key) ? reader.anchors.get(key.source) : key;
  const value = isScalar(node) ? valueOf(node) : undefined;
  if (value === undefined) throw new BodyError("yaml: invalid map key");
  if (value === null) throw new BodyError("unsupported map key of type: null");
  if (key?.anchor !== undefined && node !== undefined && node !== null) reader.anchors.set(key.anchor, node);
  return value;
}

function lineOf(lines: LineCounter, node: Node | null): number {
  return lines.linePos(node?.range?.[0] ?? 0).line;
}

/** What Go's parser says, as far as another parser can know it; it leaves out the line where that is the first. */
function syntaxError(error: YAMLParseError, text: string, lines: LineCounter): string {
  const { line } = lines.linePos(error.pos[0]);
  const [problem, shownLine] = problemOf(error, text, line);
  return shownLine > 0 && line > 1 ? `line ${shownLine}: ${problem}` : problem;
}

/** The problem and its line. Go counts the lines of problems with tokens from 1, of those with structure from 0. */
function problemOf({ code, message, pos }: YAMLParseError, text: string, line: number): [string, number] {
  switch (code) {
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return ["mapping values are not allowed in this context", line];
    case "TAB_AS_INDENT":
    case "BAD_SCALAR_START":
      return ["found character that cannot start any token", line];
    case "BAD_DQ_ESCAPE":
      return ["found unknown escape character", line];
    case "UNEXPECTED_TOKEN":
      if (!message.includes("block-seq-ind")) return ["did not find expected node content", line - 1];
      return ["block sequence entries are not allowed in this context", line];
    case "BAD_INDENT":
      return ["did not find expected key", line - 1];
    case "MISSING_CHAR":
      if (message.startsWith("Implicit")) return ["could not find expected ':'", line + 1];
      if (message.includes("quote")) return ["found unexpected end of stream", line];
      if (pos[0] >= text.trimEnd().length) return [`did not find expected ',' or '${message.at(-1) ?? ""}'`, line];
      return ["did not find expected node content", line - 1];
    default:
      return ["did not find expected node content", line - 1];
  }
}
