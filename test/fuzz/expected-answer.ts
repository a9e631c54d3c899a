import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import { cborToJson } from "../../runtime/meta/cbor-reader.ts";
import { readEvents, readObject } from "../http/protobuf-schema.ts";
import type { Answer } from "./answer.ts";
import type { FuzzedRequest } from "./arbitrary-request.ts";

/**
 * The messages of answers with status 500 that are as they should be: Kubernetes answers so where its errors have no
 * status of their own. Their reason is empty, or they come from the reading of URLs.
 */
const expectedFailures: readonly RegExp[] = [
  // A URL that ends at its version, or at `watch`.
  /^Internal error occurred: failed to create RequestInfo: unable to determine kind and namespace from url/,
  // A new object with a resourceVersion.
  /^resourceVersion should not be set on objects to be created$/,
  // A resourceVersion that is no number, of a get or watch, of an update.
  /^resourceVersion: Invalid value: .*: strconv\.ParseUint: /s,
  /^strconv\.ParseUint: parsing /,
  // An applied object that does not fit its schema.
  /^failed to create typed patch object \(/,
  /^failed to convert new object \(/,
  // A strategic merge patch that does not go with the kind, or with itself.
  /^unknown patch type: /,
  / does not contain declared merge key: /,
  /^unable to find api field in struct /,
  /^expected an? .*, but received an? /,
  /^invalid (?:element type in merging list|value for special key): ?/,
  /^cannot find merge key /,
  /^(?:list element types are not identical: |no elements in any of the given slices$|list elements must not be null$)/,
  /^value for key .* is not a map$/s,
  / are not deep equal: /,
  /^The order in patch list:\n/,
  /^cannot merge lists without merge key for /,
  /^merging lists cannot yet be specified in the patch$/,
];

/** Throws what is not as it should be about an answer. */
export function requireExpected({ target, method }: Pick<FuzzedRequest, "target" | "method">, answer: Answer): void {
  const { status, cut } = answer;
  const bytes = bytesOf(answer);
  const text = bytes.toString();
  if (/\bat (?:async )?[\w.<>#]* ?\(?(?:file|node):|node_modules/.test(text)) throw new Error(`a stack trace: ${text}`);
  // What a client has read a part of it cannot judge, and there is nothing to judge in the answer to a HEAD.
  if (cut || method === "HEAD" || (status < 500 && !isResource(target))) return;
  const said = read(answer.headers.get("content-type") ?? "text/plain", bytes);
  switch (said.kind) {
    case "text":
      if (text !== "" && text !== textsOfTheConnection.get(status)) throw new Error(`no text that is known: ${text}`);
      return;
    case "value":
      requireKnownKind(status, said.value);
      return;
    case "events":
      for (const event of said.events) requireKnownEvent(event);
      return;
  }
}

function isResource(target: string): boolean {
  return /^\/apis\/(?:animal\.skai\.io|farm\.example\.dev|wardle\.example\.com)\/v1(?:alpha1|beta1)?\/./.test(target);
}

function bytesOf({ headers, body, cut }: Answer): Buffer {
  return headers.get("content-encoding") === "gzip" && !cut && body.length > 0 ? gunzipSync(body) : body;
}

/** What Node, or the reading of URLs, answers before anybody knows that a resource is asked for. */
const textsOfTheConnection: ReadonlyMap<number, string> = new Map([[400, "400 Bad Request"]]);

/** What an answer says. */
type Said =
  | { readonly kind: "text" }
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "events"; readonly events: readonly unknown[] };

function read(type: string, bytes: Buffer): Said {
  switch (type) {
    case "application/json":
      return readJson(bytes.toString());
    case "application/yaml":
      return { kind: "value", value: parse(bytes.toString()) };
    case "application/cbor":
      return { kind: "value", value: JSON.parse(cborToJson(bytes)) };
    case "application/vnd.kubernetes.protobuf":
      return { kind: "value", value: readObject(bytes) };
    case "application/vnd.kubernetes.protobuf;stream=watch":
      return { kind: "events", events: readEvents(bytes) };
    case "application/cbor-seq":
      return { kind: "events", events: [] };
    default:
      if (!type.startsWith("text/plain")) throw new Error(`an answer of the type ${type}`);
      return { kind: "text" };
  }
}

/** A watch has the type of an object, but a line for each event; one that is over may have had none. */
function readJson(text: string): Said {
  if (text !== "" && !text.startsWith('{"type":"')) return { kind: "value", value: JSON.parse(text) };
  const events = text.split("\n").slice(0, -1);
  return { kind: "events", events: events.map((line): unknown => JSON.parse(line)) };
}

const eventTypes: readonly unknown[] = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"];

function requireKnownEvent(event: unknown): void {
  const { type, object } = event as { type?: unknown; object?: { kind?: unknown } };
  if (!eventTypes.includes(type) || typeof object?.kind !== "string") throw new Error(`no event: ${String(type)}`);
}

const kinds = /^(?:(?:Cat|Herd|Flunder|Fischer|PartialObjectMetadata)(?:List)?|Table|Scale)$/;

/** What is looked at of an object, a Status, or the list of all paths. */
interface Known {
  readonly kind?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly paths?: unknown;
}

function requireKnownKind(status: number, value: unknown): void {
  const { kind, code, message, paths } = value as Known;
  if (kind === "Status" && status >= 300) {
    if (code !== status || typeof message !== "string" || message === "") throw unknownAnswer(value);
    // 504 is what a `timeout` that is very short, or a resourceVersion that is not there yet, comes to.
    if (status < 500 || status === 504 || expectedFailures.some((each) => each.test(message))) return;
    throw new Error(`an unexpected failure: ${message}`);
  }
  if (status < 300 && (kind === "Status" || (typeof kind === "string" && kinds.test(kind)))) return;
  if (status !== 404 || !Array.isArray(paths)) throw unknownAnswer(value);
}

function unknownAnswer(value: unknown): Error {
  return new Error(`neither an object nor a Status of this status: ${JSON.stringify(value)}`);
}
