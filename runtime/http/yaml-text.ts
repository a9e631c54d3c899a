import {
  stringify,
  type CreateNodeOptions,
  type DocumentOptions,
  type SchemaOptions,
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
};

/** A JSON value as YAML, in the form of https://pkg.go.dev/sigs.k8s.io/yaml; ends with a newline. */
export function yamlText(value: unknown): string {
  return stringify(value, options);
}
