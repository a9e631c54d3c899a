import { setMaxListeners } from "node:events";
import { expect, test } from "vitest";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Change, Entry, EntryIndex, Storage } from "../../runtime/storage/storage.ts";
import { StorageOverrun } from "../../runtime/storage/storage.ts";
import { byColor } from "../../runtime/testing/storage-case.ts";

/** By the first word of the value, counting how often it is asked. */
function countedIndex(): EntryIndex & { asked: number } {
  return {
    asked: 0,
    valueOf(entry: Entry) {
      this.asked++;
      return byColor.valueOf(entry);
    },
  };
}

interface Running {
  readonly seen: Change[][];
  readonly stop: () => Promise<void>;
}

/** So many watches at work, each with what it has seen. */
function run(
  storage: Storage,
  from: number,
  watches: readonly (readonly [string, EntryIndex, readonly string[]])[],
): Running {
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  const seen = watches.map((): Change[] => []);
  const loops = watches.map(async ([prefix, index, values], place) => {
    for await (const { changes } of storage.watch(prefix, from, abort.signal, { index, values })) {
      seen[place]?.push(...changes);
    }
  });
  return {
    seen,
    stop: async () => {
      abort.abort();
      await Promise.all(loops);
    },
  };
}

async function put(storage: Storage, key: string, color: string): Promise<Entry> {
  return storage.put(key, Buffer.from(color), (await storage.get(key))?.revision ?? "absent");
}

test("a change costs one value of each side for an index, however many watch by it, and reaches those it concerns", async () => {
  const storage = memoryStorage();
  const index = countedIndex();
  const from = await storage.currentRevision();
  const watches = Array.from({ length: 1_000 }, (_unset, place) => ["/a/", index, [`color${place}`]] as const);
  const { seen, stop } = run(storage, from, [
    ...watches,
    ["/a/b/", index, ["color7", "color8"]],
    ["/", index, ["color8"]],
  ]);
  const first = await put(storage, "/a/b/1", "color7");
  expect(index.asked).toBe(1);
  const second = await put(storage, "/a/b/1", "color8");
  expect(index.asked).toBe(3);
  await put(storage, "/a/b/2", "color2000");
  expect(index.asked).toBe(4);
  await put(storage, "/b/1", "color7");
  // Only the watch of everything.
  expect(index.asked).toBe(5);
  const revisions = [first.revision, second.revision];
  await expect.poll(() => seen.at(-1)).toHaveLength(1);
  const seenRevisions = seen.map((changes) => changes.map(({ revision }) => revision));
  expect(seenRevisions[7]).toEqual(revisions);
  expect(seenRevisions[8]).toEqual([second.revision]);
  // It selects what the change is from and what it is to, and hears of it once.
  expect(seenRevisions[1_000]).toEqual(revisions);
  expect(seenRevisions[1_001]).toEqual([second.revision]);
  expect(seenRevisions.flat()).toHaveLength(2 + 1 + 2 + 1);
  await stop();
  await put(storage, "/a/b/1", "color7");
  // Nobody watches by it any more.
  expect(index.asked).toBe(5);
  await storage.close();
});

test("watches of the same selection share their batches, in whatever order they name it", async () => {
  const storage = memoryStorage();
  const from = await storage.currentRevision();
  const start = (values: readonly string[]) =>
    storage.watch("/", from, new AbortController().signal, { index: byColor, values })[Symbol.asyncIterator]().next();
  const batches = [start(["red", "blue"]), start(["blue", "red", "red"]), start(["blue"])];
  await put(storage, "/1", "blue");
  const [one, other, narrow] = (await Promise.all(batches)).map(({ value }) => value?.changes);
  expect(one).toHaveLength(1);
  expect(other).toBe(one);
  expect(narrow).toEqual(one);
  await storage.close();
});

test("a watch of the past leaves out what its selection refuses", async () => {
  const storage = memoryStorage();
  const from = await storage.currentRevision();
  const written: Entry[] = [];
  for (const color of ["red", "blue", "blue", "red", "green"]) written.push(await put(storage, "/1", color));
  const { seen, stop } = run(storage, from, [
    ["/", byColor, ["red"]],
    ["/", byColor, ["none"]],
    ["/", byColor, []],
  ]);
  // From red, to red, and from red again: not what stays blue.
  const expected = [written[0], written[1], written[3], written[4]].map((entry) => entry?.revision);
  await expect.poll(() => seen[0]?.map(({ revision }) => revision)).toEqual(expected);
  expect(seen.slice(1)).toEqual([[], []]);
  await stop();
  await storage.close();
});

test("a reader of a selection is overrun by what it selects alone", async () => {
  const storage = memoryStorage({ watchBufferChangesMax: 10 });
  const from = await storage.currentRevision();
  const start = (color: string) => {
    const selected = { index: byColor, values: [color] };
    return storage.watch("/", from, new AbortController().signal, selected)[Symbol.asyncIterator]();
  };
  const [red, blue] = [start("red"), start("blue")];
  const first = [red.next(), blue.next()];
  await put(storage, "/1", "red");
  await put(storage, "/2", "blue");
  await Promise.all(first);
  for (let index = 0; index < 20; index++) await put(storage, `/red${index}`, "red");
  await put(storage, "/3", "blue");
  await expect(red.next()).rejects.toThrow(StorageOverrun);
  expect((await blue.next()).value?.changes.map((change: Change) => change.key)).toEqual(["/3"]);
  await storage.close();
});

test("thousands of quiet watches are told of the revision turn by turn", async () => {
  const storage = memoryStorage({ watchProgressMs: 600_000 });
  const from = await storage.currentRevision();
  const told = new Set<number>();
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  const loops = Array.from({ length: 2_000 }, async (_unset, place) => {
    for await (const { revision } of storage.watch(`/${place}/`, from, abort.signal)) {
      if (revision === from + 2) told.add(place);
    }
  });
  await put(storage, "/other", "1");
  await storage.currentRevision();
  await new Promise((resolve) => setImmediate(resolve));
  // A round is under way; whoever was told in it is told again.
  await put(storage, "/other", "2");
  await storage.currentRevision();
  expect(told.size).toBeLessThan(2_000);
  await expect.poll(() => told.size).toBe(2_000);
  abort.abort();
  await Promise.all(loops);
  await storage.close();
});
