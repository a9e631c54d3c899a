import type { Buffer } from "node:buffer";
import type { Method } from "./connection.ts";
import type { Endpoints, Ready } from "./endpoints.ts";
import type { EtcdLimits } from "./limits.ts";
import type { Caller } from "./rpc-calls.ts";
import { RpcError, rpcCodes } from "./rpc-error.ts";

/** A call that one of the endpoints is to answer. */
export interface Call extends Caller {
  readonly method: Method;
  readonly request: Buffer;
  /** Whether it may be made twice. A write is made again only if no server can have acted on it. */
  readonly kind: "read" | "write";
}

const firstRetryMs = 20;
const retryMaxMs = 500;

/** Makes calls, of which those that may be repeated go to another endpoint where one fails. */
export class EtcdClient {
  readonly #endpoints: Endpoints;
  readonly #limits: EtcdLimits;
  #calls = 0;
  #bytes = 0;
  #idle: (() => void) | undefined;

  constructor(endpoints: Endpoints, limits: EtcdLimits) {
    this.#endpoints = endpoints;
    this.#limits = limits;
  }

  /** Makes a call; its `succeed` or `fail` is called once. */
  call(call: Call): void {
    if (this.#calls >= this.#limits.callsMax || this.#bytes >= this.#limits.callsBytesMax) {
      call.fail(new RpcError(rpcCodes.unavailable, "too many requests wait for etcd", false));
      return;
    }
    this.#calls++;
    this.#bytes += call.request.length;
    const attempts = new Attempts(this.#endpoints, this.#limits, call, this.#ended);
    const { ready } = this.#endpoints;
    if (ready === undefined) void attempts.wait(0);
    else attempts.make(ready);
  }

  /** Makes a call whose answer is waited for. Throws an RpcError. */
  ask(method: Method, request: Buffer, kind: Call["kind"]): Promise<Buffer> {
    return new Promise((succeed, fail) => {
      this.call({ method, request, kind, succeed, fail });
    });
  }

  /** Resolves once no call waits any more. */
  async drained(): Promise<void> {
    if (this.#calls === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  readonly #ended = (call: Call): void => {
    this.#calls--;
    this.#bytes -= call.request.length;
    if (this.#calls === 0) this.#idle?.();
  };
}

/** One call, and the attempts at it. */
class Attempts implements Caller {
  readonly #endpoints: Endpoints;
  readonly #limits: EtcdLimits;
  readonly #call: Call;
  readonly #ended: (call: Call) => void;
  readonly #deadlineMs: number;
  #ready: Ready | undefined;
  #retries = 0;

  constructor(endpoints: Endpoints, limits: EtcdLimits, call: Call, ended: (call: Call) => void) {
    this.#endpoints = endpoints;
    this.#limits = limits;
    this.#call = call;
    this.#ended = ended;
    this.#deadlineMs = performance.now() + limits.callTimeoutMs;
  }

  make(ready: Ready): void {
    this.#ready = ready;
    const { method, request, kind } = this.#call;
    const leftMs = this.#retries === 0 ? this.#limits.callTimeoutMs : this.#deadlineMs - performance.now();
    const impatient = kind === "read" && this.#endpoints.several;
    const timeoutMs = impatient ? Math.min(leftMs, this.#limits.readAttemptTimeoutMs) : leftMs;
    ready.connection.call(method, request, timeoutMs, this);
  }

  /** Makes the call after a pause, once there is a connection. */
  async wait(pauseMs: number): Promise<void> {
    try {
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
      this.make(await this.#endpoints.whenReady(this.#deadlineMs - performance.now()));
    } catch (error) {
      this.#end();
      this.#call.fail(error instanceof RpcError ? error : new RpcError(rpcCodes.internal, String(error), false));
    }
  }

  succeed(message: Buffer): void {
    this.#end();
    try {
      this.#call.succeed(message);
    } catch (error) {
      this.#call.fail(new RpcError(rpcCodes.internal, `an answer that cannot be read: ${String(error)}`, true));
    }
  }

  fail(error: RpcError): void {
    const refused = !error.sent || isRefusal(error);
    const elsewhere = refused || isTrouble(error);
    if (elsewhere && this.#ready !== undefined) this.#endpoints.leave(this.#ready);
    const pauseMs = this.#retries === 0 ? 0 : Math.min(firstRetryMs * 2 ** this.#retries, retryMaxMs);
    const again = this.#call.kind === "read" ? elsewhere : refused;
    if (again && performance.now() + pauseMs < this.#deadlineMs) {
      this.#retries++;
      void this.wait(pauseMs);
      return;
    }
    this.#end();
    // What another endpoint has done with an earlier attempt cannot be known here: it has refused it, or not seen it.
    this.#call.fail(error);
  }

  #end(): void {
    this.#ended(this.#call);
  }
}

/** Whether the server has refused the call before anything was done: the cluster never hears of it. */
export function isRefusal({ code, message }: RpcError): boolean {
  if (code === rpcCodes.unknown) return message.includes("raft proposal dropped");
  return code === rpcCodes.unavailable && /no leader|not capable|not supported for learner/.test(message);
}

/** Whether another endpoint may know better. */
function isTrouble({ code }: RpcError): boolean {
  return (
    code === rpcCodes.unavailable ||
    code === rpcCodes.deadlineExceeded ||
    code === rpcCodes.canceled ||
    code === rpcCodes.internal
  );
}
