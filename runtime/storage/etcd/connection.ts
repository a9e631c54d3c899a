import type { Buffer } from "node:buffer";
import { requestBlock } from "./hpack.ts";
import { Http2Session } from "./http2-session.ts";
import type { EtcdLimits } from "./limits.ts";
import { OpenStream, UnaryCall, type Caller, type RpcStream, type StreamListener } from "./rpc-calls.ts";
import { RpcError, rpcCodes } from "./rpc-error.ts";
import { connectSocket, type EtcdTls } from "./socket.ts";

/** The methods that are called. */
export type Method = keyof typeof paths;

const paths = {
  Range: "/etcdserverpb.KV/Range",
  Txn: "/etcdserverpb.KV/Txn",
  Compact: "/etcdserverpb.KV/Compact",
  LeaseGrant: "/etcdserverpb.Lease/LeaseGrant",
  Status: "/etcdserverpb.Maintenance/Status",
  Watch: "/etcdserverpb.Watch/Watch",
} as const;

/** How often deadlines are looked at, and whether the connection lives. */
const tickMs = 250;
/** etcd takes clients that ping more often than every five seconds for attackers. */
const pingSpacingMs = 5_100;

/** A connection to one endpoint, and the calls that are made by it. */
export class Connection {
  readonly #endpoint: string;
  readonly #limits: EtcdLimits;
  readonly #session: Http2Session;
  readonly #headers: Readonly<Record<Method, Buffer>>;
  /** Calls that wait for their answers, in the order in which they were made. */
  readonly #calls = new Set<UnaryCall>();
  readonly #streams = new Set<OpenStream>();
  /** Calls that wait until the server takes another one. */
  #queue: { readonly call: UnaryCall; readonly method: Method; readonly request: Buffer }[] = [];
  readonly #tick: NodeJS.Timeout;
  #pingedMs = -Infinity;
  #lookedMs = performance.now();
  #leaving: string | undefined;
  #closed: (() => void)[] | undefined = [];
  #opened: (() => void) | undefined;
  /** Called once no more calls can be made. */
  onLeaving: (() => void) | undefined;

  private constructor(endpoint: string, socket: Awaited<ReturnType<typeof connectSocket>>, limits: EtcdLimits) {
    this.#endpoint = endpoint;
    this.#limits = limits;
    const url = new URL(endpoint);
    const block = (method: Method) => requestBlock(url, paths[method]);
    this.#headers = {
      Range: block("Range"),
      Txn: block("Txn"),
      Compact: block("Compact"),
      LeaseGrant: block("LeaseGrant"),
      Status: block("Status"),
      Watch: block("Watch"),
    };
    this.#session = new Http2Session(socket, {
      opened: () => this.#opened?.(),
      leaving: (reason) => this.#leave(reason),
      closed: (reason) => this.#close(reason),
    });
    this.#tick = setInterval(() => this.#look(), tickMs).unref();
  }

  /** Connects. Throws an RpcError if that does not work within the time. */
  static async connect(endpoint: string, tls: EtcdTls, limits: EtcdLimits): Promise<Connection> {
    const deadlineMs = performance.now() + limits.connectTimeoutMs;
    const socket = await connectSocket(endpoint, tls, limits.connectTimeoutMs);
    const connection = new Connection(endpoint, socket, limits);
    await connection.#open(deadlineMs - performance.now());
    return connection;
  }

  /** Whether calls can be made. */
  get up(): boolean {
    return this.#leaving === undefined;
  }

  /** Makes a call, of which the request is framed already. */
  call(method: Method, request: Buffer, timeoutMs: number, caller: Caller): void {
    if (this.#leaving !== undefined) {
      caller.fail(this.#error(this.#leaving, false));
      return;
    }
    const call = new UnaryCall(this, caller, performance.now() + timeoutMs, this.#limits.responseBytesMax);
    this.#calls.add(call);
    if (this.#session.full) this.#queue.push({ call, method, request });
    else call.id = this.#session.begin(this.#headers[method], request, true, call);
  }

  /** Begins a stream with a message. */
  open(method: Method, first: Buffer, listener: StreamListener): RpcStream {
    const stream = new OpenStream(this, listener, this.#limits.watchMessageBytesMax);
    if (this.#leaving === undefined && !this.#session.full) {
      this.#streams.add(stream);
      stream.id = this.#session.begin(this.#headers[method], first, false, stream);
    } else setImmediate(() => stream.lost(this.#leaving ?? "the server takes no more streams", false));
    return stream;
  }

  /** Ends the streams, makes no more calls, and closes once those that wait have ended. */
  async retire(): Promise<void> {
    this.#leave("the connection is being closed");
    for (const stream of this.#streams) stream.abandon("the connection is being closed");
    this.#closeIfIdle();
    await new Promise<void>((resolve) => {
      if (this.#closed === undefined) resolve();
      else this.#closed.push(resolve);
    });
  }

  /** For calls: they have ended by themselves. */
  callEnded(call: UnaryCall): void {
    this.#calls.delete(call);
    if (this.#leaving !== undefined) this.#closeIfIdle();
    if (this.#queue.length > 0) this.#beginQueued();
  }

  /** For streams: they have ended by themselves. */
  streamEnded(stream: OpenStream): void {
    this.#streams.delete(stream);
    if (this.#leaving !== undefined) this.#closeIfIdle();
  }

  send(id: number, message: Buffer): void {
    this.#session.send(id, message);
  }

  cancel(id: number): void {
    this.#session.cancel(id);
  }

  #beginQueued(): void {
    while (this.#queue.length > 0 && !this.#session.full) {
      const queued = this.#queue.shift();
      if (queued === undefined || !this.#calls.has(queued.call)) continue;
      const { call, method, request } = queued;
      call.id = this.#session.begin(this.#headers[method], request, true, call);
    }
  }

  /** What has not been sent need not be: another connection can. */
  #dropQueued(reason: string): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const { call } of queue) if (this.#calls.has(call)) call.lost(reason, false);
  }

  #open(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#session.destroy("no answer in time"), timeoutMs);
      this.#opened = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#closed?.push(() => {
        clearTimeout(timer);
        reject(this.#error(this.#leaving ?? "the connection was closed", false));
      });
    });
  }

  #leave(reason: string): void {
    if (this.#leaving !== undefined) return;
    this.#leaving = reason;
    this.onLeaving?.();
    this.#dropQueued(reason);
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    if (this.#calls.size === 0 && this.#streams.size === 0) this.#session.destroy("the connection is being closed");
  }

  #close(reason: string): void {
    clearInterval(this.#tick);
    this.#leave(reason);
    const waiting = this.#closed ?? [];
    this.#closed = undefined;
    for (const resolve of waiting) resolve();
  }

  #look(): void {
    const now = performance.now();
    const lateMs = now - this.#lookedMs;
    this.#lookedMs = now;
    // This process has stood still: what has come meanwhile is to be read first.
    if (lateMs > 4 * tickMs) return;
    for (const call of this.#calls) if (call.deadlineMs < now) call.expire(this.#endpoint);
    if (this.#calls.size === 0 && this.#streams.size === 0) return;
    const { heardMs } = this.#session;
    const { pingAfterMs, idlePingAfterMs, pingTimeoutMs } = this.#limits;
    if (this.#pingedMs > heardMs) {
      if (now - this.#pingedMs > pingTimeoutMs) this.#session.destroy("the server does not answer");
      return;
    }
    const silentMs = now - heardMs;
    if (silentMs < (this.#calls.size > 0 ? pingAfterMs : idlePingAfterMs) || now - this.#pingedMs < pingSpacingMs)
      return;
    this.#pingedMs = now;
    this.#session.ping();
  }

  #error(reason: string, sent: boolean): RpcError {
    return new RpcError(rpcCodes.unavailable, `${this.#endpoint}: ${reason}`, sent);
  }
}
