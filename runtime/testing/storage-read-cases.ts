import assert from "node:assert/strict";
import type { Entry, Page, RangeOptions, Revision, Storage } from "../storage/storage.ts";
import { StorageCompacted, StorageFutureRevision } from "../storage/storage.ts";
import type { StorageCase } from "./storage-case.ts";
import { byColor, bytes, text, write } from "./storage-case.ts";

/** Lists, now and in the past. */
export const readCases: readonly StorageCase[] = [
  {
    name: "a list of nothing is empty and has the current revision",
    async run({ storage, prefix }) {
      const page = await storage.list(prefix);
      assert.deepEqual(page, { entries: [], revision: await storage.currentRevision(), remaining: 0 });
    },
  },
  {
    name: "a list has the keys of its prefix in byte order",
    async run({ storage, prefix }) {
      const names = ["b", "a", "a/b", "ab", "Z", "-", "~", "zz", "a-b", "10", "9"];
      for (const name of names) await write(storage, prefix + name, name);
      const page = await storage.list(prefix);
      const inByteOrder = ["-", "10", "9", "Z", "a", "a-b", "a/b", "ab", "b", "zz", "~"];
      assert.deepEqual(namesOf(page, prefix), inByteOrder);
      assert.deepEqual(page.entries.map(text), inByteOrder);
      assert.equal(page.revision, await storage.currentRevision());
      assert.equal(page.remaining, 0);
    },
  },
  {
    name: "keys of any script are kept apart, and ordered by their UTF-8 bytes",
    async run({ storage, prefix }) {
      const names = [
        "z",
        "\u{e9}",
        "e\u{301}",
        "\u{65e5}\u{672c}",
        "\u{ffff}",
        "\u{1f408}",
        "\u{10ffff}",
        "\u{f1}/x",
        "\u{fffd}",
      ];
      for (const name of names) await write(storage, prefix + name, name);
      const inByteOrder = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual(namesOf(await storage.list(prefix), prefix), inByteOrder);
      for (const name of names) assert.equal(text(await storage.get(prefix + name)), name);
      assert.deepEqual(namesOf(await storage.list(`${prefix}\u{10ffff}`), prefix), ["\u{10ffff}"]);
      const after = await storage.list(prefix, { after: `${prefix}\u{ffff}` });
      assert.deepEqual(namesOf(after, prefix), ["\u{1f408}", "\u{10ffff}"]);
    },
  },
  {
    name: "a prefix ends where it ends: /a/ is not /ab",
    async run({ storage, prefix }) {
      for (const name of ["a", "a/1", "a/2", "ab", "ab/1", "a0", "b/1"]) await write(storage, prefix + name, name);
      assert.deepEqual(namesOf(await storage.list(`${prefix}a/`), prefix), ["a/1", "a/2"]);
      assert.deepEqual(namesOf(await storage.list(`${prefix}ab`), prefix), ["ab", "ab/1"]);
      assert.deepEqual(namesOf(await storage.list(`${prefix}a`), prefix), ["a", "a/1", "a/2", "a0", "ab", "ab/1"]);
      assert.deepEqual(namesOf(await storage.list(`${prefix}c`), prefix), []);
    },
  },
  {
    name: "pages follow one another and say how much is left",
    async run({ storage, prefix }) {
      const names = await fill(storage, prefix, 25);
      for (const limit of [1, 7, 24, 25, 26]) {
        const found: string[] = [];
        let page = await storage.list(prefix, { limit });
        for (;;) {
          assert.ok(page.entries.length <= limit);
          found.push(...namesOf(page, prefix));
          assert.equal(page.remaining, 25 - found.length);
          const last = page.entries.at(-1);
          if (page.remaining === 0 || last === undefined) break;
          page = await storage.list(prefix, { limit, after: last.key });
        }
        assert.deepEqual(found, names);
      }
      assert.deepEqual(namesOf(await storage.list(prefix, { limit: 0 }), prefix), names);
    },
  },
  {
    name: "a page starts after a key, whether that exists or not",
    async run({ storage, prefix }) {
      for (const name of ["a", "c", "e"]) await write(storage, prefix + name, name);
      for (const [after, expected] of [
        ["", ["a", "c", "e"]],
        ["a", ["c", "e"]],
        ["b", ["c", "e"]],
        ["e", []],
        ["f", []],
      ] as const) {
        assert.deepEqual(namesOf(await storage.list(prefix, { after: prefix + after }), prefix), expected);
      }
      // A key before the prefix leaves out nothing.
      assert.equal((await storage.list(prefix, { after: "!" })).entries.length, 3);
    },
  },
  {
    name: "a list of an older revision shows what was there then",
    async run({ storage, prefix }) {
      const empty = await storage.currentRevision();
      const a1 = await write(storage, `${prefix}a`, "a1");
      const b1 = await write(storage, `${prefix}b`, "b1");
      const a2 = await write(storage, `${prefix}a`, "a2");
      const bGone = await storage.delete(`${prefix}b`, b1.revision);
      const b2 = await write(storage, `${prefix}b`, "b2");
      const aGone = await storage.delete(`${prefix}a`, a2.revision);
      for (const [at, expected] of [
        [empty, []],
        [a1.revision, [a1]],
        [b1.revision, [a1, b1]],
        [a2.revision, [a2, b1]],
        [bGone, [a2]],
        [b2.revision, [a2, b2]],
        [aGone, [b2]],
      ] as const) {
        const page = await storage.list(prefix, { at });
        assert.equal(page.revision, at);
        assert.deepEqual(page.entries.map(summary), expected.map(summary));
        const limited = await storage.list(prefix, { at, limit: 1 });
        assert.deepEqual(limited.entries.map(summary), expected.slice(0, 1).map(summary));
        assert.equal(limited.remaining, Math.max(0, expected.length - 1));
      }
    },
  },
  {
    name: "the pages of a list are of one revision, whatever is written between them",
    async run({ storage, prefix }) {
      const names = await fill(storage, prefix, 10);
      const first = await storage.list(prefix, { limit: 4 });
      for (const name of names.slice(2, 8)) {
        const entry = await storage.get(prefix + name);
        await storage.delete(prefix + name, entry?.revision ?? 0);
      }
      await write(storage, `${prefix}n05`, "again");
      await write(storage, `${prefix}n045`, "new");
      await write(storage, `${prefix}n09`, "changed");
      const after = first.entries.at(-1)?.key ?? assert.fail();
      const second = await storage.list(prefix, { limit: 4, after, at: first.revision });
      assert.deepEqual(namesOf(second, prefix), names.slice(4, 8));
      assert.deepEqual(second.entries.map(text), names.slice(4, 8));
      assert.equal(second.remaining, 2);
      const last = await storage.list(prefix, { after: `${prefix}n07`, at: first.revision });
      assert.deepEqual(last.entries.map(text), ["n08", "n09"]);
    },
  },
  {
    name: "a long list is of one revision, whatever is written while it is read",
    async run({ storage, prefix }) {
      const keys = Array.from({ length: 2_500 }, (_unset, index) => `${prefix}${String(index).padStart(4, "0")}`);
      const before = await Promise.all(keys.map((key) => storage.put(key, bytes("1"), "absent")));
      const lists = [storage.list(prefix), storage.list(prefix, { limit: 1_100 })];
      const writes = before.map(async ({ key, revision }, index): Promise<Written> => {
        if (index % 3 > 0) return { key, entry: await storage.put(key, bytes("2"), revision) };
        return { key, deleted: await storage.delete(key, revision) };
      });
      const additions = keys.map((key) => storage.put(`${key}-new`, bytes("2"), "absent"));
      const written = [...(await Promise.all(writes)), ...(await Promise.all(additions)).map(asWritten)];
      for (const page of await Promise.all(lists)) {
        const then = asOf(page.revision, [...before.map(asWritten), ...written]);
        const { length } = page.entries;
        assert.deepEqual(page.entries.map(summary), then.slice(0, length).map(summary));
        assert.equal(page.remaining, then.length - length);
        const rest = await storage.list(prefix, {
          after: page.entries.at(-1)?.key ?? "",
          at: page.revision,
          limit: 900,
        });
        assert.deepEqual(rest.entries.map(summary), then.slice(length, length + 900).map(summary));
        assert.equal(rest.remaining, Math.max(0, then.length - length - 900));
      }
    },
  },
  {
    name: "a list of a revision that is not written yet is refused",
    async run({ storage, prefix }) {
      await write(storage, `${prefix}a`, "1");
      const current = await storage.currentRevision();
      await assert.rejects(storage.list(prefix, { at: current + 1_000_000 }), (error) => {
        assert.ok(error instanceof StorageFutureRevision);
        assert.deepEqual([error.requested, error.current], [current + 1_000_000, current]);
        return true;
      });
    },
  },
  {
    name: "a list of a compacted revision is refused, and what is newer stays",
    async run({ storage, prefix }) {
      const first = await write(storage, `${prefix}a`, "1");
      await write(storage, `${prefix}b`, "1");
      await write(storage, `${prefix}a`, "2");
      const gone = await write(storage, `${prefix}c`, "1");
      const until = await storage.delete(`${prefix}c`, gone.revision);
      const newest = await write(storage, `${prefix}a`, "3");
      await storage.compact(until);
      await assert.rejects(storage.list(prefix, { at: first.revision }), (error) => {
        assert.ok(error instanceof StorageCompacted);
        assert.equal(error.requested, first.revision);
        return true;
      });
      assert.deepEqual((await storage.list(prefix, { at: until })).entries.map(text), ["2", "1"]);
      assert.deepEqual((await storage.list(prefix)).entries.map(text), ["3", "1"]);
      assert.equal(await storage.currentRevision(), newest.revision);
    },
  },
  {
    name: "a read that may be old shows any state that was, and none before the one it must not be older than",
    async run({ storage, prefix }) {
      const states: string[][] = [[]];
      const a1 = await write(storage, `${prefix}a`, "1");
      states.push(["1"]);
      const b1 = await write(storage, `${prefix}b`, "1");
      states.push(["1", "1"]);
      const a2 = await write(storage, `${prefix}a`, "2");
      states.push(["2", "1"]);
      const revisions = [0, a1.revision, b1.revision, a2.revision];
      for (const [least, notOlderThan] of revisions.entries()) {
        const page = await storage.list(prefix, { notOlderThan });
        assert.ok(page.revision >= notOlderThan, `revision ${page.revision} is older than ${notOlderThan}`);
        const shown = states.findLastIndex((_state, place) => (revisions[place] ?? 0) <= page.revision);
        assert.ok(shown >= least);
        assert.deepEqual(page.entries.map(text), states[shown]);
        const entry = await storage.get(`${prefix}a`, { notOlderThan });
        const possible = least === 0 ? [undefined, "1", "2"] : least < 3 ? ["1", "2"] : ["2"];
        assert.ok(possible.includes(text(entry)), `${text(entry)} was not there since ${notOlderThan}`);
      }
    },
  },
  {
    name: "a list of what an index selects has all of it, page by page, and nothing that was not asked for by key",
    async run({ storage, prefix }) {
      const names = await fillColors(storage, prefix);
      for (const values of [["red"], ["red", "blue"], ["red", "red"], ["none"], []]) {
        const selected = { index: byColor, values };
        for (const [under, limit] of [
          ["", 0],
          ["", 4],
          ["b/", 3],
        ] as const) {
          const found = await selectedNames(storage, prefix + under, { selected, limit });
          const wanted = names.filter(({ key, color }) => key.startsWith(prefix + under) && values.includes(color));
          for (const { key } of wanted) assert.ok(found.includes(key), `${key} is missing`);
          assert.deepEqual(found, [...new Set(found)].toSorted());
          assert.ok(found.every((key) => key.startsWith(prefix + under)));
        }
      }
    },
  },
  {
    name: "what an index selects follows every change, and is as it was in older revisions",
    async run({ storage, prefix }) {
      const selected = { index: byColor, values: ["red"] };
      const a = await write(storage, `${prefix}a`, "red 1");
      const b = await write(storage, `${prefix}b`, "blue 1");
      assert.deepEqual(await reds(storage, prefix, { selected }), ["red 1"]);
      await write(storage, `${prefix}a`, "blue 2");
      const then = await write(storage, `${prefix}b`, "red 2");
      assert.deepEqual(await reds(storage, prefix, { selected }), ["red 2"]);
      await write(storage, `${prefix}c`, "red 3");
      await storage.delete(`${prefix}b`, then.revision);
      assert.deepEqual(await reds(storage, prefix, { selected }), ["red 3"]);
      assert.deepEqual(await reds(storage, prefix, { selected, at: then.revision }), ["red 2"]);
      assert.deepEqual(await reds(storage, prefix, { selected, at: b.revision }), ["red 1"]);
      assert.deepEqual(await reds(storage, prefix, { selected, at: a.revision }), ["red 1"]);
      assert.deepEqual(await reds(storage, prefix, { selected, notOlderThan: 0, limit: 10 }), ["red 3"]);
    },
  },
  {
    name: "a revision goes on rising when everything is deleted and compacted",
    async run({ storage, prefix }) {
      const entry = await write(storage, `${prefix}a`, "1");
      const deleted = await storage.delete(`${prefix}a`, entry.revision);
      await storage.compact(deleted);
      assert.equal(await storage.currentRevision(), deleted);
      assert.deepEqual((await storage.list(prefix)).entries, []);
      const again = await write(storage, `${prefix}a`, "2");
      assert.ok(again.revision > deleted);
    },
  },
];

/** A write that a case has made. */
type Written = { readonly key: string } & ({ readonly entry: Entry } | { readonly deleted: Revision });

function asWritten(entry: Entry): Written {
  return { key: entry.key, entry };
}

/** What there is at a revision after these writes, of which the later ones of a key come later. */
function asOf(at: Revision, written: readonly Written[]): Entry[] {
  const found = new Map<string, Entry>();
  for (const one of written) {
    if ("entry" in one) {
      if (one.entry.revision <= at) found.set(one.key, one.entry);
    } else if (one.deleted <= at) found.delete(one.key);
  }
  return [...found.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

function namesOf(page: Page, prefix: string): string[] {
  return page.entries.map((entry) => entry.key.slice(prefix.length));
}

function summary(entry: Entry): string {
  return `${entry.key}@${entry.revision}=${text(entry)}`;
}

/** Writes twenty entries of three colors in two folders. */
async function fillColors(storage: Storage, prefix: string): Promise<{ key: string; color: string }[]> {
  const colors = ["red", "blue", "green"];
  const names = Array.from({ length: 20 }, (_unset, index) => ({
    key: `${prefix}${index % 2 === 0 ? "a" : "b"}/${String(index).padStart(2, "0")}`,
    color: colors[index % 3] ?? "",
  }));
  await Promise.all(names.map(({ key, color }) => storage.put(key, bytes(color), "absent")));
  return names;
}

/** The keys that a list gives, page by page. */
async function selectedNames(storage: Storage, prefix: string, options: RangeOptions): Promise<string[]> {
  const found: string[] = [];
  let page = await storage.list(prefix, options);
  for (;;) {
    found.push(...page.entries.map(({ key }) => key));
    const after = page.entries.at(-1)?.key;
    if (page.remaining === 0 || after === undefined) return found;
    page = await storage.list(prefix, { ...options, after, at: page.revision });
  }
}

/** The values of a list that are red; a store may give others besides. */
async function reds(storage: Storage, prefix: string, options: RangeOptions): Promise<(string | undefined)[]> {
  const page = await storage.list(prefix, options);
  return page.entries.filter((entry) => byColor.valueOf(entry) === "red").map(text);
}

async function fill(storage: Storage, prefix: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_unset, index) => `n${String(index).padStart(2, "0")}`);
  await Promise.all(names.map((name) => storage.put(prefix + name, bytes(name), "absent")));
  return names;
}
