import {
  stringify,
  type CreateNodeOptions,
  type DocumentOptions,
  type SchemaOptions,
  type Tags,
  type ToStringOptions,
} from "yaml";

// Sorted keys, lists at the level of their key, and quotes for what YAML 1.1 would take for a number, a date or a
// boolean: what the Go server writes, and what readers of either YAML version understand alike.
const options: DocumentOptions & SchemaOptions & CreateNodeOptions & ToStringOptions = {
  version: "1.1",
  sortMapEntries: true,
  indentSeq: false,
  lineWidth: 0,
  aliasDuplicateObjects: false,
  customTags: (tags) => tags.map(withDigits),
};

const floatTag = "tag:yaml.org,2002:float";

// A lone dot, which is a key of every fieldsV1, is no number to any reader: it takes no quotes.
function withDigits(tag: Tags[number]): Tags[number] {
  if (typeof tag === "string" || tag.collection !== undefined || tag.tag !== floatTag) return tag;
  if (tag.test?.test(".") !== true) return tag;
  return { ...tag, test: /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/ };
}

/** A JSON value as YAML, in the form of https://pkg.go.dev/sigs.k8s.io/yaml; ends with a newline. */
export function yamlText(value: unknown): string {
  return isFilled(value) ? blockText(value, "") : libraryText(value);
}

/**
 * The same by way of the library, which knows all rules and takes a hundred times as long: it is asked for the texts and
 * keys that are not plainly plain, the structure around them is written here.
 */
export function libraryText(value: unknown): string {
  return stringify(value, options);
}

type Filled = readonly unknown[] | { readonly [key: string]: unknown };

/** Whether a value is a map or a list that has anything in it: such stand on lines of their own. */
function isFilled(value: unknown): value is Filled {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) ? value.length > 0 : Object.values(value).some((each) => each !== undefined);
}

/** The lines of a map or list; all but the first begin with the indent. */
function blockText(value: Filled, indent: string): string {
  let text = "";
  if (Array.isArray(value)) {
    for (const item of value) text += (text === "" ? "" : indent) + itemText(item, indent);
    return text;
  }
  for (const [key, member] of Object.entries(value).sort(byKey)) {
    if (member !== undefined) text += (text === "" ? "" : indent) + memberText(key, member, indent);
  }
  return text;
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function itemText(item: unknown, indent: string): string {
  if (isFilled(item)) return `- ${blockText(item, `${indent}  `)}`;
  const scalar = scalarText(item);
  return scalar === undefined ? indented(libraryText([item]), indent) : `- ${scalar}\n`;
}

function memberText(key: string, member: unknown, indent: string): string {
  const name = keyText(key);
  if (name === undefined) return indented(libraryText({ [key]: member }), indent);
  if (!isFilled(member)) {
    const scalar = scalarText(member);
    return scalar === undefined ? indented(libraryText({ [key]: member }), indent) : `${name}: ${scalar}\n`;
  }
  const within = Array.isArray(member) ? indent : `${indent}  `;
  return `${name}:\n${within}${blockText(member, within)}`;
}

const plainWords = /^[A-Za-z][A-Za-z0-9_./()=+-]*(?: [A-Za-z0-9_./()=+-]+)*$/;
// Those of fieldsV1.
const plainKey = /^(?:f:)?[A-Za-z][A-Za-z0-9_./-]*$/;
const readAsOther = /^(?:y|yes|n|no|on|off|true|false|null)$/i;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const quotedDigits = /^(?:0|[1-9][0-9]*)$/;
const quotedTime = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z$/;
/** Longer keys are written in another form. */
const plainKeyCharactersMax = 128;

function keyText(key: string): string | undefined {
  return key.length <= plainKeyCharactersMax && plainKey.test(key) && !readAsOther.test(key) ? key : undefined;
}

/** The text of a value that is no map or list with anything in it; undefined for texts that only the library knows to write. */
function scalarText(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      if (plainWords.test(value)) return readAsOther.test(value) ? `"${value}"` : value;
      if (value === "" || quotedDigits.test(value) || quotedTime.test(value)) return `"${value}"`;
      return uuid.test(value) ? value : undefined;
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : undefined;
    case "boolean":
      return String(value);
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "[]" : "{}";
    default:
      return undefined;
  }
}

function indented(text: string, indent: string): string {
  return indent === "" ? text : text.replace(/\n(?=[^\n])/g, `\n${indent}`);
}
