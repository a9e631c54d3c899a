import type { AdmissionPlugins } from "../resource-targets.ts";
import type { RestStorage } from "../registry/rest-storage.ts";
import type { Scheme } from "../scheme/scheme.ts";
import { createServer } from "../server.ts";
import { memoryStorage } from "../storage/memory.ts";

/** What a server of tests is made of: what the author's `main.ts` gives `runServer`. */
export interface TestServerOptions {
  readonly scheme: Scheme;
  readonly resources?: { readonly [resource: string]: RestStorage };
  readonly admission?: AdmissionPlugins;
}

/** An answer of a server. */
export interface TestAnswer {
  readonly status: number;
  /** Decoded where it is JSON, else its text. */
  readonly body: unknown;
  readonly headers: Headers;
}

/** A server that lives as long as a test. */
export interface TestServer {
  /** Where it listens, such as `http://127.0.0.1:40001`. */
  readonly url: string;
  /** Sends a request; a body is sent as JSON, or as the content type that `headers` name. */
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<TestAnswer>;
  close(): Promise<void>;
}

const host = "127.0.0.1";
const tester = {
  name: "tester",
  uid: "",
  groups: ["system:masters", "system:authenticated"],
  extra: {},
};

/**
 * Serves an API for tests, as `runServer` would, on a free port of this machine: over HTTP in the clear, with objects in
 * memory, and whoever asks may do everything. Close it at the end.
 */
export async function testServer(options: TestServerOptions): Promise<TestServer> {
  const storage = memoryStorage();
  const server = createServer({
    ...options,
    storage,
    authenticators: [() => tester],
    authorizer: () => ({ allowed: true }),
    version: "test",
    port: 0,
    standsAlone: true,
  });
  const url = `http://${host}:${await server.listen(host, 0)}`;
  return {
    url,
    request: (method, path, body, headers = {}) => request(`${url}${path}`, method, body, headers),
    async close() {
      await server.close();
      await storage.close();
    },
  };
}

async function request(
  url: string,
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<TestAnswer> {
  const content =
    body === undefined
      ? {}
      : { headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
  const answer = await fetch(url, { method, headers, ...content });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: answer.status, body: isJson ? JSON.parse(text) : text, headers: answer.headers };
}
