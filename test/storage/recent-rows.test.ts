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
  const rows = new RecentRows(2_000);
  const row = (revision: number, size = 200): Row => {
    const key = `/${revision}`;
    return { revision, key, entry: { key, revision, value: new Uint8Array(size) }, before: 0, timeMs: 0 };
  };
  rows.add(row(1));
  rows.add(row(2));
  rows.add(row(3));
  expect(rows.get(1)?.revision).toBe(1);
  rows.add(row(4));
  expect([1, 2, 3, 4].map((revision) => rows.get(revision)?.revision)).toEqual([1, undefined, 3, 4]);
  rows.drop(4);
  expect(rows.get(4)).toBe(undefined);
  rows.add(row(5, 5_000));
  expect([1, 3, 5].map((revision) => rows.get(revision)?.revision)).toEqual([1, 3, undefined]);
});

test("rows that come and go do not add up", () => {
  const rows = new RecentRows(100_000);
  const kept = () =>
    Array.from({ length: 5_000 }, (_unset, index) => rows.get(index)).filter((row) => row !== undefined);
  for (let revision = 0; revision < 5_000; revision++) {
    const key = `/${revision}`;
    rows.add({ revision, key, entry: { key, revision, value: new Uint8Array(737) }, before: 0, timeMs: 0 });
    if (revision % 2 === 0) rows.drop(revision);
  }
  expect(kept().length).toBeGreaterThan(40);
  expect(kept().length).toBeLessThanOrEqual(100);
});

test("a store that remembers no rows reads the same", async () => {
  const bare = await openLmdbStorage({ folder: join(folder, "bare"), rowsRememberedBytesMax: 0 });
  const from = await bare.currentRevision();
  const put = await bare.put("/a", bytes("1"), "absent");
  expect(await bare.get("/a")).toEqual({ ...put, value: bytes("1") });
  expect((await bare.list("/")).entries).toEqual([put]);
  const next = await bare.put("/a", bytes("2"), put.revision);
  for await (const { changes } of bare.watch("/", from, new AbortController().signal)) {
    if (changes.length === 0) continue;
    expect(changes).toEqual([
      { key: "/a", revision: put.revision, entry: put, previous: undefined },
      { key: "/a", revision: next.revision, entry: next, previous: put },
    ]);
    break;
  }
  await bare.close();
});
