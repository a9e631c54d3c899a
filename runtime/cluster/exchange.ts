import type { IncomingMessage } from "node:http";
import * as https from "node:https";
import { textLines, wholeText } from "../meta/bounded-text.ts";
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
export function readWhole(response: IncomingMessage, bytesMax: number): Promise<string> {
  return wholeText(response, bytesMax, () => tooLong("the answer", bytesMax));
}

/** The lines of an answer, as they come. Throws a ClusterError for one that is too long. */
export function linesOf(response: IncomingMessage, bytesMax: number): AsyncGenerator<string> {
  return textLines(response, bytesMax, () => tooLong("an event", bytesMax));
}

function tooLong(what: string, bytesMax: number): ClusterError {
  return new ClusterError(0, "Unreachable", `${what} is longer than ${bytesMax} bytes`);
}
