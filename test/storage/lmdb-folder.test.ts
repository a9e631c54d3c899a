import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";
import { expect, onTestFinished, test } from "vitest";
import type { LmdbStorageOptions } from "../../runtime/storage/lmdb.ts";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { StorageUnavailable } from "../../runtime/storage/storage.ts";
import { startChild } from "./child.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const value = Buffer.from("value");

async function opened(folder: string, options: Partial<LmdbStorageOptions> = {}): Promise<Storage> {
  const storage = await openLmdbStorage({ folder, ...options });
  onTestFinished(() => storage.close());
  return storage;
}

async function refusal(folder: string, options: Partial<LmdbStorageOptions> = {}): Promise<string> {
  const error: unknown = await openLmdbStorage({ folder, ...options }).then(
    (storage) => storage.close(),
    (reason: unknown) => reason,
  );
  if (!(error instanceof StorageUnavailable)) throw new Error("the folder was not refused", { cause: error });
  return error.message;
}

/** Writes to LMDB's tables beside the store. */
async function tamper(folder: string, key: string, text: string): Promise<void> {
  const root = open<Buffer, Buffer>({ path: folder, noSubdir: false, maxDbs: 8, overlappingSync: false });
  const meta = root.openDB({ name: "meta", encoding: "binary", keyEncoding: "binary" });
  await meta.put(Buffer.from(key), Buffer.from(text));
  await root.close();
}

test("a second server on the same folder is refused, and told which process has it", async () => {
  const folder = temporaryFolder();
  const first = await opened(folder);
  const expected = `the data folder ${folder} is in use by process ${process.pid} on`;
  expect(await refusal(folder)).toContain(expected);
  expect(await refusal(folder)).toContain("stop that server, or give this one another folder");
  await first.put("/a", value, "absent");
  await first.close();
  const second = await opened(folder);
  expect((await second.get("/a"))?.revision).toBe(2);
});

test("another process has the folder until it is gone, whether it closes or is killed", async () => {
  const folder = temporaryFolder();
  const child = startChild("crash-writer.ts", []);
  child.send(folder);
  await child.hasLines(1);
  expect(await refusal(folder)).toContain(`is in use by process ${child.process.pid} on`);
  await child.kill();
  const storage = await opened(folder);
  expect(await storage.currentRevision()).toBeGreaterThan(1);
});

test("a server that cannot be seen keeps the folder while it shows signs of life, and loses it when it does not", async () => {
  const folder = temporaryFolder();
  const elsewhere = "an id\n1\n1\nanother-host boot pid:[1]";
  await (await openLmdbStorage({ folder })).close();
  await tamper(folder, "owner", elsewhere);
  const alive = setInterval(() => writeFileSync(join(folder, "heartbeat"), String(Date.now())), 20);
  expect(await refusal(folder, { ownerSilenceMaxMs: 500 })).toContain("is in use by process 1 on another-host");
  clearInterval(alive);
  const storage = await opened(folder, { ownerSilenceMaxMs: 300 });
  await storage.put("/a", value, "absent");
});

test("a server whose folder another one has taken over stops", async () => {
  const folder = temporaryFolder();
  const storage = await opened(folder, { maintenanceMs: 60_000 });
  const first = await storage.put("/a", value, "absent");
  const watch = storage.watch("/", first.revision, new AbortController().signal)[Symbol.asyncIterator]();
  const pending = watch.next();
  await tamper(folder, "owner", "an id\n1\n1\nanother-host boot pid:[1]");
  const message = `another server has taken over the data folder ${folder}`;
  await expect(storage.put("/b", value, "absent")).rejects.toThrow(message);
  await expect(pending).rejects.toThrow(message);
  await expect(storage.get("/a")).rejects.toThrow(message);
});

test("an idle server notices that its folder was taken over", async () => {
  const folder = temporaryFolder();
  const storage = await opened(folder, { maintenanceMs: 5 });
  await tamper(folder, "owner", "an id\n1\n1\nanother-host boot pid:[1]");
  await expect.poll(() => storage.get("/a").then(() => "", String)).toContain("taken over");
});

test.each([
  ["a text", (path: string) => writeFileSync(path, "hello")],
  ["a long text", (path: string) => writeFileSync(path, "hello ".repeat(10_000))],
  ["zeros", (path: string) => writeFileSync(path, Buffer.alloc(100_000))],
  ["half a header", (path: string) => truncateSync(path, 4_100)],
])("a data file that is not one is refused: %s", async (_name, spoil) => {
  const folder = temporaryFolder();
  await (await openLmdbStorage({ folder })).close();
  spoil(join(folder, "data.mdb"));
  expect(await refusal(folder)).toContain("is not a data file of this server, or is damaged");
});

test("a data file that was cut off is refused, and not started from anew", async () => {
  const folder = temporaryFolder();
  const storage = await openLmdbStorage({ folder });
  for (let index = 0; index < 50; index++) await storage.put(`/${index}`, Buffer.alloc(3_000, index), "absent");
  await storage.close();
  const path = join(folder, "data.mdb");
  const { length } = readFileSync(path);
  truncateSync(path, Math.floor(length / 2));
  expect(await refusal(folder)).toBe(
    `the data file in ${folder} is cut off; restore a backup: apiserver-boot storage restore`,
  );
});

test("data of an unknown format is refused by name", async () => {
  const folder = temporaryFolder();
  await (await openLmdbStorage({ folder })).close();
  await tamper(folder, "format", "apiserver-ts 99");
  expect(await refusal(folder)).toContain('has the format "apiserver-ts 99"; this server reads "apiserver-ts 1"');
});

test("another program's LMDB file is refused", async () => {
  const folder = temporaryFolder();
  await tamper(folder, "something", "else");
  expect(await refusal(folder)).toContain("was not made by this server");
});

test("a folder that can only be read is refused at the start", async () => {
  const folder = temporaryFolder();
  await (await openLmdbStorage({ folder })).close();
  // Root may write whatever the rights say, but not to a file system that is mounted to be read.
  const mounts = spawnSync("unshare", ["--mount", "true"]).status === 0;
  if (!mounts && process.getuid?.() === 0) return;
  const mount = `mount --bind "${folder}" "${folder}" && mount -o remount,ro,bind "${folder}" && exec "$@"`;
  const shell = mounts ? `exec unshare --mount sh -c '${mount}' sh "$@"` : `chmod -R a-w "${folder}"`;
  const child = startChild("crash-writer.ts", [], `exec 2>&1; ${shell}`);
  child.send(folder);
  await child.exited();
  expect(child.lines.join("\n")).toMatch(/the data folder .* cannot be used: E(ROFS|ACCES)/);
});

test("a folder that cannot be made is refused", async () => {
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  expect(await refusal(join(file, "folder"))).toContain("cannot be used");
});

test("a value that has changed on the disk is not handed out, and others are", async () => {
  const folder = temporaryFolder();
  const storage = await openLmdbStorage({ folder });
  await storage.put("/good", Buffer.from("a good value that stays as it is"), "absent");
  const bad = await storage.put("/bad", Buffer.from("a bad value that will be changed"), "absent");
  await storage.close();
  const path = join(folder, "data.mdb");
  const bytes = readFileSync(path);
  for (let at = bytes.indexOf("a bad value"); at !== -1; at = bytes.indexOf("a bad value", at + 1)) bytes[at + 20] = 0;
  writeFileSync(path, bytes);
  const again = await opened(folder);
  expect(Buffer.from((await again.get("/good"))?.value ?? []).toString()).toContain("good");
  await expect(again.get("/bad")).rejects.toThrow("the data file is damaged: revision 3");
  await expect(again.list("/")).rejects.toThrow(StorageUnavailable);
  const both = [again.put("/bad", value, bad.revision), again.put("/new", value, "absent")];
  const [damaged, fine] = await Promise.allSettled(both);
  expect(damaged?.status).toBe("rejected");
  expect(fine?.status).toBe("fulfilled");
});

test("a full disk refuses writes, loses nothing, and can be written again once there is room", async () => {
  const folder = temporaryFolder();
  // No file may grow beyond 1,000 blocks of 512 or 1,024 bytes.
  const child = startChild("full-disk-writer.ts", [folder], "trap '' XFSZ; ulimit -f 1000");
  const [code] = await Promise.all([
    once(child.process, "exit").then(([exitCode]: unknown[]) => exitCode),
    child.exited(),
  ]);
  expect(code).toBe(0);
  const acknowledged = child.lines.filter((line) => line.startsWith("/full/"));
  expect(acknowledged.length).toBeGreaterThan(5);
  expect(child.lines.slice(-2)).toEqual([`listed ${acknowledged.length}`, `watched ${acknowledged.length}`]);
  const storage = await opened(folder);
  expect((await storage.list("/full/")).entries.map((entry) => entry.key)).toEqual(acknowledged);
  await storage.put("/full/more", Buffer.alloc(100_000), "absent");
});

test("revisions, history and times to live outlast a restart, even when everything is deleted and compacted", async () => {
  const folder = temporaryFolder();
  let nowMs = 1_000_000;
  const options = { now: () => nowMs, maintenanceMs: 5 };
  const storage = await openLmdbStorage({ folder, ...options });
  const first = await storage.put("/a", value, "absent");
  const second = await storage.put("/a", Buffer.from("second"), first.revision);
  await storage.put("/short", value, "absent", { ttlSeconds: 10 });
  await storage.close();

  const again = await openLmdbStorage({ folder, ...options });
  expect((await again.list("/", { at: first.revision })).entries.map((entry) => entry.revision)).toEqual([2]);
  nowMs += 10_001;
  await expect.poll(() => again.get("/short")).toBe(undefined);
  const deleted = await again.delete("/a", second.revision);
  await again.compact(deleted);
  await again.close();

  const last = await opened(folder, options);
  expect(await last.currentRevision()).toBe(deleted);
  expect((await last.put("/a", value, "absent")).revision).toBe(deleted + 1);
});

test("writes that wait when the store is closed are kept", async () => {
  const folder = temporaryFolder();
  const storage = await openLmdbStorage({ folder });
  const writes = Array.from({ length: 2_000 }, (_unset, index) => storage.put(`/${index}`, value, "absent"));
  await storage.close();
  await Promise.all(writes);
  const again = await opened(folder);
  expect((await again.list("/")).entries).toHaveLength(2_000);
});

test("many writers share commits", async () => {
  const folder = temporaryFolder();
  const storage = await openLmdbStorage({ folder });
  const before = commits(folder);
  const writer = async (name: number) => {
    for (let count = 0; count < 20; count++) await storage.put(`/${name}/${count}`, value, "absent");
  };
  await Promise.all(Array.from({ length: 64 }, (_unset, name) => writer(name)));
  const made = commits(folder) - before;
  expect(made).toBeGreaterThanOrEqual(20);
  expect(made).toBeLessThan(200);
  await storage.close();
});

test("more writes than may wait are refused at once", async () => {
  const storage = await opened(temporaryFolder(), { writesWaitingMax: 10 });
  const writes = Array.from({ length: 20 }, (_unset, index) => storage.put(`/${index}`, value, "absent"));
  const results = await Promise.allSettled(writes);
  const refused = results.flatMap((result) => (result.status === "rejected" ? [String(result.reason)] : []));
  expect(refused).toHaveLength(10);
  expect(refused[0]).toContain("too many writes are waiting");
});

test("limits that LMDB cannot keep are refused", async () => {
  await expect(openLmdbStorage({ folder: temporaryFolder(), keyBytesMax: 5_000 })).rejects.toThrow(RangeError);
  await expect(openLmdbStorage({ folder: temporaryFolder(), valueBytesMax: 64 << 20 })).rejects.toThrow(RangeError);
});

/** The number of the newest transaction, from the two headers of LMDB's file. */
function commits(folder: string): number {
  const file = openSync(join(folder, "data.mdb"), "r");
  const bytes = Buffer.alloc(3 * 4_096);
  readSync(file, bytes, 0, bytes.length, 0);
  closeSync(file);
  const pageSize = bytes.readUInt32LE(48);
  return Math.max(Number(bytes.readBigUInt64LE(152)), Number(bytes.readBigUInt64LE(pageSize + 152)));
}
