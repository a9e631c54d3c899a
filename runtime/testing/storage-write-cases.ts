import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import type { Entry } from "../storage/storage.ts";
import { StorageConflict, StorageTooLarge, StorageUnavailable } from "../storage/storage.ts";
import type { StorageCase } from "./storage-case.ts";
import { bytes, describeChange, text, watchProbe } from "./storage-case.ts";

/** Creating, updating and deleting. */
export const writeCases: readonly StorageCase[] = [
  {
    name: "a key reads back as it was put",
    async run({ storage, prefix }) {
      const put = await storage.put(`${prefix}a`, bytes("1"), "absent");
      const got = await storage.get(`${prefix}a`);
      assert.equal(put.key, `${prefix}a`);
      assert.equal(text(put), "1");
      assert.equal(got?.key, put.key);
      assert.equal(text(got), "1");
      assert.equal(got.revision, put.revision);
    },
  },
  {
    name: "a key that does not exist reads as undefined",
    async run({ storage, prefix }) {
      assert.equal(await storage.get(`${prefix}missing`), undefined);
      await storage.put(`${prefix}missing-not`, bytes("1"), "absent");
      assert.equal(await storage.get(`${prefix}missing`), undefined);
    },
  },
  {
    name: "every write takes a later revision, and the newest is the current one",
    async run({ storage, prefix }) {
      const before = await storage.currentRevision();
      const first = await storage.put(`${prefix}a`, bytes("1"), "absent");
      const second = await storage.put(`${prefix}a`, bytes("2"), first.revision);
      const third = await storage.put(`${prefix}b`, bytes("3"), "absent");
      const fourth = await storage.delete(`${prefix}a`, second.revision);
      const revisions = [before, first.revision, second.revision, third.revision, fourth];
      assert.deepEqual(
        revisions,
        revisions.toSorted((a, b) => a - b),
      );
      assert.equal(new Set(revisions).size, 5);
      assert.equal(await storage.currentRevision(), fourth);
    },
  },
  {
    name: "creating a key that exists is refused with what it holds",
    async run({ storage, prefix }) {
      const first = await storage.put(`${prefix}a`, bytes("1"), "absent");
      await refused(storage.put(`${prefix}a`, bytes("2"), "absent"), first);
      assert.equal(text(await storage.get(`${prefix}a`)), "1");
      assert.equal(await storage.currentRevision(), first.revision);
    },
  },
  {
    name: "an update from a stale revision is refused with what the key holds",
    async run({ storage, prefix }) {
      const first = await storage.put(`${prefix}a`, bytes("1"), "absent");
      const second = await storage.put(`${prefix}a`, bytes("2"), first.revision);
      await refused(storage.put(`${prefix}a`, bytes("3"), first.revision), second);
      assert.equal(text(await storage.get(`${prefix}a`)), "2");
    },
  },
  {
    name: "an update of a key that does not exist is refused",
    async run({ storage, prefix }) {
      const other = await storage.put(`${prefix}b`, bytes("1"), "absent");
      await refused(storage.put(`${prefix}a`, bytes("1"), other.revision), undefined);
      assert.equal(await storage.get(`${prefix}a`), undefined);
    },
  },
  {
    name: "a deleted key is gone, and can be created again at a later revision",
    async run({ storage, prefix }) {
      const first = await storage.put(`${prefix}a`, bytes("1"), "absent");
      const deleted = await storage.delete(`${prefix}a`, first.revision);
      assert.equal(await storage.get(`${prefix}a`), undefined);
      await refused(storage.put(`${prefix}a`, bytes("2"), first.revision), undefined);
      const again = await storage.put(`${prefix}a`, bytes("2"), "absent");
      assert.ok(again.revision > deleted);
      assert.equal(text(await storage.get(`${prefix}a`)), "2");
    },
  },
  {
    name: "a deletion from a stale revision, or of nothing, is refused",
    async run({ storage, prefix }) {
      const first = await storage.put(`${prefix}a`, bytes("1"), "absent");
      const second = await storage.put(`${prefix}a`, bytes("2"), first.revision);
      await refused(storage.delete(`${prefix}a`, first.revision), second);
      await refused(storage.delete(`${prefix}missing`, first.revision), undefined);
      assert.equal(text(await storage.get(`${prefix}a`)), "2");
    },
  },
  {
    name: "a value stays as it was when the caller reuses its buffer",
    async run({ storage, prefix }) {
      const before = await storage.currentRevision();
      const probe = watchProbe(storage, prefix, before);
      const value = bytes("before");
      const put = storage.put(`${prefix}a`, value, "absent");
      value.set(bytes("after!"));
      const entry = await put;
      value.set(bytes("later!"));
      assert.equal(text(entry), "before");
      assert.equal(text(await storage.get(`${prefix}a`)), "before");
      const [change] = await probe.changes(1);
      assert.equal(text(change?.entry), "before");
      await probe.leave();
    },
  },
  {
    name: "a value may be empty, and hold any bytes",
    async run({ storage, prefix }) {
      const all = Uint8Array.from({ length: 256 }, (_unset, index) => index);
      await storage.put(`${prefix}empty`, new Uint8Array(), "absent");
      await storage.put(`${prefix}all`, all, "absent");
      assert.equal((await storage.get(`${prefix}empty`))?.value.length, 0);
      assert.deepEqual(Uint8Array.from((await storage.get(`${prefix}all`))?.value ?? []), all);
    },
  },
  {
    name: "a value of 1 MiB is kept",
    async run({ storage, prefix }) {
      const value = new Uint8Array(1 << 20).map((_unset, index) => (index * 31) % 251);
      const first = await storage.put(`${prefix}large`, value, "absent");
      assert.ok(Buffer.from(value).equals((await storage.get(`${prefix}large`))?.value ?? new Uint8Array()));
      value.reverse();
      await storage.put(`${prefix}large`, value, first.revision);
      const { entries } = await storage.list(prefix);
      assert.ok(Buffer.from(value).equals(entries[0]?.value ?? new Uint8Array()));
    },
  },
  {
    name: "a key that is too long is refused, and harms nothing else",
    async run({ storage, prefix }) {
      const key = prefix + "x".repeat(100_000);
      await assert.rejects(storage.put(key, bytes("1"), "absent"), StorageTooLarge);
      assert.equal(await storage.get(key), undefined);
      assert.deepEqual((await storage.list(key)).entries, []);
      await storage.put(`${prefix}a`, bytes("1"), "absent");
      assert.equal((await storage.list(prefix)).entries.length, 1);
      assert.equal((await storage.list(prefix, { after: key })).entries.length, 0);
    },
  },
  {
    name: "of many writers of one key exactly one wins each round",
    async run({ storage, prefix }) {
      let current = await storage.put(`${prefix}a`, bytes("start"), "absent");
      for (let round = 0; round < 10; round++) {
        const expected = current.revision;
        const attempts = Array.from({ length: 20 }, (_unset, writer) =>
          storage.put(`${prefix}a`, bytes(`${round}/${writer}`), expected),
        );
        const results = await Promise.allSettled(attempts);
        const won = results.filter((result) => result.status === "fulfilled").map((result) => result.value);
        const lost = results.filter((result) => result.status === "rejected").map((result): unknown => result.reason);
        assert.equal(won.length, 1);
        const [winner] = won;
        assert.ok(winner !== undefined && winner.revision > current.revision);
        for (const reason of lost) {
          assert.ok(reason instanceof StorageConflict);
          assert.equal(reason.current?.revision, winner.revision);
          assert.equal(text(reason.current), text(winner));
        }
        current = winner;
      }
      assert.equal(text(await storage.get(`${prefix}a`)), text(current));
    },
  },
  {
    name: "a value with a time to live is deleted after it, and a newer value is not",
    async run({ storage, prefix }) {
      const before = await storage.currentRevision();
      const probe = watchProbe(storage, prefix, before);
      const first = await storage.put(`${prefix}short`, bytes("1"), "absent", { ttlSeconds: 1 });
      const second = await storage.put(`${prefix}renewed`, bytes("1"), "absent", { ttlSeconds: 1 });
      await storage.put(`${prefix}renewed`, bytes("2"), second.revision);
      await storage.put(`${prefix}long`, bytes("1"), "absent", { ttlSeconds: 3_600 });
      assert.equal((await storage.get(`${prefix}short`))?.revision, first.revision);
      const changes = await probe.changes(5);
      assert.equal(describeChange(changes[4] ?? assert.fail(), prefix), "deleted short=1");
      // Were the renewed value to go as well, it would be now.
      await setTimeout(300);
      assert.equal(await storage.get(`${prefix}short`), undefined);
      assert.equal(text(await storage.get(`${prefix}renewed`)), "2");
      assert.equal(text(await storage.get(`${prefix}long`)), "1");
      await probe.leave();
    },
  },
  {
    name: "a closed store refuses everything",
    async run({ storage, prefix }) {
      const entry = await storage.put(`${prefix}a`, bytes("1"), "absent");
      const pending = storage.put(`${prefix}b`, bytes("1"), "absent");
      await storage.close();
      await pending;
      await storage.close();
      await assert.rejects(storage.get(`${prefix}a`), StorageUnavailable);
      await assert.rejects(storage.list(prefix), StorageUnavailable);
      await assert.rejects(storage.put(`${prefix}c`, bytes("1"), "absent"), StorageUnavailable);
      await assert.rejects(storage.delete(`${prefix}a`, entry.revision), StorageUnavailable);
      await assert.rejects(storage.currentRevision(), StorageUnavailable);
      await assert.rejects(storage.compact(entry.revision), StorageUnavailable);
      await assert.rejects(watchProbe(storage, prefix, entry.revision).next(), StorageUnavailable);
    },
  },
];

async function refused(write: Promise<unknown>, current: Entry | undefined): Promise<void> {
  await assert.rejects(write, (error) => {
    assert.ok(error instanceof StorageConflict);
    assert.equal(error.current?.revision, current?.revision);
    assert.equal(error.current?.key, current?.key);
    assert.equal(text(error.current), text(current));
    return true;
  });
}
