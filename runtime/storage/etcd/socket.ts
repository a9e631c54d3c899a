import type { Buffer } from "node:buffer";
import * as net from "node:net";
import * as tls from "node:tls";
import { RpcError, rpcCodes } from "./rpc-error.ts";

/** What proves who is who; PEM. */
export interface EtcdTls {
  /** The authorities that may have signed the servers' certificates; those of the system if unset. */
  readonly ca?: string | Buffer;
  /** The client's certificate. */
  readonly cert?: string | Buffer;
  /** The key of the client's certificate. */
  readonly key?: string | Buffer;
}

/** Connects to an endpoint that speaks HTTP/2. Throws an RpcError if that does not work within the time. */
export function connectSocket(endpoint: string, certificates: EtcdTls, timeoutMs: number): Promise<net.Socket> {
  const { protocol, hostname, port } = new URL(endpoint);
  // An IPv6 address stands in brackets.
  const host = hostname.replace(/^\[|\]$/g, "");
  const isTls = protocol === "https:";
  const address = { host, port: port === "" ? (isTls ? 443 : 80) : Number(port) };
  const servername = net.isIP(host) === 0 ? { servername: host } : {};
  const socket = isTls
    ? tls.connect({ ...certificates, ...address, ...servername, ALPNProtocols: ["h2"] })
    : net.connect(address);
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new RpcError(rpcCodes.unavailable, `${endpoint}: ${reason}`, false));
    };
    const timer = setTimeout(() => fail("no connection in time"), timeoutMs);
    socket.once("error", (error: Error) => fail(error.message));
    socket.once("close", () => fail("the connection was closed"));
    socket.once(isTls ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      if (socket instanceof tls.TLSSocket && socket.alpnProtocol !== "h2") fail("the server does not speak HTTP/2");
      else resolve(socket);
    });
  });
}
