import { setTimeout as sleep } from "node:timers/promises";
import type { Connections } from "./connections.ts";
import type { Serving } from "./serving.ts";
import { watchOver } from "./watch-stream.ts";

/** How often to look whether the last answer has been sent, and how long its bytes may take to leave. */
const pollMs = 10;
const lingerMs = 1_000;

/**
 * Brings a server to rest: watches end, what is being answered is finished within a bound, then the connections close.
 * Its clients come back elsewhere, or later.
 */
export async function closeGracefully(serving: Serving, connections: Connections): Promise<void> {
  serving.closing = true;
  connections.startClosing();
  const giveUpAt = performance.now() + serving.limits.closeTimeoutMs;
  endWatches(serving);
  while (!serving.open.isEmpty && performance.now() < giveUpAt) {
    await sleep(pollMs);
    // A watch that was about to begin when the server began to close is found now.
    endWatches(serving);
  }
  connections.closeAll();
  setTimeout(() => connections.destroyAll(), lingerMs).unref();
}

function endWatches({ open }: Serving): void {
  for (const { counted, lifetime } of open) if (counted === "watch") lifetime.end(watchOver);
}
