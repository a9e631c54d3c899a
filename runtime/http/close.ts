import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyBaseLogger } from "fastify";
import type { Connections } from "./connections.ts";
import type { Serving } from "./serving.ts";
import { watchOver } from "./watch-stream.ts";

/** How a server comes to rest. */
export interface Shutdown {
  /** How long everything is still served while readyz fails, so that load balancers find out. */
  readonly delayMs: number;
  /** Whether new connections are taken, to be told to come back later, until what is being answered is done. */
  readonly keepsListening: boolean;
  /** Over how long the ends of watches are spread, so that not all come back at once; 0 for not at all. */
  readonly watchGraceMs: number;
  /** Run one after the other once all is answered, such as what writes down what is known of requests; each is given a while. */
  readonly beforeExit: readonly (() => Promise<void>)[];
}

/** What a server does that is told nothing else. */
export const defaultShutdown: Shutdown = { delayMs: 0, keepsListening: false, watchGraceMs: 0, beforeExit: [] };

/** What is brought to rest. */
interface Closing {
  readonly serving: Serving;
  readonly connections: Connections;
  /** Takes no further connections. */
  readonly stopListening: () => void;
  readonly shutdown: Shutdown;
  readonly log: FastifyBaseLogger;
}

/** How often to look whether the last answer has been sent, and how long its bytes may take to leave. */
const pollMs = 10;
const lingerMs = 1_000;
const beforeExitMaxMs = 10_000;
const watchesEndedPerSecondMin = 200;

/**
 * Brings a server to rest, in the order of the Go server: readyz fails, a delay, nothing new is begun, what is being
 * answered is finished within a bound while watches end, the connections close, and what must be done before the end is.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/server#GenericAPIServer.PrepareRun
 */
export async function closeGracefully({ serving, connections, stopListening, shutdown, log }: Closing): Promise<void> {
  serving.terminating = true;
  if (shutdown.delayMs > 0) await sleep(shutdown.delayMs);
  serving.closing = true;
  if (!shutdown.keepsListening) stopListening();
  announceEnd(serving);
  connections.startClosing();
  await drain(serving, shutdown.watchGraceMs);
  stopListening();
  await closeConnections(connections, serving.open.isEmpty ? lingerMs : 0);
  for (const work of shutdown.beforeExit) await runBounded(work, log);
}

/** Answers that have not been begun tell their clients that the connection ends; HTTP/2 has a frame for it. */
function announceEnd({ open }: Serving): void {
  for (const { response } of open) {
    if (response.shouldKeepAlive !== undefined && !response.headersSent) response.setHeader("connection", "close");
  }
}

async function drain({ open, limits, inFlight }: Serving, watchGraceMs: number): Promise<void> {
  const startMs = performance.now();
  const perMs = Math.max(watchesEndedPerSecondMin / 1000, inFlight.count("watch") / watchGraceMs);
  let ended = 0;
  for (;;) {
    const passedMs = performance.now() - startMs;
    // A watch that was about to begin when the server began to close is found in a later round.
    const due = passedMs >= watchGraceMs ? Number.POSITIVE_INFINITY : passedMs * perMs;
    for (const { counted, lifetime } of open) {
      if (ended >= due) break;
      if (counted !== "watch" || lifetime.isOver) continue;
      lifetime.end(watchOver);
      ended++;
    }
    if (open.isEmpty || passedMs >= limits.closeTimeoutMs + watchGraceMs) return;
    await sleep(pollMs);
  }
}

async function closeConnections(connections: Connections, maxMs: number): Promise<void> {
  const giveUpMs = performance.now() + maxMs;
  connections.closeAll();
  while (!connections.isEmpty && performance.now() < giveUpMs) await sleep(pollMs);
  connections.destroyAll();
  // The ends of requests that were cut off are told in the next turn of the event loop.
  await sleep(0);
}

async function runBounded(work: () => Promise<void>, log: FastifyBaseLogger): Promise<void> {
  const done = new AbortController();
  const tooLate = sleep(beforeExitMaxMs, undefined, { signal: done.signal, ref: false }).then(
    () => log.error({ afterMs: beforeExitMaxMs }, "work before the exit takes too long"),
    () => undefined,
  );
  try {
    await Promise.race([work(), tooLate]);
  } catch (error) {
    log.error({ err: error }, "work before the exit failed");
  } finally {
    done.abort();
  }
}
