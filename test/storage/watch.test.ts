import { expect, test } from "vitest";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Change, Storage, WatchBatch } from "../../runtime/storage/storage.ts";
import { StorageOverrun } from "../../runtime/storage/storage.ts";

const value = Buffer.from("value");

function start(storage: Storage, prefix: string, from: number) {
  return storage.watch(prefix, from, new AbortController().signal)[Symbol.asyncIterator]();
}

test("a thousand watches of fifty prefixes see their own changes, and share each batch", async () => {
  const storage = memoryStorage();
  const from = await storage.currentRevision();
  const watches = Array.from({ length: 1_000 }, (_unset, index) => ({
    prefix: `/registry/${index % 50}/`,
    seen: [] as Change[],
    batches: new Set<readonly Change[]>(),
  }));
  const running = watches.map(async (watch) => {
    for await (const { changes } of storage.watch(watch.prefix, from, new AbortController().signal)) {
      watch.seen.push(...changes);
      if (changes.length > 0) watch.batches.add(changes);
      if (watch.seen.length === 20) break;
    }
  });
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      Array.from({ length: 50 }, (_unset, index) => storage.put(`/registry/${index}/${round}`, value, "absent")),
    );
  }
  await Promise.all(running);
  for (const { prefix, seen } of watches) {
    expect(seen.map((change) => change.key)).toEqual(Array.from({ length: 20 }, (_unset, round) => prefix + round));
  }
  const ofFirst = watches.filter((watch) => watch.prefix === "/registry/0/");
  const shared = new Set(ofFirst.flatMap((watch) => [...watch.batches]));
  expect(shared.size).toBe(ofFirst[0]?.batches.size);
  await storage.close();
});

test("a long history is replayed in parts, then goes over to what is new", async () => {
  const storage = memoryStorage();
  const from = await storage.currentRevision();
  await Promise.all(
    Array.from({ length: 2_000 }, (_unset, index) =>
      storage.put(index % 10 === 0 ? `/a/${index}` : `/b/${index}`, value, "absent"),
    ),
  );
  const batches: WatchBatch[] = [];
  let live = false;
  for await (const batch of storage.watch("/a/", from, new AbortController().signal)) {
    batches.push(batch);
    if (batch.changes.some((change) => change.key === "/a/new")) break;
    if (batch.revision === from + 2_000 && !live) {
      live = true;
      await storage.put("/a/new", value, "absent");
    }
  }
  const seen = batches.flatMap((batch) => batch.changes.map((change) => change.key));
  expect(seen).toEqual([...Array.from({ length: 200 }, (_unset, index) => `/a/${index * 10}`), "/a/new"]);
  expect(Math.max(...batches.map((batch) => batch.changes.length))).toBeLessThan(100);
  await storage.close();
});

test("a reader is overrun by bytes as well as by changes", async () => {
  const storage = memoryStorage({ watchBufferBytesMax: 10_000 });
  const slow = start(storage, "/", await storage.currentRevision());
  const first = slow.next();
  await storage.put("/first", value, "absent");
  await first;
  for (let index = 0; index < 11; index++) await storage.put(`/${index}`, Buffer.alloc(1_000), "absent");
  await expect(slow.next()).rejects.toThrow(StorageOverrun);
  await storage.close();
});

test("a reader that lags takes what has gathered in one batch", async () => {
  const storage = memoryStorage();
  const reader = start(storage, "/", await storage.currentRevision());
  const first = reader.next();
  await storage.put("/0", value, "absent");
  await first;
  for (let index = 1; index <= 5; index++) await storage.put(`/${index}`, value, "absent");
  const { value: batch } = await reader.next();
  expect(batch.changes.map((change: Change) => change.key)).toEqual(["/1", "/2", "/3", "/4", "/5"]);
  expect(batch.revision).toBe(await storage.currentRevision());
  await storage.close();
});

test("asking for the current revision tells waiting watches of it at once", async () => {
  const storage = memoryStorage({ watchProgressMs: 60_000 });
  const quiet = start(storage, "/quiet/", await storage.currentRevision());
  const pending = quiet.next();
  await storage.put("/busy/1", value, "absent");
  const current = await storage.currentRevision();
  expect(await pending).toEqual({ done: false, value: { changes: [], revision: current } });
  await storage.close();
});
