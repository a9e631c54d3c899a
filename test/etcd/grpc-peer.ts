import { Buffer } from "node:buffer";
import { once } from "node:events";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { encodeMessage, frame } from "./etcd-proto.ts";

/** What a peer gets of a call that has come in whole. */
export interface PeerCall {
  /** The last part of the path: Range, Txn. */
  readonly method: string;
  readonly body: Buffer;
  readonly stream: http2.ServerHttp2Stream;
}

/** A server of gRPC by Node's own HTTP/2, which does as a test tells it. */
export interface GrpcPeer {
  readonly endpoint: string;
  /** The methods that have been called, Status left out. */
  readonly called: string[];
  readonly sessions: ReadonlySet<http2.ServerHttp2Session>;
  close(): Promise<void>;
}

/** Starts a peer; it answers Status as etcd does and has `answer` do the rest. */
export async function startPeer(
  answer: (call: PeerCall) => void,
  options: http2.ServerOptions = {},
): Promise<GrpcPeer> {
  const server = http2.createServer(options);
  const sessions = new Set<http2.ServerHttp2Session>();
  const called: string[] = [];
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => undefined);
  });
  server.on("stream", (stream, headers) => {
    const method = String(headers[":path"]).split("/").at(-1) ?? "";
    const chunks: Buffer[] = [];
    stream.on("error", () => undefined);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const call = { method, body: Buffer.concat(chunks), stream };
      if (method === "Status") reply(stream, encodeMessage("StatusResponse", { version: "3.5.35" }));
      else {
        called.push(method);
        answer(call);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    called,
    sessions,
    async close() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with one message. */
export function reply(stream: http2.ServerHttp2Stream, message: Uint8Array): void {
  respond(stream, { "grpc-status": "0", "grpc-message": "" });
  stream.end(frame(message));
}

/** Begins an answer that ends with these trailers; the caller writes the messages. */
export function respond(stream: http2.ServerHttp2Stream, trailers: http2.OutgoingHttpHeaders): void {
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
}

/** Answers with an error alone. */
export function refuse(stream: http2.ServerHttp2Stream, code: number, message: string): void {
  const text = encodeURIComponent(message).replaceAll("%20", " ").replaceAll("%3A", ":");
  const headers = { ":status": 200, "content-type": "application/grpc", "grpc-status": code, "grpc-message": text };
  stream.respond(headers, { endStream: true });
}
