import { once } from "node:events";
import type { ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { issueAuthority, issueServing } from "../../runtime/start/issue-certificates.ts";

/** A review as a webhook gets it. */
export interface AskedReview {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: { readonly uid: string; readonly [field: string]: unknown };
}

/** What a webhook does: a response's fields without the uid, the whole answer, or an HTTP status with a text. */
export type WebhookAnswer =
  | { readonly allowed: boolean; readonly [field: string]: unknown }
  | { readonly whole: (review: AskedReview) => unknown }
  | { readonly code: number; readonly text: string; readonly headers?: Record<string, string> }
  | "nothing"
  | "hang up";

/** A server of webhooks. */
export interface WebhookServer {
  readonly port: number;
  /** How many there have been. */
  readonly connections: number;
  /** What it has been asked, by path. */
  readonly asked: { readonly path: string; readonly query: string; readonly review: AskedReview }[];
  /** What it does at a path from now on. */
  on(path: string, answer: WebhookAnswer | ((review: AskedReview) => WebhookAnswer)): void;
  /** The authority of its certificate, as configurations have it. */
  readonly caBundle: string;
  url(path: string): { readonly url: string; readonly caBundle: string };
  /** Forgets what it was asked and what it does. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts one that has a certificate for a host, and listens on the loopback address. */
export async function startWebhookServer(host = "127.0.0.1"): Promise<WebhookServer> {
  const now = new Date();
  const authority = await issueAuthority(now);
  const { key, certificate } = await issueServing(authority, host, now);
  const answers = new Map<string, (review: AskedReview) => WebhookAnswer>();
  const asked: WebhookServer["asked"] = [];
  const answerTo = (url: string, review: AskedReview, response: ServerResponse): void => {
    const { pathname, search } = new URL(url, "https://webhook");
    asked.push({ path: pathname, query: search, review });
    send(response, review, answers.get(pathname)?.(review) ?? { code: 404, text: "nothing here" });
  };
  const server = https.createServer({ key, cert: certificate }, (request, response) => {
    void json(request).then((body) => answerTo(request.url ?? "/", body as AskedReview, response));
  });
  let connections = 0;
  server.on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const caBundle = Buffer.from(authority.certificate).toString("base64");
  return {
    port,
    asked,
    get connections() {
      return connections;
    },
    caBundle,
    on: (path, answer) => void answers.set(path, typeof answer === "function" ? answer : () => answer),
    url: (path) => ({ url: `https://127.0.0.1:${port}${path}`, caBundle }),
    reset() {
      answers.clear();
      asked.length = 0;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function send(response: ServerResponse, review: AskedReview, answer: WebhookAnswer): void {
  if (answer === "nothing") return;
  if (answer === "hang up") {
    response.destroy();
    return;
  }
  if (!("allowed" in answer) && "code" in answer) {
    response.writeHead(answer.code, { "content-type": "text/plain", ...answer.headers });
    response.end(answer.text);
    return;
  }
  const { apiVersion, kind, request } = review;
  const whole =
    "allowed" in answer ? { apiVersion, kind, response: { uid: request.uid, ...answer } } : answer.whole(review);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(typeof whole === "string" ? whole : JSON.stringify(whole));
}

/** A response's patch. */
export function patchOf(...operations: readonly object[]): { readonly patchType: string; readonly patch: string } {
  return { patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(operations)).toString("base64") };
}

/** A webhook as configurations have it: asked about all widgets unless a test says otherwise. */
export function webhook(name: string, clientConfig: object, changes: object = {}): object {
  return {
    name,
    clientConfig,
    rules: [{ apiGroups: ["example.dev"], apiVersions: ["v1"], resources: ["widgets"], operations: ["*"], scope: "*" }],
    failurePolicy: "Fail",
    matchPolicy: "Equivalent",
    sideEffects: "None",
    timeoutSeconds: 10,
    admissionReviewVersions: ["v1"],
    namespaceSelector: {},
    objectSelector: {},
    ...changes,
  };
}
