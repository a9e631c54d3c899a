import { pause, within, type Clock } from "./clock.ts";
import { isConflict, messageOf } from "./kube-error.ts";
import type { LeaseLock, LeaseSpec } from "./lease-record.ts";
import type { Log } from "./log.ts";

/** How long a leader leads without a sign of life, and how often it gives one. */
export interface ElectionTimes {
  /** How long others wait after the last sign of life: 15 s. */
  readonly leaseDurationMs: number;
  /** How long the leader tries to give one before it gives up: 10 s. */
  readonly renewDeadlineMs: number;
  /** How long between two attempts: 2 s. */
  readonly retryPeriodMs: number;
}

/** As client-go has them. https://pkg.go.dev/k8s.io/client-go/tools/leaderelection#LeaderElectionConfig */
export const electionTimes: ElectionTimes = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 };

/** Up to how much longer than its period who does not lead waits, so that not all try at once. */
const retryJitter = 1.2;

/** Who stands for election, and where. */
export interface Candidate {
  /** Unlike that of any other. */
  readonly identity: string;
  readonly lock: LeaseLock;
  readonly times: ElectionTimes;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * One that leads or waits to. Of all with one Lease at most one leads at a time, as long as their clocks run equally fast:
 * what they show does not matter. https://pkg.go.dev/k8s.io/client-go/tools/leaderelection
 */
export class LeaderElection {
  readonly #candidate: Candidate;
  /** The lease as it was last seen, and when it was first seen so. */
  #seen: LeaseSpec | undefined;
  #seenMs = 0;
  /** When the attempt began by which this one leads. */
  #renewedMs = 0;
  #trouble = "";

  constructor(candidate: Candidate) {
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = candidate.times;
    if (
      leaseDurationMs < 1000 ||
      leaseDurationMs <= renewDeadlineMs ||
      renewDeadlineMs <= retryPeriodMs * retryJitter
    ) {
      throw new Error(
        "a lease lasts a second or more, and longer than its renewal may take, and that longer than 1.2 times the time between two attempts",
      );
    }
    this.#candidate = candidate;
  }

  /** The identity of who leads, as far as is known. */
  get leader(): string | undefined {
    return this.#seen?.holderIdentity;
  }

  /** Waits until this one leads; false where the signal says to stop before. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    const { clock, times, identity, log } = this.#candidate;
    let told: string | undefined;
    while (!signal.aborted) {
      if (await this.#try()) return true;
      if (this.leader !== undefined && this.leader !== told)
        log.info("another one leads", { leader: this.leader, identity });
      told = this.leader;
      await pause(clock, times.retryPeriodMs * (1 + Math.random() * retryJitter), signal);
    }
    return false;
  }

  /** Goes on leading until it cannot: true where the signal says to stop, false where the lease is lost. */
  async hold(signal: AbortSignal): Promise<boolean> {
    const { clock, times } = this.#candidate;
    for (;;) {
      await pause(clock, times.retryPeriodMs, signal);
      if (signal.aborted) return true;
      const leftMs = this.#renewedMs + times.renewDeadlineMs - clock.nowMs();
      if (leftMs <= 0) return false;
      const attempt = this.#try();
      // An answer that comes too late is none: others may lead by then.
      const isRenewed = (await within(clock, leftMs, attempt)) && (await attempt);
      if (!isRenewed && this.#isAnothers()) return false;
    }
  }

  /** Lets another one lead at once, if this one does. */
  async release(): Promise<void> {
    const { identity, lock, clock, log } = this.#candidate;
    if (this.leader !== identity) return;
    const now = microTime(clock.date());
    try {
      await lock.replace({ holderIdentity: "", leaseDurationSeconds: 1, acquireTime: now, renewTime: now });
      this.#see({ holderIdentity: "" });
    } catch (error) {
      log.error("cannot release the lease", error);
    }
  }

  #isAnothers(): boolean {
    return this.leader !== undefined && this.leader !== "" && this.leader !== this.#candidate.identity;
  }

  /** Takes or renews the lease; false where that was not possible. */
  async #try(): Promise<boolean> {
    const { identity, lock, clock } = this.#candidate;
    const beganMs = clock.nowMs();
    try {
      // Who leads knows what the lease says, unless another one has written it.
      if (this.leader === identity && (await this.#renewUnread())) return this.#won(beganMs);
      const found = await lock.read();
      if (found === undefined) {
        const spec = this.#spec({ acquireTime: microTime(clock.date()), leaseTransitions: 0 });
        await lock.create(spec);
        this.#see(spec);
        return this.#won(beganMs);
      }
      if (!isSame(found, this.#seen)) this.#see(found);
      if (this.#isAnothers() && clock.nowMs() < this.#seenMs + (found.leaseDurationSeconds ?? 0) * 1000) return false;
      const spec = this.#spec(this.#termAfter(found));
      await lock.replace(spec);
      this.#see(spec);
      return this.#won(beganMs);
    } catch (error) {
      // Another one was faster.
      if (!isConflict(error)) this.#tell(error);
      return false;
    }
  }

  #won(beganMs: number): true {
    this.#renewedMs = beganMs;
    this.#trouble = "";
    return true;
  }

  #tell(error: unknown): void {
    const trouble = messageOf(error);
    if (trouble !== this.#trouble) this.#candidate.log.error("cannot take or renew the lease", error);
    this.#trouble = trouble;
  }

  async #renewUnread(): Promise<boolean> {
    const { lock } = this.#candidate;
    const { acquireTime, leaseTransitions } = this.#seen ?? {};
    const spec = this.#spec({
      ...(acquireTime === undefined ? {} : { acquireTime }),
      leaseTransitions: leaseTransitions ?? 0,
    });
    try {
      await lock.replace(spec);
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
    this.#see(spec);
    return true;
  }

  #termAfter({ holderIdentity, acquireTime, leaseTransitions = 0 }: LeaseSpec): LeaseSpec {
    const { identity, clock } = this.#candidate;
    if (holderIdentity === identity && acquireTime !== undefined) return { acquireTime, leaseTransitions };
    return { acquireTime: microTime(clock.date()), leaseTransitions: leaseTransitions + 1 };
  }

  #spec(term: LeaseSpec): LeaseSpec {
    const { identity, times, clock } = this.#candidate;
    return {
      ...term,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(times.leaseDurationMs / 1000),
      renewTime: microTime(clock.date()),
    };
  }

  #see(spec: LeaseSpec): void {
    this.#seen = spec;
    this.#seenMs = this.#candidate.clock.nowMs();
  }
}

function isSame(one: LeaseSpec, other: LeaseSpec | undefined): boolean {
  return (
    one.holderIdentity === other?.holderIdentity &&
    one.renewTime === other?.renewTime &&
    one.acquireTime === other?.acquireTime &&
    one.leaseTransitions === other?.leaseTransitions
  );
}

/** A moment as the field type MicroTime has it: six digits of a second. */
export function microTime(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}
