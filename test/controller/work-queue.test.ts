import { describe, expect, test } from "vitest";
import { TokenBucket } from "../../runtime/controller/rate-limiter.ts";
import { WorkQueue } from "../../runtime/controller/work-queue.ts";
import { ManualClock } from "./manual-clock.ts";

/** Takes all that waits, and is done with it at once. */
async function drain(queue: WorkQueue): Promise<string[]> {
  const items: string[] = [];
  while (queue.depth > 0) {
    const item = await queue.take();
    if (item === undefined) break;
    items.push(item);
    queue.done(item);
  }
  return items;
}

test("items are taken in the order in which they came, each once however often it was added", async () => {
  const queue = new WorkQueue(new ManualClock());
  for (const item of ["a", "b", "a", "c", "b"]) queue.add(item);
  expect(queue.depth).toBe(3);
  expect(await drain(queue)).toEqual(["a", "b", "c"]);
});

test("what is added while it is worked on is taken again, but not before that is done", async () => {
  const queue = new WorkQueue(new ManualClock());
  queue.add("a");
  expect(await queue.take()).toBe("a");
  queue.add("a");
  queue.add("a");
  queue.add("b");
  expect([queue.depth, queue.active]).toEqual([1, 1]);
  queue.done("a");
  expect(await drain(queue)).toEqual(["b", "a"]);
  expect(queue.active).toBe(0);
});

test("workers wait for items, who waits longest gets the first", async () => {
  const queue = new WorkQueue(new ManualClock());
  const waiting = [queue.take(), queue.take(), queue.take()];
  queue.add("a");
  queue.add("b");
  expect(await Promise.all(waiting.slice(0, 2))).toEqual(["a", "b"]);
  queue.close();
  expect(await waiting[2]).toBeUndefined();
  expect(await queue.take()).toBeUndefined();
});

test("of several delays of an item the shortest counts", async () => {
  const clock = new ManualClock();
  const queue = new WorkQueue(clock);
  queue.addAfter("a", 1000);
  queue.addAfter("a", 100);
  queue.addAfter("a", 500);
  await clock.pass(99);
  expect(queue.depth).toBe(0);
  await clock.pass(1);
  expect(await drain(queue)).toEqual(["a"]);
  await clock.pass(10_000);
  expect(queue.depth).toBe(0);
});

test("what fails waits 5 ms, then twice as long each time up to 1000 s, until it succeeds", async () => {
  const clock = new ManualClock();
  const queue = new WorkQueue(clock);
  const delays: number[] = [];
  for (let failure = 0; failure < 20; failure++) {
    queue.addRateLimited("a");
    delays.push(clock.nextMs ?? 0);
    await clock.pass(1_000_000);
    expect(await drain(queue)).toEqual(["a"]);
  }
  expect(delays.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
  expect(delays.slice(-3)).toEqual([655_360, 1_000_000, 1_000_000]);
  expect(queue.failures("a")).toBe(20);
  queue.forget("a");
  queue.addRateLimited("a");
  expect(clock.nextMs).toBe(5);
});

test("all that fails together is tried a hundred times at once, and then ten times a second", async () => {
  const clock = new ManualClock();
  const queue = new WorkQueue(clock);
  for (let item = 0; item < 150; item++) queue.addRateLimited(`item-${item}`);
  await clock.pass(5);
  expect((await drain(queue)).length).toBe(100);
  await clock.pass(995);
  expect((await drain(queue)).length).toBe(10);
  await clock.pass(4000);
  expect((await drain(queue)).length).toBe(40);
});

test("a closed queue takes and gives nothing, and lets what is under way be done", async () => {
  const clock = new ManualClock();
  const queue = new WorkQueue(clock);
  queue.add("a");
  queue.add("b");
  queue.addAfter("c", 10);
  expect(await queue.take()).toBe("a");
  queue.add("a");
  queue.close();
  queue.add("d");
  queue.addAfter("e", 10);
  queue.done("a");
  await clock.pass(100);
  expect([queue.depth, queue.active]).toEqual([0, 0]);
  expect(await queue.take()).toBeUndefined();
});

test("it is told how long items waited and were worked on", async () => {
  const clock = new ManualClock();
  const told: string[] = [];
  const queue = new WorkQueue(clock, {
    added: () => void told.push("added"),
    retried: () => void told.push("retried"),
    taken: (ms) => void told.push(`taken ${ms}`),
    finished: (ms) => void told.push(`finished ${ms}`),
  });
  queue.add("a");
  queue.add("a");
  await clock.pass(30);
  await queue.take();
  await clock.pass(12);
  expect(queue.workingMs()).toEqual([12]);
  queue.addRateLimited("a");
  queue.done("a");
  expect(told).toEqual(["added", "taken 30", "retried", "finished 12"]);
});

describe("a bucket", () => {
  test("has so many at once, and fills again", async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, { perSecond: 2, burst: 3 });
    expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
    await clock.pass(500);
    expect([bucket.take(), bucket.take()]).toEqual([true, false]);
    await clock.pass(60_000);
    expect([1, 2, 3, 4].map(() => bucket.reserve())).toEqual([0, 0, 0, 500]);
  });
});
