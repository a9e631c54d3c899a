import type { Revision } from "../storage.ts";
import type { EtcdClient } from "./client.ts";
import { compactRequest, putAtVersionRequest } from "./requests.ts";
import { readTxn } from "./responses.ts";
import { RpcError } from "./rpc-error.ts";
import { isCompacted } from "./storage-error.ts";

/** The key by which servers agree on who compacts; Go's servers use the same. */
export const compactionKey = "compact_rev_key";

/**
 * Forgets history that is older than one interval, for all servers of the etcd together: at each tick a server tries to
 * write the key on from the version that it saw last. Who succeeds compacts up to where the store was at its tick before;
 * the others see that somebody did. https://pkg.go.dev/k8s.io/apiserver/pkg/storage/etcd3
 */
export class Compactor {
  readonly #client: EtcdClient;
  readonly #compacted: (revision: Revision) => void;
  readonly #timer: NodeJS.Timeout;
  /** How many times the key had been written, and how far the store had come, at the last tick. */
  #version = 0;
  #revision: Revision = 0;
  #busy = false;

  /** Calls `compacted` with what is compacted by this server, or another one. */
  constructor(client: EtcdClient, intervalMs: number, compacted: (revision: Revision) => void) {
    this.#client = client;
    this.#compacted = compacted;
    this.#timer = setInterval(() => void this.#tick(), intervalMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #tick(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.#compact();
    } catch {
      // Nobody waits for this, and whoever uses the store hears of what is wrong. The next tick tries again.
    } finally {
      this.#busy = false;
    }
  }

  async #compact(): Promise<void> {
    const until = this.#revision;
    const request = putAtVersionRequest(compactionKey, String(until), this.#version);
    const { succeeded, revision, found } = readTxn(await this.#client.ask("Txn", request, "write"));
    this.#revision = revision;
    this.#version = succeeded ? this.#version + 1 : (found?.version ?? 0);
    if (!succeeded) {
      const others = Number(found?.value.toString());
      if (Number.isSafeInteger(others)) this.#compacted(others);
    } else if (until > 0) {
      await compact(this.#client, until);
      this.#compacted(until);
    }
  }
}

/** Compacts up to a revision, if that is not done yet. Throws an RpcError. */
export async function compact(client: EtcdClient, revision: Revision): Promise<void> {
  try {
    // Done twice it does no harm, so that it may be repeated as a read may.
    await client.ask("Compact", compactRequest(revision), "read");
  } catch (error) {
    if (!(error instanceof RpcError && isCompacted(error))) throw error;
  }
}
