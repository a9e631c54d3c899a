import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { kubeClient, type KubeClient } from "../../runtime/controller/kube-client.ts";
import { kubeConfigFor } from "../../runtime/controller/kube-config-for.ts";
import { KubeError } from "../../runtime/controller/kube-error.ts";
import { resourceClient } from "../../runtime/controller/resource-client.ts";

type Answering = (request: IncomingMessage, response: ServerResponse) => unknown;

let server: Server;
let client: KubeClient;
let answering: Answering;
let connections: number;
/** Such as `GET 200`. */
let counted: string[];

beforeEach(async () => {
  connections = 0;
  counted = [];
  answering = (_request, response) => json(response, 200, {});
  server = createServer((request, response) => answering(request, response));
  server.on("connection", () => (connections += 1));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  client = kubeClient(kubeConfigFor(`http://127.0.0.1:${port}/behind/`), (method, _host, code) => {
    counted.push(`${method} ${code}`);
  });
});
afterEach(async () => {
  client.close();
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

function json(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

async function errorOf(work: Promise<unknown>): Promise<KubeError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof KubeError) return error;
  throw new Error(`no KubeError but ${String(error)}`);
}

test("requests share a connection, and go below the path of the cluster's address", async () => {
  const urls: unknown[] = [];
  answering = (request, response) => {
    urls.push(request.url);
    json(response, 200, { answer: urls.length });
  };
  expect(await client.request({ method: "GET", path: "/api/v1?limit=1" })).toEqual({ answer: 1 });
  expect(await client.request({ method: "GET", path: "/api/v1" })).toEqual({ answer: 2 });
  expect(urls).toEqual(["/behind/api/v1?limit=1", "/behind/api/v1"]);
  expect(connections).toBe(1);
  expect(counted).toEqual(["GET 200", "GET 200"]);
});

test("a body is sent as JSON of the type that is asked for", async () => {
  answering = async (request, response) => {
    json(response, 200, { type: request.headers["content-type"], body: await text(request) });
  };
  const call = { method: "PATCH", path: "/", body: { a: "ü" }, contentType: "application/merge-patch+json" } as const;
  expect(await client.request(call)).toEqual({ type: "application/merge-patch+json", body: '{"a":"ü"}' });
});

test("a refusal has the code, the reason and the message of its Status", async () => {
  answering = (_request, response) =>
    json(response, 403, { kind: "Status", code: 403, reason: "Forbidden", message: "cats is forbidden" });
  const error = await errorOf(client.request({ method: "GET", path: "/" }));
  expect(error).toMatchObject({ code: 403, reason: "Forbidden", message: "cats is forbidden" });
});

test("a refusal that is no Status tells its text", async () => {
  answering = (_request, response) => {
    response.writeHead(502);
    response.end("bad gateway\n");
  };
  expect(await errorOf(client.request({ method: "GET", path: "/" }))).toMatchObject({
    code: 502,
    message: "bad gateway",
  });
});

test.each([
  ["a server that is busy is asked again when it says so", 429],
  ["and so is one that says when it will be back", 503],
])("%s", async (_what, status) => {
  let asked = 0;
  answering = (_request, response) => {
    asked += 1;
    if (asked < 3) json(response, status, {}, { "retry-after": "0.01" });
    else json(response, 200, { asked });
  };
  expect(await client.request({ method: "POST", path: "/", body: {} })).toEqual({ asked: 3 });
});

test("a server that stays busy is asked five times", async () => {
  answering = (_request, response) => json(response, 429, { message: "later" }, { "retry-after": "0.01" });
  expect(await errorOf(client.request({ method: "GET", path: "/" }))).toMatchObject({ code: 429, message: "later" });
  expect(counted).toHaveLength(5);
});

test("what has no effect twice is sent again where the server had just closed the connection", async () => {
  await client.request({ method: "GET", path: "/" });
  answering = (request, response) => {
    // Only a new connection answers.
    if (connections === 1) request.socket.destroy();
    else json(response, 200, {});
  };
  await client.request({ method: "GET", path: "/" });
  expect(counted).toEqual(["GET 200", "GET <error>", "GET 200"]);
});

test("what has an effect each time is not sent again", async () => {
  await client.request({ method: "GET", path: "/" });
  answering = (request) => request.socket.destroy();
  const error = await errorOf(client.request({ method: "POST", path: "/", body: {} }));
  expect(error.code).toBe(0);
  expect(error.message).toMatch(/^http:\/\/127\.0\.0\.1:\d+: socket hang up$/);
  expect(counted).toEqual(["GET 200", "POST <error>"]);
});

test("a request that takes too long, or is called off, has no answer", async () => {
  answering = () => undefined;
  const late = await errorOf(client.request({ method: "GET", path: "/", timeoutMs: 30 }));
  expect(late).toMatchObject({ code: 0, reason: "Timeout" });
  const abort = new AbortController();
  const request = errorOf(client.request({ method: "GET", path: "/", signal: abort.signal }));
  abort.abort();
  expect(await request).toMatchObject({ code: 0, reason: "NoAnswer" });
  const closed = errorOf(client.request({ method: "GET", path: "/" }));
  client.close();
  expect(await closed).toMatchObject({ code: 0 });
});

describe("a watch", () => {
  async function eventsOf(signal = new AbortController().signal): Promise<unknown[]> {
    const events: unknown[] = [];
    for await (const event of client.watch("/", signal)) events.push(event);
    return events;
  }

  test("gives events however their bytes come, and whatever is in them", async () => {
    const event = { type: "ADDED", object: { text: "ü\u2028\u2029" } };
    const bytes = Buffer.from(`${JSON.stringify(event)}\n\n${JSON.stringify(event)}\n`);
    answering = async (_request, response) => {
      response.writeHead(200);
      for (const byte of bytes) {
        response.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    };
    expect(await eventsOf()).toEqual([event, event]);
  });

  test("that is told of an error throws it", async () => {
    answering = (_request, response) => {
      response.writeHead(200);
      const status = { kind: "Status", code: 410, reason: "Expired", message: "too old" };
      response.end(`${JSON.stringify({ type: "ERROR", object: status })}\n`);
    };
    await expect(eventsOf()).rejects.toMatchObject({ code: 410, reason: "Expired", message: "too old" });
  });

  test("that is refused tells why", async () => {
    answering = (_request, response) => json(response, 403, { message: "may not watch" }, { "retry-after": "7" });
    await expect(eventsOf()).rejects.toMatchObject({ code: 403, message: "may not watch", retryAfterSeconds: 7 });
  });

  test("whose connection is cut in the middle of an event throws", async () => {
    answering = (request, response) => {
      response.writeHead(200);
      response.write('{"type":"ADDED",', () => request.socket.destroy());
    };
    await expect(eventsOf()).rejects.toMatchObject({ code: 0 });
  });

  test("ends when it is called off", async () => {
    const abort = new AbortController();
    answering = (_request, response) => {
      response.writeHead(200);
      response.write('{"type":"ADDED","object":{}}\n');
      setImmediate(() => abort.abort());
    };
    await expect(eventsOf(abort.signal)).rejects.toMatchObject({ code: 0 });
  });
});

test("paths of resources of the core group, in a namespace, outside one, and of odd names", async () => {
  answering = (request, response) => json(response, 200, { call: `${request.method} ${request.url}` });
  const resource = { group: "", version: "v1", plural: "configmaps" };
  const configMaps = resourceClient(client, resource, { fieldManager: "a b" });
  expect(await configMaps.get({ name: "one", namespace: "barn" })).toEqual({
    call: "GET /behind/api/v1/namespaces/barn/configmaps/one",
  });
  expect(await configMaps.patch({ name: "a/b?c" }, {}, { subresource: "status" })).toEqual({
    call: "PATCH /behind/api/v1/configmaps/a%2Fb%3Fc/status?fieldManager=a%20b",
  });
  await expect(configMaps.get({ name: "" })).rejects.toThrow("an object of configmaps has no name");
});
