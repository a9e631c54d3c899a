import { encodeCbor } from "../meta/cbor-writer.ts";
import { encodeProtobuf } from "../meta/protobuf-envelope.ts";
import type { Status, TypeMeta } from "../meta/v1.ts";
import { statusOf } from "./errors.ts";
import { wantsPretty, type AcceptHeaders, type Representation } from "./negotiation.ts";
import { header, type AnswerHeaders, type HeaderValue, type RequestState } from "./request-state.ts";
import { yamlText } from "./yaml-text.ts";

/** Answers that are longer do not tell their length ahead: such is the buffer of Go's HTTP server, and so clients know it. */
const announcedBytesMax = 2048;

/** Sends a whole answer. Does nothing where one has been begun already. */
export function sendBytes(state: RequestState, status: number, headers: AnswerHeaders, body: Uint8Array): void {
  const isHead = state.request.method === "HEAD";
  // Who may ask for parts is told how much there is.
  const announced = isHead || body.length <= announcedBytesMax || headers["accept-ranges"] !== undefined;
  if (!begin(state, status, headers, announced ? body.length : undefined)) return;
  state.sentBytes = body.length;
  state.response.end(isHead ? undefined : body);
}

/** Sends the headers of an answer whose body follows in pieces; false where an answer has been begun already. */
export function sendHead(state: RequestState, status: number, headers: AnswerHeaders): boolean {
  return begin(state, status, headers, undefined);
}

// One flat list, which Node takes as it is: an object would be taken apart again, and this is done for every answer.
function begin(state: RequestState, status: number, headers: AnswerHeaders, length: number | undefined): boolean {
  const { response, auditId, warnings } = state;
  if (response.headersSent || response.destroyed) return false;
  const fields: HeaderValue[] = ["audit-id", auditId];
  if (headers["cache-control"] === undefined) fields.push("cache-control", "no-cache, private");
  if (warnings.values.length > 0) fields.push("warning", [...warnings.values]);
  if (length !== undefined) fields.push("content-length", length);
  for (const [name, value] of Object.entries(headers)) fields.push(name, value);
  response.writeHead(status, fields);
  state.status = status;
  if (state.audit !== undefined) state.audit.answered(status);
  return true;
}

/** Sends a text for people and probes. */
export function sendText(state: RequestState, status: number, text: string, headers: AnswerHeaders = {}): void {
  sendBytes(state, status, { "content-type": "text/plain; charset=utf-8", ...headers }, Buffer.from(text));
}

/** Sends JSON as documents outside the resources have it: indented, without a newline at the end, whatever is accepted. */
export function sendRawJson(state: RequestState, status: number, value: object, headers: AnswerHeaders = {}): void {
  const body = Buffer.from(JSON.stringify(value, null, 2));
  sendBytes(state, status, { "content-type": "application/json", ...headers }, body);
}

/**
 * Sends the Status that an error becomes, in the form that the client accepts; in JSON where it accepts none.
 * Never throws: nobody is left to tell.
 */
export function sendError(state: RequestState, error: unknown, acceptHeaders: AcceptHeaders): void {
  try {
    sendStatus(state, statusOf(error, state), acceptHeaders);
  } catch (fault) {
    state.log.error({ err: fault, auditId: state.auditId }, "answer failed");
    breakOff(state);
  }
}

function sendStatus(state: RequestState, status: Status, acceptHeaders: AcceptHeaders): void {
  if (state.response.writableEnded) return;
  if (state.response.headersSent) {
    // The client is in the middle of another answer: only the end of the connection can tell it.
    breakOff(state);
    return;
  }
  const code = status.code ?? 500;
  state.audit?.answerWithStatus(status);
  const representation = acceptHeaders.read(header(state, "accept")).plain;
  if (representation === undefined) {
    sendRawJson(state, code, status, errorHeaders(status));
    return;
  }
  const body = encodedValue(status, representation, isPretty(state, representation));
  sendBytes(state, code, { "content-type": representation.mediaType, ...errorHeaders(status) }, body);
}

const brokenOff = new Error("the answer cannot be finished");

/** Ends an answer that cannot be finished, so that the client notices: a stream of HTTP/2 that just ends may pass for whole. */
export function breakOff({ request, response }: RequestState): void {
  if (request.stream !== undefined) response.destroy(brokenOff);
  else response.destroy();
}

/** Whether this answer is to be indented. */
export function isPretty(state: RequestState, representation: Representation): boolean {
  return representation.pretty || wantsPretty(state.query, state.request.headers["user-agent"]);
}

/** A small value, encoded; JSON is one line with its newline, or indented without one. */
export function encodedValue(value: TypeMeta, { mediaType }: Representation, pretty: boolean): Uint8Array {
  switch (mediaType) {
    case "application/json":
      return Buffer.from(pretty ? JSON.stringify(value, null, 2) : `${JSON.stringify(value)}\n`);
    case "application/yaml":
      return Buffer.from(yamlText(value));
    case "application/vnd.kubernetes.protobuf":
      return encodeProtobuf(value);
    case "application/cbor":
      return encodeCbor(value);
  }
}

function errorHeaders(status: Status): AnswerHeaders {
  const retryAfterSeconds = status.details?.retryAfterSeconds;
  return {
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
    // What is refused to one may name others' things: no browser is to guess that it is a page.
    ...(status.code === 403 ? { "x-content-type-options": "nosniff" } : {}),
  };
}
