import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import type { Revision } from "../../runtime/storage/storage.ts";
import type { LogEntry, Version } from "./history.ts";
import type { ServerProcess } from "./server-process.ts";

const collection = "/apis/animal.skai.io/v1alpha1/namespaces/default/cats";
/** How long a request may go without an answer; whether it happened is unknown then. */
const patienceMs = 8_000;

/** What the server said: a status and a body, or nothing at all. */
export interface Answer {
  /** 0 if there was no answer. */
  readonly status: number;
  readonly body: CatOrList;
}

interface CatOrList {
  /** What a Status says. */
  readonly message?: string;
  readonly metadata?: { readonly name?: string; readonly resourceVersion?: string };
  readonly spec?: { readonly quirks?: { readonly write?: string } };
  readonly items?: readonly CatOrList[];
}

/** One line of a watch. */
export interface WatchLine extends LogEntry {
  readonly type: string;
  /** What an ERROR says. */
  readonly message: string;
}

/** Asks a server for cats, over connections of its own. */
export class ApiClient {
  readonly #agent: https.Agent;
  readonly #port: number;

  constructor({ port, authority, client }: ServerProcess) {
    this.#port = port;
    this.#agent = new https.Agent({ keepAlive: true, ca: authority, cert: client.certificate, key: client.key });
  }

  create(key: string, value: string): Promise<Answer> {
    return this.#send("POST", collection, cat(key, value, undefined));
  }

  update(key: string, value: string, expected: Revision): Promise<Answer> {
    return this.#send("PUT", `${collection}/${key}`, cat(key, value, expected));
  }

  delete(key: string, expected: Revision): Promise<Answer> {
    const preconditions = { resourceVersion: String(expected) };
    return this.#send("DELETE", `${collection}/${key}`, { kind: "DeleteOptions", apiVersion: "v1", preconditions });
  }

  get(key: string): Promise<Answer> {
    return this.#send("GET", `${collection}/${key}`, undefined);
  }

  list(): Promise<Answer> {
    return this.#send("GET", collection, undefined);
  }

  /** Follows changes after a revision; ends when the server or the network does. */
  async *watch(from: Revision, signal: AbortSignal): AsyncGenerator<WatchLine> {
    const path = `${collection}?watch=1&resourceVersion=${from}&allowWatchBookmarks=true`;
    const request = https.request({ agent: this.#agent, host: "127.0.0.1", port: this.#port, path, signal });
    request.on("error", () => undefined);
    request.end();
    const [response] = (await once(request, "response", { signal })) as [IncomingMessage];
    let rest = "";
    response.setEncoding("utf8");
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split("\n");
      // What has no end yet may be cut off, as by a server that died.
      rest = lines.pop() ?? "";
      for (const line of lines) yield parseLine(line);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(method: string, path: string, body: object | undefined): Promise<Answer> {
    const text = body === undefined ? "" : JSON.stringify(body);
    // Node tells no length of its own where a DELETE has a body.
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const signal = AbortSignal.timeout(patienceMs);
    try {
      const target = { agent: this.#agent, host: "127.0.0.1", port: this.#port, method, path, headers, signal };
      const request = https.request(target);
      request.end(text);
      const [response] = (await once(request, "response")) as [IncomingMessage];
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      return { status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) as CatOrList };
    } catch {
      return { status: 0, body: {} };
    }
  }
}

function cat(name: string, write: string, expected: Revision | undefined): object {
  const metadata = { name, ...(expected === undefined ? {} : { resourceVersion: String(expected) }) };
  return { apiVersion: "animal.skai.io/v1alpha1", kind: "Cat", metadata, spec: { name, quirks: { write } } };
}

function parseLine(line: string): WatchLine {
  const event = JSON.parse(line) as { readonly type: string; readonly object: CatOrList };
  const { type, object } = event;
  const version = versionOf(object);
  const value = type === "DELETED" ? undefined : version.value;
  return { type, message: object.message ?? "", key: object.metadata?.name ?? "", revision: version.revision, value };
}

/** The state that an object tells. */
export function versionOf({ metadata, spec }: CatOrList): Version {
  return { value: spec?.quirks?.write ?? "", revision: Number(metadata?.resourceVersion ?? 0) };
}

/** The states that a list tells, by name. */
export function versionsOf({ items = [] }: CatOrList): Map<string, Version> {
  return new Map(items.map((item) => [item.metadata?.name ?? "", versionOf(item)]));
}
