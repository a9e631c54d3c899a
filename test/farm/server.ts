import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import { allow } from "../../runtime/auth/authorizer.ts";
import { createServer } from "../../runtime/server.ts";
import { issueAuthority, issueServing } from "../../runtime/start/issue-certificates.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { scheme } from "./generated/index.ts";

/** An answer, its body read as JSON. */
export interface Answer {
  readonly status: number;
  readonly warning: string | undefined;
  readonly body: Record<string, unknown>;
}

/** A server of herds in two versions, where everybody may do everything, and what it stores. */
export interface FarmServer {
  readonly storage: Storage;
  send(method: string, path: string, body?: object, contentType?: string): Promise<Answer>;
  /** Opens a watch, and gives its events as they come. */
  watch(path: string): AsyncGenerator<Record<string, unknown>>;
  close(): Promise<void>;
}

const host = "127.0.0.1";

/** Starts a server on a free port; objects are gone when it closes. */
export async function startFarm(): Promise<FarmServer> {
  const now = new Date();
  const { key, certificate } = await issueServing(await issueAuthority(now), host, now);
  const storage = memoryStorage();
  const server = createServer({
    scheme,
    storage,
    tls: { key, cert: certificate },
    authenticators: [],
    authorizer: () => allow,
    version: "0.1.0",
    port: 0,
  });
  const port = await server.listen(host, 0);
  const open = async (method: string, path: string, headers = {}, body?: string): Promise<IncomingMessage> => {
    const request = https.request({ host, port, method, path, headers, rejectUnauthorized: false });
    request.end(body);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return response.setEncoding("utf8");
  };
  return {
    storage,
    async send(method, path, body, contentType = "application/json") {
      const headers = body === undefined ? {} : { "content-type": contentType };
      const response = await open(method, path, headers, body === undefined ? undefined : JSON.stringify(body));
      let text = "";
      for await (const chunk of response) text += chunk as string;
      const { statusCode: status = 0 } = response;
      const warning = response.headers["warning"];
      return { status, warning, body: JSON.parse(text) as Record<string, unknown> };
    },
    async *watch(path) {
      const response = await open("GET", path);
      let rest = "";
      for await (const chunk of response) {
        const lines = (rest + (chunk as string)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) yield JSON.parse(line) as Record<string, unknown>;
      }
    },
    async close() {
      await server.close();
      await storage.close();
    },
  };
}
