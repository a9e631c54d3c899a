import { cborListPieces } from "../meta/cbor-writer.ts";
import { protobufListPieces } from "../meta/protobuf-envelope.ts";
import type { KubeObject, TypeMeta } from "../meta/v1.ts";
import type { GroupVersionKind } from "../scheme/descriptor.ts";
import type { ItemRuns } from "./item-runs.ts";
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

/** The document's bytes, in pieces of some elements each, so that it is never whole in memory. */
export function encodedPieces(
  document: LongDocument,
  { mediaType }: Representation,
  pretty: boolean,
  runs: ItemRuns,
): Iterator<Uint8Array> {
  const { fields, arrayField, elements } = document;
  switch (mediaType) {
    case "application/json":
      return pretty ? encoded(prettyTexts(document)) : compactPieces(document, runs);
    case "application/yaml":
      return encoded(yamlTexts(document));
    case "application/vnd.kubernetes.protobuf":
      return protobufListPieces(fields, untypedValues(elements));
    case "application/cbor":
      return cborListPieces(fields, arrayField, untypedValues(elements));
  }
}

const end = Buffer.from("]}\n");

function* compactPieces({ fields, arrayField, elements }: LongDocument, runs: ItemRuns): Generator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(fields).slice(0, -1)},"${arrayField}":[`);
  let isFirst = true;
  const { kind } = elements;
  for (const bytes of kind === "objects" ? runs.bytes(elements.objects, elements.gvk) : encoded(valueTexts(elements))) {
    yield isFirst ? bytes.subarray(1) : bytes;
    isFirst = false;
  }
  yield end;
}

/** So many characters are encoded at once: one buffer for each element would cost more than what is in it. */
const encodedCharacters = 32 * 1024;

function* encoded(texts: Iterable<string>): Generator<Uint8Array> {
  let batch = "";
  for (const text of texts) {
    batch += text;
    if (batch.length < encodedCharacters) continue;
    yield Buffer.from(batch);
    batch = "";
  }
  if (batch !== "") yield Buffer.from(batch);
}

/** Each value's JSON, with a comma before it. */
function* valueTexts({ values }: Elements & { kind: "values" }): Generator<string> {
  for (const value of values) yield `,${JSON.stringify(value)}`;
}

function* prettyTexts({ fields, arrayField, elements }: LongDocument): Generator<string> {
  const opening = JSON.stringify(fields, null, 2).slice(0, -2);
  const values = untypedValues(elements);
  yield `${opening},\n  "${arrayField}": [`;
  let separator = "\n    ";
  for (const value of values) {
    yield separator + JSON.stringify(value, null, 2).replaceAll("\n", "\n    ");
    separator = ",\n    ";
  }
  yield values.length === 0 ? "]\n}" : "\n  ]\n}";
}

// Keys are sorted: the array stands among the fields by its name.
function* yamlTexts({ fields, arrayField, elements }: LongDocument): Generator<string> {
  const entries = Object.entries(fields);
  const before = entries.filter(([name]) => name < arrayField);
  const after = entries.filter(([name]) => name > arrayField);
  const values = untypedValues(elements);
  if (before.length > 0) yield yamlText(Object.fromEntries(before));
  yield values.length === 0 ? `${arrayField}: []\n` : `${arrayField}:\n`;
  for (const value of values) yield `- ${indented(yamlText(value))}`;
  if (after.length > 0) yield yamlText(Object.fromEntries(after));
}

function indented(text: string): string {
  return text.replace(/\n(?=[^\n])/g, "\n  ");
}

/** The array's elements as they stand in the document. */
export function untypedValues(elements: Elements): readonly object[] {
  return elements.kind === "values" ? elements.values : elements.objects.map(untyped);
}

function untyped({ kind: _kind, apiVersion: _apiVersion, ...rest }: KubeObject): object {
  return rest;
}
