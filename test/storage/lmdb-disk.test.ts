import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { open } from "lmdb";
import { expect, onTestFinished, test } from "vitest";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import type { Revision, Storage } from "../../runtime/storage/storage.ts";
import { startChild, type Child } from "./child.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const keys = Array.from({ length: 64 }, (_unset, index) => `/key/${index}`);

/** Overwrites 64 values again and again, and so makes a hundred times more history than is kept. */
async function overwrite(storage: Storage, times: number): Promise<void> {
  const { entries } = await storage.list("/key/");
  const held = new Map<string, Revision>(entries.map(({ key, revision }) => [key, revision]));
  const write = async (key: string, size: number) => {
    held.set(key, (await storage.put(key, Buffer.alloc(size, key), held.get(key) ?? "absent")).revision);
  };
  for (let time = 0; time < times; time++) {
    await Promise.all(keys.map((key) => write(key, 900 + ((time * 37) % 300))));
  }
}

async function growing(): Promise<{ folder: string; storage: Storage; size: () => number }> {
  const folder = temporaryFolder();
  const storage = await openLmdbStorage({
    folder,
    historyChangesMax: 300,
    maintenanceMs: 2,
    rowsRememberedBytesMax: 0,
  });
  onTestFinished(() => storage.close());
  return { folder, storage, size: () => statSync(join(folder, "data.mdb")).size };
}

test("the file stops growing under constant overwriting, while lists and watches read", async () => {
  const { storage, size } = await growing();
  const end = new AbortController();
  const lists = (async () => {
    for (; !end.signal.aborted; await setImmediate()) await storage.list("/key/");
  })();
  const watch = (async () => {
    for await (const batch of storage.watch("/key/", await storage.currentRevision(), end.signal)) void batch;
  })();
  // What the history holds, a few times over: commits take turns with compaction.
  const sizeMax = 8 << 20;
  await overwrite(storage, 300);
  end.abort();
  await Promise.all([lists, watch]);
  expect(size()).toBeLessThan(sizeMax);
});

test("a reader from outside lets the file grow while it reads, and no longer", async () => {
  const { folder, storage, size } = await growing();
  await overwrite(storage, 20);
  const before = size();
  const reader = open({ path: folder, noSubdir: false, readOnly: true, encoding: "binary", keyEncoding: "binary" });
  const transaction = reader.useReadTransaction();
  await overwrite(storage, 60);
  const grown = size();
  expect(grown).toBeGreaterThan(before);
  transaction.done();
  await reader.close();
  // The pages that it held up are written again, before new ones are.
  await overwrite(storage, 60);
  expect(size()).toBeLessThanOrEqual(grown + (1 << 20));
});

const mounts = spawnSync("unshare", ["--mount", "true"]).status === 0;

/** Starts a program that sees a small disk of its own in the folder; where that takes rights, its files may not grow. */
function startOnSmallDisk(program: string, folder: string): Child {
  const mount = `exec unshare --mount sh -c 'mount -t tmpfs -o size=8m tmpfs "$0" && exec "$@"' "${folder}" "$@"`;
  return startChild(program, [folder], mounts ? mount : "trap '' XFSZ; ulimit -f 9000");
}

test("a full disk refuses writes with a certain error, lets reads go on, and takes writes once there is room", async () => {
  const child = startOnSmallDisk(mounts ? "full-mount-writer.ts" : "full-disk-writer.ts", temporaryFolder());
  const [[code]] = await Promise.all([once(child.process, "exit"), child.exited()]);
  expect(code).toBe(0);
  const listed = child.lines.filter((line) => line.startsWith("listed ")).map((line) => Number(line.slice(7)));
  const acknowledged = child.lines.filter((line) => line.startsWith("/full/"));
  expect(listed.at(-1)).toBe(acknowledged.length);
  if (!mounts) return;
  expect(child.lines.find((line) => line.startsWith("refused"))).toContain("the store did not take the write");
  expect(listed[0]).toBe(acknowledged.length - 20);
});
