import assert from "node:assert/strict";
import type { Change, Entry } from "../storage/storage.ts";
import { StorageCompacted, StorageOverrun } from "../storage/storage.ts";
import type { StorageCase, WatchProbe } from "./storage-case.ts";
import { byColor, bytes, describeChange, soon, text, watchProbe, write } from "./storage-case.ts";

/** Watches: what they deliver, from where, and how they end. */
export const watchCases: readonly StorageCase[] = [
  {
    name: "a watch from now delivers what comes, with the value before",
    async run({ storage, prefix }) {
      await write(storage, `${prefix}old`, "0");
      const probe = watchProbe(storage, prefix, await storage.currentRevision());
      const changes = probe.changes(4);
      await write(storage, `${prefix}a`, "1");
      const second = await write(storage, `${prefix}a`, "2");
      await write(storage, `${prefix}old`, "1");
      const deleted = await storage.delete(`${prefix}a`, second.revision);
      const found = await changes;
      const expected = ["created a=1", "modified a=1→2", "modified old=0→1", "deleted a=2"];
      assert.deepEqual(inWords(found, prefix), expected);
      assert.equal(found[3]?.revision, deleted);
      assert.equal(found[3]?.previous?.revision, second.revision);
      await probe.leave();
    },
  },
  {
    name: "a watch from the past delivers everything since, then what comes",
    async run({ storage, prefix }) {
      const first = await write(storage, `${prefix}a`, "1");
      const second = await write(storage, `${prefix}a`, "2");
      await storage.delete(`${prefix}a`, second.revision);
      await write(storage, `${prefix}a`, "3");
      const probe = watchProbe(storage, prefix, first.revision);
      assert.deepEqual(inWords(await probe.changes(3), prefix), ["modified a=1→2", "deleted a=2", "created a=3"]);
      await write(storage, `${prefix}a`, "4");
      assert.deepEqual(inWords(await probe.changes(1), prefix), ["modified a=3→4"]);
      await probe.leave();
    },
  },
  {
    name: "a watch resumes from any revision of another one, without gap or repeat",
    async run({ storage, prefix }) {
      const start = await storage.currentRevision();
      for (let index = 0; index < 20; index++) await write(storage, `${prefix}k${index % 3}`, String(index));
      const whole = watchProbe(storage, prefix, start);
      const all = await whole.changes(20);
      await whole.leave();
      for (const [place, { revision }] of all.entries()) {
        if (place === all.length - 1) break;
        const probe = watchProbe(storage, prefix, revision);
        const rest = await probe.changes(all.length - place - 1);
        assert.deepEqual(inWords(rest, prefix), inWords(all.slice(place + 1), prefix));
        await probe.leave();
      }
    },
  },
  {
    name: "a watch delivers only keys of its prefix: /a/ is not /ab",
    async run({ storage, prefix }) {
      const start = await storage.currentRevision();
      const narrow = watchProbe(storage, `${prefix}a/`, start);
      const wide = watchProbe(storage, `${prefix}a`, start);
      const one = watchProbe(storage, `${prefix}a/1`, start);
      const found = [narrow.changes(2), wide.changes(4), one.changes(1)];
      for (const name of ["a", "b/1", "a/1", "ab", "a/2"]) await write(storage, prefix + name, name);
      const [inNarrow = [], inWide = [], inOne = []] = await Promise.all(found);
      assert.deepEqual(inWords(inNarrow, prefix), ["created a/1=a/1", "created a/2=a/2"]);
      assert.deepEqual(inWords(inWide, prefix), ["created a=a", "created a/1=a/1", "created ab=ab", "created a/2=a/2"]);
      assert.deepEqual(inWords(inOne, prefix), ["created a/1=a/1"]);
      await Promise.all([narrow.leave(), wide.leave(), one.leave()]);
    },
  },
  {
    name: "under many writers every watch sees every change once, in order",
    async run({ storage, prefix }) {
      const writers = 8;
      const writes = 25;
      const start = await storage.currentRevision();
      const early = Array.from({ length: 5 }, () => watchProbe(storage, prefix, start));
      const found = early.map((probe) => probe.changes(writers * writes));
      const revisions: number[] = [];
      const writing = Array.from({ length: writers }, async (_unset, writer) => {
        let expected: number | "absent" = "absent";
        for (let index = 0; index < writes; index++) {
          const entry = await storage.put(`${prefix}w${writer}`, bytes(String(index)), expected);
          expected = entry.revision;
          revisions.push(entry.revision);
        }
      });
      const late = Promise.all(writing.slice(0, 1)).then(() => watchProbe(storage, prefix, start));
      await Promise.all(writing);
      const latecomer = await late;
      const inOrder = revisions.toSorted((a, b) => a - b);
      for (const changes of await Promise.all([...found, latecomer.changes(writers * writes)])) {
        const seen = changes.map((change) => change.revision);
        assert.deepEqual(seen, inOrder);
        for (const { previous, entry } of changes) {
          assert.equal(Number(text(entry)), previous === undefined ? 0 : Number(text(previous)) + 1);
        }
      }
      await Promise.all([...early, latecomer].map((probe) => probe.leave()));
    },
  },
  {
    name: "writes that are refused deliver nothing",
    async run({ storage, prefix }) {
      const first = await write(storage, `${prefix}a`, "1");
      const probe = watchProbe(storage, prefix, first.revision);
      const changes = probe.changes(1);
      await assert.rejects(storage.put(`${prefix}a`, bytes("2"), "absent"));
      await assert.rejects(storage.delete(`${prefix}a`, first.revision + 1));
      await write(storage, `${prefix}b`, "1");
      assert.deepEqual(inWords(await changes, prefix), ["created b=1"]);
      await probe.leave();
    },
  },
  {
    name: "a watch of a quiet prefix learns that the revision moved on",
    async run({ storage, prefix }) {
      const quiet = `${prefix}quiet/`;
      const start = await storage.currentRevision();
      const waiting = watchProbe(storage, quiet, start);
      const progress = waiting.next();
      for (let index = 0; index < 5; index++) await write(storage, `${prefix}busy/${index}`, "1");
      const current = await storage.currentRevision();
      assert.deepEqual((await progress)?.changes, []);
      await waiting.quietUntil(current);
      const late = watchProbe(storage, quiet, start);
      await late.quietUntil(current);
      await Promise.all([waiting.leave(), late.leave()]);
    },
  },
  {
    name: "a watch of a revision that is not written yet delivers what comes after it",
    async run({ storage, prefix }) {
      const start = await storage.currentRevision();
      const probe = watchProbe(storage, prefix, start + 3);
      const changes = probe.changes(2);
      for (let index = 1; index <= 5; index++) await write(storage, `${prefix}a${index}`, "1");
      assert.deepEqual(inWords(await changes, prefix), ["created a4=1", "created a5=1"]);
      await probe.leave();
    },
  },
  {
    name: "a watch from a compacted revision is refused, from a later one not",
    async run({ storage, prefix }) {
      const first = await write(storage, `${prefix}a`, "1");
      for (let index = 2; index < 6; index++) await write(storage, `${prefix}a`, String(index));
      const kept = await write(storage, `${prefix}b`, "1");
      await write(storage, `${prefix}a`, "6");
      await storage.compact(kept.revision);
      await assert.rejects(watchProbe(storage, prefix, first.revision).next(), (error) => {
        assert.ok(error instanceof StorageCompacted);
        assert.equal(error.requested, first.revision);
        assert.ok(error.oldest <= kept.revision);
        return true;
      });
      const probe = watchProbe(storage, prefix, kept.revision);
      assert.deepEqual(inWords(await probe.changes(1), prefix), ["modified a=5→6"]);
      await probe.leave();
    },
  },
  {
    name: "compaction does not disturb a watch that has caught up",
    async run({ storage, prefix }) {
      const first = await write(storage, `${prefix}a`, "1");
      const probe = watchProbe(storage, prefix, first.revision);
      const changes = probe.changes(2);
      const second = await write(storage, `${prefix}a`, "2");
      await storage.compact(second.revision);
      await write(storage, `${prefix}a`, "3");
      assert.deepEqual(inWords(await changes, prefix), ["modified a=1→2", "modified a=2→3"]);
      await probe.leave();
    },
  },
  {
    name: "a reader that falls too far behind is told so, and others are not affected",
    async run({ storage, prefix, watchBufferChangesMax }) {
      if (watchBufferChangesMax === undefined) return;
      const start = await storage.currentRevision();
      const slow = watchProbe(storage, prefix, start);
      const steady = watchProbe(storage, prefix, start);
      const both = [slow.changes(1), steady.changes(1)];
      await write(storage, `${prefix}a`, "0");
      await Promise.all(both);
      for (let index = 0; index <= watchBufferChangesMax; index++) {
        const change = steady.changes(1);
        await storage.put(`${prefix}a${index}`, bytes("1"), "absent");
        await change;
      }
      await assert.rejects(slow.next(), StorageOverrun);
      assert.equal(await slow.next(), undefined);
      await steady.leave();
    },
  },
  {
    name: "aborting ends a watch at once, waiting or not",
    async run({ storage, prefix }) {
      const first = await write(storage, `${prefix}a`, "1");
      const waiting = watchProbe(storage, prefix, first.revision);
      const pending = waiting.next();
      waiting.abort();
      assert.equal(await pending, undefined);
      assert.equal(await waiting.next(), undefined);
      const early = watchProbe(storage, prefix, first.revision - 1);
      early.abort();
      assert.equal(await early.next(), undefined);
      const full = watchProbe(storage, prefix, first.revision);
      const change = full.changes(1);
      await write(storage, `${prefix}a`, "2");
      await change;
      await write(storage, `${prefix}a`, "3");
      full.abort();
      assert.equal(await full.next(), undefined);
    },
  },
  {
    name: "a loop over a watch can be left",
    async run({ storage, prefix }) {
      const start = await storage.currentRevision();
      await write(storage, `${prefix}a`, "1");
      const loop = async () => {
        for await (const batch of storage.watch(prefix, start, new AbortController().signal)) {
          if (batch.changes.length > 0) return inWords(batch.changes, prefix);
        }
        return [];
      };
      assert.deepEqual(await soon(loop(), "the end of the loop"), ["created a=1"]);
    },
  },
  {
    name: "a watch of what an index selects delivers what is in it, comes into it or leaves it, from any revision",
    async run({ storage, prefix }) {
      const start = await storage.currentRevision();
      const live = watchProbe(storage, prefix, start, { index: byColor, values: ["red", "pink"] });
      const seen = selectedChanges(live, prefix, 6);
      const first = await write(storage, `${prefix}a`, "red 1");
      await write(storage, `${prefix}b`, "blue 1");
      await write(storage, `${prefix}a`, "pink 2");
      await write(storage, `${prefix}b`, "red 2");
      const blue = await write(storage, `${prefix}a`, "blue 3");
      await write(storage, `${prefix}a`, "blue 4");
      const red = await write(storage, `${prefix}b`, "red 3");
      await storage.delete(`${prefix}b`, red.revision);
      const expected = [
        "created a=red 1",
        "modified a=red 1→pink 2",
        "modified b=blue 1→red 2",
        "modified a=pink 2→blue 3",
        "modified b=red 2→red 3",
        "deleted b=red 3",
      ];
      assert.deepEqual(await seen, expected);
      await live.leave();
      for (const [from, count] of [
        [start, 6],
        [first.revision, 5],
        [blue.revision, 2],
      ] as const) {
        const late = watchProbe(storage, prefix, from, { index: byColor, values: ["pink", "red"] });
        assert.deepEqual(await selectedChanges(late, prefix, count), expected.slice(-count));
        await late.leave();
      }
    },
  },
  {
    name: "a watch of what an index selects learns that the revision moved on",
    async run({ storage, prefix }) {
      const start = await storage.currentRevision();
      const probe = watchProbe(storage, prefix, start, { index: byColor, values: ["red"] });
      const next = probe.next();
      await write(storage, `${prefix}a`, "blue 1");
      const current = await storage.currentRevision();
      for (let batch = await next; batch !== undefined; batch = await probe.next()) {
        if (batch.revision >= current) break;
      }
      await probe.leave();
    },
  },
  {
    name: "closing the store ends its watches",
    async run({ storage, prefix }) {
      const start = await storage.currentRevision();
      const waiting = watchProbe(storage, prefix, start);
      const pending = waiting.next();
      const idle = watchProbe(storage, prefix, start);
      const change = idle.changes(1);
      await write(storage, `${prefix}a`, "1");
      await Promise.all([pending, change]);
      const again = waiting.next();
      await storage.close();
      assert.equal(await again, undefined);
      assert.equal(await idle.next(), undefined);
    },
  },
];

/** So many changes whose color before or after is red or pink, in words; a store may deliver others besides. */
async function selectedChanges(probe: WatchProbe, prefix: string, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const batch = await probe.next();
    assert.ok(batch !== undefined, `the watch ended after ${found.length} of ${count} changes`);
    const wanted = batch.changes.filter(({ entry, previous }) => isReddish(entry) || isReddish(previous));
    found.push(...inWords(wanted, prefix));
  }
  return found;
}

function isReddish(entry: Entry | undefined): boolean {
  return entry !== undefined && ["red", "pink"].includes(byColor.valueOf(entry) ?? "");
}

function inWords(changes: readonly Change[], prefix: string): string[] {
  return changes.map((change) => describeChange(change, prefix));
}
