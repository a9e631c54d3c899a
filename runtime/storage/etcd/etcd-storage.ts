import { Buffer } from "node:buffer";
import { prefixRange } from "../key-range.ts";
import type { Entry, Page, PutOptions, RangeOptions, Revision, Storage, WatchBatch } from "../storage.ts";
import { StorageConflict, StorageFutureRevision, StorageTooLarge, StorageUnavailable } from "../storage.ts";
import { EtcdClient } from "./client.ts";
import { compact, compactionKey, Compactor } from "./compactor.ts";
import type { Endpoints } from "./endpoints.ts";
import { Leases } from "./leases.ts";
import type { EtcdLimits } from "./limits.ts";
import { readPage } from "./page.ts";
import { RecentEntries } from "./recent-entries.ts";
import { countRequest, deleteRequest, getRequest, putRequest, type PutRequest } from "./requests.ts";
import { readRange, readTxn } from "./responses.ts";
import { RpcError } from "./rpc-error.ts";
import { isFutureRevision, isLeaseGone, storageError } from "./storage-error.ts";
import { Watches } from "./watches.ts";

/** How long a compaction waits for the store's own watches to be past it. */
const compactPatienceMs = 1_000;

/** What makes a store of an etcd cluster. */
interface EtcdStorageOptions {
  readonly endpoints: Endpoints;
  readonly limits: EtcdLimits;
  /** 0 is never. */
  readonly compactionIntervalMs: number;
}

/** A Storage in an etcd cluster, with the keys and values that Go's generic server has there. */
export class EtcdStorage implements Storage {
  readonly #endpoints: Endpoints;
  readonly #limits: EtcdLimits;
  readonly #client: EtcdClient;
  readonly #recent: RecentEntries;
  readonly #reader: Parameters<typeof readPage>[0];
  readonly #leases: Leases;
  readonly #watches: Watches;
  readonly #compactor: Compactor | undefined;
  /** What is known to be compacted. */
  #compacted: Revision = 0;
  #closing: Promise<void> | undefined;

  constructor({ endpoints, limits, compactionIntervalMs }: EtcdStorageOptions) {
    this.#endpoints = endpoints;
    this.#limits = limits;
    this.#client = new EtcdClient(endpoints, limits);
    this.#recent = new RecentEntries(limits);
    this.#reader = { client: this.#client, limits, recent: this.#recent };
    this.#leases = new Leases(this.#client);
    const compacted = (revision: Revision): void => {
      this.#compacted = Math.max(this.#compacted, revision);
    };
    this.#watches = new Watches({ endpoints, limits, recent: this.#recent, compacted });
    if (compactionIntervalMs > 0) this.#compactor = new Compactor(this.#client, compactionIntervalMs, compacted);
  }

  get(key: string): Promise<Entry | undefined> {
    return new Promise((resolve, reject) => {
      this.#requireUp();
      if (!this.#fits(key)) {
        resolve(undefined);
        return;
      }
      this.#client.call({
        method: "Range",
        kind: "read",
        request: getRequest(key),
        succeed: (message) => {
          const [found] = readRange(message).found;
          resolve(found === undefined ? undefined : this.#recent.read(found));
        },
        fail: (error) => reject(this.#failure(error, `reading ${key}`)),
      });
    });
  }

  async list(prefix: string, options: RangeOptions = {}): Promise<Page> {
    this.#requireUp();
    if (prefix !== "" && !this.#fits(prefix)) {
      return { entries: [], revision: options.at ?? (await this.currentRevision()), remaining: 0 };
    }
    const { limit = 0, at = 0, after } = options;
    try {
      return await readPage(this.#reader, prefixRange(prefix, after), { limit, at });
    } catch (error) {
      if (error instanceof RpcError && isFutureRevision(error)) {
        throw new StorageFutureRevision(at, await this.currentRevision());
      }
      throw this.#failure(error, `listing ${prefix}`, { requested: at });
    }
  }

  put(key: string, value: Uint8Array, expected: Revision | "absent", options: PutOptions = {}): Promise<Entry> {
    const revision = expected === "absent" ? 0 : expected;
    const { ttlSeconds = 0 } = options;
    if (ttlSeconds > 0) return this.#putWithLease(key, value, revision, ttlSeconds);
    return this.#put(key, value, revision, 0);
  }

  delete(key: string, expected: Revision): Promise<Revision> {
    return new Promise((resolve, reject) => {
      this.#requireUp();
      if (!this.#fits(key)) throw new StorageConflict(key, undefined);
      this.#client.call({
        method: "Txn",
        kind: "write",
        request: deleteRequest(key, expected),
        succeed: (message) => {
          const { succeeded, revision, found } = readTxn(message);
          if (succeeded) resolve(revision);
          else reject(new StorageConflict(key, found === undefined ? undefined : this.#recent.read(found)));
        },
        fail: (error) => reject(this.#failure(error, `deleting ${key}`, { write: true })),
      });
    });
  }

  watch(prefix: string, from: Revision, signal: AbortSignal): AsyncIterable<WatchBatch> {
    return this.#watches.watch(prefix, from, signal);
  }

  currentRevision(): Promise<Revision> {
    return new Promise((resolve, reject) => {
      this.#requireUp();
      this.#client.call({
        method: "Range",
        kind: "read",
        request: countRequest(compactionKey),
        succeed: (message) => {
          const { revision } = readRange(message);
          this.#watches.want(revision);
          resolve(revision);
        },
        fail: (error) => reject(this.#failure(error, "reading the revision")),
      });
    });
  }

  async compact(revision: Revision): Promise<void> {
    this.#requireUp();
    // etcd does not tell watches the value before a change once that is compacted.
    await this.#watches.reached(revision, compactPatienceMs);
    try {
      await compact(this.#client, revision);
    } catch (error) {
      if (error instanceof RpcError && isFutureRevision(error)) {
        throw new StorageFutureRevision(revision, await this.currentRevision());
      }
      throw this.#failure(error, `compacting up to ${revision}`, { requested: revision });
    }
    this.#compacted = Math.max(this.#compacted, revision);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#compactor?.stop();
    this.#watches.close();
    await this.#client.drained();
    await this.#endpoints.close();
  }

  #put(key: string, value: Uint8Array, expected: Revision, lease: number): Promise<Entry> {
    return new Promise((resolve, reject) => {
      this.#requireUp();
      this.#requireFits(key, value);
      const request: PutRequest = putRequest(key, value, expected, lease);
      this.#client.call({
        method: "Txn",
        kind: "write",
        request: request.message,
        succeed: (message) => {
          const { succeeded, revision, found } = readTxn(message);
          if (succeeded) resolve(this.#recent.written(key, revision, request.value));
          else reject(new StorageConflict(key, found === undefined ? undefined : this.#recent.read(found)));
        },
        fail: (error) => {
          // Told apart by who asked for the lease, which is gone without anything having been written.
          reject(lease !== 0 && isLeaseGone(error) ? error : this.#failure(error, `writing ${key}`, { write: true }));
        },
      });
    });
  }

  async #putWithLease(key: string, value: Uint8Array, expected: Revision, ttlSeconds: number): Promise<Entry> {
    this.#requireUp();
    // Copied before the first await: the caller may use its buffer for something else.
    const copy = Buffer.from(value);
    const lease = async () => {
      try {
        return await this.#leases.lease(ttlSeconds);
      } catch (error) {
        throw this.#failure(error, `a lease for ${key}`);
      }
    };
    try {
      return await this.#put(key, copy, expected, await lease());
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
    }
    this.#leases.forget();
    try {
      return await this.#put(key, copy, expected, await lease());
    } catch (error) {
      throw error instanceof RpcError ? this.#failure(error, `writing ${key}`, { write: true }) : error;
    }
  }

  #requireUp(): void {
    if (this.#closing !== undefined) throw new StorageUnavailable("the store is closed");
  }

  #requireFits(key: string, value: Uint8Array): void {
    const { keyBytesMax, valueBytesMax } = this.#limits;
    if (!this.#fits(key)) throw new StorageTooLarge(`a key has 1 to ${keyBytesMax} bytes: ${key.slice(0, 100)}`);
    if (value.length <= valueBytesMax) return;
    throw new StorageTooLarge(`the value of ${key} has ${value.length} bytes; at most ${valueBytesMax} are stored`);
  }

  #fits(key: string): boolean {
    // Three bytes a UTF-16 unit are the most that UTF-8 takes.
    const { keyBytesMax } = this.#limits;
    return key !== "" && (key.length * 3 <= keyBytesMax || Buffer.byteLength(key) <= keyBytesMax);
  }

  #failure(error: unknown, what: string, { write = false, requested = 0 } = {}): Error {
    if (error instanceof StorageUnavailable) return error;
    return storageError(error, { what, write, requested, oldest: this.#compacted, newest: requested });
  }
}
