import { StatusError } from "../meta/status-error.ts";
import type { PushingIterator, WatchEvent } from "../registry/rest-storage.ts";
import { sendHead } from "./answer.ts";
import { statusOf } from "./errors.ts";
import { EventOutput } from "./event-output.ts";
import type { EventEncoding } from "./event-slabs.ts";
import type { Limits } from "./limits.ts";
import type { RequestState } from "./request-state.ts";
import type { Serving } from "./serving.ts";
import { inMessages, webSocketOf, type WebSocket } from "./web-socket.ts";

type Events = readonly WatchEvent[];

/** Why a watch is over when its time is up: nothing is wrong. */
export const watchOver = new Error("the watch is over");

/**
 * Streams events to a client until the events end, the time is up, or the client goes away.
 * What fails at once is thrown, to be answered as any error; what fails later is an ERROR event, the last.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export async function streamEvents(
  serving: Pick<Serving, "eventSlabs" | "limits">,
  state: RequestState,
  events: AsyncIterable<Events>,
  encoding: EventEncoding,
  timeoutSeconds: number | undefined,
): Promise<void> {
  const { lifetime, response } = state;
  const asked = webSocketOf(state);
  /** Once it has begun. */
  let webSocket: WebSocket | undefined;
  const iterator = events[Symbol.asyncIterator]();
  const first = iterator.next();
  await failureAtOnce(first);
  const timer = setTimeout(endWatch, watchDurationMs(timeoutSeconds, serving.limits), state);
  // A source that is slow to notice must not hold the client.
  const onAbort = (): void => endAnswer(state, webSocket);
  lifetime.signal.addEventListener("abort", onAbort, { once: true });
  let output: EventOutput | undefined;
  try {
    if (asked === undefined) {
      if (!sendHead(state, 200, { "content-type": encoding.contentType })) return;
      response.flushHeaders();
      output = new EventOutput(state, encoding, serving);
    } else {
      if (!sendHead(state, 101, asked.headers)) return;
      response.flushHeaders();
      asked.begin();
      webSocket = asked;
      output = new EventOutput(state, inMessages(encoding, isText(encoding)), serving, asked.connection);
    }
    for (let batch = await first; batch.done !== true && !lifetime.isOver; batch = await iterator.next()) {
      if (!output.take(batch.value)) await output.taken();
      if (!isPushing(iterator)) continue;
      await iterator.pushTo(output.take);
      await output.taken();
    }
  } catch (error) {
    if (!lifetime.isOver) output?.take([lastEvent(state, error)]);
  } finally {
    clearTimeout(timer);
    lifetime.signal.removeEventListener("abort", onAbort);
    endAnswer(state, webSocket);
    await iterator.return?.();
  }
}

function endAnswer({ response }: RequestState, webSocket: WebSocket | undefined): void {
  webSocket?.end();
  response.end();
}

function isText({ contentType }: EventEncoding): boolean {
  return /json|yaml/.test(contentType);
}

/** How long a watch lasts: as long as it asks for, else a while that differs from watch to watch, so that not all come back at once. */
export function watchDurationMs(timeoutSeconds: number | undefined, { watchDurationMinMs }: Limits): number {
  if (timeoutSeconds === undefined || timeoutSeconds === 0) return watchDurationMinMs * (1 + Math.random());
  return Math.min(Math.max(timeoutSeconds * 1000, 0), timerMaxMs);
}

// Longer timers fire at once.
const timerMaxMs = 2 ** 31 - 1;

function endWatch(state: RequestState): void {
  state.lifetime.end(watchOver);
}

// A source that refuses does so before anything has happened, within this turn of the event loop.
async function failureAtOnce(first: Promise<unknown>): Promise<void> {
  const turn = new Promise((resolve) => setImmediate(resolve));
  await Promise.race([first, turn]);
}

function isPushing(iterator: AsyncIterator<Events>): iterator is PushingIterator<Events> {
  return "pushTo" in iterator;
}

function lastEvent(state: RequestState, error: unknown): WatchEvent {
  return { type: "ERROR", object: error instanceof StatusError ? error.status : statusOf(error, state) };
}
