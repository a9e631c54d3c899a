import { cborListPieces } from "../meta/cbor-writer.ts";
import { protobufListPieces } from "../meta/protobuf-envelope.ts";
import type { KubeObject, TypeMeta } from "../meta/v1.ts";
import { encodedJson } from "../scheme/encoded.ts";
import type { GroupVersionKind } from "../scheme/descriptor.ts";
import { apiVersionOf } from "../scheme/versioned.ts";
import type { Representation } from "./negotiation.ts";
import { yamlText } from "./yaml-text.ts";

/** A document that is mostly one long array, such as a list and its items: what else it has, and the array. */
export interface LongDocument {
  /** All fields but the array, in their order; there is at least one. */
  readonly fields: TypeMeta;
  readonly arrayField: "items" | "rows";
  readonly elements: Elements;
}

/** The array: values of any kind, or objects of one kind, whose type the list has and they need not repeat. */
export type Elements =
  | { readonly kind: "values"; readonly values: readonly object[] }
  | { readonly kind: "objects"; readonly objects: readonly KubeObject[]; readonly gvk: GroupVersionKind };

/** The document's bytes, one element after the other, so that it is never whole in memory. */
export function encodedPieces(
  document: LongDocument,
  { mediaType }: Representation,
  pretty: boolean,
): Iterator<Uint8Array> {
  const { fields, arrayField, elements } = document;
  switch (mediaType) {
    case "application/json":
      return pretty ? prettyPieces(document) : compactPieces(document);
    case "application/yaml":
      return yamlPieces(document);
    case "application/vnd.kubernetes.protobuf":
      return protobufListPieces(fields, untypedValues(elements));
    case "application/cbor":
      return cborListPieces(fields, arrayField, untypedValues(elements));
  }
}

const first = Buffer.from("{");
const next = Buffer.from(",{");
const end = Buffer.from("]}\n");

function* compactPieces({ fields, arrayField, elements }: LongDocument): Generator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(fields).slice(0, -1)},"${arrayField}":[`);
  // Every element is an object: its brace goes with the comma, so that objects can start after their type.
  let opening = first;
  for (const bytes of elements.kind === "objects" ? objectBytes(elements) : valueBytes(elements.values)) {
    yield opening;
    yield bytes;
    opening = next;
  }
  yield end;
}

function* valueBytes(values: readonly object[]): Generator<Uint8Array> {
  for (const value of values) yield Buffer.from(JSON.stringify(value)).subarray(1);
}

function* objectBytes({ objects, gvk }: Elements & { kind: "objects" }): Generator<Uint8Array> {
  const kind = JSON.stringify(gvk.kind);
  const apiVersion = JSON.stringify(apiVersionOf(gvk));
  const kindFirst = Buffer.from(`{"kind":${kind},"apiVersion":${apiVersion},`);
  const versionFirst = Buffer.from(`{"apiVersion":${apiVersion},"kind":${kind},`);
  for (const object of objects) {
    const bytes = encodedJson(object);
    const typed = startsWith(bytes, kindFirst) || startsWith(bytes, versionFirst);
    yield bytes.subarray(typed ? kindFirst.length : 1, -1);
  }
}

function startsWith(bytes: Uint8Array, prefix: Buffer): boolean {
  return bytes.length > prefix.length && prefix.compare(bytes, 0, prefix.length) === 0;
}

function* prettyPieces({ fields, arrayField, elements }: LongDocument): Generator<Uint8Array> {
  const opening = JSON.stringify(fields, null, 2).slice(0, -2);
  const values = untypedValues(elements);
  yield Buffer.from(`${opening},\n  "${arrayField}": [`);
  let separator = "\n    ";
  for (const value of values) {
    yield Buffer.from(`${separator}${JSON.stringify(value, null, 2).replaceAll("\n", "\n    ")}`);
    separator = ",\n    ";
  }
  yield Buffer.from(values.length === 0 ? "]\n}" : "\n  ]\n}");
}

// Keys are sorted: the array stands among the fields by its name.
function* yamlPieces({ fields, arrayField, elements }: LongDocument): Generator<Uint8Array> {
  const entries = Object.entries(fields);
  const before = entries.filter(([name]) => name < arrayField);
  const after = entries.filter(([name]) => name > arrayField);
  const values = untypedValues(elements);
  if (before.length > 0) yield Buffer.from(yamlText(Object.fromEntries(before)));
  yield Buffer.from(values.length === 0 ? `${arrayField}: []\n` : `${arrayField}:\n`);
  for (const value of values) yield Buffer.from(`- ${indented(yamlText(value))}`);
  if (after.length > 0) yield Buffer.from(yamlText(Object.fromEntries(after)));
}

function indented(text: string): string {
  return text.replace(/\n(?=[^\n])/g, "\n  ");
}

function untypedValues(elements: Elements): readonly object[] {
  return elements.kind === "values" ? elements.values : elements.objects.map(untyped);
}

function untyped({ kind: _kind, apiVersion: _apiVersion, ...rest }: KubeObject): object {
  return rest;
}
