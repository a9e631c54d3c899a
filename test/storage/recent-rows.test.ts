import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import { RecentRows } from "../../runtime/storage/recent-rows.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import type { Row } from "../../runtime/storage/tables.ts";

let folder: string;
let storage: Storage;

beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "recent-")), "store");
  storage = await openLmdbStorage({ folder });
});
afterAll(async () => {
  await storage.close();
  await rm(folder, { recursive: true });
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a put, gets, lists and watches of one revision have one entry", async () => {
  const from = await storage.currentRevision();
  const put = await storage.put("/a", bytes("1"), "absent");
  expect(await storage.get("/a")).toBe(put);
  expect((await storage.list("/")).entries[0]).toBe(put);
  const stop = new AbortController();
  for await (const { changes } of storage.watch("/", from, stop.signal)) {
    if (changes.length === 0) continue;
    expect(changes[0]?.entry).toBe(put);
    stop.abort();
  }
});

test("a write that is refused leaves nothing of itself behind", async () => {
  const before = await storage.get("/a");
  await expect(storage.put("/a", bytes("2"), "absent")).rejects.toThrow("is at revision");
  expect(await storage.get("/a")).toBe(before);
});

test("the folder of the store is for its owner alone", async () => {
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test("rows are kept up to a number of bytes, those used last", () => {
  const rows = new RecentRows(1_200);
  const row = (revision: number): Row => {
    const key = `/${revision}`;
    return { revision, key, entry: { key, revision, value: new Uint8Array(200) }, before: 0, timeMs: 0 };
  };
  rows.add(row(1));
  rows.add(row(2));
  expect(rows.get(1)?.revision).toBe(1);
  rows.add(row(3));
  expect([1, 2, 3].map((revision) => rows.get(revision)?.revision)).toEqual([1, undefined, 3]);
  rows.add({ ...row(4), entry: { key: "/4", revision: 4, value: new Uint8Array(5_000) } });
  expect([1, 2, 3, 4].map((revision) => rows.get(revision))).toEqual([undefined, undefined, undefined, undefined]);
});
