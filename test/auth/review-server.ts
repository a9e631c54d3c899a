import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { clusterClient, type ClusterClient } from "../../runtime/cluster/client.ts";
import { issueAuthority, issueServing } from "../../runtime/start/issue-certificates.ts";

/** A review as it arrives, as far as tests look at it. */
export interface AskedReview {
  readonly path: string;
  readonly body: { readonly apiVersion: string; readonly kind: string; readonly spec: ReviewedSpec };
}

/** What a review asks about. */
export interface ReviewedSpec {
  readonly user: string;
  readonly groups?: readonly string[];
  readonly resourceAttributes?: { readonly verb?: string; readonly resource?: string; readonly name?: string };
  readonly nonResourceAttributes?: { readonly verb?: string; readonly path?: string };
}

/** What to answer: a review's status, or the Status of an error with its code; nothing at all to leave it open. */
export type ReviewAnswer =
  { readonly status: object } | { readonly code: number; readonly headers?: object } | "reset" | undefined;

/** A server in the role of a kube-apiserver that reviews, and a client of it. */
export interface ReviewServer {
  readonly client: ClusterClient;
  /** What it has been asked. */
  readonly asked: AskedReview[];
  /** What it answers from now on. */
  answer: (review: AskedReview) => ReviewAnswer | Promise<ReviewAnswer>;
  close(): Promise<void>;
}

/** Starts one that allows everything. */
export async function startReviewServer(): Promise<ReviewServer> {
  const now = new Date();
  const authority = await issueAuthority(now);
  const { key, certificate: cert } = await issueServing(authority, "127.0.0.1", now);
  const server = https.createServer({ key, cert });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = clusterClient({
    server: new URL(`https://127.0.0.1:${port}`),
    authority: { text: authority.certificate },
    token: { text: "own" },
  });
  const reviews: ReviewServer = {
    client,
    asked: [],
    answer: () => ({ status: { allowed: true } }),
    async close() {
      client.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  server.on("request", (request, response) => void answerReview(reviews, request, response));
  return reviews;
}

async function answerReview(reviews: ReviewServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = (await json(request)) as AskedReview["body"];
  const review: AskedReview = { path: request.url ?? "", body };
  reviews.asked.push(review);
  const answer = await reviews.answer(review);
  if (answer === undefined) return;
  if (answer === "reset") {
    request.socket.destroy();
    return;
  }
  const isReview = "status" in answer;
  response.writeHead(isReview ? 201 : answer.code, {
    "content-type": "application/json",
    ...(isReview ? {} : answer.headers),
  });
  response.end(JSON.stringify(isReview ? { ...body, status: answer.status } : errorStatus(answer.code)));
}

function errorStatus(code: number): object {
  return { kind: "Status", apiVersion: "v1", status: "Failure", message: `it is ${code}`, code };
}
