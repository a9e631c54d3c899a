import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import { cborToJson } from "../../runtime/meta/cbor-reader.ts";
import { mayWatch, type Answer } from "./answer.ts";
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
];

/** Throws what is not as it should be about an answer. */
export function requireExpected(request: Pick<FuzzedRequest, "target" | "method">, answer: Answer): void {
  const text = textOf(answer);
  if (/\bat (?:async )?[\w.<>#]* ?\(?(?:file|node):|node_modules/.test(text)) throw new Error(`a stack trace: ${text}`);
  if (answer.status >= 500) requireExpectedFailure(answer, text);
  if (!isResource(request.target) || answer.cut || request.method === "HEAD") return;
  requireKnownForm(answer, text, mayWatch(request.target));
}

function requireExpectedFailure({ status }: Answer, text: string): void {
  // 504 is what a `timeout` that is very short, or a resourceVersion that is not there yet, comes to.
  if (status === 504) return;
  const { message } = parse(text) as { message?: unknown };
  if (status === 500 && typeof message === "string" && expectedFailures.some((each) => each.test(message))) return;
  throw new Error(`an unexpected failure: ${text}`);
}

function isResource(target: string): boolean {
  return /^\/apis\/(?:animal\.skai\.io|farm\.example\.dev|wardle\.example\.com)\/v1(?:alpha1|beta1)?\/./.test(target);
}

function textOf({ headers, body, cut }: Answer): string {
  const gzipped = headers.get("content-encoding") === "gzip" && !cut && body.length > 0;
  return (gzipped ? gunzipSync(body) : body).toString();
}

/** What Node, or the reading of URLs, answers before anybody knows that a resource is asked for. */
const answersOfTheConnection: ReadonlyMap<number, string> = new Map([
  [400, "400 Bad Request"],
  [408, ""],
  [414, ""],
  [417, ""],
  [431, ""],
]);

function requireKnownForm({ status, headers, body }: Answer, text: string, mayBeWatch: boolean): void {
  const type = headers.get("content-type") ?? "text/plain";
  if (type.startsWith("text/plain")) {
    if (text === "" || text === answersOfTheConnection.get(status)) return;
  } else if (type === "application/json" && status === 200 && mayBeWatch && !isJson(text)) {
    for (const line of text.split("\n").slice(0, -1)) requireEvent(JSON.parse(line));
    return;
  } else if (type === "application/json" || type === "application/yaml") {
    requireKnownKind(status, type === "application/json" ? JSON.parse(text) : parse(text));
    return;
  } else if (type === "application/cbor") {
    requireKnownKind(status, JSON.parse(cborToJson(body)));
    return;
  } else if (type === "application/vnd.kubernetes.protobuf") {
    if (body.toString("latin1", 0, 4) === "k8s\u0000") return;
  } else if (streams.has(type) && mayBeWatch) {
    return;
  }
  throw new Error(`no form of an answer that is known: ${type} ${text}`);
}

const streams: ReadonlySet<string> = new Set([
  "application/cbor-seq",
  "application/vnd.kubernetes.protobuf;stream=watch",
]);

// A list, or the single event of a watch that is over, is one text of JSON; an empty watch is none.
function isJson(text: string): boolean {
  const end = text.indexOf("\n");
  return (
    text !== "" && !text.startsWith('{"type":') && (end === -1 || end === text.length - 1 || text.startsWith("{\n"))
  );
}

function requireEvent({ type, object }: { type?: unknown; object?: { kind?: unknown } }): void {
  const known = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"].some((each) => each === type);
  if (!known || typeof object?.kind !== "string") throw new Error(`no event: ${String(type)}`);
}

const kinds = /^(?:(?:Cat|Herd|Flunder|Fischer|PartialObjectMetadata)(?:List)?|Table|Scale)$/;

function requireKnownKind(status: number, value: unknown): void {
  const { kind, code, message, paths } = value as {
    kind?: unknown;
    code?: unknown;
    message?: unknown;
    paths?: unknown;
  };
  if (status === 404 && Array.isArray(paths)) return;
  if (typeof kind === "string" && kinds.test(kind) && status < 300) return;
  if (kind === "Status" && status < 300) return;
  if (kind === "Status" && code === status && typeof message === "string" && message !== "") return;
  throw new Error(`neither an object nor a Status of this status: ${JSON.stringify(value)}`);
}
