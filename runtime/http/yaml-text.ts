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
  return stringify(value, options);
}
