import { readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import type { Revision, Storage } from "../../runtime/storage/storage.ts";
import { StorageCompacted, StorageUnavailable } from "../../runtime/storage/storage.ts";
import { backupStore } from "../../runtime/storage/tools/backup.ts";
import { copyObjects, countObjects } from "../../runtime/storage/tools/copy.ts";
import { restoreStore } from "../../runtime/storage/tools/restore.ts";
import { verifyStore } from "../../runtime/storage/tools/verify.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { fill, keyOf, objectOf } from "./stored-cats.ts";
import { temporaryFolder } from "./temporary-folder.ts";

// Stores are looked at in processes of their own, which run these sources as this one does.
const nodeOptions = process.env["NODE_OPTIONS"];
beforeAll(() => {
  process.env["NODE_OPTIONS"] = "-C source --import tsx";
});
afterAll(() => {
  if (nodeOptions === undefined) delete process.env["NODE_OPTIONS"];
  else process.env["NODE_OPTIONS"] = nodeOptions;
});

async function opened(folder: string): Promise<Storage> {
  const storage = await openLmdbStorage({ folder });
  onTestFinished(() => storage.close());
  return storage;
}

/** The name of a store or file in a folder that is there. */
function inFolder(name: string): string {
  return join(temporaryFolder(), name);
}

async function contents(storage: Storage): Promise<[string, string][]> {
  const { entries } = await storage.list("/");
  return entries.map(({ key, value }) => [key, Buffer.from(value).toString()]);
}

async function firstBatch(storage: Storage, from: Revision): Promise<unknown> {
  return storage.watch("/", from, new AbortController().signal)[Symbol.asyncIterator]().next();
}

async function refusal(doing: Promise<unknown>): Promise<string> {
  const error: unknown = await doing.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StorageUnavailable)) throw new Error("it was not refused", { cause: error });
  return error.message;
}

test("a backup of a store that is being written restores to one moment of it", async () => {
  const [folder, file, restored] = [inFolder("store"), inFolder("cats.backup"), inFolder("store")];
  const storage = await opened(folder);
  await fill(storage, 200);
  const end = new AbortController();
  const writing = (async () => {
    for (let index = 200; !end.signal.aborted; index++)
      await storage.put(keyOf(`cat-${index}`), objectOf(`cat-${index}`), "absent");
  })();
  const backup = await backupStore({ folder, file, replace: false });
  end.abort();
  await writing;
  expect(backup).toMatchObject({ objects: backup.revision - 1, bytes: statSync(file).size, problems: [] });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(file, ".."))).toEqual(["cats.backup"]);

  const { report } = await restoreStore({ file, folder: restored, replace: false, nowMs: Date.now() });
  expect(report.objects).toBe(backup.objects);
  const found = await contents(await opened(restored));
  const all = new Map(await contents(storage));
  expect(found).toHaveLength(backup.objects);
  for (const [key, value] of found) expect(all.get(key)).toBe(value);
  expect(await refusal(backupStore({ folder, file, replace: false }))).toContain("exists; give --to another file");
});

test("after a restore no client that has seen more than the backup misses a change in silence", async () => {
  const [folder, file] = [inFolder("store"), inFolder("cats.backup")];
  const storage = await opened(folder);
  await fill(storage, 3);
  const saved = await contents(storage);
  await backupStore({ folder, file, replace: false });
  const lost = await storage.put(keyOf("lost"), objectOf("lost"), "absent");
  await storage.close();

  const seen = [lost.revision];
  // The second time, the clock has hardly moved.
  for (const nowMs of [Date.now(), Date.now() + 1]) {
    const { aside } = await restoreStore({ file, folder, replace: true, nowMs });
    expect(readdirSync(aside ?? "")).toContain("data.mdb");
    const restored = await opened(folder);
    expect(await contents(restored)).toEqual(saved);
    // Those who know the lost write, or one to a store that was restored before, are told to read anew.
    for (const from of seen) {
      await expect(firstBatch(restored, from)).rejects.toThrow(StorageCompacted);
      await expect(restored.list("/", { at: from })).rejects.toThrow(StorageCompacted);
    }
    const { revision } = await restored.list("/");
    await fill(restored, 3).catch(() => undefined);
    const next = await restored.put(keyOf("new"), objectOf("new"), "absent");
    expect(await firstBatch(restored, revision)).toMatchObject({ value: { changes: [{ revision: next.revision }] } });
    seen.push(next.revision);
    await restored.close();
  }
});

test("a store that a server has, or that is there, is not replaced, and a file that is no backup is not restored", async () => {
  const [folder, text, elsewhere] = [inFolder("store"), inFolder("text"), inFolder("store")];
  const storage = await opened(folder);
  await fill(storage, 3);
  const file = join(folder, "data.mdb");
  writeFileSync(text, "hello");
  const nowMs = Date.now();
  const restore = (from: string, to: string, replace: boolean) =>
    refusal(restoreStore({ file: from, folder: to, replace, nowMs }));
  expect(await restore(file, folder, false)).toContain("holds a store; --force puts it aside");
  expect(await restore(file, folder, true)).toContain(`is in use by process ${process.pid} on`);
  expect(await restore(text, elsewhere, false)).toContain("is no backup of a store, or is damaged");
  expect(await restore(`${text}.nothing`, elsewhere, false)).toContain("no such file");
  expect(await refusal(backupStore({ folder: elsewhere, file: `${text}.2`, replace: false }))).toContain(
    "holds no store",
  );
  expect(readdirSync(join(elsewhere, ".."))).toEqual([]);
  expect(readdirSync(join(folder, ".."))).toEqual(["store"]);
  await storage.put(keyOf("more"), objectOf("more"), "absent");
});

test("a damaged store is not backed up, and one that is cut off ends no process of ours and can be replaced", async () => {
  const [folder, file] = [inFolder("store"), inFolder("cats.backup")];
  const path = join(folder, "data.mdb");
  const storage = await opened(folder);
  await fill(storage, 300);
  await backupStore({ folder, file, replace: false });
  await storage.put(keyOf("sick"), objectOf("sick", "a part that changes"), "absent");
  await storage.close();
  const bytes = readFileSync(path);
  for (let at = bytes.indexOf("a part that"); at !== -1; at = bytes.indexOf("a part that", at + 1)) bytes[at] = 0x78;
  writeFileSync(path, bytes);
  expect((await verifyStore(folder)).problems).toEqual([`revision 302 of ${keyOf("sick")} is not as it was written`]);
  expect(await refusal(backupStore({ folder, file, replace: true }))).toContain("is damaged: revision 302 of");
  truncateSync(path, 20_000);
  expect(await refusal(verifyStore(folder))).toContain("it is cut off or damaged");
  await restoreStore({ file, folder, replace: true, nowMs: Date.now() });
  expect(await contents(await opened(folder))).toHaveLength(300);
});

test("copy takes all objects to a store that has none, and compares", async () => {
  const [from, to] = [memoryStorage(), memoryStorage()];
  await fill(from, 1_100);
  await from.delete(keyOf("cat-7"), 9);
  await from.put("/other/key", Buffer.from("of somebody else"), "absent");
  const told: number[] = [];
  const options = { from, to, prefix: "/registry/", progress: (copied: number) => told.push(copied) };
  const counted = await countObjects(from, "/registry/");
  expect(counted).toMatchObject({ objects: 1_099, revision: await from.currentRevision() });
  expect(await copyObjects(options)).toEqual(counted);
  expect(told).toEqual([500, 1_000, 1_099]);
  expect(await contents(to)).toEqual((await contents(from)).filter(([key]) => key !== "/other/key"));
  expect(await refusal(copyObjects(options))).toContain("the target has 1099 objects under /registry/ already");
});

test("a copy that somebody else writes to is told", async () => {
  const [from, to] = [memoryStorage(), memoryStorage()];
  await fill(from, 3);
  const meddle = async () => {
    await to.put(keyOf("cat-9"), objectOf("cat-9"), "absent");
  };
  const meddling: Storage = Object.create(to, {
    put: {
      value: async (...args: Parameters<Storage["put"]>) => {
        const entry = await to.put(...args);
        if (args[0] === keyOf("cat-2")) await meddle();
        return entry;
      },
    },
    list: { value: (...args: Parameters<Storage["list"]>) => to.list(...args) },
  });
  const copying = copyObjects({ from, to: meddling, prefix: "/registry/", progress: () => undefined });
  expect(await refusal(copying)).toContain("it has 4 objects, and the source 3");
});
