import protobuf from "protobufjs";
import { parse } from "yaml";

type Field = protobuf.IField;

const list = (type: string, id: number): Field => ({ rule: "repeated", type, id });
const one = (type: string, id: number): Field => ({ type, id });

/** Fields in the order of their numbers, from the first on; a gap is written as "". */
function fields(type: string, first: number, ...names: string[]): Record<string, Field> {
  return Object.fromEntries(
    names.map((name, index) => [name, one(type, first + index)] as const).filter(([name]) => name !== ""),
  );
}

const pair = (value: string): protobuf.IType => ({ fields: { name: one("string", 1), value: one(value, 2) } });
const map = (named: string, id = 1): protobuf.IType => ({ fields: { pairs: list(named, id) } });

/** Keywords of values of a primitive type, with the numbers that they have from that of `type` on. */
function primitive(first: number): Record<string, Field> {
  return {
    ...fields("string", first, "type", "format"),
    default: one("Any", first + 4),
    ...fields("double", first + 5, "maximum", "", "minimum"),
    ...fields("bool", first + 6, "exclusiveMaximum", "", "exclusiveMinimum"),
    ...fields("int64", first + 9, "maxLength", "minLength", "", "maxItems", "minItems"),
    pattern: one("string", first + 11),
    uniqueItems: one("bool", first + 14),
    enum: list("Any", first + 15),
    multipleOf: one("double", first + 16),
    extensions: list("NamedAny", first + 17),
  };
}

const parameter = { required: one("bool", 1), ...fields("string", 2, "in", "description", "name") };

/**
 * The messages of a Swagger document as far as Kubernetes uses them, with fields named after the keywords of JSON.
 * By the names of fields `json` knows what stands for what: `pairs` for a map, `choice…` for one of several types,
 * `values` for one or several, `ref` for $ref, `extensions` for keywords that begin with x-.
 */
const types: Record<string, protobuf.IType> = {
  Any: { fields: { yaml: one("string", 2) } },
  NamedAny: pair("Any"),
  Document: {
    fields: {
      swagger: one("string", 1),
      info: one("Info", 2),
      paths: one("Paths", 8),
      definitions: one("Schemas", 9),
      parameters: one("Parameters", 10),
      security: list("Requirement", 12),
      securityDefinitions: one("Schemes", 13),
    },
  },
  Info: { fields: fields("string", 1, "title", "version", "description") },
  Paths: map("NamedPath", 2),
  NamedPath: pair("Path"),
  Path: {
    fields: {
      ...fields("Operation", 2, "get", "put", "post", "delete", "options", "head", "patch"),
      parameters: list("ParameterItem", 9),
    },
  },
  Operation: {
    fields: {
      tags: list("string", 1),
      ...fields("string", 2, "summary", "description", "", "operationId"),
      produces: list("string", 6),
      consumes: list("string", 7),
      parameters: list("ParameterItem", 8),
      responses: one("Responses", 9),
      schemes: list("string", 10),
      extensions: list("NamedAny", 13),
    },
  },
  ParameterItem: { fields: { choiceParameter: one("Parameter", 1), choiceReference: one("Reference", 2) } },
  Reference: { fields: { ref: one("string", 1) } },
  Parameters: map("NamedParameter"),
  NamedParameter: pair("Parameter"),
  Parameter: { fields: { choiceBody: one("BodyParameter", 1), choiceUrl: one("UrlParameter", 2) } },
  BodyParameter: {
    fields: { ...fields("string", 1, "description", "name", "in"), required: one("bool", 4), schema: one("Schema", 5) },
  },
  UrlParameter: { fields: { choiceQuery: one("QueryParameter", 3), choicePath: one("PathParameter", 4) } },
  QueryParameter: { fields: { ...parameter, ...primitive(6) } },
  PathParameter: { fields: { ...parameter, ...primitive(5) } },
  Responses: map("NamedResponse"),
  NamedResponse: pair("ResponseItem"),
  ResponseItem: { fields: { choiceResponse: one("Response", 1) } },
  Response: { fields: { description: one("string", 1), schema: one("ResponseSchema", 2) } },
  ResponseSchema: { fields: { choiceSchema: one("Schema", 1) } },
  Schemas: map("NamedSchema"),
  NamedSchema: pair("Schema"),
  Schema: {
    fields: {
      ...fields("string", 1, "ref", "format", "title", "description"),
      default: one("Any", 5),
      ...fields("double", 6, "multipleOf", "maximum", "", "minimum"),
      ...fields("bool", 8, "exclusiveMaximum", "", "exclusiveMinimum"),
      ...fields(
        "int64",
        11,
        "maxLength",
        "minLength",
        "",
        "maxItems",
        "minItems",
        "",
        "maxProperties",
        "minProperties",
      ),
      pattern: one("string", 13),
      uniqueItems: one("bool", 16),
      required: list("string", 19),
      enum: list("Any", 20),
      additionalProperties: one("AdditionalProperties", 21),
      type: one("Strings", 22),
      items: one("Items", 23),
      allOf: list("Schema", 24),
      properties: one("Schemas", 25),
      readOnly: one("bool", 27),
      externalDocs: one("ExternalDocs", 29),
      example: one("Any", 30),
      extensions: list("NamedAny", 31),
    },
  },
  AdditionalProperties: {
    fields: { choiceSchema: one("Schema", 1), choiceBoolean: one("bool", 2) },
    oneofs: { choice: { oneof: ["choiceSchema", "choiceBoolean"] } },
  },
  Strings: { fields: { values: list("string", 1) } },
  Items: { fields: { values: list("Schema", 1) } },
  ExternalDocs: { fields: fields("string", 1, "description", "url") },
  Requirement: map("NamedScopes"),
  NamedScopes: pair("Scopes"),
  Scopes: { fields: { values: list("string", 1) } },
  Schemes: map("NamedScheme"),
  NamedScheme: pair("Scheme"),
  Scheme: { fields: { choiceApiKey: one("ApiKey", 2) } },
  ApiKey: { fields: fields("string", 1, "type", "name", "in", "description") },
};

const root = protobuf.Root.fromJSON({ nested: types });

/** Reads a Swagger document's protobuf form back into JSON, whose shape the reader says; throws on bytes that are none. */
export function readSwaggerMessage(bytes: Uint8Array) {
  const type = root.lookupType("Document");
  return JSON.parse(JSON.stringify(json(type.toObject(type.decode(bytes), { longs: Number }))));
}

function json(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(json);
  if (typeof value !== "object" || value === null) return value;
  if ("pairs" in value) return fromPairs(value.pairs);
  if ("values" in value) return oneOrSeveral(value.values);
  if ("yaml" in value) return parse(String(value.yaml));
  const [choice] = Object.entries(value).filter(([name]) => /^choice./.test(name));
  if (choice !== undefined) return json(choice[1]);
  const { extensions, ...rest } = { extensions: [], ...value };
  const own = Object.entries(rest).map(([name, child]) => [name === "ref" ? "$ref" : name, json(child)] as const);
  return { ...Object.fromEntries(own), ...fromPairs(extensions) };
}

function fromPairs(pairs: unknown): object {
  const entries = Array.isArray(pairs) ? pairs : [];
  return Object.fromEntries(entries.map(({ name, value }) => [String(name), json(value)]));
}

function oneOrSeveral(values: unknown): unknown {
  const items = Array.isArray(values) ? values.map(json) : [];
  return items.length === 1 ? items[0] : items;
}
