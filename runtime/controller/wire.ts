import * as http from "node:http";
import * as https from "node:https";
import { textLines, wholeText } from "../meta/bounded-text.ts";
import { KubeError, messageOf } from "./kube-error.ts";

/** How long may be waited, in milliseconds. */
export interface WireTimes {
  /** For the head of the answer. */
  readonly headMs: number;
  /** For the whole of it. */
  readonly wholeMs: number;
}

/** What may fail before there is an answer. */
export class NoAnswer extends KubeError {
  /** Whether the connection had been used before, so that the server may just have closed it. */
  readonly reused: boolean;

  constructor(cause: unknown, reused: boolean) {
    super(0, "NoAnswer", messageOf(cause), { cause });
    this.reused = reused;
  }
}

/** A connection that is dead but not closed is noticed some ten seconds later. */
const probeAfterMs = 20_000;

/** Sends a request; gives the answer once its head is there. Throws NoAnswer, or a KubeError where it comes too late. */
export function send(
  options: https.RequestOptions,
  body: string | undefined,
  { headMs, wholeMs }: WireTimes,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = options.protocol === "http:" ? http.request(options) : https.request(options);
    const head = setTimeout(() => request.destroy(tooLate(headMs)), headMs);
    request.once("socket", (socket) => socket.setKeepAlive(true, probeAfterMs));
    request.once("response", (response) => {
      clearTimeout(head);
      const whole = setTimeout(() => response.destroy(tooLate(wholeMs)), wholeMs);
      response.once("close", () => clearTimeout(whole));
      resolve(response);
    });
    request.on("error", (error) => {
      clearTimeout(head);
      reject(error instanceof KubeError ? error : new NoAnswer(error, request.reusedSocket));
    });
    request.end(body);
  });
}

function tooLate(ms: number): KubeError {
  return new KubeError(0, "Timeout", `no answer within ${ms} ms`);
}

/** The whole text of an answer. Throws a KubeError for one of more than so many bytes. */
export function readText(response: http.IncomingMessage, bytesMax: number): Promise<string> {
  return wholeText(response, bytesMax, () => tooLong("the answer", bytesMax));
}

/** The lines of an answer, as they come, without empty ones. Throws a KubeError for one of more than so many bytes. */
export function readLines(response: http.IncomingMessage, bytesMax: number): AsyncGenerator<string> {
  return textLines(response, bytesMax, () => tooLong("a line of the answer", bytesMax));
}

function tooLong(what: string, bytesMax: number): KubeError {
  return new KubeError(0, "TooLong", `${what} is longer than ${bytesMax} bytes`);
}
