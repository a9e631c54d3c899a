import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Change, Entry, Revision, Storage } from "../../runtime/storage/storage.ts";
import { StorageCompacted } from "../../runtime/storage/storage.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const keys = ["/a", "/a/1", "/a/2", "/ab", "/b/1", "/b/é", "/c/\u{ffff}", "/c/\u{1f408}"];

type Step =
  { readonly kind: "put" | "delete"; readonly key: string } | { readonly kind: "compact"; readonly back: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("put" as const), key: fc.constantFrom(...keys) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete" as const), key: fc.constantFrom(...keys) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("compact" as const), back: fc.nat(6) }) },
);

/** What a store should hold, at every revision. */
interface Model {
  readonly snapshots: Map<Revision, readonly Entry[]>;
  compacted: Revision;
}

async function play(storage: Storage, steps: readonly Step[]): Promise<Model> {
  const start = await storage.currentRevision();
  const model: Model = { snapshots: new Map([[start, []]]), compacted: start };
  const current = new Map<string, Entry>();
  let revision = start;
  for (const [index, action] of steps.entries()) {
    if (action.kind === "compact") {
      const until = Math.max(start, revision - action.back);
      await storage.compact(until);
      model.compacted = Math.max(model.compacted, until);
      continue;
    }
    const held = current.get(action.key);
    if (action.kind === "put") {
      const entry = await storage.put(action.key, Buffer.from(`value ${index}`), held?.revision ?? "absent");
      current.set(action.key, entry);
      revision = entry.revision;
    } else if (held !== undefined) {
      revision = await storage.delete(action.key, held.revision);
      current.delete(action.key);
    }
    const entries = [...current.values()].toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    model.snapshots.set(revision, entries);
  }
  return model;
}

async function check(storage: Storage, model: Model, prefix: string, limit: number): Promise<void> {
  for (const [at, all] of model.snapshots) {
    if (at < model.compacted) {
      await expect(storage.list(prefix, { at })).rejects.toThrow(StorageCompacted);
      continue;
    }
    const expected = all.filter((entry) => entry.key.startsWith(prefix)).map(summary);
    const found: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await storage.list(prefix, { at, limit, ...(after === undefined ? {} : { after }) });
      found.push(...page.entries.map(summary));
      expect(page).toMatchObject({ revision: at, remaining: expected.length - found.length });
      after = page.entries.at(-1)?.key;
      if (page.remaining === 0 || after === undefined) break;
    }
    expect(found).toEqual(expected);
  }
}

/** Replays a watch from a revision over the snapshot of it: the result has to be the newest snapshot. */
async function checkWatch(storage: Storage, model: Model): Promise<void> {
  const newest = [...model.snapshots.keys()].at(-1) ?? 0;
  for (const [from, before] of model.snapshots) {
    if (from < model.compacted) continue;
    const state = new Map(before.map((entry) => [entry.key, summary(entry)]));
    for (const change of await changesBetween(storage, from, newest)) {
      expect(change.previous === undefined ? undefined : summary(change.previous)).toBe(state.get(change.key));
      if (change.entry === undefined) state.delete(change.key);
      else state.set(change.key, summary(change.entry));
    }
    expect([...state.values()].toSorted()).toEqual(model.snapshots.get(newest)?.map(summary).toSorted());
  }
}

async function changesBetween(storage: Storage, from: Revision, until: Revision): Promise<Change[]> {
  const found: Change[] = [];
  if (from === until) return found;
  for await (const batch of storage.watch("/", from, new AbortController().signal)) {
    found.push(...batch.changes);
    if (batch.revision >= until) break;
  }
  return found;
}

function summary(entry: Entry): string {
  return `${entry.key}@${entry.revision}=${Buffer.from(entry.value).toString()}`;
}

const cases = fc.tuple(
  fc.array(step, { minLength: 1, maxLength: 40 }),
  fc.constantFrom("/", "/a", "/a/", "/b/", "/c/", "/d"),
  fc.integer({ min: 1, max: 5 }),
);

test("memory: every older revision lists as it was, and watches lead from it to the newest", async () => {
  const property = fc.asyncProperty(cases, async ([steps, prefix, limit]) => {
    const storage = memoryStorage();
    const model = await play(storage, steps);
    await check(storage, model, prefix, limit);
    await checkWatch(storage, model);
    await storage.close();
  });
  await fc.assert(property, { numRuns: 150 });
});

test("lmdb: every older revision lists as it was, and watches lead from it, before and after a restart", async () => {
  const root = temporaryFolder();
  let run = 0;
  const property = fc.asyncProperty(cases, async ([steps, prefix, limit]) => {
    const folder = join(root, String(run++));
    const storage = await openLmdbStorage({ folder });
    const model = await play(storage, steps);
    await check(storage, model, prefix, limit);
    await storage.close();
    const reopened = await openLmdbStorage({ folder });
    await check(reopened, model, prefix, limit);
    await checkWatch(reopened, model);
    await reopened.close();
  });
  await fc.assert(property, { numRuns: 25 });
});
