import { cborToJson } from "../meta/cbor-reader.ts";
import { openEnvelope, type Enveloped } from "../meta/protobuf-envelope.ts";
import { requestEntityTooLarge, unsupportedMediaType, type StatusError } from "../meta/status-error.ts";
import { WireError } from "../meta/wire-error.ts";
import { BodyError } from "./body-error.ts";
import { jsonInYaml } from "./json-in-yaml.ts";
import { scanJson } from "./json-scan.ts";
import { jsonSyntaxError } from "./json-syntax.ts";
import type { RequestBody } from "./target.ts";
import { yamlToJson } from "./yaml-to-json.ts";

/** A body as JSON, before anything is known of what it means. */
export interface ParsedBody {
  readonly value: unknown;
  /** The JSON that `value` was read from. */
  readonly json: () => string;
  /** What a strict decoder finds before it knows the type: fields that stand twice. */
  readonly duplicates: readonly string[];
  /** Such duplicates of a YAML body, which its JSON no longer has, as one problem. */
  readonly yamlDuplicates: readonly string[];
  /** Why a number in the body cannot be taken; undefined if all can. */
  readonly inexact: string | undefined;
}

/** Reading YAML takes far longer than reading JSON, so less of it is read at once; more than anything that is stored. */
const yamlBytesMax = 1024 * 1024;

// A mark at the beginning is no JSON, so it must not be dropped.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads a body. Throws a BodyError for what is not of its media type, 413 for too much YAML, and 415 for protobuf. */
export function parseBody({ bytes, mediaType }: RequestBody): ParsedBody {
  switch (mediaType) {
    case "application/json":
      return parseJson(bytes, "couldn't get version/kind; json parse error: ");
    case "application/yaml":
      return parseYaml(bytes);
    case "application/cbor":
      return parseCbor(bytes);
    case "application/vnd.kubernetes.protobuf":
      throw unreadable(parseEnvelope(bytes));
  }
}

/** Reads JSON. Throws a BodyError, whose message begins with `prefix`. */
export function parseJson(bytes: Uint8Array, prefix: string): ParsedBody {
  const json = utf8.decode(bytes);
  try {
    const value: unknown = JSON.parse(json);
    const { problems, inexact } = scanJson(json);
    return { value, json: () => json, duplicates: problems, yamlDuplicates: [], inexact };
  } catch (error) {
    throw new BodyError(prefix + (error instanceof BodyError ? error.message : jsonSyntaxError(bytes)));
  }
}

function parseYaml(bytes: Uint8Array): ParsedBody {
  if (bytes.length > yamlBytesMax) throw requestEntityTooLarge(`limit is ${yamlBytesMax}`);
  const text = utf8.decode(bytes);
  const plain = jsonInYaml(text);
  const { json, duplicates } = plain === undefined ? yamlToJson(text) : { json: plain, duplicates: [] };
  const yamlDuplicates = duplicates.length === 0 ? [] : [`yaml: unmarshal errors:\n  ${duplicates.join("\n  ")}`];
  return { value: JSON.parse(json), json: () => json, duplicates: [], yamlDuplicates, inexact: scanJson(json).inexact };
}

function parseCbor(bytes: Uint8Array): ParsedBody {
  const json = asBody(cborToJson, bytes);
  return {
    value: JSON.parse(json),
    json: () => json,
    duplicates: [],
    yamlDuplicates: [],
    inexact: scanJson(json).inexact,
  };
}

/** Opens a body in protobuf. Throws a BodyError for what is none. */
export function parseEnvelope(bytes: Uint8Array): Enveloped {
  return asBody(openEnvelope, bytes);
}

// Protobuf tells fields by numbers, which the types of authors do not have.
function unreadable({ kind }: Enveloped): StatusError {
  const what = kind === "" ? "this kind" : kind;
  return unsupportedMediaType(
    `the body of the request is protobuf, in which objects of ${what} have no form - accepted media types include: application/json, application/yaml`,
  );
}

/** What is read of the bytes of a body. Throws a BodyError where `read` throws a WireError. */
export function asBody<T>(read: (bytes: Uint8Array) => T, bytes: Uint8Array): T {
  try {
    return read(bytes);
  } catch (error) {
    throw error instanceof WireError ? new BodyError(error.message) : error;
  }
}

/** What a strict decoder finds: fields that stand twice, and those in `unknownFields`, in the order of the text. */
export function strictProblems(body: ParsedBody, unknownFields: readonly string[]): readonly string[] {
  if (unknownFields.length === 0) return [...body.yamlDuplicates, ...body.duplicates];
  return [...body.yamlDuplicates, ...scanJson(body.json(), new Set(unknownFields)).problems];
}
