import type { IncomingMessage, ServerResponse } from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { issueAuthority, issueClient, issueServing } from "../../runtime/start/issue-certificates.ts";
import type { KeyPair } from "../../runtime/start/key-pair.ts";
import type { ClusterConfig } from "../../runtime/cluster/config.ts";

/** One request, with its body as JSON, and how to answer it. */
export interface Asked {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: unknown;
  readonly response: ServerResponse;
  /** Answers with JSON. */
  readonly json: (code: number, body: unknown, headers?: Record<string, string>) => void;
}

/** A server in the place of the kube-apiserver. */
export interface KubeApi {
  readonly port: number;
  readonly authority: KeyPair;
  readonly config: ClusterConfig;
  /** All that it was asked, in order: method and URL. */
  readonly asked: string[];
  /** How it answers from now on. */
  answer: (asked: Asked) => void;
  close(): Promise<void>;
}

/** Starts a server with a certificate for 127.0.0.1, that asks for client certificates of the same authority. */
export async function startKubeApi(answer: KubeApi["answer"]): Promise<KubeApi> {
  const now = new Date();
  const authority = await issueAuthority(now);
  const serving = await issueServing(authority, "127.0.0.1", now);
  const asked: string[] = [];
  const tls = { key: serving.key, cert: serving.certificate, ca: authority.certificate };
  const server = https.createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    void readBody(request).then((body) => api.answer(askedOf(request, body, response)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const config = { server: new URL(`https://127.0.0.1:${port}`), authority: { text: authority.certificate } };
  const api: KubeApi = {
    port,
    authority,
    config,
    asked,
    answer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return api;
}

function askedOf(request: IncomingMessage, body: unknown, response: ServerResponse): Asked {
  return {
    request,
    response,
    body,
    url: new URL(request.url ?? "/", "https://kube"),
    json: (code, answer, headers = {}) => {
      response.writeHead(code, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(answer));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? undefined : JSON.parse(text);
}

/** A certificate for a client, by the same authority. */
export async function clientCertificate(
  api: KubeApi,
  name: string,
): Promise<NonNullable<ClusterConfig["clientCertificate"]>> {
  const { certificate, key } = await issueClient(api.authority, { name, group: "servers" }, new Date());
  return { certificate: { text: certificate }, key: { text: key } };
}

/** The Status of a refusal. */
export function status(code: number, reason: string, message: string): object {
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message };
}

/** Waits until a condition holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
