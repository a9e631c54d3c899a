import { afterEach, beforeEach, expect, test } from "vitest";
import type { Cat } from "../../apis/animal/v1alpha1/cat_types.ts";
import { systemClock } from "../../runtime/controller/clock.ts";
import { Informer } from "../../runtime/controller/informer.ts";
import type { KubeClient } from "../../runtime/controller/kube-client.ts";
import { logTo } from "../../runtime/controller/log.ts";
import type { Selection } from "../../runtime/controller/resource-client.ts";
import { cats, newCat, startCatCluster, type CatCluster } from "./cat-cluster.ts";

let cluster: CatCluster;
let stop: AbortController;
let lines: string[];

beforeEach(async () => {
  cluster = await startCatCluster();
  stop = new AbortController();
  lines = [];
});
afterEach(async () => {
  stop.abort();
  await cluster.close();
});

interface Watched {
  readonly informer: Informer<Cat>;
  /** Such as `+one`, `~one`, `=one` of a resync, `-one`. */
  readonly told: string[];
}

interface How {
  readonly selection?: Selection;
  readonly resyncPeriodMs?: number;
  readonly client?: KubeClient;
}

function inform({ selection = {}, resyncPeriodMs = 0, client = cluster.client }: How = {}): Watched {
  const log = logTo({ write: (line) => void lines.push(line) });
  const informer = new Informer<Cat>(
    { resource: cats, selection, resyncPeriodMs },
    { client, clock: systemClock, log },
  );
  const told: string[] = [];
  informer.subscribe({
    changed({ metadata: { name } }, before) {
      told.push(`${before === undefined ? "+" : "~"}${name}`);
    },
    gone: ({ metadata: { name } }) => void told.push(`-${name}`),
  });
  void informer.run(stop.signal);
  return { informer, told };
}

/** A client that notes the requests that go through it. */
function noting(client: KubeClient, paths: string[]): KubeClient {
  return {
    config: client.config,
    request: (call) => (paths.push(call.path), client.request(call)),
    watch: (path, signal) => (paths.push(path), client.watch(path, signal)),
    close: () => client.close(),
  };
}

async function createMany(count: number): Promise<void> {
  for (let first = 0; first < count; first += 100) {
    const names = Array.from({ length: Math.min(100, count - first) }, (_, index) => `cat-${first + index}`);
    await Promise.all(names.map((name) => cluster.cats.create(newCat(name))));
  }
}

const patience = { timeout: 20_000 };

test("tells of what is there, and of what changes", async () => {
  await cluster.cats.create(newCat("one"));
  const { informer, told } = inform();
  await informer.synced;
  expect(told).toEqual(["+one"]);
  await cluster.cats.create(newCat("two"));
  await cluster.cats.patch({ name: "one", namespace: "default" }, { spec: { lives: 3 } });
  await cluster.cats.delete({ name: "two", namespace: "default" });
  await expect.poll(() => told, patience).toEqual(["+one", "+two", "~one", "-two"]);
  const known = informer.store.get({ name: "one", namespace: "default" });
  expect(known?.spec.lives).toBe(3);
  expect(Object.isFrozen(known?.spec)).toBe(true);
  expect(informer.store.size).toBe(1);
});

test("a handler that comes later is told of what is there", async () => {
  await cluster.cats.create(newCat("one"));
  const { informer } = inform();
  await informer.synced;
  const late: unknown[] = [];
  informer.subscribe({ changed: ({ metadata: { name } }) => void late.push(name), gone: () => undefined });
  expect(late).toEqual(["one"]);
});

test("a handler that fails keeps no other from hearing", async () => {
  const { informer, told } = inform();
  informer.subscribe({
    changed: () => {
      throw new Error("mine");
    },
    gone: () => undefined,
  });
  const after: unknown[] = [];
  informer.subscribe({ changed: ({ metadata: { name } }) => void after.push(name), gone: () => undefined });
  await cluster.cats.create(newCat("one"));
  await expect.poll(() => after, patience).toEqual(["one"]);
  expect(told).toEqual(["+one"]);
  expect(lines.join("")).toMatch(/a handler of an informer failed.*err="mine"/);
});

test("lists page by page, and watches from there with bookmarks", async () => {
  await createMany(1001);
  const paths: string[] = [];
  const { informer } = inform({ client: noting(cluster.client, paths) });
  await informer.synced;
  expect(informer.store.size).toBe(1001);
  expect(paths.slice(0, 3).map((path) => [path.includes("limit=500"), path.includes("continue=")])).toEqual([
    [true, false],
    [true, true],
    [true, true],
  ]);
  const revision = await cluster.storage.currentRevision();
  const watch = `watch=true&allowWatchBookmarks=true&resourceVersion=${revision}&timeoutSeconds=`;
  await expect.poll(() => paths[3], patience).toContain(watch);
});

test("goes on where a connection was cut, without listing again", async () => {
  await cluster.cats.create(newCat("one"));
  const paths: string[] = [];
  const { informer, told } = inform({ client: noting(cluster.client, paths) });
  await informer.synced;
  await cluster.cats.create(newCat("two"));
  await expect.poll(() => told, patience).toEqual(["+one", "+two"]);
  cluster.proxy.cut();
  await cluster.cats.create(newCat("three"));
  await cluster.cats.delete({ name: "one", namespace: "default" });
  await expect.poll(() => told, patience).toEqual(["+one", "+two", "+three", "-one"]);
  expect(paths.filter((path) => !path.includes("watch=true"))).toHaveLength(1);
  expect(informer.trouble).toBeUndefined();
  expect(lines.join("")).toMatch(/cannot watch cats[\s\S]*cats can be read again/);
});

test("lists again where the history that it needs is gone, and tells of the difference alone", async () => {
  for (const name of ["kept", "changed", "deleted", "replaced"]) await cluster.cats.create(newCat(name));
  const paths: string[] = [];
  const { informer, told } = inform({ client: noting(cluster.client, paths) });
  await informer.synced;
  await expect.poll(() => paths.length, patience).toBe(2);
  told.length = 0;
  cluster.proxy.cut();
  const place = (name: string): { name: string; namespace: string } => ({ name, namespace: "default" });
  await cluster.cats.patch(place("changed"), { spec: { lives: 1 } });
  await cluster.cats.delete(place("deleted"));
  await cluster.cats.delete(place("replaced"));
  await cluster.cats.create(newCat("replaced"));
  await cluster.cats.create(newCat("new"));
  await cluster.storage.compact(await cluster.storage.currentRevision());
  await expect
    .poll(() => told.toSorted(), patience)
    .toEqual(["+new", "+replaced", "-deleted", "-replaced", "~changed"]);
  expect(paths.filter((path) => !path.includes("watch=true"))).toHaveLength(2);
  expect(informer.store.list().map(({ metadata: { name } }) => name)).toHaveLength(4);
});

test("a list whose pages get too old on the way is asked for whole", async () => {
  await createMany(501);
  const { client } = cluster;
  const paths: string[] = [];
  const compacting: KubeClient = {
    ...noting(client, paths),
    async request(call) {
      paths.push(call.path);
      if (call.path.includes("continue=")) {
        await cluster.cats.create(newCat("late"));
        await cluster.storage.compact(await cluster.storage.currentRevision());
      }
      return client.request(call);
    },
  };
  const { informer } = inform({ client: compacting });
  await informer.synced;
  expect(informer.store.size).toBe(502);
  expect(paths[2]).not.toMatch(/limit|continue/);
});

test("tells of all again at a resync", async () => {
  await cluster.cats.create(newCat("one"));
  const { informer } = inform({ resyncPeriodMs: 20 });
  let resyncs = 0;
  informer.subscribe({
    changed: (object, before) => {
      if (object === before) resyncs += 1;
    },
    gone: () => undefined,
  });
  await expect.poll(() => resyncs, patience).toBeGreaterThan(3);
});

test("knows only what it selects", async () => {
  const { informer, told } = inform({ selection: { namespace: "barn", labelSelector: "color=black" } });
  await informer.synced;
  await cluster.cats.create(newCat("elsewhere", {}, { labels: { color: "black" } }));
  await cluster.cats.create(newCat("white", {}, { namespace: "barn", labels: { color: "white" } }));
  await cluster.cats.create(newCat("black", {}, { namespace: "barn", labels: { color: "black" } }));
  await expect.poll(() => told, patience).toEqual(["+black"]);
  // What is no longer selected is gone.
  await cluster.cats.patch({ name: "black", namespace: "barn" }, { metadata: { labels: { color: "grey" } } });
  await expect.poll(() => told, patience).toEqual(["+black", "-black"]);
});

test("finds objects by index, by owner and by namespace", async () => {
  const { informer } = inform();
  informer.store.addIndexes({ breed: ({ spec: { breed } }) => (breed === undefined ? [] : [breed]) });
  const owner = { apiVersion: "v1", kind: "Owner", name: "o", uid: "u-1" };
  await cluster.cats.create(newCat("one", { breed: "manx" }, { ownerReferences: [owner] }));
  await cluster.cats.create(newCat("two", { breed: "manx" }, { namespace: "barn" }));
  await expect.poll(() => informer.store.size, patience).toBe(2);
  const names = (found: readonly Readonly<Cat>[]): string[] => found.map(({ metadata: { name } }) => String(name));
  expect(names(informer.store.byIndex("breed", "manx")).toSorted()).toEqual(["one", "two"]);
  expect(names(informer.store.ownedBy("u-1"))).toEqual(["one"]);
  expect(names(informer.store.list("barn"))).toEqual(["two"]);
  await cluster.cats.delete({ name: "one", namespace: "default" });
  await expect.poll(() => names(informer.store.byIndex("breed", "manx")), patience).toEqual(["two"]);
  expect(informer.store.ownedBy("u-1")).toEqual([]);
  expect(() => informer.store.byIndex("color", "black")).toThrow("there is no index color");
});

test("says why it cannot list, and lists once it can", async () => {
  const client = cluster.client;
  let mayList = false;
  const refused: KubeClient = {
    ...noting(client, []),
    request: (call) => client.request(mayList ? call : { ...call, path: call.path.replace("/cats", "/dogs") }),
  };
  const { informer } = inform({ client: refused });
  await expect.poll(() => informer.trouble, patience).toMatch(/^cannot list cats: .*could not find/);
  expect(informer.hasSynced).toBe(false);
  mayList = true;
  await informer.synced;
  expect(informer.trouble).toBeUndefined();
});
