import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { clusterClient, ClusterError, type ClusterClient } from "../../runtime/cluster/client.ts";
import type { ClusterConfig } from "../../runtime/cluster/config.ts";
import { issueAuthority } from "../../runtime/start/issue-certificates.ts";
import { clientCertificate, startKubeApi, status, type KubeApi } from "./kube-api.ts";

let api: KubeApi;
let folder: string;
const clients: ClusterClient[] = [];

beforeEach(async () => {
  api = await startKubeApi(({ json }) => json(200, {}));
  folder = await mkdtemp(join(tmpdir(), "cluster-client-"));
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const client of clients.splice(0)) client.close();
  await api.close();
  await rm(folder, { recursive: true });
});

function connect(more: Partial<ClusterConfig> = {}): ClusterClient {
  const client = clusterClient({ ...api.config, ...more });
  clients.push(client);
  return client;
}

function failureOf(promise: Promise<unknown>): Promise<ClusterError> {
  return promise.then(
    () => expect.unreachable("it should have failed"),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ClusterError);
      return error as ClusterError;
    },
  );
}

test("a request is made as JSON, below the server's path, with the token", async () => {
  api.answer = ({ json, body, url, request }) =>
    json(201, { body, path: url.pathname, method: request.method, token: request.headers.authorization });
  const client = connect({ server: new URL(`https://127.0.0.1:${api.port}/k8s/c1/`), token: { text: "t\n" } });
  const answer = await client.request({ method: "POST", path: "/apis/x/y", body: { a: "ü" } });
  expect(answer).toEqual({ body: { a: "ü" }, path: "/k8s/c1/apis/x/y", method: "POST", token: "Bearer t" });
});

test("connections are used again", async () => {
  const sockets = new Set<Socket>();
  api.answer = ({ json, request }) => {
    sockets.add(request.socket);
    json(200, {});
  };
  const client = connect();
  for (let i = 0; i < 3; i++) await client.request({ method: "GET", path: "/" });
  expect(sockets.size).toBe(1);
});

test("a refusal has the code, reason and message of its Status, and how long to wait", async () => {
  api.answer = ({ json }) => json(429, status(429, "TooManyRequests", "later"), { "retry-after": "3" });
  const error = await failureOf(connect().request({ method: "GET", path: "/" }));
  expect(error).toMatchObject({ code: 429, reason: "TooManyRequests", message: "later", retryAfterSeconds: 3 });
});

test("a refusal that is no Status is told with its code", async () => {
  api.answer = ({ response }) => response.writeHead(502).end("<html>");
  expect(await failureOf(connect().request({ method: "GET", path: "/" }))).toMatchObject({
    code: 502,
    message: "<html>",
  });
});

test("a redirect is not followed: the credential is for this server", async () => {
  api.answer = ({ response }) => response.writeHead(302, { location: "https://127.0.0.1:1/" }).end();
  expect(await failureOf(connect().request({ method: "GET", path: "/" }))).toMatchObject({ code: 302 });
});

test("an answer that is no JSON is no answer", async () => {
  api.answer = ({ response }) => response.end("hello");
  expect(await failureOf(connect().request({ method: "GET", path: "/" }))).toMatchObject({ code: 0 });
});

test("a server that is not there has the code 0", async () => {
  const client = connect();
  await api.close();
  const error = await failureOf(client.request({ method: "GET", path: "/" }));
  expect(error).toMatchObject({ code: 0, reason: "Unreachable" });
  expect(error.message).toContain(`https://127.0.0.1:${api.port}: connect ECONNREFUSED`);
});

test.each(["no answer at all", "an answer without end"])("%s is given up in time", async (what) => {
  api.answer = ({ response }) => {
    if (what === "an answer without end") response.writeHead(200).write("{");
  };
  const error = await failureOf(connect().request({ method: "GET", path: "/", timeoutMs: 100 }));
  expect(error).toMatchObject({ code: 0, reason: "Timeout" });
});

test("what nobody waits for any more is ended", async () => {
  const abort = new AbortController();
  api.answer = () => abort.abort();
  const error = await failureOf(connect().request({ method: "GET", path: "/", signal: abort.signal }));
  expect(error).toMatchObject({ code: 0, reason: "Aborted" });
});

test("a server whose certificate another authority signed is not talked to", async () => {
  const { certificate } = await issueAuthority(new Date());
  const error = await failureOf(
    connect({ authority: { text: certificate }, token: { text: "secret" } }).request({ method: "GET", path: "/" }),
  );
  expect(error.code).toBe(0);
  expect(api.asked).toEqual([]);
});

test("the server's certificate must be for the name that is asked for", async () => {
  await connect({ serverName: "localhost" }).request({ method: "GET", path: "/" });
  const error = await failureOf(connect({ serverName: "other" }).request({ method: "GET", path: "/" }));
  expect(error.message).toContain("other");
  expect(api.asked).toHaveLength(1);
});

test("a request meets a connection that the server has just closed, and is made again", async () => {
  const client = connect();
  await client.request({ method: "GET", path: "/" });
  let closed = 0;
  api.answer = ({ json, request }) => {
    if (closed++ === 0) request.socket.destroy();
    else json(200, { again: true });
  };
  const path = "/apis/authentication.k8s.io/v1/tokenreviews";
  expect(await client.request({ method: "POST", path, body: {} })).toEqual({ again: true });
});

test("what may not be done twice is not", async () => {
  const client = connect();
  await client.request({ method: "GET", path: "/" });
  api.answer = ({ request }) => request.socket.destroy();
  await failureOf(client.request({ method: "POST", path: "/api/v1/namespaces", body: {} }));
  expect(api.asked).toHaveLength(2);
});

/** Moves the clock on, from where it was moved to before. */
const aMinuteLater = (): void => {
  const nowMs = performance.now();
  vi.restoreAllMocks();
  const aheadMs = nowMs - performance.now() + 61_000;
  const { timeOrigin } = performance;
  vi.spyOn(performance, "now").mockImplementation(() => Date.now() - timeOrigin + aheadMs);
};

test("a token file is read again after a minute, and kept while it cannot be read", async () => {
  const file = join(folder, "token");
  await writeFile(file, "one");
  const client = connect({ token: { file } });
  api.answer = ({ json, request }) => json(200, request.headers.authorization);
  const token = (): Promise<unknown> => client.request({ method: "GET", path: "/" });
  expect(await token()).toBe("Bearer one");
  await writeFile(file, "two");
  expect(await token()).toBe("Bearer one");
  aMinuteLater();
  expect(await token()).toBe("Bearer two");
  await rm(file);
  aMinuteLater();
  expect(await token()).toBe("Bearer two");
});

test("a token that is refused is read again for the next request", async () => {
  const file = join(folder, "token");
  await writeFile(file, "old");
  const client = connect({ token: { file } });
  api.answer = ({ json, request }) =>
    request.headers.authorization === "Bearer new"
      ? json(200, "welcome")
      : json(401, status(401, "Unauthorized", "Unauthorized"));
  expect(await failureOf(client.request({ method: "GET", path: "/" }))).toMatchObject({ code: 401 });
  await writeFile(file, "new");
  expect(await client.request({ method: "GET", path: "/" })).toBe("welcome");
});

test("a client certificate is read again; a half that does not fit is waited out", async () => {
  const [first, second] = [await clientCertificate(api, "one"), await clientCertificate(api, "two")];
  const files = { certificate: join(folder, "crt"), key: join(folder, "key") };
  const write = (name: "certificate" | "key", from: typeof first): Promise<void> =>
    writeFile(files[name], "text" in from[name] ? from[name].text : "");
  await write("certificate", first);
  await write("key", first);
  const client = connect({ clientCertificate: { certificate: { file: files.certificate }, key: { file: files.key } } });
  api.answer = ({ json, request }) => json(200, (request.socket as TLSSocket).getPeerCertificate().subject.CN);
  const name = (): Promise<unknown> => client.request({ method: "GET", path: "/" });
  expect(await name()).toBe("one");
  await write("certificate", second);
  aMinuteLater();
  expect(await name()).toBe("one");
  await write("key", second);
  aMinuteLater();
  expect(await name()).toBe("two");
});

test("a credential that was never readable is told of", async () => {
  const error = await failureOf(
    connect({ token: { file: join(folder, "none") } }).request({ method: "GET", path: "/" }),
  );
  expect(error).toMatchObject({ code: 0 });
  expect(error.message).toContain("ENOENT");
});

async function eventsOf(client: ClusterClient): Promise<{ events: unknown[]; error: unknown }> {
  const events: unknown[] = [];
  try {
    for await (const event of client.watch("/w", new AbortController().signal)) events.push(event);
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
}

test("a watch gives its events, however they are cut", async () => {
  const lines = `{"type":"ADDED","object":{"a":"ü"}}\n{"type":"DELETED","object":{}}\n`;
  api.answer = ({ response }) => {
    const bytes = Buffer.from(lines);
    const cuts = [0, 5, 30, 31, 32, 50, bytes.length];
    const send = (index: number): void => {
      if (index === cuts.length) response.end();
      else response.write(bytes.subarray(cuts[index - 1], cuts[index]), () => setImmediate(send, index + 1));
    };
    response.writeHead(200);
    send(1);
  };
  const { events, error } = await eventsOf(connect());
  expect(events).toEqual([
    { type: "ADDED", object: { a: "ü" } },
    { type: "DELETED", object: {} },
  ]);
  expect(error).toBeUndefined();
});

test.each<[string, (api: KubeApi) => void, object]>([
  [
    "an error among the events",
    (kube) => {
      kube.answer = ({ response }) =>
        response.end(`${JSON.stringify({ type: "ERROR", object: status(410, "Expired", "too old") })}\n`);
    },
    { code: 410, reason: "Expired" },
  ],
  [
    "a refusal",
    (kube) => {
      kube.answer = ({ json }) => json(403, status(403, "Forbidden", "no"));
    },
    { code: 403 },
  ],
  [
    "an event that is too long",
    (kube) => {
      kube.answer = ({ response }) => response.end(Buffer.alloc(17 * 1024 * 1024, "x"));
    },
    { code: 0 },
  ],
  [
    "a connection that breaks",
    (kube) => {
      kube.answer = ({ response }) => response.writeHead(200).write("{", () => response.destroy());
    },
    { code: 0, reason: "Unreachable" },
  ],
])("a watch ends with %s", async (_what, prepare, expected) => {
  prepare(api);
  const { events, error } = await eventsOf(connect());
  expect(events).toEqual([]);
  expect(error).toMatchObject(expected);
});

test("closing the client ends its watches", async () => {
  const client = connect();
  api.answer = ({ response }) => response.writeHead(200).write(`{"type":"ADDED","object":{}}\n`);
  const types: string[] = [];
  const watching = async (): Promise<void> => {
    for await (const { type } of client.watch("/w", new AbortController().signal)) {
      types.push(type);
      client.close();
    }
  };
  expect(await failureOf(watching())).toMatchObject({ code: 0, reason: "Aborted" });
  expect(types).toEqual(["ADDED"]);
});
