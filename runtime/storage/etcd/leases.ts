import { StorageUnavailable } from "../storage.ts";
import type { EtcdClient } from "./client.ts";
import { leaseGrantRequest } from "./requests.ts";
import { readLeaseError } from "./responses.ts";

/** How much longer than asked a value may live so that it can share a lease: this part of its time, up to this long. */
const slackPart = 0.05;
const slackMaxSeconds = 60;
/** How many values may share a lease: etcd deletes them in one go. */
const sharesMax = 1_000;
/** Ids beyond it would not fit a number. */
const idsMax = 2 ** 52;

interface SharedLease {
  readonly id: Promise<number>;
  readonly endMs: number;
  shares: number;
}

/** The leases by which etcd forgets values. Values of nearly the same time to live share one, as in the Go server. */
export class Leases {
  readonly #client: EtcdClient;
  #newest: SharedLease | undefined;

  constructor(client: EtcdClient) {
    this.#client = client;
  }

  /** The id of a lease that lasts so long, or a little longer. Throws an RpcError. */
  async lease(ttlSeconds: number): Promise<number> {
    const slackSeconds = Math.min(slackMaxSeconds, Math.floor(ttlSeconds * slackPart));
    const wantedMs = performance.now() + ttlSeconds * 1_000;
    const { endMs = 0, shares = 0 } = this.#newest ?? {};
    if (
      this.#newest === undefined ||
      shares >= sharesMax ||
      wantedMs > endMs ||
      endMs > wantedMs + slackSeconds * 1_000
    ) {
      this.#newest = this.#begin(ttlSeconds + slackSeconds, wantedMs + slackSeconds * 1_000);
    }
    this.#newest.shares++;
    return this.#newest.id;
  }

  /** Has the next value get another lease, because the newest one is gone. */
  forget(): void {
    this.#newest = undefined;
  }

  #begin(ttlSeconds: number, endMs: number): SharedLease {
    const lease = { id: this.#grant(ttlSeconds), endMs, shares: 0 };
    // Those who wait for it are told; whoever asks next gets another one.
    lease.id.catch(() => {
      if (this.#newest === lease) this.#newest = undefined;
    });
    return lease;
  }

  async #grant(ttlSeconds: number): Promise<number> {
    const id = 1 + Math.floor(Math.random() * idsMax);
    const answer = await this.#client.ask("LeaseGrant", leaseGrantRequest(id, Math.ceil(ttlSeconds)), "write");
    const problem = readLeaseError(answer);
    if (problem !== "") throw new StorageUnavailable(`etcd grants no lease: ${problem}`);
    return id;
  }
}
