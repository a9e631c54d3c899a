import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "./connection.ts";
import type { EtcdLimits } from "./limits.ts";
import { statusRequest } from "./requests.ts";
import { readVersion } from "./responses.ts";
import { RpcError, rpcCodes } from "./rpc-error.ts";
import type { EtcdTls } from "./socket.ts";

/** What the endpoints need. */
interface EndpointsOptions {
  /** URLs with http or https. */
  readonly urls: readonly string[];
  readonly tls: EtcdTls;
  readonly limits: EtcdLimits;
}

/** A connection whose server has answered, and what it said. */
export interface Ready {
  readonly connection: Connection;
  /** The version of etcd; empty if it would not tell. */
  readonly version: string;
}

interface Waiter {
  resolve(ready: Ready): void;
  reject(error: RpcError): void;
  readonly timer: NodeJS.Timeout | undefined;
}

const firstDelayMs = 50;

/** The members of a cluster: one connection, to the member that was the first to answer, until that fails. */
export class Endpoints {
  readonly #options: EndpointsOptions;
  readonly #waiters = new Set<Waiter>();
  #ready: Ready | undefined;
  /** Which one to try next. */
  #next = 0;
  #connecting = false;
  #closed = false;
  #failure = "none has been asked yet";
  /** Connections that are not used any more and wait for their last answers. */
  readonly #retired = new Set<Connection>();

  constructor(options: EndpointsOptions) {
    this.#options = options;
  }

  /** The connection, if there is one. */
  get ready(): Ready | undefined {
    return this.#ready;
  }

  /** Whether there is more than one endpoint to ask. */
  get several(): boolean {
    return this.#options.urls.length > 1;
  }

  /** The connection, once there is one. Throws an RpcError where that takes longer than `timeoutMs`. */
  whenReady(timeoutMs: number): Promise<Ready> {
    if (this.#ready !== undefined) return Promise.resolve(this.#ready);
    if (this.#closed) return Promise.reject(new RpcError(rpcCodes.unavailable, "the store is closed", false));
    return new Promise((resolve, reject) => {
      const expire = () => {
        this.#waiters.delete(waiter);
        reject(new RpcError(rpcCodes.unavailable, `no etcd endpoint answers: ${this.#failure}`, false));
      };
      const timer = timeoutMs < Infinity ? setTimeout(expire, timeoutMs) : undefined;
      const waiter: Waiter = { resolve, reject, timer };
      this.#waiters.add(waiter);
      void this.#connect();
    });
  }

  /** Turns to another endpoint, because this one cannot serve for now. */
  leave({ connection }: Ready): void {
    if (this.#ready?.connection !== connection || !this.several) return;
    this.#ready = undefined;
    this.#retired.add(connection);
    void connection.retire().then(() => this.#retired.delete(connection));
  }

  /** Closes the connection once its calls have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.reject(new RpcError(rpcCodes.unavailable, "the store is closed", false));
    this.#waiters.clear();
    const ready = this.#ready;
    this.#ready = undefined;
    const connections = ready === undefined ? [...this.#retired] : [ready.connection, ...this.#retired];
    await Promise.all(connections.map((connection) => connection.retire()));
  }

  async #connect(): Promise<void> {
    if (this.#connecting) return;
    this.#connecting = true;
    const { urls, limits } = this.#options;
    let delayMs = firstDelayMs;
    for (let attempt = 1; this.#waiters.size > 0 && !this.#closed; attempt++) {
      const url = urls[this.#next] ?? "";
      this.#next = (this.#next + 1) % urls.length;
      const ready = await this.#try(url);
      if (ready?.connection.up === true) {
        this.#accept(ready);
        break;
      }
      if (attempt % urls.length > 0) continue;
      // Not all servers at the same moment, should etcd come back.
      await sleep(delayMs * (0.5 + Math.random()), undefined, { ref: false });
      delayMs = Math.min(delayMs * 2, limits.retryDelayMaxMs);
    }
    this.#connecting = false;
  }

  #accept(ready: Ready): void {
    const { connection } = ready;
    if (this.#closed) {
      void connection.retire();
      return;
    }
    this.#ready = ready;
    connection.onLeaving = () => {
      if (this.#ready?.connection === connection) this.#ready = undefined;
    };
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) {
      clearTimeout(waiter.timer);
      waiter.resolve(ready);
    }
  }

  /** Connects, and asks for the status: a member that is alive but has no leader refuses to tell it. */
  async #try(url: string): Promise<Ready | undefined> {
    const { tls, limits } = this.#options;
    let connection: Connection | undefined;
    try {
      connection = await Connection.connect(url, tls, limits);
      return { connection, version: await versionOf(connection, limits.connectTimeoutMs) };
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
      void connection?.retire();
      return undefined;
    }
  }
}

async function versionOf(connection: Connection, timeoutMs: number): Promise<string> {
  try {
    const answer = await new Promise<Buffer>((succeed, fail) => {
      connection.call("Status", statusRequest(), timeoutMs, { succeed, fail });
    });
    return readVersion(answer);
  } catch (error) {
    // A user may be allowed to read and write keys, but not to ask for this.
    if (error instanceof RpcError && isForbidden(error)) return "";
    throw error;
  }
}

function isForbidden({ code }: RpcError): boolean {
  return code === rpcCodes.permissionDenied || code === rpcCodes.unauthenticated || code === rpcCodes.invalidArgument;
}
