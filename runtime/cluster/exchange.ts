import type { IncomingMessage } from "node:http";
import * as https from "node:https";
import { ClusterError } from "./cluster-error.ts";

/** What may fail before there is an answer. */
export class NoAnswer extends Error {
  /** Whether the connection had been used before, and the server may just have closed it. */
  readonly reused: boolean;

  constructor(cause: unknown, reused: boolean) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.reused = reused;
  }
}

/** How long may be waited. */
export interface ExchangeTimes {
  /** For the head of the answer. */
  readonly headMs: number;
  /** For the whole of it. */
  readonly wholeMs: number;
}

/** A connection that is dead but not closed is noticed some ten seconds later. */
const probeAfterMs = 20_000;

/** Sends a request and gives the answer once its head is there. Throws NoAnswer; reading may throw a ClusterError. */
export function exchange(
  options: https.RequestOptions,
  body: string | undefined,
  { headMs, wholeMs }: ExchangeTimes,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = https.request(options);
    let head: NodeJS.Timeout | undefined = setTimeout(() => request.destroy(tooLate(headMs)), headMs);
    request.once("socket", (socket) => socket.setKeepAlive(true, probeAfterMs));
    request.once("response", (response) => {
      clearTimeout(head);
      head = undefined;
      const whole = setTimeout(() => response.destroy(tooLate(wholeMs)), wholeMs);
      response.once("close", () => clearTimeout(whole));
      resolve(response);
    });
    request.on("error", (error) => {
      clearTimeout(head);
      reject(new NoAnswer(error, request.reusedSocket));
    });
    request.end(body);
  });
}

function tooLate(ms: number): ClusterError {
  return new ClusterError(0, "Timeout", `no answer within ${ms} ms`);
}

/** The whole body of an answer. Throws a ClusterError for one that is too long. */
export async function readWhole(response: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunksOf(response)) {
    length += chunk.length;
    if (length > bytesMax) throw new ClusterError(0, "Unreachable", `the answer is longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

const lineEnd = 0x0a;

/** The lines of an answer, as they come. Throws a ClusterError for one that is too long. */
export async function* linesOf(response: IncomingMessage, bytesMax: number): AsyncGenerator<string> {
  let pending: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunksOf(response)) {
    let from = 0;
    for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, from)) {
      pending.push(chunk.subarray(from, end));
      const line = Buffer.concat(pending);
      if (line.length > bytesMax) throw tooLong(bytesMax);
      if (line.length > 0) yield line.toString("utf8");
      pending = [];
      length = 0;
      from = end + 1;
    }
    if (from === chunk.length) continue;
    pending.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > bytesMax) throw tooLong(bytesMax);
  }
}

function tooLong(bytesMax: number): ClusterError {
  return new ClusterError(0, "Unreachable", `an event is longer than ${bytesMax} bytes`);
}

// Without an encoding a stream gives buffers, which its type does not tell.
function chunksOf(response: IncomingMessage): AsyncIterable<Buffer> {
  return response as AsyncIterable<Buffer>;
}
