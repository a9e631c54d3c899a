import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ManagerMetrics } from "./metrics.ts";

/** What a manager tells of itself over HTTP. */
export interface Told {
  readonly metrics: ManagerMetrics;
  /** Why it is not ready to work, or to take over; empty where it is. */
  troubles(): readonly string[];
}

/** A server of such endpoints. */
export interface Endpoints {
  readonly port: number;
  close(): void;
}

const headersTimeoutMs = 10_000;
const connectionsMax = 100;

/** Serves `/metrics` at an address such as `:8080` or `127.0.0.1:8080`. */
export function serveMetrics(address: string, { metrics }: Told): Promise<Endpoints> {
  return serve(address, async (path, response) => {
    if (path !== "/metrics") return answer(response, 404, "not found\n");
    response.setHeader("content-type", metrics.contentType);
    return answer(response, 200, await metrics.text());
  });
}

/** Serves `/healthz` and `/readyz` at an address. */
export function serveHealth(address: string, told: Told): Promise<Endpoints> {
  return serve(address, async (path, response) => {
    if (path === "/healthz") return answer(response, 200, "ok\n");
    if (path !== "/readyz") return answer(response, 404, "not found\n");
    const troubles = told.troubles();
    return troubles.length === 0 ? answer(response, 200, "ok\n") : answer(response, 503, `${troubles.join("\n")}\n`);
  });
}

type Answering = (path: string, response: ServerResponse) => Promise<void>;

async function serve(address: string, answering: Answering): Promise<Endpoints> {
  const { host, port } = parseAddress(address);
  const server = createServer(
    { headersTimeout: headersTimeoutMs, requestTimeout: headersTimeoutMs },
    (request, response) => {
      void respond(answering, request, response);
    },
  );
  server.maxConnections = connectionsMax;
  server.listen(port, host);
  await once(server, "listening");
  return { port: portOf(server), close: () => close(server) };
}

async function respond(answering: Answering, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  try {
    if (request.method === "GET" || request.method === "HEAD") {
      await answering((request.url ?? "").replace(/\?.*/s, ""), response);
    } else await answer(response, 405, "only GET is answered here\n");
  } catch {
    response.destroy();
  }
}

async function answer(response: ServerResponse, status: number, text: string): Promise<void> {
  response.statusCode = status;
  response.end(text);
}

/** The parts of an address such as `:8080`, `127.0.0.1:8080` or `[::1]:8080`; undefined where it is none. */
export function parseAddressParts(
  address: string,
): { readonly host: string | undefined; readonly port: number } | undefined {
  const [, host = "", port = ""] = /^(.*):(\d{1,5})$/.exec(address) ?? [];
  if (port === "" || Number(port) > 65_535) return undefined;
  return { host: host === "" ? undefined : host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

function parseAddress(address: string): { readonly host: string | undefined; readonly port: number } {
  const parts = parseAddressParts(address);
  if (parts === undefined) throw new Error(`${address} is no address such as :8080 or 127.0.0.1:8080`);
  return parts;
}

function portOf(server: Server): number {
  // It listens at a port, not at a socket with a name.
  return (server.address() as AddressInfo).port;
}

function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}
