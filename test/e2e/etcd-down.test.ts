import { afterAll, beforeAll, expect, test } from "vitest";
import { scheme } from "../../generated/index.ts";
import { defaultKeyPrefix, keyRoots } from "../../runtime/registry/key-roots.ts";
import { createServer, type Server } from "../../runtime/server.ts";
import { cachedStorage } from "../../runtime/storage/cache/cached-storage.ts";
import { openEtcdStorage } from "../../runtime/storage/etcd/etcd.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { startEtcd, type Etcd } from "../etcd/etcd.ts";

const requestTimeoutMs = 4_000;
const cats = "/apis/animal.skai.io/v1alpha1/namespaces/barn/cats";

let etcd: Etcd;
let storage: Storage;
let server: Server;
let port: number;

beforeAll(async () => {
  etcd = await startEtcd();
  const limits = { requestTimeoutMs, healthCheckTimeoutMs: 1_000 };
  storage = cachedStorage(await openEtcdStorage({ endpoints: etcd.endpoints }), {
    prefixes: keyRoots(scheme, defaultKeyPrefix),
  });
  const user = { name: "ann", uid: "", groups: [], extra: {} };
  server = createServer({
    scheme,
    storage,
    storageName: "etcd",
    authenticators: [async () => user],
    authorizer: () => ({ allowed: true }),
    version: "0.0.0",
    port: 0,
    limits,
  });
  port = await server.listen("127.0.0.1", 0);
});

afterAll(async () => {
  await server.close();
  await storage.close();
  await etcd.stop();
});

async function ask(path: string, init: RequestInit = {}): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return { status: answer.status, text: await answer.text() };
}

function create(name: string) {
  const body = JSON.stringify({
    apiVersion: "animal.skai.io/v1alpha1",
    kind: "Cat",
    metadata: { name },
    spec: { name },
  });
  return ask(cats, { method: "POST", headers: { "content-type": "application/json" }, body });
}

const said = ["/apis", "/apis/animal.skai.io/v1alpha1", "/openapi/v2", "/openapi/v3", "/version", "/livez"];

async function expectDown(): Promise<void> {
  const startMs = performance.now();
  const writing = create("late");
  const reading = ask(cats);
  const ready = ask("/readyz");
  for (const path of said) expect([path, (await ask(path)).status]).toEqual([path, 200]);
  // What a client asks of any age is in memory.
  expect(await ask(`${cats}?resourceVersion=0`)).toMatchObject({ status: 200 });
  expect(await ready).toMatchObject({ status: 500, text: expect.stringContaining("[-]etcd failed") });
  for (const { status, text } of [await writing, await reading]) {
    expect([503, 504]).toContain(status);
    expect(JSON.parse(text)).toMatchObject({ kind: "Status", status: "Failure" });
  }
  expect(performance.now() - startMs).toBeLessThan(requestTimeoutMs + 10_000);
}

async function expectUp(): Promise<void> {
  const readyz = async (): Promise<number> => (await ask("/readyz")).status;
  await expect.poll(readyz, { timeout: 60_000, interval: 100 }).toBe(200);
  const list = async (): Promise<number> => (await ask(cats)).status;
  await expect.poll(list, { timeout: 60_000, interval: 100 }).toBe(200);
}

test("a server is ready once its watch cache has been filled", async () => {
  await expectUp();
  expect((await ask("/readyz?verbose")).text).toContain("[+]watch-cache ok");
  expect((await create("lucky")).status).toBe(201);
});

test.each([
  ["does not answer", () => etcd.members[0]?.pause(), () => etcd.members[0]?.resume()],
  ["is gone", () => etcd.members[0]?.kill(), () => etcd.members[0]?.restart()],
])(
  "while etcd %s the server tells what it serves and fails what it cannot serve, in time",
  { timeout: 120_000 },
  async (_what, fail, mend) => {
    await fail();
    await expectDown();
    await mend();
    await expectUp();
    expect(JSON.parse((await ask(cats)).text)).toMatchObject({ kind: "CatList" });
  },
);
