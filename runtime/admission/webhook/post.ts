import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { goQuote } from "../../meta/field-error.ts";
import type { Endpoint } from "./endpoint.ts";
import { transportError } from "./transport-error.ts";

/** What is sent to a webhook. */
interface WebhookCall {
  readonly endpoint: Endpoint;
  readonly json: string;
  readonly timeoutMs: number;
  /** Aborts when the write itself is over. */
  readonly signal: AbortSignal;
}

/** A webhook that has not answered, or not as it should; the message says why. */
export class PostError extends Error {
  override readonly name = "PostError";
}

/** A patch is a text of the size of an object, and base64 makes a third more of it. */
const answerBytesMax = 16 * 1024 * 1024;

/**
 * Posts JSON to a webhook and gives what it answers with 200, read as JSON; follows no redirect. Throws a PostError.
 */
export async function postJson({ endpoint, json, timeoutMs, signal }: WebhookCall): Promise<unknown> {
  if ("problem" in endpoint) throw new PostError(endpoint.problem);
  const url = new URL(endpoint.url);
  url.searchParams.set("timeout", `${Math.ceil(timeoutMs / 1000)}s`);
  const timedOut = AbortSignal.timeout(timeoutMs);
  try {
    const { status, body } = await postOnLiveConnection(url, endpoint, json, AbortSignal.any([signal, timedOut]));
    if (status < 200 || status > 206) throw new PostError(statusText(status, body));
    return parsed(body);
  } catch (error) {
    if (error instanceof PostError) throw error;
    const why = timedOut.aborted || signal.aborted ? "context deadline exceeded" : transportError(error);
    throw new PostError(`Post ${goQuote(shown(url))}: ${why}`, { cause: error });
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * A connection that has been idle may be closed just as it is used again: the webhook has not seen the call then. Each
 * such connection is gone, so that it ends with a new one.
 */
async function postOnLiveConnection(...call: Parameters<typeof post>): Promise<Answer> {
  for (;;) {
    try {
      return await post(...call);
    } catch (error) {
      if (!(error instanceof ClosedWhileIdle)) throw error;
    }
  }
}

class ClosedWhileIdle extends Error {
  override readonly name = "ClosedWhileIdle";
}

const closedCodes: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE"]);

function post(
  url: URL,
  { options }: Extract<Endpoint, { readonly url: URL }>,
  json: string,
  signal: AbortSignal,
): Promise<Answer> {
  const body = Buffer.from(json);
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": "application/json",
      "content-length": body.length,
      accept: "application/json, */*",
      "user-agent": "apiserver-ts",
    };
    const sent = request(url, { ...options, method: "POST", headers, signal });
    sent.on("error", (error) => {
      const wasIdle = sent.reusedSocket && "code" in error && closedCodes.has(error.code);
      reject(wasIdle ? new ClosedWhileIdle(error.message) : error);
    });
    sent.on("response", (response) => {
      readAnswer(response).then(resolve, reject);
    });
    sent.end(body);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    const bytes = chunk as Buffer;
    length += bytes.length;
    if (length > answerBytesMax) throw new PostError(`the answer is longer than ${answerBytesMax} bytes`);
    chunks.push(bytes);
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") };
}

/** Go writes the port only where the configuration does, and the default of a Service is written. */
function shown(url: URL): string {
  const { host, pathname, search } = url;
  const port = url.port === "" && host.endsWith(".svc") ? ":443" : "";
  return `https://${host}${port}${pathname}${search}`;
}

const shownCharactersMax = 2048;

const statusTexts: ReadonlyMap<number, string> = new Map([
  [400, "the server rejected our request for an unknown reason"],
  [401, "the server has asked for the client to provide credentials"],
  [404, "the server could not find the requested resource"],
  [405, "the server does not allow this method on the requested resource"],
  [409, "the server reported a conflict"],
  [422, "the server rejected our request due to an error in our request"],
  [429, "the server has received too many requests and has asked us to try again later"],
  [503, "the server is currently unable to handle the request"],
  [504, "the server was unable to return a response in the time allotted, but may still be processing the request"],
]);

/** https://pkg.go.dev/k8s.io/apimachinery/pkg/api/errors#NewGenericServerResponse */
function statusText(status: number, body: string): string {
  const told = body.trim().slice(0, shownCharactersMax);
  if (status === 403 || status === 406 || status === 415) return told;
  const known = statusTexts.get(status);
  if (known !== undefined) return known;
  if (status >= 500) return `an error on the server (${goQuote(told)}) has prevented the request from succeeding`;
  return `the server responded with the status code ${status} but did not return more information`;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new PostError("the answer is no JSON", { cause });
  }
}
