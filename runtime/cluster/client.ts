import type { IncomingMessage } from "node:http";
import type { RequestOptions } from "node:https";
import { ClusterAgents } from "./cluster-agents.ts";
import { ClusterError, errorOf, fieldsOf } from "./cluster-error.ts";
import type { ClusterConfig } from "./config.ts";
import { CurrentText } from "./current-text.ts";
import { exchange, linesOf, NoAnswer, readWhole } from "./exchange.ts";

export { ClusterError } from "./cluster-error.ts";

/** One request to the kube-apiserver. */
export interface ClusterCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With its query. */
  readonly path: string;
  /** Sent as JSON; that of a PATCH as a merge patch. */
  readonly body?: object;
  readonly signal?: AbortSignal;
  /** 30 seconds if unset. */
  readonly timeoutMs?: number;
}

/** What happened to an object that is watched; of the type BOOKMARK, only its revision counts. */
export interface WatchEvent {
  readonly type: string;
  readonly object: unknown;
}

/** A connection to the kube-apiserver, with the server's own credential. */
export interface ClusterClient {
  /** Gives the answer's JSON. Throws ClusterError: with the Status code and message of a refusal, or code 0 where there was no answer. */
  request(call: ClusterCall): Promise<unknown>;
  /**
   * The events of a watch until it ends; throws ClusterError, with the code 410 where the revision is too old. Calls
   * `opened` once the server has agreed to it.
   */
  watch(path: string, signal: AbortSignal, opened?: () => void): AsyncIterable<WatchEvent>;
  /** Ends what is under way, and closes the connections. */
  close(): void;
}

const requestTimeoutMs = 30_000;
/** Longer than any watch is asked to last. */
const watchTimeoutMs = 15 * 60_000;
const answerBytesMax = 128 * 1024 * 1024;
const refusalBytesMax = 1024 * 1024;
/** An object has 3 MiB at most. */
const eventBytesMax = 16 * 1024 * 1024;

/** A client of the kube-apiserver. Files of the configuration are read as they are needed, and again as they change. */
export function clusterClient(config: ClusterConfig): ClusterClient {
  return new HttpsClient(config);
}

class HttpsClient implements ClusterClient {
  readonly #address: RequestOptions;
  readonly #origin: string;
  readonly #pathPrefix: string;
  readonly #token: CurrentText | undefined;
  readonly #agents: ClusterAgents;
  #closed = false;

  constructor(config: ClusterConfig) {
    const { server, serverName, token } = config;
    this.#address = {
      // An IPv6 address stands in brackets.
      host: server.hostname.replace(/^\[|\]$/g, ""),
      port: server.port === "" ? 443 : server.port,
      ...(serverName === undefined ? {} : { servername: serverName }),
    };
    this.#origin = server.origin;
    this.#pathPrefix = server.pathname.replace(/\/+$/, "");
    this.#token = token === undefined ? undefined : new CurrentText(token);
    this.#agents = new ClusterAgents(config);
  }

  async request(call: ClusterCall): Promise<unknown> {
    try {
      return await this.#answer(call);
    } catch (error) {
      // The server may close a connection just as it is used again.
      if (!(error instanceof NoAnswer && error.reused && isRepeatable(call))) throw this.#failure(error);
    }
    try {
      return await this.#answer(call);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async *watch(path: string, signal: AbortSignal, opened?: () => void): AsyncGenerator<WatchEvent> {
    try {
      const response = await this.#send({ method: "GET", path, signal }, "watches");
      if (response.statusCode !== 200) throw await this.#refusal(response);
      opened?.();
      for await (const line of linesOf(response, eventBytesMax)) {
        const event = fieldsOf(parseJson(line));
        if (event["type"] === "ERROR") throw errorOf(500, event["object"]);
        yield { type: String(event["type"]), object: event["object"] };
      }
    } catch (error) {
      throw this.#failure(error);
    }
  }

  close(): void {
    this.#closed = true;
    this.#agents.close();
  }

  async #answer(call: ClusterCall): Promise<unknown> {
    const response = await this.#send(call, "requests");
    const code = response.statusCode ?? 0;
    if (code < 200 || code >= 300) throw await this.#refusal(response);
    const body = await readWhole(response, answerBytesMax);
    return body === "" ? undefined : parseJson(body);
  }

  async #send(call: ClusterCall, kind: "requests" | "watches"): Promise<IncomingMessage> {
    if (this.#closed) throw new ClusterError(0, "Aborted", "the client is closed");
    const { method, path, body, signal, timeoutMs = requestTimeoutMs } = call;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const agents = await this.#agents.current();
    const options: RequestOptions = {
      ...this.#address,
      method,
      path: this.#pathPrefix + path,
      agent: agents[kind],
      headers: { ...(await this.#headers()), ...(text === undefined ? {} : bodyHeaders(method, text)) },
      ...(signal === undefined ? {} : { signal }),
    };
    const wholeMs = kind === "watches" ? watchTimeoutMs : timeoutMs;
    return exchange(options, text, { headMs: timeoutMs, wholeMs });
  }

  async #headers(): Promise<Record<string, string>> {
    const headers = { accept: "application/json", "user-agent": "apiserver-ts" };
    if (this.#token === undefined) return headers;
    return { ...headers, authorization: `Bearer ${(await this.#token.get()).trim()}` };
  }

  async #refusal(response: IncomingMessage): Promise<ClusterError> {
    const code = response.statusCode ?? 0;
    if (code === 401) {
      // Perhaps they have been replaced.
      this.#token?.forget();
      this.#agents.forget();
    }
    const text = await readWhole(response, refusalBytesMax);
    return errorOf(code, jsonIn(text), response.headers["retry-after"]);
  }

  #failure(error: unknown): ClusterError {
    const cause = error instanceof NoAnswer ? error.cause : error;
    if (cause instanceof ClusterError && cause.code !== 0) return cause;
    const isAbort = this.#closed || (cause instanceof Error && cause.name === "AbortError");
    const reason = isAbort ? "Aborted" : cause instanceof ClusterError ? cause.reason : "Unreachable";
    const why = cause instanceof Error ? messageOf(cause) : String(cause);
    return new ClusterError(0, reason, `${this.#origin}: ${why}`, { cause });
  }
}

/** What names several addresses fails for each of them, and says so in its parts alone. */
function messageOf(error: Error): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(String).join("; ");
  return error.message;
}

/** Whether it does no harm to do it twice: reviews are made by POST, but make nothing. */
function isRepeatable({ method, path }: ClusterCall): boolean {
  return method === "GET" || method === "PUT" || (method === "POST" && /reviews(\?|$)/.test(path));
}

function bodyHeaders(method: ClusterCall["method"], text: string): Record<string, string> {
  return {
    "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
    "content-length": String(Buffer.byteLength(text)),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ClusterError(0, "Unreachable", "the answer is no JSON", { cause });
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.trim() };
  }
}
