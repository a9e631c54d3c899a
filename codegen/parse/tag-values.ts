import type { Json } from "../model/model.ts";
import type { Payload } from "./tag-table.ts";

/** A value as a tag has it; markers (`:key=value`) are a map. */
export type TagValue = Json | ReadonlyMap<string, string>;

/** A value that was read, or what is wrong with it. */
export type ReadValue = { readonly value: TagValue } | { readonly wrong: string };

/** A string, number or boolean as gengo's tags and their arguments have it. */
export type Scalar = string | number | boolean;

/** Reads what follows the `=` of a tag, `text` being the rest of the line; undefined where there is no `=`. */
export function readPayload(text: string | undefined, payload: Exclude<Payload, { kind: "tag" | "keys" }>): ReadValue {
  if (text === undefined) {
    return payload.kind === "none" || payload.kind === "switch" ? { value: true } : { wrong: `needs ${wish(payload)}` };
  }
  const read = readAs(text.trim(), payload);
  return read === undefined ? { wrong: `needs ${wish(payload)}, not ${text.trim() || "nothing"}` } : { value: read };
}

function readAs(text: string, payload: Exclude<Payload, { kind: "tag" | "keys" }>): TagValue | undefined {
  switch (payload.kind) {
    case "none":
      return undefined;
    case "integer": {
      const value = readScalar(text);
      return typeof value === "number" && inRange(value, payload) ? value : undefined;
    }
    case "scalar":
      return readScalar(text);
    case "word": {
      const value = readWord(text);
      return value !== undefined && isAmong(value, payload) ? value : undefined;
    }
    case "json":
      return readJson(text);
    case "loose":
      return readLoose(text);
    case "switch":
      return text === "true" || text === "false" ? text === "true" : undefined;
    case "list":
      return readList(text);
  }
}

function wish(payload: Exclude<Payload, { kind: "tag" | "keys" }>): string {
  switch (payload.kind) {
    case "none":
      return "no value";
    case "integer":
      return `a whole number${range(payload)}, as in =5`;
    case "scalar":
      return 'a number, "string", true or false';
    case "word":
      if (payload.oneOf !== undefined) return `one of ${payload.oneOf.join(", ")}`;
      return payload.like === undefined ? "a word or a string, as in =name" : `a value like ${payload.like}`;
    case "json":
      return 'JSON, as in =5, ="text" or =[1, 2]';
    case "loose":
      return "a value";
    case "switch":
      return "no value, true or false";
    case "list":
      return "values between semicolons, as in =a;b";
  }
}

function range({ min, max }: { readonly min?: number; readonly max?: number }): string {
  if (min === undefined) return "";
  return max === undefined ? ` of at least ${min}` : ` from ${min} to ${max}`;
}

function inRange(value: number, { min, max }: { readonly min?: number; readonly max?: number }): boolean {
  return Number.isSafeInteger(value) && (min === undefined || value >= min) && (max === undefined || value <= max);
}

function isAmong(value: string, payload: { readonly oneOf?: readonly string[]; readonly form?: RegExp }): boolean {
  if (payload.oneOf !== undefined) return payload.oneOf.includes(value);
  return payload.form === undefined || payload.form.test(value);
}

/** One scalar of gengo's grammar: a word, `"string"`, `` `raw` ``, a whole number, true or false; a comment may follow. */
export function readScalar(text: string): Scalar | undefined {
  const quoted = readQuoted(text);
  if (quoted !== undefined) return isComment(text.slice(quoted.end)) ? quoted.text : undefined;
  const [, token = "", rest = ""] = /^(\S+)(.*)$/.exec(text) ?? [];
  if (!isComment(rest)) return undefined;
  if (token === "true" || token === "false") return token === "true";
  if (/^[+-]?(0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+|\d+)$/.test(token)) return readInteger(token);
  return /^[A-Za-z_][\w.-]*$/.test(token) ? token : undefined;
}

function readInteger(token: string): number | undefined {
  const sign = token.startsWith("-") ? -1 : 1;
  const value = sign * Number(token.replace(/^[+-]/, ""));
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A word or string; longer forms such as `1.36` or `merge,retainKeys` come without quotes too. */
function readWord(text: string): string | undefined {
  const quoted = readQuoted(text);
  if (quoted !== undefined) return isComment(text.slice(quoted.end)) ? quoted.text : undefined;
  const [, token = "", rest = ""] = /^([\w./,*-]+)(.*)$/.exec(text) ?? [];
  return token !== "" && isComment(rest) ? token : undefined;
}

/** A `"…"` (JSON's escapes) or `` `…` `` at the start of the text, and where it ends. */
export function readQuoted(text: string): { readonly text: string; readonly end: number } | undefined {
  const raw = /^`([^`]*)`/.exec(text);
  if (raw !== null) return { text: raw[1] ?? "", end: raw[0].length };
  const match = /^"(?:[^"\\]|\\.)*"/.exec(text);
  if (match === null) return undefined;
  const value = parseJson(match[0]);
  return typeof value === "string" ? { text: value, end: match[0].length } : undefined;
}

/** JSON, after which a comment may stand. */
function readJson(text: string): Json | undefined {
  const whole = parseJson(text);
  if (whole !== undefined) return whole;
  for (const { index } of text.matchAll(/\s#/g)) {
    const value = parseJson(text.slice(0, index));
    if (value !== undefined) return value;
  }
  return undefined;
}

function readLoose(text: string): Json | undefined {
  const quoted = readQuoted(text);
  if (quoted !== undefined && quoted.end === text.length) return quoted.text;
  const json = parseJson(text);
  if (json !== undefined) return json;
  if (/^\{.*\}$/.test(text)) return readList(text);
  return text === "" ? undefined : text;
}

function readList(text: string): readonly string[] | undefined {
  const inner = /^\{(.*)\}$/.exec(text)?.[1]?.split(",") ?? text.split(";");
  const items = inner.map((item) => readQuoted(item.trim())?.text ?? item.trim());
  return items.includes("") ? undefined : items;
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** Whether nothing but a `# comment` follows. */
export function isComment(rest: string): boolean {
  return /^\s*(#.*)?$/.test(rest);
}

/** kubebuilder's `key=value,key="value"`; undefined where that is not what it is. */
export function readKeys(text: string): Map<string, string> | undefined {
  const keys = new Map<string, string>();
  let rest = text.trim();
  while (rest !== "") {
    const key = /^([A-Za-z]+)=/.exec(rest)?.[1];
    if (key === undefined || keys.has(key)) return undefined;
    rest = rest.slice(key.length + 1);
    const quoted = readQuoted(rest);
    const bare = /^\{[^}]*\}|^[^,]*/.exec(rest)?.[0] ?? "";
    keys.set(key, quoted?.text ?? bare.trim());
    rest = rest.slice(quoted?.end ?? bare.length);
    if (rest !== "" && !rest.startsWith(",")) return undefined;
    rest = rest.slice(1);
  }
  return keys;
}

/** The items of a marker's `a;b` or `{a,b}`. */
export function listItems(text: string | undefined): readonly string[] {
  return text === undefined || text === "" ? [] : (readList(text) ?? []);
}
