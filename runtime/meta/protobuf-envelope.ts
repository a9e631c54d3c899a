import { Buffer } from "node:buffer";
import { newByteWriter, putBytes, writtenBytes, type ByteWriter } from "./byte-writer.ts";
import { isFields } from "./decode.ts";
import {
  message,
  readableOne,
  readFields,
  text,
  writeFields,
  type Message,
  type ReadableType,
} from "./protobuf-fields.ts";
import { messageOf } from "./protobuf-messages.ts";
import { readBytes } from "./protobuf-reader.ts";
import {
  beginBytes,
  beginMessage,
  endMessage,
  messageBytes,
  wireTypes,
  writeBytes,
  writeText,
} from "./protobuf-writer.ts";
import type { TypeMeta } from "./v1.ts";
import { WireError } from "./wire-error.ts";

/** What the bytes of every object in protobuf begin with: `k8s`, and the version of the envelope. */
const magic = Buffer.from("k8s\0");

/** The fields of the envelope. https://pkg.go.dev/k8s.io/apimachinery/pkg/runtime#Unknown */
const numbers = { typeMeta: 1, raw: 2, contentEncoding: 3, contentType: 4 } as const;

/**
 * An object of the API machinery in protobuf, in the envelope that tells its type. Throws for kinds without such a form.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
export function encodeProtobuf(object: TypeMeta): Uint8Array {
  return messageBytes((out) => putObject(out, object));
}

/** An event of a watch, with its length before it. Throws for kinds without a protobuf form. */
export function encodeProtobufEvent(type: string, object: TypeMeta): Uint8Array {
  const out = newByteWriter();
  out.length = frameHeadBytes;
  writeText(out, 1, type);
  const extension = beginMessage(out, 2);
  const raw = beginMessage(out, 1);
  putObject(out, object);
  endMessage(out, raw);
  endMessage(out, extension);
  out.bytes.writeUInt32BE(out.length - frameHeadBytes, 0);
  return writtenBytes(out);
}

const frameHeadBytes = 4;

/**
 * A list in protobuf, item by item; `list` is all of it but the items. The bytes of all items are made before the first
 * is given: the length of the whole stands at the beginning.
 */
export function* protobufListPieces(list: TypeMeta, items: readonly object[]): Generator<Uint8Array> {
  const { fields } = messageFor(list);
  const field = fields.find(({ name }) => name === "items");
  if (field === undefined) throw new Error(`${list.kind} is no list`);
  const { type, number } = field;
  const part = (own: Message["fields"]): Uint8Array =>
    messageBytes((out) => writeFields(out, { fields: own }, { ...list }));
  const before = part(fields.filter((other) => other.number < number));
  const after = part(fields.filter((other) => other.number > number));
  const pieces = items.map((item) => messageBytes((out) => type.write(out, number, [item])));
  const length = pieces.reduce((sum, piece) => sum + piece.length, before.length + after.length);
  yield messageBytes((out) => {
    putType(out, list);
    beginBytes(out, numbers.raw, length);
    putBytes(out, before);
  });
  yield* pieces;
  yield messageBytes((out) => {
    putBytes(out, after);
    putEncoding(out);
  });
}

/** An object in its envelope: its type, empty where it is not told, and its message. */
export interface Enveloped {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

/** Opens an envelope. Throws a WireError for bytes that are none. */
export function openEnvelope(bytes: Uint8Array): Enveloped {
  if (bytes.length === 0) throw new WireError("empty data");
  if (bytes.length < magic.length || magic.compare(bytes, 0, magic.length) !== 0) {
    const expected = `[${magic.join(" ")}]`;
    throw new WireError(`provided data does not appear to be a protobuf message, expected prefix ${expected}`);
  }
  if (bytes.length === magic.length) throw new WireError("empty body");
  const { typeMeta: type, raw } = readFields(envelope, bytes.subarray(magic.length));
  const { apiVersion, kind } = isFields(type) ? type : {};
  return {
    apiVersion: typeof apiVersion === "string" ? apiVersion : "",
    kind: typeof kind === "string" ? kind : "",
    raw: raw instanceof Uint8Array ? raw : new Uint8Array(),
  };
}

const rawBytes: ReadableType = {
  zero: undefined,
  wireType: wireTypes.bytes,
  write(out, field, value) {
    if (value instanceof Uint8Array) writeBytes(out, field, value);
  },
  read: readBytes,
};

const typeMeta = message({ apiVersion: [1, text], kind: [2, text] });

const envelope = message({
  typeMeta: [numbers.typeMeta, readableOne(typeMeta)],
  raw: [numbers.raw, rawBytes],
  contentEncoding: [numbers.contentEncoding, text],
  contentType: [numbers.contentType, text],
});

function putObject(out: ByteWriter, object: TypeMeta): void {
  putType(out, object);
  const raw = beginMessage(out, numbers.raw);
  writeFields(out, messageFor(object), { ...object });
  endMessage(out, raw);
  putEncoding(out);
}

function putType(out: ByteWriter, { apiVersion = "", kind = "" }: TypeMeta): void {
  putBytes(out, magic);
  const type = beginMessage(out, numbers.typeMeta);
  writeText(out, 1, apiVersion);
  writeText(out, 2, kind);
  endMessage(out, type);
}

// Nothing is said of the message's encoding: it is protobuf, uncompressed.
function putEncoding(out: ByteWriter): void {
  writeText(out, numbers.contentEncoding, "");
  writeText(out, numbers.contentType, "");
}

function messageFor({ apiVersion = "", kind = "" }: TypeMeta): Message {
  return messageOf(apiVersion, kind);
}
