import { setTimeout as sleep } from "node:timers/promises";
import { WireError } from "../../meta/wire-error.ts";
import { prefixRange } from "../key-range.ts";
import type { Change, Revision, WatchBatch } from "../storage.ts";
import { StorageCompacted, StorageOverrun, StorageUnavailable } from "../storage.ts";
import type { Endpoints, Ready } from "./endpoints.ts";
import type { EtcdLimits } from "./limits.ts";
import type { RecentEntries } from "./recent-entries.ts";
import { watchCreateRequest, watchProgressRequest } from "./requests.ts";
import { readWatch, type WatchAnswer } from "./responses.ts";
import type { RpcStream, StreamListener } from "./rpc-calls.ts";
import { RpcError, rpcCodes } from "./rpc-error.ts";
import { canTellProgress } from "./version.ts";
import { WatchChanges } from "./watch-changes.ts";

/** What watches share. */
export interface WatchContext {
  readonly endpoints: Endpoints;
  readonly limits: EtcdLimits;
  readonly recent: RecentEntries;
  /** The newest revision that somebody waits for the watches to reach. */
  readonly wanted: Revision;
  /** Called with what etcd says to be compacted. */
  compacted(revision: Revision): void;
  /** Called when a watch begins. */
  begun(watch: EtcdWatch): void;
  /** Called when etcd has begun to serve a watch, so that it can be asked for progress. */
  connected(): void;
  /** Called when a watch ends. */
  ended(watch: EtcdWatch): void;
  /** Set once the store is closed. */
  readonly closed: boolean;
}

type Result = IteratorResult<WatchBatch, undefined>;

const end: Result = { done: true, value: undefined };
const progressRequest = watchProgressRequest();
const firstRetryMs = 10;
/** A stream that has lasted so long was a good one. */
const steadyMs = 1_000;

/**
 * One watch, by a stream of its own: etcd tells of progress for a whole stream, and does not say which request it answers,
 * so that on a shared one a watch might be told of a revision whose events are still to come.
 */
export class EtcdWatch implements AsyncIterableIterator<WatchBatch, undefined>, StreamListener {
  readonly #context: WatchContext;
  readonly #prefix: string;
  readonly #signal: AbortSignal;
  readonly #changes: WatchChanges;
  /** Everything up to here is in the buffer, or has been given to the reader. */
  #position: Revision;
  #told: Revision;
  #buffer: Change[] = [];
  #bufferBytes = 0;
  #stream: RpcStream | undefined;
  #ready: Ready | undefined;
  /** Up to here the watch reads history, and its reader's pace is the right one. */
  #historyEnd: Revision = 0;
  #created = false;
  #paused = false;
  #openedMs = 0;
  /** When etcd was last asked for progress, as long as it has not answered. */
  #askedMs = -Infinity;
  #failures = 0;
  #started = false;
  #finished = false;
  #error: Error | undefined;
  #asked: { resolve(result: Result): void; reject(error: Error): void } | undefined;

  constructor(context: WatchContext, prefix: string, from: Revision, signal: AbortSignal) {
    this.#context = context;
    this.#prefix = prefix;
    this.#position = from;
    this.#told = from;
    this.#signal = signal;
    this.#changes = new WatchChanges(context.recent);
  }

  /** Everything up to here has come from etcd. */
  get position(): Revision {
    return this.#position;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (!this.#started) this.#start();
    if (this.#finished) return this.#last();
    if (this.#asked !== undefined) return Promise.reject(new Error("next() has not answered yet"));
    const batch = this.#take();
    if (batch !== undefined) return Promise.resolve({ done: false, value: batch });
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
    });
  }

  return(): Promise<Result> {
    this.finish();
    this.#error = undefined;
    return this.#last();
  }

  /** Ends the watch. What is left in its buffer is dropped; an error reaches the reader once. */
  finish(error?: Error): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#signal.removeEventListener("abort", this.#abort);
    this.#buffer = [];
    this.#leaveStream();
    this.#context.ended(this);
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked === undefined) this.#error = error;
    else if (error === undefined) asked.resolve(end);
    else asked.reject(error);
  }

  /** Asks etcd how far it has come, unless it has been asked a moment ago; what it answers, if anything, is a message. */
  askProgress(): void {
    if (!this.#created || this.#ready === undefined || !canTellProgress(this.#ready.version)) return;
    const now = performance.now();
    if (now - this.#askedMs < this.#context.limits.progressRetryMs) return;
    this.#askedMs = now;
    this.#stream?.write(progressRequest);
  }

  /** See StreamListener. */
  message(bytes: Buffer): void {
    try {
      this.#receive(readWatch(bytes));
    } catch (error) {
      if (error instanceof StorageCompacted) this.finish(error);
      else if (error instanceof WireError)
        this.finish(new StorageUnavailable(`etcd: ${error.message}`, { cause: error }));
      else throw error;
    }
  }

  /** See StreamListener. */
  end(error: RpcError): void {
    const ready = this.#ready;
    this.#leaveStream();
    if (ready !== undefined) this.#context.endpoints.leave(ready);
    if (isFinal(error)) this.finish(this.#unavailable(error.message));
    else void this.#reconnect();
  }

  readonly #abort = (): void => this.finish();

  #start(): void {
    this.#started = true;
    if (this.#context.closed) this.finish(new StorageUnavailable("the store is closed"));
    else if (this.#signal.aborted) this.finish();
    else {
      this.#signal.addEventListener("abort", this.#abort, { once: true });
      this.#context.begun(this);
      void this.#connect();
    }
  }

  /** Connects again: at once if the stream has lasted a while, else after pauses that grow. */
  async #reconnect(): Promise<void> {
    const lasted = performance.now() - this.#openedMs > steadyMs;
    this.#failures = lasted ? 0 : this.#failures + 1;
    const pauseMs = Math.min(firstRetryMs * 2 ** this.#failures, this.#context.limits.retryDelayMaxMs);
    if (!lasted) await sleep(pauseMs, undefined, { ref: false });
    await this.#connect();
  }

  async #connect(): Promise<void> {
    if (this.#finished) return;
    try {
      const ready = await this.#context.endpoints.whenReady(Infinity);
      if (!this.#finished) this.#open(ready);
    } catch (error) {
      this.finish(this.#unavailable(String(error)));
    }
  }

  #open(ready: Ready): void {
    this.#ready = ready;
    this.#openedMs = performance.now();
    const request = watchCreateRequest(prefixRange(this.#prefix, undefined), this.#position + 1);
    this.#stream = ready.connection.open("Watch", request, this);
  }

  #leaveStream(): void {
    this.#stream?.cancel();
    this.#stream = undefined;
    this.#ready = undefined;
    this.#created = false;
    this.#changes.clear();
  }

  #receive(answer: WatchAnswer): void {
    if (answer.canceled) this.#canceled(answer);
    else if (answer.created) this.#begin(answer.revision);
    else if (answer.events.length === 0) this.#progress(answer.revision);
    else this.#collect(answer);
  }

  /** Etcd may have been asked before somebody began to wait for more. */
  #progress(revision: Revision): void {
    this.#askedMs = -Infinity;
    this.#advance(revision);
    if (this.#position < this.#context.wanted) this.askProgress();
  }

  #begin(revision: Revision): void {
    this.#created = true;
    this.#askedMs = -Infinity;
    this.#historyEnd = revision;
    this.#context.connected();
  }

  #canceled({ compacted, reason }: WatchAnswer): void {
    if (compacted > 0) {
      this.#context.compacted(compacted);
      this.finish(new StorageCompacted(this.#position, compacted));
    } else
      this.end(new RpcError(/no leader|stopped/.test(reason) ? rpcCodes.unavailable : rpcCodes.unknown, reason, true));
  }

  #collect(answer: WatchAnswer): void {
    const fresh = this.#changes.take(answer, this.#position);
    const last = fresh.at(-1);
    if (last === undefined) return;
    if (this.#buffer.length === 0) this.#buffer = fresh;
    else for (const change of fresh) this.#buffer.push(change);
    for (const change of fresh) this.#bufferBytes += sizeOf(change);
    this.#advance(last.revision);
    const { watchBufferChangesMax, watchBufferBytesMax } = this.#context.limits;
    if (this.#buffer.length > watchBufferChangesMax || this.#bufferBytes > watchBufferBytesMax) this.#overflow();
  }

  /** Notes how far the watch has come, and answers the reader if it waits. */
  #advance(revision: Revision): void {
    if (revision > this.#position) this.#position = revision;
    if (this.#asked === undefined) return;
    const value = this.#take();
    if (value === undefined) return;
    const asked = this.#asked;
    this.#asked = undefined;
    asked.resolve({ done: false, value });
  }

  #take(): WatchBatch | undefined {
    if (this.#told === this.#position) return undefined;
    const changes = this.#buffer;
    this.#buffer = [];
    this.#bufferBytes = 0;
    this.#told = this.#position;
    if (this.#paused) {
      this.#paused = false;
      void this.#connect();
    }
    return { changes, revision: this.#told };
  }

  /** The past waits until its reader asks for it; the present does not. */
  #overflow(): void {
    if (this.#position > this.#historyEnd) {
      this.finish(new StorageOverrun(`the watch of ${this.#prefix} has fallen too far behind`));
      return;
    }
    this.#paused = true;
    this.#leaveStream();
  }

  #unavailable(reason: string): StorageUnavailable {
    return new StorageUnavailable(`the watch of ${this.#prefix}: etcd: ${reason}`);
  }

  #last(): Promise<Result> {
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve(end) : Promise.reject(error);
  }
}

/** Whether trying again is of no use. */
function isFinal({ code, message }: RpcError): boolean {
  if (code === rpcCodes.unknown) return !message.includes("no leader");
  return (
    code === rpcCodes.permissionDenied ||
    code === rpcCodes.unauthenticated ||
    code === rpcCodes.invalidArgument ||
    code === rpcCodes.unimplemented ||
    code === rpcCodes.resourceExhausted
  );
}

function sizeOf({ entry, previous }: Change): number {
  return (entry?.value.length ?? 0) + (previous?.value.length ?? 0);
}
