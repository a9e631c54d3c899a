import { describe, expect, test } from "vitest";
import { KubeError } from "../../runtime/controller/kube-error.ts";
import { electionTimes, LeaderElection, type ElectionTimes } from "../../runtime/controller/leader-election.ts";
import type { LeaseLock, LeaseSpec } from "../../runtime/controller/lease-record.ts";
import { logTo } from "../../runtime/controller/log.ts";
import { ManualClock } from "./manual-clock.ts";

/** A lease that several may write, each knowing only the state that he has seen. */
class SharedLease {
  spec: LeaseSpec | undefined;
  version = 0;
  writes = 0;
  reads = 0;

  /** The lease as one of them reaches it; while `isReachable` says no, it fails. */
  lock(isReachable: () => boolean = () => true): LeaseLock {
    let seen = -1;
    const reach = (): void => {
      if (!isReachable()) throw new KubeError(0, "NoAnswer", "connect ECONNREFUSED");
    };
    const write = (spec: LeaseSpec): void => {
      this.spec = { ...this.spec, ...spec };
      this.writes += 1;
      seen = this.version += 1;
    };
    return {
      read: async () => {
        reach();
        this.reads += 1;
        seen = this.version;
        return this.spec;
      },
      create: async (spec) => {
        reach();
        if (this.spec !== undefined) throw new KubeError(409, "AlreadyExists", "it exists");
        write(spec);
      },
      replace: async (spec) => {
        reach();
        if (seen !== this.version) throw new KubeError(409, "Conflict", "it has changed");
        write(spec);
      },
    };
  }
}

interface Party {
  readonly election: LeaderElection;
  readonly stop: AbortController;
  readonly lines: string[];
  /** What has happened: `leads`, and then `kept` or `lost` at the end. */
  readonly story: string[];
}

function stand(identity: string, lock: LeaseLock, clock: ManualClock, times: ElectionTimes = electionTimes): Party {
  const lines: string[] = [];
  const log = logTo({ write: (line) => void lines.push(line), now: () => clock.date() });
  const election = new LeaderElection({ identity, lock, times, clock, log });
  const stop = new AbortController();
  const story: string[] = [];
  void (async () => {
    if (!(await election.acquire(stop.signal))) return;
    story.push("leads");
    story.push((await election.hold(stop.signal)) ? "kept" : "lost");
  })();
  return { election, stop, lines, story };
}

test("one of three leads, and goes on leading", async () => {
  const clock = new ManualClock();
  const lease = new SharedLease();
  const parties = ["a", "b", "c"].map((name) => stand(name, lease.lock(), clock));
  await clock.pass(120_000);
  expect(parties.map(({ story }) => story)).toEqual([["leads"], [], []]);
  expect(lease.spec).toMatchObject({ holderIdentity: "a", leaseDurationSeconds: 15, leaseTransitions: 0 });
  expect(parties.map(({ election }) => election.leader)).toEqual(["a", "a", "a"]);
  expect(lease.spec?.acquireTime).toBe("2026-01-02T03:04:05.000000Z");
  // It is renewed every two seconds, without being read.
  expect(lease.writes).toBeGreaterThan(55);
  expect(lease.spec?.renewTime).toMatch(/^2026-01-02T03:06:0\d\.000000Z$/);
});

test("when the leader falls silent another one leads, not before its lease has run out", async () => {
  const clock = new ManualClock();
  const lease = new SharedLease();
  let isReachable = true;
  const first = stand(
    "a",
    lease.lock(() => isReachable),
    clock,
  );
  const second = stand("b", lease.lock(), clock);
  await clock.pass(20_000);
  isReachable = false;
  await clock.pass(8000);
  expect([first.story, second.story]).toEqual([["leads"], []]);
  // The first has given up before the second begins.
  await clock.pass(4100);
  expect([first.story, second.story]).toEqual([["leads", "lost"], []]);
  await clock.pass(10_000);
  expect(second.story).toEqual(["leads"]);
  expect(lease.spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
  expect(first.lines.filter((line) => line.includes("ECONNREFUSED"))).toHaveLength(1);
});

test("a short silence is no loss", async () => {
  const clock = new ManualClock();
  const lease = new SharedLease();
  let isReachable = true;
  const { story } = stand(
    "a",
    lease.lock(() => isReachable),
    clock,
  );
  await clock.pass(10_000);
  isReachable = false;
  await clock.pass(7000);
  isReachable = true;
  await clock.pass(60_000);
  expect(story).toEqual(["leads"]);
});

test("what the clocks of leaders show does not matter, but that the lease changes", async () => {
  const clock = new ManualClock();
  const lease = new SharedLease();
  // Long ago, as another one's clock has it, who is alive all the same.
  const old = { holderIdentity: "elsewhere", leaseDurationSeconds: 15, renewTime: "2001-01-01T00:00:00.000000Z" };
  lease.spec = { ...old, leaseTransitions: 7 };
  const { story } = stand("a", lease.lock(), clock);
  await clock.pass(14_000);
  expect(story).toEqual([]);
  lease.spec = { ...lease.spec, renewTime: "2001-01-01T00:00:10.000000Z" };
  lease.version += 1;
  await clock.pass(14_000);
  expect(story).toEqual([]);
  await clock.pass(10_000);
  expect(story).toEqual(["leads"]);
  expect(lease.spec).toMatchObject({ holderIdentity: "a", leaseTransitions: 8 });
});

test("one whose lease another has taken stops leading at the next look", async () => {
  const clock = new ManualClock();
  const lease = new SharedLease();
  const { story } = stand("a", lease.lock(), clock);
  await clock.pass(5000);
  lease.spec = { ...lease.spec, holderIdentity: "usurper", renewTime: "2026-02-01T00:00:00.000000Z" };
  lease.version += 1;
  await clock.pass(2100);
  expect(story).toEqual(["leads", "lost"]);
  expect(lease.spec?.holderIdentity).toBe("usurper");
});

test("a write of others to the lease that leaves its holder does not end his term", async () => {
  const clock = new ManualClock();
  const lease = new SharedLease();
  const { story } = stand("a", lease.lock(), clock);
  await clock.pass(5000);
  lease.version += 1;
  await clock.pass(60_000);
  expect(story).toEqual(["leads"]);
  expect(lease.spec?.leaseTransitions).toBe(0);
});

test("who releases the lease lets another one lead within a few seconds", async () => {
  const clock = new ManualClock();
  const lease = new SharedLease();
  const first = stand("a", lease.lock(), clock);
  const second = stand("b", lease.lock(), clock);
  await clock.pass(10_000);
  first.stop.abort();
  await clock.pass(0);
  expect(first.story).toEqual(["leads", "kept"]);
  await first.election.release();
  expect(lease.spec?.holderIdentity).toBe("");
  await clock.pass(4500);
  expect(second.story).toEqual(["leads"]);
});

test("an answer that comes after the deadline is none", async () => {
  const clock = new ManualClock();
  const lease = new SharedLease();
  const lock = lease.lock();
  let delayMs = 0;
  const slow: LeaseLock = {
    ...lock,
    replace: (spec) =>
      new Promise((resolve, reject) => clock.after(delayMs, () => lock.replace(spec).then(resolve, reject))),
  };
  const { story } = stand("a", slow, clock);
  await clock.pass(5000);
  delayMs = 30_000;
  await clock.pass(12_500);
  expect(story).toEqual(["leads", "lost"]);
});

describe("times that cannot be", () => {
  test.each<[string, Partial<ElectionTimes>]>([
    ["a deadline as long as the lease", { renewDeadlineMs: 15_000 }],
    ["attempts as rare as the deadline", { retryPeriodMs: 9000 }],
    ["a lease of less than a second", { leaseDurationMs: 900, renewDeadlineMs: 500, retryPeriodMs: 100 }],
  ])("%s is refused", (_what, times) => {
    const lock = new SharedLease().lock();
    const clock = new ManualClock();
    expect(() => stand("a", lock, clock, { ...electionTimes, ...times })).toThrow("a lease lasts");
  });
});
