import { setMaxListeners } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import type { IncomingMessage } from "node:http";
import type { RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { pause, systemClock } from "./clock.ts";
import { fieldsOf, KubeError, messageOf, refusal } from "./kube-error.ts";
import { NoAnswer, readLines, readText, send, type WireTimes } from "./wire.ts";

/** One request to the cluster. */
export interface KubeCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** Of the body; `application/json` if unset. */
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** 30 seconds if unset. */
  readonly timeoutMs?: number;
}

/** What happened to an object that is watched; of the type BOOKMARK, only its revision counts. */
export interface WatchEvent {
  readonly type: string;
  readonly object: unknown;
}

/** A connection to a cluster, as a user of it. */
export interface KubeClient {
  /** What it was made of, for the typed clients of `@kubernetes/client-node`. */
  readonly config: KubeConfig;
  /**
   * Gives the answer's JSON. One that asks to come back later is asked again a few times. Throws KubeError, with the code
   * and message of a refusal, or code 0 where there was no answer.
   */
  request(call: KubeCall): Promise<unknown>;
  /** The events of a watch until it ends; throws KubeError, with the code 410 where the revision is too old. */
  watch(path: string, signal: AbortSignal): AsyncIterable<WatchEvent>;
  /** Ends what is under way, and closes the connections. */
  close(): void;
}

/** Who counts the requests of a client; the code is `<error>` where there was no answer. */
export type RequestObserver = (method: string, host: string, code: string) => void;

const requestTimeoutMs = 30_000;
/** Longer than any watch is asked to last. */
const watchTimes: WireTimes = { headMs: requestTimeoutMs, wholeMs: 15 * 60_000 };
/** kube-apiserver closes a connection on which nothing happens after 90 s. */
const idleConnectionMs = 60_000;
const attemptsMax = 5;
const retryAfterMaxMs = 10_000;
const answerBytesMax = 256 * 1024 * 1024;
const eventBytesMax = 16 * 1024 * 1024;
const refusalBytesMax = 1024 * 1024;

/**
 * A client of the cluster that a kubeconfig leads to. Credentials, TLS settings and proxies are those that
 * `@kubernetes/client-node` finds, asked for each request, since tokens and the answers of plugins get old. Its own
 * requests would open a connection each, and its watches do not tell why they are refused.
 */
export function kubeClient(config: KubeConfig, observe: RequestObserver = () => undefined): KubeClient {
  return new ConfiguredClient(config, observe);
}

class ConfiguredClient implements KubeClient {
  readonly config: KubeConfig;
  readonly #server: URL;
  readonly #observe: RequestObserver;
  readonly #closed = new AbortController();
  readonly #agent: http.Agent;
  /** Connections through a proxy are made by an agent of its own. */
  readonly #isProxied: boolean;

  constructor(config: KubeConfig, observe: RequestObserver) {
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new KubeError(0, "NoCluster", "the kubeconfig names no cluster in its current context");
    this.config = config;
    this.#server = new URL(cluster.server);
    this.#isProxied = cluster.proxyUrl !== undefined;
    this.#observe = observe;
    const pool = { keepAlive: true, timeout: idleConnectionMs };
    this.#agent = this.#server.protocol === "http:" ? new http.Agent(pool) : new https.Agent(pool);
    setMaxListeners(0, this.#closed.signal);
  }

  async request(call: KubeCall): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#exchange(call);
      } catch (error) {
        const waitMs = attempt < attemptsMax ? retryAfterMs(call, error) : undefined;
        if (waitMs === undefined) throw this.#explained(error);
        await pause(systemClock, waitMs, call.signal ?? this.#closed.signal);
        if (call.signal?.aborted === true) throw this.#explained(error);
      }
    }
  }

  async #exchange({
    method,
    path,
    body,
    contentType,
    signal,
    timeoutMs = requestTimeoutMs,
  }: KubeCall): Promise<unknown> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const options = await this.#options(method, path, signal, text === undefined ? {} : headersOf(text, contentType));
    const response = await this.#send(options, text, { headMs: timeoutMs, wholeMs: timeoutMs });
    const answer = await readText(response, answerBytesMax);
    if (!isGood(response)) throw refusal(response.statusCode ?? 0, jsonIn(answer), response.headers["retry-after"]);
    return JSON.parse(answer) as unknown;
  }

  async *watch(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    try {
      const response = await this.#send(await this.#options("GET", path, signal, {}), undefined, watchTimes);
      if (!isGood(response)) {
        const status = jsonIn(await readText(response, refusalBytesMax));
        throw refusal(response.statusCode ?? 0, status, response.headers["retry-after"]);
      }
      for await (const line of readLines(response, eventBytesMax)) {
        const { type, object } = fieldsOf(JSON.parse(line));
        if (type === "ERROR") throw refusal(500, object, undefined);
        yield { type: String(type), object };
      }
    } catch (error) {
      throw this.#explained(error);
    }
  }

  close(): void {
    this.#closed.abort();
    this.#agent.destroy();
  }

  async #options(
    method: string,
    path: string,
    signal: AbortSignal | undefined,
    bodyHeaders: http.OutgoingHttpHeaders,
  ): Promise<RequestOptions> {
    const { hostname, port, protocol, pathname } = this.#server;
    const headers: http.OutgoingHttpHeaders = {};
    const options: RequestOptions = { headers };
    await this.config.applyToHTTPSOptions(options);
    return {
      ...options,
      ...(this.#isProxied ? {} : { agent: this.#agent }),
      protocol,
      // An IPv6 address stands in brackets.
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? undefined : port,
      method,
      path: `${pathname.replace(/\/$/, "")}${path}`,
      headers: { ...headers, ...bodyHeaders, accept: "application/json", "user-agent": "apiserver-ts-controller" },
      signal: signal ?? this.#closed.signal,
    };
  }

  async #send(options: RequestOptions, text: string | undefined, times: WireTimes): Promise<IncomingMessage> {
    try {
      const response = await send(options, text, times);
      this.#observe(options.method ?? "", this.#server.host, String(response.statusCode));
      return response;
    } catch (error) {
      this.#observe(options.method ?? "", this.#server.host, "<error>");
      throw error;
    }
  }

  #explained(error: unknown): KubeError {
    if (error instanceof KubeError && error.code !== 0) return error;
    return new KubeError(
      0,
      error instanceof KubeError ? error.reason : "NoAnswer",
      `${this.#server.origin}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

function isGood({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function headersOf(text: string, contentType = "application/json"): http.OutgoingHttpHeaders {
  return { "content-type": contentType, "content-length": Buffer.byteLength(text) };
}

/** How long to wait before the same request; undefined where it is not to be sent again. */
function retryAfterMs({ method, signal }: KubeCall, error: unknown): number | undefined {
  if (!(error instanceof KubeError) || signal?.aborted === true) return undefined;
  // The server had closed the connection while this one was on its way: what has no effect twice is sent again.
  if (error instanceof NoAnswer) return error.reused && (method === "GET" || method === "PUT") ? 0 : undefined;
  const { code, retryAfterSeconds } = error;
  const isBusy = code === 429 || (code >= 500 && retryAfterSeconds !== undefined);
  return isBusy ? Math.min((retryAfterSeconds ?? 1) * 1000, retryAfterMaxMs) : undefined;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.trim() };
  }
}
