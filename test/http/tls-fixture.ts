import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import http2 from "node:http2";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { authenticateClientCertificate } from "../../runtime/auth/client-certificate.ts";
import { issueAuthority, issueClient, issueServing } from "../../runtime/start/issue-certificates.ts";
import type { KeyPair } from "../../runtime/start/key-pair.ts";
import { widgetApp, type WidgetAppOptions } from "./widget-app.ts";

/** Certificates of a server, of a client that it knows, and of a client of somebody else. */
export interface Certificates {
  readonly authority: KeyPair;
  readonly serving: KeyPair;
  readonly client: KeyPair;
  readonly stranger: KeyPair;
}

/** Issues the certificates; a good deal of work, so once a file. */
export async function issueAll(): Promise<Certificates> {
  const now = new Date();
  const authority = await issueAuthority(now);
  const elsewhere = await issueAuthority(now);
  return {
    authority,
    serving: await issueServing(authority, "127.0.0.1", now),
    client: await issueClient(authority, { name: "ann", group: "dev" }, now),
    stranger: await issueClient(elsewhere, { name: "eve", group: "system:masters" }, now),
  };
}

/** A server of widgets on a port of its own. */
export interface Listening {
  readonly app: FastifyInstance;
  readonly port: number;
}

/** Starts a server that knows clients by their certificates. */
export async function listen(
  { authority, serving }: Certificates,
  { tls = {}, ...options }: Omit<WidgetAppOptions, "tls"> & { tls?: object } = {},
): Promise<Listening> {
  const app = widgetApp({
    authenticators: [authenticateClientCertificate],
    tls: { key: serving.key, cert: serving.certificate, clientCa: authority.certificate, ...tls },
    // Certificates are valid from the real now on.
    now: () => new Date(),
    ...options,
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  return { app, port: (app.server.address() as AddressInfo).port };
}

/** An answer as a client has read it. */
export interface Received {
  readonly status: number;
  readonly headers: { readonly [name: string]: unknown };
  readonly body: Buffer;
}

/** What to ask. */
export interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
}

/** Sends a request over HTTP/1.1 and reads the answer. */
export async function overHttp1(
  { port }: Listening,
  path: string,
  { method = "GET", headers = {}, body }: Asked = {},
  { client, agent }: { client?: KeyPair | undefined; agent?: https.Agent } = {},
): Promise<Received> {
  const identity = client === undefined ? {} : { key: client.key, cert: client.certificate };
  const options = { host: "127.0.0.1", port, path, method, headers, rejectUnauthorized: false, ...identity };
  const request = https.request({ ...options, agent: agent ?? new https.Agent(options) });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}

/** Opens an HTTP/2 connection. */
export async function http2Session({ port }: Listening, client?: KeyPair): Promise<http2.ClientHttp2Session> {
  const identity = client === undefined ? {} : { key: client.key, cert: client.certificate };
  const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, ...identity });
  await once(session, "connect");
  return session;
}

/** Sends a request over an HTTP/2 connection and reads the answer. */
export async function overHttp2(
  session: http2.ClientHttp2Session,
  path: string,
  { method = "GET", headers = {}, body }: Asked = {},
): Promise<Received> {
  const stream = session.request({ ":path": path, ":method": method, ...headers });
  stream.end(body);
  const [received] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { status: Number(received[":status"]), headers: received, body: Buffer.concat(chunks) };
}
