import type { ByteWriter } from "../../meta/byte-writer.ts";
import { messageBytes, writeDouble, writeInteger, writeMessage, writeText } from "../../meta/protobuf-writer.ts";

/** Writes the value of one keyword as the field of that number; values of a wrong type are left out. */
type Write = (out: ByteWriter, field: number, value: unknown) => void;

/** The fields of a message: by keyword, its number and how it is written. */
type Fields = Readonly<Record<string, readonly [field: number, write: Write]>>;

/**
 * The protobuf form of a Swagger 2.0 document, given as JSON: the message Document of
 * https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto.
 * Knows the keywords that Kubernetes publishes.
 */
export function encodeV2Document(json: string): Uint8Array {
  const document: unknown = JSON.parse(json);
  return messageBytes((out) => writeFields(out, document, documentFields));
}

const text: Write = (out, field, value) => {
  if (typeof value === "string" && value !== "") writeText(out, field, value);
};

const texts: Write = (out, field, value) => {
  if (Array.isArray(value)) for (const item of value) writeText(out, field, String(item));
};

const flag: Write = (out, field, value) => {
  if (value === true) writeInteger(out, field, 1);
};

const count: Write = (out, field, value) => {
  if (typeof value === "number" && value > 0) writeInteger(out, field, value);
};

const decimal: Write = (out, field, value) => {
  if (typeof value === "number" && value !== 0) writeDouble(out, field, value);
};

/** A value that has no message of its own travels as YAML, and JSON is YAML. */
const any: Write = (out, field, value) => {
  writeMessage(out, field, (inner) => writeText(inner, 2, `${JSON.stringify(value)}\n`));
};

const info: Fields = { title: [1, text], version: [2, text], description: [3, text], termsOfService: [4, text] };

const externalDocs: Fields = { description: [1, text], url: [2, text] };

/** Fields that parameters in the URL and items of primitive type share, from the number of `type` on. */
function primitive(first: number): Fields {
  return {
    type: [first, text],
    format: [first + 1, text],
    default: [first + 4, any],
    maximum: [first + 5, decimal],
    exclusiveMaximum: [first + 6, flag],
    minimum: [first + 7, decimal],
    exclusiveMinimum: [first + 8, flag],
    maxLength: [first + 9, count],
    minLength: [first + 10, count],
    pattern: [first + 11, text],
    maxItems: [first + 12, count],
    minItems: [first + 13, count],
    uniqueItems: [first + 14, flag],
    enum: [first + 15, repeated(any)],
    multipleOf: [first + 16, decimal],
    "x-": [first + 17, named(any)],
  };
}

const parameter: Fields = { required: [1, flag], in: [2, text], description: [3, text], name: [4, text] };
const queryParameter: Fields = { ...parameter, allowEmptyValue: [5, flag], ...primitive(6) };
const pathParameter: Fields = { ...parameter, ...primitive(5) };

const bodyParameter: Fields = {
  description: [1, text],
  name: [2, text],
  in: [3, text],
  required: [4, flag],
  schema: [5, writeSchema],
  "x-": [6, named(any)],
};

const reference: Fields = { $ref: [1, text], description: [2, text] };

const schemaFields: Fields = {
  $ref: [1, text],
  format: [2, text],
  title: [3, text],
  description: [4, text],
  default: [5, any],
  multipleOf: [6, decimal],
  maximum: [7, decimal],
  exclusiveMaximum: [8, flag],
  minimum: [9, decimal],
  exclusiveMinimum: [10, flag],
  maxLength: [11, count],
  minLength: [12, count],
  pattern: [13, text],
  maxItems: [14, count],
  minItems: [15, count],
  uniqueItems: [16, flag],
  maxProperties: [17, count],
  minProperties: [18, count],
  required: [19, texts],
  enum: [20, repeated(any)],
  additionalProperties: [21, writeAdditionalProperties],
  type: [22, wrapped(oneOrMore(text))],
  items: [23, wrapped(oneOrMore(writeSchema))],
  allOf: [24, repeated(writeSchema)],
  properties: [25, wrapped(named(writeSchema))],
  discriminator: [26, text],
  readOnly: [27, flag],
  externalDocs: [29, message(externalDocs)],
  example: [30, any],
  "x-": [31, named(any)],
};

const response: Fields = { description: [1, text], schema: [2, wrapped(writeSchema)], "x-": [5, named(any)] };

const operation: Fields = {
  tags: [1, texts],
  summary: [2, text],
  description: [3, text],
  externalDocs: [4, message(externalDocs)],
  operationId: [5, text],
  produces: [6, texts],
  consumes: [7, texts],
  parameters: [8, repeated(writeParameterItem)],
  responses: [9, wrapped(named(wrapped(message(response))))],
  schemes: [10, texts],
  deprecated: [11, flag],
  security: [12, repeated(wrapped(named(wrapped(texts))))],
  "x-": [13, named(any)],
};

const pathItem: Fields = {
  get: [2, message(operation)],
  put: [3, message(operation)],
  post: [4, message(operation)],
  delete: [5, message(operation)],
  options: [6, message(operation)],
  head: [7, message(operation)],
  patch: [8, message(operation)],
  parameters: [9, repeated(writeParameterItem)],
  "x-": [10, named(any)],
};

const apiKey: Fields = { type: [1, text], name: [2, text], in: [3, text], description: [4, text] };

const documentFields: Fields = {
  swagger: [1, text],
  info: [2, message(info)],
  paths: [8, writePaths],
  definitions: [9, wrapped(named(writeSchema))],
  parameters: [10, wrapped(named(writeParameter))],
  security: [12, repeated(wrapped(named(wrapped(texts))))],
  securityDefinitions: [13, wrapped(named(writeSecurityScheme))],
  "x-": [16, named(any)],
};

function writeSchema(out: ByteWriter, field: number, value: unknown): void {
  message(schemaFields)(out, field, value);
}

// A choice of two: false is written, for its presence says something.
function writeAdditionalProperties(out: ByteWriter, field: number, value: unknown): void {
  writeMessage(out, field, (choice) => {
    if (typeof value === "boolean") writeInteger(choice, 2, value ? 1 : 0);
    else writeSchema(choice, 1, value);
  });
}

function writePaths(out: ByteWriter, field: number, value: unknown): void {
  writeMessage(out, field, (paths) => named(message(pathItem))(paths, 2, value));
}

function writeParameterItem(out: ByteWriter, field: number, value: unknown): void {
  writeMessage(out, field, (choice) => {
    if (keyword(value, "$ref") === undefined) writeParameter(choice, 1, value);
    else message(reference)(choice, 2, value);
  });
}

function writeParameter(out: ByteWriter, field: number, value: unknown): void {
  const place = keyword(value, "in");
  writeMessage(out, field, (choice) => {
    if (place === "body") return message(bodyParameter)(choice, 1, value);
    writeMessage(choice, 2, (inUrl) => {
      if (place === "query") message(queryParameter)(inUrl, 3, value);
      else if (place === "path") message(pathParameter)(inUrl, 4, value);
    });
  });
}

function writeSecurityScheme(out: ByteWriter, field: number, value: unknown): void {
  writeMessage(out, field, (choice) => {
    if (keyword(value, "type") === "apiKey") message(apiKey)(choice, 2, value);
  });
}

/** A message whose fields are keywords of an object. */
function message(fields: Fields): Write {
  return (out, field, value) => writeMessage(out, field, (inner) => writeFields(inner, value, fields));
}

/** A message around one field of number 1. */
function wrapped(write: Write): Write {
  return (out, field, value) => writeMessage(out, field, (inner) => write(inner, 1, value));
}

/** A field that may stand several times. */
function repeated(write: Write): Write {
  return (out, field, value) => {
    if (Array.isArray(value)) for (const item of value) write(out, field, item);
  };
}

/** A list, or one item of it. */
function oneOrMore(write: Write): Write {
  return (out, field, value) => repeated(write)(out, field, Array.isArray(value) ? value : [value]);
}

/** The entries of a map, each a message of name and value. */
function named(write: Write): Write {
  return (out, field, value) => {
    for (const [name, entry] of Object.entries(value ?? {})) {
      writeMessage(out, field, (pair) => {
        text(pair, 1, name);
        write(pair, 2, entry);
      });
    }
  };
}

function writeFields(out: ByteWriter, value: unknown, fields: Fields): void {
  const extensions = new Map<string, unknown>();
  for (const [name, child] of Object.entries(value ?? {})) {
    if (name.startsWith("x-")) extensions.set(name, child);
    else if (Object.hasOwn(fields, name)) writeField(out, fields[name], child);
  }
  if (extensions.size > 0) writeField(out, fields["x-"], Object.fromEntries(extensions));
}

function writeField(out: ByteWriter, target: Fields[string] | undefined, value: unknown): void {
  if (target === undefined) return;
  const [field, writeValue] = target;
  writeValue(out, field, value);
}

function keyword(value: unknown, name: string): unknown {
  return Object.entries(value ?? {}).find(([key]) => key === name)?.[1];
}
