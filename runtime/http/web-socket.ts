import { createHash } from "node:crypto";
import { Socket } from "node:net";
import type { WatchEvent } from "../registry/rest-storage.ts";
import { failure } from "../meta/status-error.ts";
import type { EventEncoding } from "./event-slabs.ts";
import { header, type AnswerHeaders, type RequestState } from "./request-state.ts";
import { FrameReader } from "./web-socket-frames.ts";

/** The connection of a watch whose client asked for a WebSocket, one message for each event. */
export interface WebSocket {
  /** What the answer of the handshake says, with status 101. */
  readonly headers: AnswerHeaders;
  readonly connection: Socket;
  /** Takes the connection from HTTP, once the answer has been sent. */
  begin(): void;
  /** Tells the client that no more comes. */
  end(): void;
}

const acceptSalt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Why a watch is over whose client closed the WebSocket. */
const closedByClient = new Error("the client has closed the WebSocket");
/** Pings of a client that has more than this yet to take go without an answer. */
const unreadBytesMax = 65_536;
const normalClosure = Buffer.from([0x88, 2, 0x03, 0xe8]);

/**
 * The WebSocket that a request asks for; undefined where it asks for none. Throws what refuses a bad handshake: like the
 * Go server it wants to know who asks. https://www.rfc-editor.org/rfc/rfc6455#section-4.2
 */
export function webSocketOf(state: RequestState): WebSocket | undefined {
  const { response } = state;
  if (header(state, "upgrade")?.toLowerCase() !== "websocket" || !(response.socket instanceof Socket)) return undefined;
  const key = header(state, "sec-websocket-key");
  if (key === undefined || header(state, "sec-websocket-version") !== "13") {
    throw failure(400, "BadRequest", "a WebSocket needs Sec-WebSocket-Key, and version 13 as Sec-WebSocket-Version");
  }
  if (header(state, "origin") === undefined) throw failure(403, "Forbidden", "a WebSocket needs the header Origin");
  const connection = response.socket;
  const accept = createHash("sha1")
    .update(key + acceptSalt)
    .digest("base64");
  return {
    headers: { connection: "Upgrade", upgrade: "websocket", "sec-websocket-accept": accept },
    connection,
    begin: () => takeOver(connection, state),
    end() {
      if (connection.writable) connection.write(normalClosure);
      // A client that answers with a close of its own need not be waited for, and one that does not would stay.
      connection.destroySoon();
    },
  };
}

// What comes is for nobody, but for the frames that keep the connection and that end it.
function takeOver(connection: Socket, state: RequestState): void {
  const reader = new FrameReader({
    onPing: (pong) => void (connection.writableLength < unreadBytesMax && connection.write(pong)),
    onClose: () => state.lifetime.end(closedByClient),
  });
  // Node has given its own listener what came until now, and takes it back once there is another.
  const onData = (bytes: Buffer): void => reader.take(bytes);
  connection.on("data", onData);
  for (const listener of connection.listeners("data")) {
    if (listener !== onData) connection.off("data", listener as (bytes: Buffer) => void);
  }
}

/** The events of an encoding, each as a message: of text or of bytes, as the media type is. */
export function inMessages(encoding: EventEncoding, isText: boolean): EventEncoding {
  const { sharedAs } = encoding;
  return {
    contentType: encoding.contentType,
    encode: (event: WatchEvent) => message(encoding.encode(event), isText),
    ...(sharedAs === undefined ? {} : { sharedAs: `${sharedAs} in messages` }),
  };
}

/** https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
function message(payload: Uint8Array, isText: boolean): Uint8Array {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = isText ? 0x81 : 0x82;
  if (length < 126) head[1] = length;
  else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}
