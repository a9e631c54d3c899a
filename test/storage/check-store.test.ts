import { open, type Database } from "lmdb";
import { expect, test } from "vitest";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { checkStore, type StoreReport } from "../../runtime/storage/tools/check-store.ts";
import { fill, keyOf, objectOf } from "./stored-cats.ts";
import { temporaryFolder } from "./temporary-folder.ts";

type Table = Database<Buffer, Buffer>;
type Tables = Readonly<Record<"rows" | "living" | "deleted" | "expiries" | "meta", Table>>;

async function made(write: (storage: Storage) => Promise<unknown>): Promise<string> {
  const folder = temporaryFolder();
  const storage = await openLmdbStorage({ folder });
  await write(storage);
  await storage.close();
  return folder;
}

async function tamper(folder: string, change: (tables: Tables) => void): Promise<void> {
  const root = open<Buffer, Buffer>({ path: folder, noSubdir: false, maxDbs: 8, overlappingSync: false });
  const table = (name: string): Table => root.openDB({ name, encoding: "binary", keyEncoding: "binary" });
  const [rows, living, deleted, expiries, meta] = ["rows", "living", "deleted", "expiries", "meta"].map(table);
  if (!rows || !living || !deleted || !expiries || !meta) throw new Error("tables are missing");
  root.transactionSync(() => change({ rows, living, deleted, expiries, meta }));
  await root.close();
}

function check(folder: string): Promise<StoreReport> {
  return checkStore(folder, () => undefined);
}

function revision(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(number);
  return bytes;
}

/** Three cats at revisions 2 to 4, of which the second is rewritten at 5 and the third deleted at 6. */
async function cats(storage: Storage): Promise<void> {
  await fill(storage, 3);
  await storage.put(keyOf("cat-1"), objectOf("cat-1", "new"), 3);
  await storage.delete(keyOf("cat-2"), 4);
}

test("a store that was written, deleted from, compacted and reopened is intact at every step", async () => {
  const folder = await made(cats);
  expect(await check(folder)).toMatchObject({ objects: 2, revision: 6, compacted: 1, problems: [] });
  for (let compacted = 2; compacted <= 6; compacted++) {
    const storage = await openLmdbStorage({ folder });
    await storage.compact(compacted);
    await storage.close();
    expect(await check(folder)).toMatchObject({ objects: 2, revision: 6, compacted, problems: [] });
  }
  const storage = await openLmdbStorage({ folder });
  await storage.put(keyOf("cat-2"), objectOf("cat-2"), "absent", { ttlSeconds: 60 });
  await storage.close();
  expect(await check(folder)).toMatchObject({ objects: 3, revision: 7, expiries: 1, problems: [] });
});

test("a store that is being written is checked as of one moment", async () => {
  const folder = temporaryFolder();
  const storage = await openLmdbStorage({ folder, maintenanceMs: 2, historyChangesMax: 50, compactionStepMax: 7 });
  const end = new AbortController();
  const writing = (async () => {
    for (let index = 0; !end.signal.aborted; index++)
      await storage.put(keyOf(`cat-${index}`), objectOf(`cat-${index}`), "absent");
  })();
  const reports: StoreReport[] = [];
  while (reports.length < 20) reports.push(await check(folder));
  end.abort();
  await writing;
  await storage.close();
  expect(reports.flatMap((report) => report.problems)).toEqual([]);
  for (const { objects, revision: at } of reports) expect(objects).toBe(at - 1);
});

const damages: [string, (tables: Tables) => void, readonly string[]][] = [
  [
    "a row is gone",
    ({ rows }) => rows.removeSync(revision(2)),
    [
      "revisions 2 to 2 are missing",
      "the history has",
      `${keyOf("cat-0")}: its newest revision is 2, and its newest row`,
    ],
  ],
  [
    "the newest row is gone",
    ({ rows }) => rows.removeSync(revision(6)),
    ["the newest row is of revision 5, and the newest revision 6", "the history has", `${keyOf("cat-2")}: its newest`],
  ],
  [
    "a bit of a value has changed",
    ({ rows }) => {
      const row = Buffer.from(rows.getBinary(revision(2)) ?? []);
      row[row.length - 3] = 0;
      rows.putSync(revision(2), row);
    },
    [`revision 2 of ${keyOf("cat-0")} is not as it was written`],
  ],
  [
    "a key is gone",
    ({ living }) => living.removeSync(Buffer.from(keyOf("cat-0"))),
    [`${keyOf("cat-0")}: nothing leads to revision 2`],
  ],
  [
    "a key has an old revision",
    ({ living }) => living.putSync(Buffer.from(keyOf("cat-1")), revision(3)),
    [`${keyOf("cat-1")}: its newest revision is 3, and its newest row 5`],
  ],
  [
    "a deletion is among the living",
    ({ living, deleted }) => {
      deleted.removeSync(Buffer.from(keyOf("cat-2")));
      living.putSync(Buffer.from(keyOf("cat-2")), revision(6));
    },
    [`${keyOf("cat-2")}: revision 6 is among the living`],
  ],
  [
    "an expiry is of a revision that was never written",
    ({ expiries }) => expiries.putSync(Buffer.concat([revision(1), revision(99)]), Buffer.from(keyOf("cat-0"))),
    [`${keyOf("cat-0")}: revision 99 is to expire, and was never written`],
  ],
  [
    "the state is behind",
    ({ meta }) => meta.putSync(Buffer.from("state"), Buffer.concat([revision(5), revision(1), revision(0)])),
    ["the newest row is of revision 6, and the newest revision 5", "the history has"],
  ],
];

test.each(damages)("damage is told with its key: %s", async (_name, damage, expected) => {
  const folder = await made(cats);
  await tamper(folder, damage);
  const { problems, problemCount } = await check(folder);
  expect(problems.map((problem, index) => problem.slice(0, expected[index]?.length))).toEqual(expected);
  expect(problemCount).toBe(expected.length);
});

test.each([
  ["no JSON", keyOf("a"), "{", "the value is not JSON"],
  ["no UTF-8", keyOf("a"), Buffer.from([0x22, 0xff, 0x22]), "the value is not JSON"],
  ["no object", keyOf("a"), "[]", "the value is no JSON object"],
  ["no metadata", keyOf("a"), "{}", "the object has no metadata"],
  ["another name", keyOf("a"), objectOf("b"), 'the object\'s name is "b"'],
  ["another namespace", "/registry/example.com/cats/zoo/a", objectOf("a"), 'the object\'s namespace is "pets"'],
])("a value that is no object of its key is told: %s", async (_name, key, value, expected) => {
  const folder = await made((storage) => storage.put(key, Buffer.from(value), "absent"));
  expect((await check(folder)).problems).toEqual([`${key} at revision 2: ${expected}`]);
});
