import type { Buffer } from "node:buffer";
import { WireError } from "../../meta/wire-error.ts";
import type { Fields } from "./hpack.ts";
import type { Http2Listener } from "./http2-session.ts";
import { MessageReader } from "./message-reader.ts";
import { RpcError, rpcCodes } from "./rpc-error.ts";

/** Who waits for the answer to a call; exactly one of the two is called, once. */
export interface Caller {
  succeed(message: Buffer): void;
  fail(error: RpcError): void;
}

/** Who listens to a stream; nothing comes after `end`. */
export interface StreamListener {
  message(message: Buffer): void;
  end(error: RpcError): void;
}

/** A stream of messages both ways. */
export interface RpcStream {
  /** Sends a message, framed. */
  write(message: Buffer): void;
  /** Ends it; the listener hears nothing more. */
  cancel(): void;
}

/** The connection, as a call sees it. */
interface CallOwner {
  send(id: number, message: Buffer): void;
  cancel(id: number): void;
  /** A call has ended by itself. */
  callEnded(call: UnaryCall): void;
  /** A stream has ended by itself. */
  streamEnded(stream: OpenStream): void;
}

/** One call: a message there, a message back. */
export class UnaryCall implements Http2Listener {
  /** 0 until the call is sent. */
  id = 0;
  readonly deadlineMs: number;
  readonly #connection: CallOwner;
  readonly #caller: Caller;
  readonly #reader: MessageReader;
  #message: Buffer | undefined;

  constructor(connection: CallOwner, caller: Caller, deadlineMs: number, bytesMax: number) {
    this.#connection = connection;
    this.#caller = caller;
    this.deadlineMs = deadlineMs;
    this.#reader = new MessageReader(bytesMax, (message) => {
      this.#message = message;
    });
  }

  fields(fields: Fields, last: boolean): void {
    if (!last) return;
    this.#connection.callEnded(this);
    if (fields.code === rpcCodes.ok && this.#message !== undefined) this.#caller.succeed(this.#message);
    else this.#caller.fail(errorOf(fields));
  }

  data(bytes: Buffer, last: boolean): void {
    try {
      this.#reader.push(bytes);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#connection.cancel(this.id);
      this.#fail(new RpcError(rpcCodes.resourceExhausted, error.message, true));
      return;
    }
    if (last) this.lost("an answer without a status", true);
  }

  lost(reason: string, seen: boolean): void {
    this.#fail(new RpcError(rpcCodes.unavailable, reason, seen));
  }

  /** Gives up waiting. */
  expire(endpoint: string): void {
    this.#connection.cancel(this.id);
    this.#fail(new RpcError(rpcCodes.deadlineExceeded, `${endpoint}: no answer in time`, this.id !== 0));
  }

  #fail(error: RpcError): void {
    this.#connection.callEnded(this);
    this.#caller.fail(error);
  }
}

/** One stream: messages both ways until one side ends it. */
export class OpenStream implements Http2Listener, RpcStream {
  id = 0;
  readonly #connection: CallOwner;
  readonly #reader: MessageReader;
  #listener: StreamListener | undefined;

  constructor(connection: CallOwner, listener: StreamListener, bytesMax: number) {
    this.#connection = connection;
    this.#listener = listener;
    this.#reader = new MessageReader(bytesMax, (message) => this.#listener?.message(message));
  }

  write(message: Buffer): void {
    this.#connection.send(this.id, message);
  }

  cancel(): void {
    if (this.#listener === undefined) return;
    this.#listener = undefined;
    this.#connection.cancel(this.id);
    this.#connection.streamEnded(this);
  }

  /** Ends it from this side, and tells the listener. */
  abandon(reason: string): void {
    this.#connection.cancel(this.id);
    this.lost(reason, true);
  }

  fields(fields: Fields, last: boolean): void {
    if (last) this.#end(errorOf(fields));
  }

  data(bytes: Buffer, last: boolean): void {
    try {
      this.#reader.push(bytes);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#connection.cancel(this.id);
      this.#end(new RpcError(rpcCodes.resourceExhausted, error.message, true));
      return;
    }
    if (last) this.lost("a stream without a status", true);
  }

  lost(reason: string, seen: boolean): void {
    this.#end(new RpcError(rpcCodes.unavailable, reason, seen));
  }

  #end(error: RpcError): void {
    const listener = this.#listener;
    this.#listener = undefined;
    this.#connection.streamEnded(this);
    listener?.end(error);
  }
}

function errorOf({ status, code, message }: Fields): RpcError {
  if (code !== undefined) return new RpcError(code === rpcCodes.ok ? rpcCodes.internal : code, message, true);
  return new RpcError(rpcCodes.unavailable, `no server of gRPC: HTTP status ${status}`, true);
}
