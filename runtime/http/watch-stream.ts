import { StatusError } from "../meta/status-error.ts";
import type { WatchEvent } from "../registry/rest-storage.ts";
import { sendHead } from "./answer.ts";
import { statusOf } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { drained } from "./piecewise.ts";
import type { RequestState } from "./request-state.ts";

/** Why a watch is over when its time is up: nothing is wrong. */
export const watchOver = new Error("the watch is over");
const watcherStalled = new Error("the watcher takes no events");

/** How the events of one watch are written. */
export interface EventEncoding {
  /** The media type of the stream. */
  readonly contentType: string;
  /** One event's bytes, among which the reader finds their end; asked for each event in order. */
  encode(event: WatchEvent): Uint8Array;
}

/**
 * Streams events to a client until the events end, the time is up, or the client goes away.
 * What fails at once is thrown, to be answered as any error; what fails later is an ERROR event, the last.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export async function streamEvents(
  state: RequestState,
  events: AsyncIterable<readonly WatchEvent[]>,
  encoding: EventEncoding,
  timeoutSeconds: number | undefined,
  limits: Limits,
): Promise<void> {
  const iterator = events[Symbol.asyncIterator]();
  const first = iterator.next();
  await failureAtOnce(first);
  const timer = setTimeout(endWatch, watchDurationMs(timeoutSeconds, limits), state);
  const { lifetime } = state;
  // A source that is slow to notice must not hold the client.
  const onAbort = (): void => void state.response.end();
  lifetime.signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (!sendHead(state, 200, { "content-type": encoding.contentType })) return;
    state.response.flushHeaders();
    for (let batch = await first; batch.done !== true && !lifetime.isOver; batch = await iterator.next()) {
      await writeEvents(state, batch.value, encoding, limits);
    }
  } catch (error) {
    if (!lifetime.isOver) endWithError(state, error, encoding);
  } finally {
    clearTimeout(timer);
    lifetime.signal.removeEventListener("abort", onAbort);
    state.response.end();
    await iterator.return?.();
  }
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

async function writeEvents(
  state: RequestState,
  events: readonly WatchEvent[],
  encoding: EventEncoding,
  limits: Limits,
): Promise<void> {
  let lines: Uint8Array[] = [];
  let length = 0;
  for (const event of events) {
    const line = encoding.encode(event);
    lines.push(line);
    length += line.length;
    if (length < limits.slabBytes) continue;
    await writeLines(state, lines, length, limits);
    lines = [];
    length = 0;
  }
  if (length > 0) await writeLines(state, lines, length, limits);
}

async function writeLines(
  state: RequestState,
  lines: readonly Uint8Array[],
  length: number,
  limits: Limits,
): Promise<void> {
  state.lifetime.throwIfOver();
  const only = lines.length === 1 ? lines[0] : undefined;
  const mayGoOn = state.response.write(only ?? Buffer.concat(lines, length));
  if (mayGoOn || state.response.writableLength <= limits.watchBufferBytesMax) return;
  const stall = setTimeout(cutOff, limits.watchStallMs, state);
  try {
    await drained(state);
  } finally {
    clearTimeout(stall);
  }
}

// Waiting longer would only move the queue from the connection into the watch cache.
function cutOff(state: RequestState): void {
  state.log.warn({ auditId: state.auditId, path: state.info.path, user: state.user.name }, "watcher stalled");
  state.response.destroy();
  state.lifetime.end(watcherStalled);
}

function endWithError(state: RequestState, error: unknown, encoding: EventEncoding): void {
  const object = error instanceof StatusError ? error.status : statusOf(error, state);
  state.response.write(encoding.encode({ type: "ERROR", object }));
}
