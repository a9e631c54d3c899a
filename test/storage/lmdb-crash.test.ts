import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import type { Change, Entry, Revision, Storage } from "../../runtime/storage/storage.ts";
import { startChild } from "./child.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const kills = 20;

test("a server that is killed at any moment loses no acknowledged write, and its watches resume", async () => {
  const folder = temporaryFolder();
  const state = new Map<string, string>();
  let reached: Revision = 1;
  let acknowledged = 0;
  let next = startChild("crash-writer.ts", []);
  for (let kill = 0; kill < kills; kill++) {
    const child = next;
    child.send(folder);
    // Its compiler takes longer to start than the writer is left to live.
    next = startChild("crash-writer.ts", []);
    // The first ones are killed as they open the store, the others as they write.
    if (kill % 5 !== 0) await child.hasLines(1);
    await setTimeout(Math.random() * 200);
    await child.kill();

    const storage = await openLmdbStorage({ folder });
    const current = await storage.currentRevision();
    const changes = await changesBetween(storage, reached, current);
    expect(changes.map((change) => change.revision)).toEqual(range(reached + 1, current));
    const written = new Map(changes.map((change) => [change.revision, change]));
    for (const line of child.lines) {
      const [revision, key, value] = line.split(" ");
      const change = written.get(Number(revision));
      expect([change?.key, valueOf(change?.entry)]).toEqual([key, value]);
      acknowledged++;
    }
    for (const change of changes) {
      expect(valueOf(change.previous)).toBe(state.get(change.key) ?? "-");
      if (change.entry === undefined) state.delete(change.key);
      else state.set(change.key, valueOf(change.entry));
    }
    const listed = (await storage.list("/crash/")).entries.map((entry) => [entry.key, valueOf(entry)]);
    expect(listed).toEqual([...state].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    reached = current;
    await storage.close();
  }
  await next.kill();
  console.log(`${kills} kills, ${acknowledged} acknowledged writes, revision ${reached}`);
  expect(acknowledged).toBeGreaterThan(kills);
  expect(reached).toBeGreaterThan(acknowledged);
}, 60_000);

async function changesBetween(storage: Storage, from: Revision, until: Revision): Promise<Change[]> {
  const found: Change[] = [];
  if (from === until) return found;
  for await (const { changes, revision } of storage.watch("/crash/", from, new AbortController().signal)) {
    found.push(...changes);
    if (revision >= until) break;
  }
  return found;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_unset, index) => from + index);
}

function valueOf(entry: Entry | undefined): string {
  // The dots make values of many sizes; what counts comes before them, and has one dot.
  return entry === undefined ? "-" : Buffer.from(entry.value).toString().replace(/\.+$/, "");
}
