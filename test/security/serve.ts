import { memoryStorage } from "../../runtime/storage/memory.ts";
import { startGuardedServer } from "./guarded-server.ts";
import type { Started, Usage } from "./server-process.ts";

/*
 * A guarded server in a process of its own, so that what an attack costs is told from what it costs to attack. Its
 * arguments are the folder of the identities and the limits; each message asks what has been
 * used, of memory after a collection.
 */
async function main([folder = "", limits = "{}"]: readonly string[]): Promise<void> {
  const { port } = await startGuardedServer({ folder, storage: memoryStorage(), limits: JSON.parse(limits) });
  process.on("disconnect", () => process.exit());
  process.on("message", (what) => void measure(what === "memory"));
  const started: Started = { port };
  process.send?.(started);
}

async function measure(collects: boolean): Promise<void> {
  // What is let go of by the callbacks of one collection goes with the next.
  for (let round = collects ? 0 : 3; round < 3; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const usage: Usage = { cpuMs: (user + system) / 1000, rssBytes: rss, heldBytes: heapUsed + external };
  process.send?.(usage);
}

await main(process.argv.slice(2));
