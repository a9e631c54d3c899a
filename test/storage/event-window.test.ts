import { expect, test } from "vitest";
import { EventWindow } from "../../runtime/storage/cache/event-window.ts";
import { defaultCacheLimits } from "../../runtime/storage/cache/limits.ts";
import type { Change } from "../../runtime/storage/storage.ts";

function changeOf(key: string, revision: number): Change {
  return { key, revision, entry: { key, value: Buffer.from("1"), revision }, previous: undefined };
}

test("a long window is read in parts, none of which ends within a revision", () => {
  const window = new EventWindow(1, defaultCacheLimits);
  // A transaction of others may write many keys at once.
  for (let index = 0; index < 3_000; index++) window.add(changeOf(`/a/${index}`, 2), 0);
  for (let index = 0; index < 3_000; index++)
    window.add(changeOf(`/${index % 2 === 0 ? "a" : "b"}/${index}`, 3 + index), 0);
  const seen: string[] = [];
  let parts = 0;
  for (let after = 1; after < 3_002; parts++) {
    const { changes, reached } = window.read("/a/", after, 3_002);
    seen.push(...changes.map(({ key, revision }) => `${key}@${revision}`));
    after = reached;
  }
  expect(parts).toBeGreaterThan(1);
  expect(seen).toHaveLength(4_500);
  expect(new Set(seen).size).toBe(4_500);
  expect(window.entryOf("/a/2999", 2)?.key).toBe("/a/2999");
  expect(window.entryOf("/a/2999", 3)).toBeUndefined();
});

test("what is forgotten in the middle of a revision is all of it", () => {
  const window = new EventWindow(1, { ...defaultCacheLimits, windowChangesMax: 2 });
  for (const key of ["/a", "/b", "/c"]) window.add(changeOf(key, 2), 0);
  window.add(changeOf("/d", 3), 0);
  expect(window.oldest).toBe(2);
  expect(window.read("/", 2, 3).changes.map(({ key }) => key)).toEqual(["/d"]);
  window.forget(3);
  expect([window.oldest, window.size, window.bytes]).toEqual([3, 0, 0]);
});
