import { compareBytes } from "../meta/byte-text.ts";
import type { Json } from "../meta/v1.ts";
import { canonicalJson, compareValues, isObject, valueText } from "./value.ts";

/**
 * One step of a path into an object: a field, the item of an associative list by its key fields, the item of a set by
 * its value, or an item by index. `text` is its form in fieldsV1, which is the same exactly for equal elements.
 * https://pkg.go.dev/sigs.k8s.io/structured-merge-diff/v6/fieldpath#PathElement
 */
export type PathElement = { readonly text: string } & (
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "key"; readonly fields: readonly KeyField[] }
  | { readonly kind: "value"; readonly value: Json }
  | { readonly kind: "index"; readonly index: bigint }
);

/** A key field of a list item. */
export interface KeyField {
  readonly name: string;
  readonly value: Json;
}

/** Steps from an object's root. */
export type Path = readonly PathElement[];

/** A step on a walk through a value: a field by its name alone, since few of those passed need an element, or another. */
export type Step = string | PathElement;

/** The text of a step's element. */
export function stepText(step: Step): string {
  return typeof step === "string" ? fieldText(step) : step.text;
}

/** The step to a field. */
export function fieldElement(name: string): PathElement {
  return { kind: "field", name, text: fieldText(name) };
}

/** The text of the step to a field. */
export function fieldText(name: string): string {
  return `f:${name}`;
}

/** The step to the list item that has these key fields. */
export function keyElement(fields: readonly KeyField[]): PathElement {
  const [only] = fields;
  if (only !== undefined && fields.length === 1) {
    return { kind: "key", fields, text: `k:{${canonicalJson(only.name)}:${canonicalJson(only.value)}}` };
  }
  const sorted = [...fields].sort((a, b) => compareBytes(a.name, b.name));
  const json = sorted.map(({ name, value }) => `${canonicalJson(name)}:${canonicalJson(value)}`).join(",");
  return { kind: "key", fields: sorted, text: `k:{${json}}` };
}

/** The step to the set member of this value. */
export function valueElement(value: Json): PathElement {
  return { kind: "value", value, text: `v:${canonicalJson(value)}` };
}

/** The step to the item of this index. */
export function indexElement(index: number | bigint): PathElement {
  return { kind: "index", index: BigInt(index), text: `i:${index}` };
}

/** Reads an element of fieldsV1. Undefined for a kind that this version does not know; throws on one that is malformed. */
export function parsePathElement(text: string): PathElement | undefined {
  if (text.length < 2) throw new Error(`path element ${JSON.stringify(text)} is shorter than 2 characters`);
  if (text[1] !== ":") throw new Error(`path element ${JSON.stringify(text)} has no colon`);
  const rest = text.slice(2);
  switch (text[0]) {
    case "f":
      return { kind: "field", name: rest, text };
    case "v":
      return valueElement(parseJson(rest));
    case "k":
      return parseKey(rest);
    case "i":
      if (!/^[+-]?\d{1,19}$/.test(rest)) throw new Error(`path element ${JSON.stringify(text)} has no index`);
      return indexElement(BigInt.asIntN(64, BigInt(rest.replace("+", ""))));
    default:
      return undefined;
  }
}

/** The element of a text that another element has had. */
export function elementOfText(text: string): PathElement {
  const element = parsePathElement(text);
  if (element === undefined) throw new Error(`${JSON.stringify(text)} is no path element`);
  return element;
}

/** Whether an element of this text is the step to a field. */
export function isField(text: string): boolean {
  return text.startsWith("f:");
}

/** The field that an element of this text is the step to; undefined for elements of other kinds. */
export function fieldName(text: string): string | undefined {
  return isField(text) ? text.slice(2) : undefined;
}

/** A key of one field with a text that JSON writes as it is: all but a few are like this. */
const simpleKey = /^\{"([\w./-]+)":"([\w ./-]*)"\}$/;

function parseKey(text: string): PathElement {
  const simple = simpleKey.exec(text);
  if (simple !== null) {
    const [, name = "", value = ""] = simple;
    return { kind: "key", fields: [{ name, value }], text: `k:${text}` };
  }
  const value = parseJson(text);
  if (value === null) return keyElement([]);
  if (!isObject(value)) throw new Error(`path element key ${JSON.stringify(text)} is not an object`);
  return keyElement(Object.entries(value).map(([name, item]) => ({ name, value: item })));
}

function parseJson(text: string): Json {
  return JSON.parse(text) as Json;
}

const kindRanks = { field: 0, key: 1, value: 2, index: 3 };

/** Orders elements: fields before keys before values before indexes, each by content. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a.kind === "field" && b.kind === "field") return compareBytes(a.name, b.name);
  if (a.text === b.text) return 0;
  if (a.kind === "key" && b.kind === "key") return compareKeys(a.fields, b.fields);
  if (a.kind === "value" && b.kind === "value") return compareValues(a.value, b.value);
  if (a.kind === "index" && b.kind === "index") return a.index < b.index ? -1 : a.index > b.index ? 1 : 0;
  return Math.sign(kindRanks[a.kind] - kindRanks[b.kind]);
}

function compareKeys(a: readonly KeyField[], b: readonly KeyField[]): number {
  for (let i = 0; ; i++) {
    const left = a[i];
    const right = b[i];
    if (left === undefined) return right === undefined ? 0 : -1;
    if (right === undefined) return 1;
    const order = compareBytes(left.name, right.name) || compareValues(left.value, right.value);
    if (order !== 0) return order;
  }
}

/** Orders paths: element by element, a shorter one before those that go on from it. */
export function comparePaths(a: Path, b: Path): number {
  for (let i = 0; ; i++) {
    const left = a[i];
    const right = b[i];
    if (left === undefined) return right === undefined ? 0 : -1;
    if (right === undefined) return 1;
    const order = compareElements(left, right);
    if (order !== 0) return order;
  }
}

/** An element for people: `.name`, `[key="a"]`, `[="value"]`, `[0]`. */
export function elementString(element: PathElement): string {
  switch (element.kind) {
    case "field":
      return `.${element.name}`;
    case "key":
      return `[${element.fields.map(({ name, value }) => `${name}=${valueText(value)}`).join(",")}]`;
    case "value":
      return `[=${valueText(element.value)}]`;
    case "index":
      return `[${element.index}]`;
  }
}

/** A path for people, such as `.spec.toys[name="ball"].squeaks`. */
export function pathString(path: readonly Step[]): string {
  return path.map((step) => (typeof step === "string" ? `.${step}` : elementString(step))).join("");
}
