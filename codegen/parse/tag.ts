import type { Report } from "../diagnostic.ts";
import type { Position } from "../model/model.ts";
import { didYouMean } from "../nearest.ts";
import { taughtName, tagSpecs, type Args, type TagName, type TagSpec } from "./tag-table.ts";
import { isComment, readKeys, readPayload, readQuoted, readScalar, type Scalar, type TagValue } from "./tag-values.ts";
import { unsupportedTagHint } from "./unsupported-tags.ts";

/** One tag of a comment, read by its entry in the table. */
export interface Tag {
  readonly name: TagName;
  readonly spec: TagSpec;
  /** As the author spelt it, without the `+`. */
  readonly written: string;
  readonly args: ReadonlyMap<string, Scalar>;
  /** True where the tag takes none. */
  readonly value: TagValue;
  /** What a chaining tag (`=+k8s:…`) is about. */
  readonly inner?: Tag;
  readonly at: Position;
}

/** Reads a line of a comment that starts with `+`. Undefined where it is no tag of ours, or a wrong one. */
export function readTag(line: string, at: Position, report: Report): Tag | undefined {
  const written = /^\+([A-Za-z_][\w.:-]*)/.exec(line)?.[1];
  if (written === undefined) return undefined;
  if (/^(k8s:validation:cel|kubebuilder:validation:XValidation)\b/.test(written)) {
    report("cel", at, "CEL rules are not evaluated: write the check into <kind>_strategy.ts");
    return undefined;
  }
  const items = /^kubebuilder:validation:items:(?=\w)/.exec(written);
  if (items !== null) return eachItem(line, items[0].length, at, report);
  const known = findSpec(written);
  if (known === undefined) {
    tellUnknown(line, written, at, report);
    return undefined;
  }
  return known.spec.payload.kind === "keys"
    ? readMarker(line, known, at, report)
    : readGengoTag(line, known, at, report);
}

interface KnownTag {
  readonly spec: TagSpec;
  readonly written: string;
}

/** Markers carry their arguments behind a colon, so the name may be followed by some. */
function findSpec(written: string): KnownTag | undefined {
  const exact = tagSpecs.get(written);
  if (exact !== undefined) return { spec: exact, written };
  for (let end = written.lastIndexOf(":"); end > 0; end = written.lastIndexOf(":", end - 1)) {
    const spec = tagSpecs.get(written.slice(0, end));
    if (spec?.payload.kind === "keys") return { spec, written: written.slice(0, end) };
  }
  return undefined;
}

/** A tag that is not ours and resembles none of ours belongs to somebody else. */
function tellUnknown(line: string, written: string, at: Position, report: Report): void {
  const hint = unsupportedTagHint(written);
  const ours = /^(k8s|kubebuilder|genclient)(:|$)/.test(written);
  const rest = line.slice(written.length + 1);
  const looksLikeTag = ours || /^([=(]|\s*(#.*)?$)/.test(rest);
  if (!looksLikeTag) return;
  if (hint !== undefined) {
    report("unsupportedTag", at, `+${written} is not supported; ${hint}`);
    return;
  }
  const guess = didYouMean(written, tagSpecs.keys(), (name) => `+${name}`);
  if (ours || guess !== "") report("unknownTag", at, `unknown tag +${written}${guess}`);
}

/** `+kubebuilder:validation:items:MaxLength=5` is `+k8s:eachVal=+kubebuilder:validation:MaxLength=5`. */
function eachItem(line: string, prefix: number, at: Position, report: Report): Tag | undefined {
  const spec = tagSpecs.get("k8s:eachVal");
  const inner = readTag(`+kubebuilder:validation:${line.slice(prefix + 1)}`, at, report);
  if (inner === undefined || spec === undefined) return undefined;
  return { name: "k8s:eachVal", spec, written: inner.written, args: new Map(), value: true, inner, at };
}

function readMarker(line: string, { spec, written }: KnownTag, at: Position, report: Report): Tag | undefined {
  const rest = line.slice(written.length + 1);
  const keys = spec.payload.kind === "keys" ? spec.payload.keys : {};
  const value = rest === "" || isComment(rest) ? new Map<string, string>() : readKeys(rest.replace(/^:/, ""));
  if (value === undefined || (rest !== "" && !isComment(rest) && !rest.startsWith(":"))) {
    report("tagSyntax", at, `+${written} is written +${written}:${Object.keys(keys)[0]}=value,…`);
    return undefined;
  }
  for (const key of value.keys()) {
    if (key in keys) continue;
    report("tagPayload", at, `+${written} has no ${key}${didYouMean(key, Object.keys(keys))}`);
    return undefined;
  }
  for (const [key, need] of Object.entries(keys)) {
    if (need !== "required" || (value.get(key) ?? "") !== "") continue;
    report("tagPayload", at, `+${written} needs ${key}, as in +${written}:${key}=…`);
    return undefined;
  }
  return { name: taughtName(spec), spec, written, args: new Map(), value, at };
}

function readGengoTag(line: string, { spec, written }: KnownTag, at: Position, report: Report): Tag | undefined {
  const afterName = line.slice(written.length + 1);
  const list = readArguments(afterName);
  const rest = afterName.slice(list?.end ?? 0);
  const assigned = rest.startsWith("=");
  if (list?.wrong === true || (!assigned && !isComment(rest))) {
    report("tagSyntax", at, `cannot read ${line}: a tag is written +name(arguments)=value`);
    return undefined;
  }
  const args = nameArguments(list?.items ?? [], spec, written, at, report);
  if (args === undefined) return undefined;
  const base = { name: taughtName(spec), spec, written, args, at };
  const text = assigned ? rest.slice(1) : undefined;
  if (spec.payload.kind === "tag") return readChain(line, text, base, report);
  if (spec.payload.kind === "keys") return undefined;
  const payload = readPayload(text, spec.payload);
  if ("value" in payload) return { ...base, value: payload.value };
  const guess = guessOf(text, spec);
  report("tagPayload", at, `+${written} ${payload.wrong}${guess}`);
  return undefined;
}

function guessOf(text: string | undefined, spec: TagSpec): string {
  const isIp = spec.name === "k8s:format" && text?.trim() === "k8s-ip";
  if (isIp) return ": Kubernetes documents k8s-ip, but never checks it";
  return spec.payload.kind === "word" && spec.payload.oneOf !== undefined && text !== undefined
    ? didYouMean(text.trim(), spec.payload.oneOf)
    : "";
}

type TagBase = Omit<Tag, "value" | "inner">;

function readChain(line: string, text: string | undefined, base: TagBase, report: Report): Tag | undefined {
  if (text === undefined || !/^\s*\+/.test(text)) {
    report("tagPayload", base.at, `+${base.written} needs another tag, as in =+k8s:immutable`);
    return undefined;
  }
  const start = line.length - text.trimStart().length;
  let told = false;
  const place = { ...base.at, column: base.at.column + start };
  const inner = readTag(text.trimStart(), place, (name, at, message) => {
    told = true;
    report(name, at, message);
  });
  // A tag of other tools is nobody's business on a line of its own, but here it would swallow ours.
  if (inner === undefined && !told) report("unknownTag", place, `unknown tag ${text.trim()} in +${base.written}`);
  return inner === undefined ? undefined : { ...base, value: true, inner };
}

interface Argument {
  readonly name?: string;
  readonly value: Scalar;
}

interface ArgumentList {
  readonly items: readonly Argument[];
  /** Where the closing parenthesis ends. */
  readonly end: number;
  readonly wrong?: true;
}

/** The `(…)` behind a tag's name; undefined if there is none. */
function readArguments(text: string): ArgumentList | undefined {
  if (!text.startsWith("(")) return undefined;
  if (/^\(\s*\)/.test(text)) return { items: [], end: text.indexOf(")") + 1 };
  const items: Argument[] = [];
  let at = 1;
  for (;;) {
    const [lead = "", name] = /^\s*(?:([A-Za-z_][\w.-]*)\s*:\s*)?/.exec(text.slice(at)) ?? [];
    at += lead.length;
    const length = readQuoted(text.slice(at))?.end ?? /^[^\s,)]*/.exec(text.slice(at))?.[0].length ?? 0;
    const value = readScalar(text.slice(at, at + length));
    const [, after] = /^\s*([,)])/.exec(text.slice(at + length)) ?? [];
    if (value === undefined || after === undefined) return { items, end: at, wrong: true };
    items.push(name === undefined ? { value } : { name, value });
    at = text.indexOf(after, at + length) + 1;
    if (after === ")") return { items, end: at };
  }
}

function nameArguments(
  items: readonly Argument[],
  spec: TagSpec,
  written: string,
  at: Position,
  report: Report,
): Map<string, Scalar> | undefined {
  const wrong = (message: string): undefined => {
    report("tagPayload", at, `+${written} ${message}`);
    return undefined;
  };
  const args: Args = spec.args ?? { named: {} };
  const named = new Map<string, Scalar>();
  for (const { name = args.positional, value } of items) {
    if (name === undefined)
      return wrong(items.length > 0 && spec.args !== undefined ? argsWish(args) : "takes no argument");
    if (args.anyNames !== true && !(name in args.named)) {
      return wrong(`has no argument ${name}${didYouMean(name, Object.keys(args.named))}`);
    }
    if (named.has(name)) return wrong(`has the argument ${name} twice`);
    named.set(name, args.anyNames === true ? value : String(value));
  }
  const missing = Object.entries(args.named).some(([name, need]) => need === "required" && !named.has(name));
  return missing || (args.anyNames === true && named.size === 0) ? wrong(argsWish(args)) : named;
}

function argsWish(args: Args): string {
  if (args.anyNames === true) return 'needs the item\'s map keys, as in (name: "value")';
  if (args.positional !== undefined) return `needs its ${args.positional}, as in ("name")`;
  return `takes named arguments, as in (${Object.keys(args.named)[0]}: "value")`;
}

/** What a tag says under a key; undefined where it does not. */
export function keyOf(tag: Tag | undefined, name: string): string | undefined {
  return tag?.value instanceof Map ? (tag.value as ReadonlyMap<string, string>).get(name) : undefined;
}
