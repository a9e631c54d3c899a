import { expect, test } from "vitest";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { StorageCompacted } from "../../runtime/storage/storage.ts";
import { storageConformance } from "../../runtime/testing/storage-conformance.ts";

storageConformance("memory", {
  open: async () => memoryStorage({ watchBufferChangesMax: 100, maintenanceMs: 20 }),
  test,
  watchBufferChangesMax: 100,
});

test("a memory store can start empty at a revision, with history compacted before it", async () => {
  const storage = memoryStorage({ startRevision: 20, compacted: 15 });
  expect(await storage.list("/")).toEqual({ entries: [], revision: 20, remaining: 0 });
  expect((await storage.list("/", { at: 15 })).entries).toEqual([]);
  await expect(storage.list("/", { at: 14 })).rejects.toThrow(StorageCompacted);
  const signal = new AbortController().signal;
  const old = storage.watch("/", 5, signal)[Symbol.asyncIterator]();
  await expect(old.next()).rejects.toThrow("revision 5 has been compacted; the oldest is 15");
  const kept = storage.watch("/", 15, signal)[Symbol.asyncIterator]();
  expect(await kept.next()).toEqual({ done: false, value: { changes: [], revision: 20 } });
  const first = await storage.put("/a", Buffer.from("1"), "absent");
  expect(first.revision).toBe(21);
  await storage.close();
});
