import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openEtcdStorage } from "../../runtime/storage/etcd/etcd.ts";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { copyObjects } from "../../runtime/storage/tools/copy.ts";
import { startEtcd, type Etcd } from "../etcd/etcd.ts";
import { fill } from "../storage/stored-cats.ts";

let etcd: Etcd;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "storage-copy-"));
  etcd = await startEtcd();
});
afterAll(async () => {
  await etcd.stop();
  await rm(folder, { recursive: true });
});

async function contents(storage: Storage): Promise<[string, string][]> {
  const { entries } = await storage.list("/registry/");
  return entries.map(({ key, value }) => [key, Buffer.from(value).toString()]);
}

test("objects go from an embedded store to etcd and back, and are the same", async () => {
  const [first, between, last] = [
    await openLmdbStorage({ folder: join(folder, "first") }),
    await openEtcdStorage({ endpoints: etcd.endpoints, compactionIntervalMs: 0 }),
    await openLmdbStorage({ folder: join(folder, "last") }),
  ];
  await fill(first, 1_200);
  const expected = await contents(first);
  const copy = (from: Storage, to: Storage) =>
    copyObjects({ from, to, prefix: "/registry/", progress: () => undefined });
  expect((await copy(first, between)).objects).toBe(1_200);
  expect(await contents(between)).toEqual(expected);
  expect((await copy(between, last)).objects).toBe(1_200);
  expect(await contents(last)).toEqual(expected);
  await Promise.all([first.close(), between.close(), last.close()]);
});
