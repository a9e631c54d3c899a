import { once } from "node:events";
import https from "node:https";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";

/** What a server answered. */
export interface RestAnswer {
  readonly status: number;
  readonly body: Json;
}

/** A JSON object that has been read, of which tests know the form. */
export type Json = { readonly [name: string]: unknown };

/** An event of a watch. */
export interface RestEvent {
  readonly type: string;
  readonly object: Json;
}

/** How to ask. */
export interface RestRequest {
  readonly body?: unknown;
  readonly type?: string;
  readonly agent?: string;
}

/** Who asks, and by which authority the server is known; PEM texts. */
export interface RestCredential {
  /** Without it any certificate of the server will do. */
  readonly ca?: string;
  /** The name that the server's certificate must have, unless it is that of the loopback address. */
  readonly servername?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

/** Asks one server on the loopback address. */
export class RestClient {
  readonly #port: number;
  readonly #tls: https.RequestOptions;
  readonly #token: string | undefined;

  constructor(port: number, { token, ...tls }: RestCredential = {}) {
    this.#port = port;
    this.#tls = { ...tls, rejectUnauthorized: tls.ca !== undefined };
    this.#token = token;
  }

  /** Sends a request and reads the whole answer. */
  async send(method: string, path: string, request: RestRequest = {}): Promise<RestAnswer> {
    const response = await this.#ask(method, path, request);
    const body = await text(response);
    return { status: response.statusCode ?? 0, body: (body.startsWith("{") ? JSON.parse(body) : { body }) as Json };
  }

  /** Reads events until there are so many. */
  async watch(path: string, count: number): Promise<RestEvent[]> {
    const response = await this.#ask("GET", path, {});
    const events: RestEvent[] = [];
    let rest = "";
    response.setEncoding("utf8");
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) events.push(JSON.parse(line) as RestEvent);
      if (events.length >= count) break;
    }
    return events;
  }

  async #ask(method: string, path: string, { body, type, agent }: RestRequest): Promise<IncomingMessage> {
    const headers = {
      Accept: "application/json",
      "User-Agent": agent ?? "interop/1.0",
      ...(this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` }),
      ...(body === undefined ? {} : { "Content-Type": type ?? "application/json" }),
    };
    const target = { host: "127.0.0.1", port: this.#port, path, method, headers };
    const request = https.request({ ...target, ...this.#tls, agent: false });
    request.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return response;
  }
}
