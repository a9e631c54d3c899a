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

/** Asks one server on the loopback address, whatever its certificate. */
export class RestClient {
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
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
      ...(body === undefined ? {} : { "Content-Type": type ?? "application/json" }),
    };
    const target = { host: "127.0.0.1", port: this.#port, path, method, headers };
    const request = https.request({ ...target, rejectUnauthorized: false, agent: false });
    request.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return response;
  }
}
