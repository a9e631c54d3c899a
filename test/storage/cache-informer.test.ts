import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cachedStorage } from "../../runtime/storage/cache/cached-storage.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Change, Entry, Revision, Storage } from "../../runtime/storage/storage.ts";
import { StorageCompacted, StorageOverrun, StorageUnavailable } from "../../runtime/storage/storage.ts";
import { RemoteStorage } from "./remote-storage.ts";

const root = "/registry/cats/";
const keys = ["a", "b", "c", "d"].map((name) => root + name);

/** What happens to a store, and between it and the cache. */
type Step =
  | { readonly kind: "put" | "delete"; readonly key: string }
  | { readonly kind: "break" | "overrun" | "compact" | "outage" | "over" | "stall" | "resume" | "read" | "turn" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("put" as const), key: fc.constantFrom(...keys) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete" as const), key: fc.constantFrom(...keys) }) },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constantFrom("break", "overrun", "compact", "outage", "over", "stall", "resume", "read", "turn"),
    }),
  },
);

/** A client that lists, watches from there, and lists again when it is told that it must: as controllers do. */
class Informer {
  readonly state = new Map<string, Revision>();
  revision: Revision = 0;
  relists = 0;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;

  constructor(storage: Storage) {
    this.#running = this.#run(storage);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(storage: Storage): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        await this.#follow(storage);
      } catch (error) {
        const known = [StorageCompacted, StorageOverrun, StorageUnavailable].some((kind) => error instanceof kind);
        if (!known) throw error;
        if (error instanceof StorageCompacted) this.revision = 0;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  }

  async #follow(storage: Storage): Promise<void> {
    if (this.revision === 0) {
      const page = await storage.list(root, { notOlderThan: 0 });
      this.state.clear();
      for (const { key, revision } of page.entries) this.state.set(key, revision);
      this.revision = page.revision;
      this.relists++;
    }
    for await (const batch of storage.watch(root, this.revision, this.#abort.signal)) {
      for (const change of batch.changes) this.#apply(change);
      this.revision = batch.revision;
    }
  }

  /** Each change begins where the one before has ended, or one is missing. */
  #apply({ key, entry, previous, revision }: Change): void {
    expect(revision).toBeGreaterThan(this.revision);
    expect(previous?.revision).toBe(this.state.get(key));
    if (entry === undefined) this.state.delete(key);
    else this.state.set(key, entry.revision);
    this.revision = revision;
  }
}

async function play(backend: Storage, remote: RemoteStorage, cache: Storage, action: Step): Promise<void> {
  const down = new StorageUnavailable("lost the connection");
  switch (action.kind) {
    case "put":
    case "delete": {
      const current: Entry | undefined = await backend.get(action.key);
      if (action.kind === "put") await backend.put(action.key, Buffer.from("1"), current?.revision ?? "absent");
      else if (current !== undefined) await backend.delete(action.key, current.revision);
      return;
    }
    case "compact":
      await backend.compact(await backend.currentRevision());
      return;
    case "outage":
      remote.failure = down;
      remote.breakWatches(down);
      return;
    case "over":
      remote.failure = undefined;
      return;
    case "break":
      remote.breakWatches(down);
      return;
    case "overrun":
      remote.breakWatches(new StorageOverrun("too slow"));
      return;
    case "stall":
      remote.stall();
      return;
    case "resume":
      remote.resume();
      return;
    case "read":
      await check(backend, remote, cache);
      return;
    case "turn":
      await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** What is read as the newest state is that, or is refused while the store is out of reach. */
async function check(backend: Storage, remote: RemoteStorage, cache: Storage): Promise<void> {
  const expected = (await backend.list(root)).entries.map(({ key, revision }) => `${key}@${revision}`);
  const before = remote.failure;
  try {
    const { entries } = await cache.list(root);
    expect(entries.map(({ key, revision }) => `${key}@${revision}`)).toEqual(expected);
  } catch (error) {
    if (before === undefined || error !== before) throw error;
  }
}

test("through breaks, outages and compactions, informers see every change once or are told to list again", async () => {
  let relists = 0;
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 50 }), async (steps) => {
    const backend = memoryStorage();
    const remote = new RemoteStorage(backend);
    const limits = { retryMinMs: 1, retryMaxMs: 2, windowChangesMax: 5, freshnessWaitMs: 5 };
    const cache = cachedStorage(remote, { prefixes: [root], limits });
    await cache.ready();
    const informers = [new Informer(cache), new Informer(cache)];
    for (const action of steps) {
      await play(backend, remote, cache, action);
      if (action.kind === "put" && informers.length < 4) informers.push(new Informer(cache));
    }
    remote.failure = undefined;
    remote.resume();
    const { entries } = await backend.list(root);
    const expected = entries.map(({ key, revision }) => `${key}@${revision}`);
    const newest = await backend.put(`${root}z`, Buffer.from("last"), "absent");
    expected.push(`${newest.key}@${newest.revision}`);
    for (const informer of informers) {
      const held = () => [...informer.state].map(([key, revision]) => `${key}@${revision}`).toSorted();
      await expect.poll(held, { interval: 1, timeout: 5_000 }).toEqual(expected);
      relists += informer.relists - 1;
      await informer.stop();
    }
    await cache.close();
  });
  await fc.assert(property, { numRuns: 60 });
  expect(relists).toBeGreaterThan(0);
});
