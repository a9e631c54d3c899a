import { compareBytes } from "./byte-text.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { isFields, type Fields } from "./decode.ts";
import {
  newProtobufReader,
  readBytes,
  readHead,
  readInteger,
  readText,
  skipValue,
  type ProtobufReader,
} from "./protobuf-reader.ts";
import { beginMessage, endMessage, wireTypes, writeFlag, writeInteger, writeText } from "./protobuf-writer.ts";
import { WireError } from "./wire-error.ts";

/** How JSON values of one type are written as fields of protobuf messages. */
export interface FieldType {
  /** What is written where the JSON has no such field; undefined if nothing is. */
  readonly zero: unknown;
  /** Writes a value; one of another JSON type is left out. */
  write(out: ByteWriter, field: number, value: unknown): void;
}

/** How they are read again. */
export interface ReadableType extends FieldType {
  readonly wireType: number;
  /** The next value; `before` is that of the field so far, if it has one. Throws a WireError. */
  read(input: ProtobufReader, before: unknown): unknown;
}

/** The fields of a message in the order of their numbers, which is how they are written. */
export interface Message<Type extends FieldType = FieldType> {
  readonly fields: readonly { readonly name: string; readonly number: number; readonly type: Type }[];
}

/** A message, given its fields' JSON names, numbers and types, the lowest number first. */
export function message<Type extends FieldType>(
  fields: Readonly<Record<string, readonly [number: number, type: Type]>>,
): Message<Type> {
  return { fields: Object.entries(fields).map(([name, [number, type]]) => ({ name, number, type })) };
}

/** Writes the fields of an object. */
export function writeFields(out: ByteWriter, { fields }: Message, object: Fields): void {
  for (const { name, number, type } of fields) {
    const value = object[name] ?? type.zero;
    if (value !== undefined) type.write(out, number, value);
  }
}

/** The fields that a message has; what is unknown is left out. Throws a WireError for bytes that are no message. */
export function readFields({ fields }: Message<ReadableType>, bytes: Uint8Array): Fields {
  const input = newProtobufReader(bytes);
  const object: Fields = {};
  for (let head = readHead(input); head !== undefined; head = readHead(input)) {
    const { field, wireType } = head;
    const known = fields.find(({ number }) => number === field);
    if (known === undefined) {
      skipValue(input, wireType);
      continue;
    }
    const { name, type } = known;
    if (type.wireType !== wireType) throw new WireError(`proto: wrong wireType = ${wireType} for field ${name}`);
    object[name] = type.read(input, object[name]);
  }
  return object;
}

/** A text, empty where there is none. */
export const text: ReadableType = {
  zero: "",
  wireType: wireTypes.bytes,
  write(out, field, value) {
    if (typeof value === "string") writeText(out, field, value);
  },
  read: readText,
};

/** A whole number, 0 where there is none. */
export const integer: ReadableType = {
  zero: 0,
  wireType: wireTypes.varint,
  write(out, field, value) {
    if (typeof value === "number") writeInteger(out, field, Math.trunc(value));
  },
  read: readInteger,
};

/** A boolean, false where there is none. */
export const flag: ReadableType = {
  zero: false,
  wireType: wireTypes.varint,
  write(out, field, value) {
    if (typeof value === "boolean") writeFlag(out, field, value);
  },
  read: (input) => readInteger(input) !== 0,
};

/** A Time, empty where there is none. https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#Timestamp */
export const time: FieldType = {
  zero: "",
  write(out, field, value) {
    if (typeof value !== "string") return;
    const start = beginMessage(out, field);
    const seconds = Math.floor(Date.parse(value) / 1000);
    if (!Number.isNaN(seconds)) {
      writeInteger(out, 1, seconds);
      // Times are told to the second.
      writeInteger(out, 2, 0);
    }
    endMessage(out, start);
  },
};

/** A map of texts, by key. */
export const textMap: FieldType = {
  zero: undefined,
  write(out, field, value) {
    if (!isFields(value)) return;
    for (const key of Object.keys(value).toSorted(compareBytes)) {
      const start = beginMessage(out, field);
      writeText(out, 1, key);
      text.write(out, 2, value[key]);
      endMessage(out, start);
    }
  },
};

/** A JSON value that travels as JSON. https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#FieldsV1 */
export const json: FieldType = {
  zero: undefined,
  write(out, field, value) {
    const start = beginMessage(out, field);
    writeText(out, 1, JSON.stringify(value));
    endMessage(out, start);
  },
};

/** A list of texts that is a message of its own. https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#Verbs */
export const wrappedTexts: FieldType = {
  zero: undefined,
  write(out, field, value) {
    if (!Array.isArray(value)) return;
    const start = beginMessage(out, field);
    texts.write(out, 1, value);
    endMessage(out, start);
  },
};

const nothing: Fields = {};

/** A message, with nothing in it where there is none. */
export function one(inner: Message): FieldType {
  return {
    zero: nothing,
    write(out, field, value) {
      if (!isFields(value)) return;
      const start = beginMessage(out, field);
      writeFields(out, inner, value);
      endMessage(out, start);
    },
  };
}

/** A message that can be read. */
export function readableOne(inner: Message<ReadableType>): ReadableType {
  return {
    ...one(inner),
    wireType: wireTypes.bytes,
    // A message that stands twice is one message, as the encoding's rules have it.
    read: (input, before) => Object.assign(isFields(before) ? before : {}, readFields(inner, readBytes(input))),
  };
}

/** The type, of which nothing is written where there is none. */
export function optional<Type extends FieldType>(type: Type): Type {
  return { ...type, zero: undefined };
}

/** A list of values. */
export function list(type: FieldType): FieldType {
  return {
    zero: undefined,
    write(out, field, value) {
      if (!Array.isArray(value)) return;
      for (const item of value) type.write(out, field, item);
    },
  };
}

/** A list of texts. */
export const texts: ReadableType = {
  ...list(text),
  wireType: wireTypes.bytes,
  read: (input, before) => [...(Array.isArray(before) ? before : []), readText(input)],
};
