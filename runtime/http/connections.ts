import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Server, Socket } from "node:net";
import type { Limits } from "./limits.ts";

/** How long a connection that has been told to close may take, before it is cut off. */
const closingMs = 2_000;

/** The open connections of a server: closed when idle for long, and all of them when the server closes. */
export class Connections {
  // Before and after the TLS handshake, where there is one.
  readonly #accepted = new Set<Socket>();
  readonly #established = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #limits: Limits;
  /** The connection that came last. */
  #newest: Socket | undefined;

  constructor(server: Server, establishedEvent: "connection" | "secureConnection", limits: Limits) {
    this.#limits = limits;
    server.maxConnections = limits.connectionsMax;
    server.on("connection", (socket: Socket) => {
      // A client that has lost its power says nothing: its watches would be held for as long as nothing happens.
      socket.setKeepAlive(true, limits.tcpKeepAliveMs);
      keepWhileOpen(this.#accepted, socket);
    });
    // Before Node, which begins an HTTP/2 session on the connection in the same event.
    server.prependListener(establishedEvent, (socket: Socket) => {
      this.#newest = socket;
      keepWhileOpen(this.#established, socket);
    });
    server.on("session", (session: ServerHttp2Session) => this.#addSession(session, this.#newest));
  }

  /** Whether there is none. */
  get isEmpty(): boolean {
    return this.#accepted.size === 0;
  }

  /** Tells HTTP/2 clients to start nothing new here; what they have begun goes on. */
  startClosing(): void {
    for (const session of this.#sessions) session.close();
  }

  /** Closes every connection once what was written to it has been sent. */
  closeAll(): void {
    for (const socket of this.#established) socket.destroySoon();
  }

  /** Closes every connection now. */
  destroyAll(): void {
    for (const socket of this.#accepted) socket.destroy();
  }

  // Only a session without streams is idle: a watch may be silent for long. A session that Node has given up on says nothing
  // of it, and is told by its silence too. Node's own timer of a session would hold the memory of each after its end.
  #addSession(session: ServerHttp2Session, socket: Socket | undefined): void {
    let open = 0;
    const cutOff = (): void => {
      if (open === 0) socket?.destroy();
    };
    const closeIfIdle = (): void => {
      if (open > 0) return;
      session.close();
      // A client that reads nothing does not learn of it, and what was written to it would never leave.
      idle = setTimeout(cutOff, closingMs).unref();
    };
    let idle = setTimeout(closeIfIdle, this.#limits.headersTimeoutMs).unref();
    keepWhileOpen(this.#sessions, session);
    session.once("stream", () => {
      clearTimeout(idle);
      idle = setTimeout(closeIfIdle, this.#limits.idleTimeoutMs).unref();
    });
    session.on("stream", (stream: ServerHttp2Stream) => {
      open++;
      stream.once("close", () => {
        open--;
        idle.refresh();
      });
    });
    session.once("close", () => clearTimeout(idle));
  }
}

function keepWhileOpen<T extends Socket | ServerHttp2Session>(set: Set<T>, item: T): void {
  set.add(item);
  item.once("close", () => set.delete(item));
}
