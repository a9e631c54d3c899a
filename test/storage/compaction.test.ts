import { expect, test } from "vitest";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import type { StorageLimits } from "../../runtime/storage/limits.ts";
import type { Revision, Storage } from "../../runtime/storage/storage.ts";
import { StorageCompacted } from "../../runtime/storage/storage.ts";
import { temporaryFolder } from "./temporary-folder.ts";

interface Settings extends Partial<StorageLimits> {
  readonly now?: () => number;
}

const backends: Record<string, (settings: Settings) => Promise<Storage>> = {
  memory: async (settings) => memoryStorage(settings),
  lmdb: (settings) => openLmdbStorage({ folder: temporaryFolder(), ...settings }),
};

const quick = { maintenanceMs: 5, historyAgeMaxMs: 60_000 };

/** The oldest revision that can be listed, once it is at least `expected`. */
async function oldestBecomes(storage: Storage, expected: Revision): Promise<void> {
  await expect.poll(() => listable(storage, expected - 1), { timeout: 5_000 }).toBe(false);
  expect(await listable(storage, expected)).toBe(true);
}

async function listable(storage: Storage, at: Revision): Promise<boolean> {
  try {
    await storage.list("/", { at, limit: 1 });
    return true;
  } catch (error) {
    if (error instanceof StorageCompacted) return false;
    throw error;
  }
}

async function rewrite(storage: Storage, key: string, times: number, size = 10): Promise<Revision> {
  let expected: Revision | "absent" = (await storage.get(key))?.revision ?? "absent";
  for (let index = 0; index < times; index++) {
    expected = (await storage.put(key, Buffer.alloc(size, index), expected)).revision;
  }
  return storage.currentRevision();
}

for (const [name, open] of Object.entries(backends)) {
  test(`${name}: changes beyond historyChangesMax are forgotten, current values are not`, async () => {
    const storage = await open({ ...quick, historyChangesMax: 10, compactionStepMax: 3 });
    await storage.put("/kept", Buffer.from("kept"), "absent");
    const revision = await rewrite(storage, "/a", 50);
    await oldestBecomes(storage, revision - 10);
    expect((await storage.list("/")).entries.map((entry) => entry.key)).toEqual(["/a", "/kept"]);
    expect(Buffer.from((await storage.get("/kept"))?.value ?? []).toString()).toBe("kept");
    await storage.close();
  });

  test(`${name}: changes beyond historyBytesMax are forgotten`, async () => {
    const storage = await open({ ...quick, historyBytesMax: 10_500 });
    const revision = await rewrite(storage, "/a", 40, 1_000);
    // Ten values, and what a row takes beside its value, fit.
    await oldestBecomes(storage, revision - 10);
    await storage.close();
  });

  test(`${name}: changes older than historyAgeMaxMs are forgotten`, async () => {
    let nowMs = 1_000_000;
    const storage = await open({ ...quick, now: () => nowMs });
    const old = await rewrite(storage, "/a", 5);
    nowMs += 59_000;
    const recent = await rewrite(storage, "/a", 5);
    nowMs += 2_000;
    await oldestBecomes(storage, old);
    expect(await listable(storage, recent - 3)).toBe(true);
    nowMs += 60_000;
    await oldestBecomes(storage, recent);
    await storage.close();
  });

  test(`${name}: expired values go when their time has come, not before`, async () => {
    let nowMs = 1_000_000;
    const storage = await open({ ...quick, now: () => nowMs });
    const writes = Array.from({ length: 600 }, (_unset, index) =>
      storage.put(`/lease/${index}`, Buffer.from("1"), "absent", { ttlSeconds: index < 590 ? 10 : 20 }),
    );
    await Promise.all(writes);
    nowMs += 9_999;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect((await storage.list("/lease/")).entries).toHaveLength(600);
    nowMs += 2;
    await expect.poll(async () => (await storage.list("/lease/")).entries.length).toBe(10);
    await storage.close();
  });
}
