import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import {
  CustomObjectsApi,
  KubeConfig,
  ListWatch,
  makeInformer,
  type KubernetesListObject,
  type KubernetesObject,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scheme } from "../../generated/index.ts";
import { authenticateClientCertificate } from "../../runtime/auth/client-certificate.ts";
import { authorizeLocally } from "../../runtime/auth/local-authorizer.ts";
import { createServer, type Server } from "../../runtime/server.ts";
import { localCertificates } from "../../runtime/start/certificates.ts";
import { writeKubeconfig } from "../../runtime/start/kubeconfig.ts";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { writeCats, type CatServer } from "./cat-writers.ts";
import { EventWitness } from "./event-witness.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** How long there are writes, in seconds; in less than 20 not all may happen that is to be tried. */
const seconds = Number(process.env["E2E_INFORMER_SECONDS"] ?? 120);
const writers = 4;
const cats = { group: "animal.skai.io", version: "v1alpha1", plural: "cats" };
const path = `/apis/${cats.group}/${cats.version}/${cats.plural}`;

let folder: string;
let storage: Storage;
let server: Server;
let proxy: TcpProxy;
let kubeConfig: KubeConfig;
let direct: CatServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "informer-"));
  storage = await openLmdbStorage({ folder: join(folder, "store") });
  const certificates = await localCertificates(join(folder, "certificates"), "127.0.0.1", new Date());
  const { authority, serving, client } = certificates;
  server = createServer({
    scheme,
    storage,
    tls: { key: serving.key, cert: serving.certificate, clientCa: authority },
    authenticators: [authenticateClientCertificate],
    authorizer: authorizeLocally,
    version: "0",
    port: 0,
  });
  const port = await server.listen("127.0.0.1", 0);
  proxy = await startTcpProxy(port);
  const file = join(folder, "kubeconfig");
  const access = { host: "127.0.0.1", port: proxy.port, servingCertificate: serving.certificate, certificates };
  await writeKubeconfig(file, access);
  kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(file);
  direct = { port, authority, client };
});

afterAll(async () => {
  await proxy.close();
  await server.close();
  await storage.close();
  await rm(folder, { recursive: true });
});

type List = KubernetesListObject<KubernetesObject>;

async function list(labelSelector: string | undefined): Promise<List> {
  const selection = labelSelector === undefined ? {} : { labelSelector };
  const listed: unknown = await kubeConfig
    .makeApiClient(CustomObjectsApi)
    .listClusterCustomObject({ ...cats, ...selection });
  return listed as List;
}

/** What identifies an object in a certain state. */
function stateOf({ metadata }: KubernetesObject): string {
  return `${metadata?.namespace}/${metadata?.name} ${metadata?.uid} ${metadata?.resourceVersion}`;
}

/** What is looked at of a cat in the store. */
interface StoredCat {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels?: Record<string, string>;
  };
}

/** The states of all cats that the store holds, in order. */
async function stored(isWanted: (labels: Record<string, string>) => boolean): Promise<string[]> {
  const { entries } = await storage.list(`/registry/${cats.group}/${cats.plural}/`);
  return entries
    .map(({ value, revision }) => ({ ...(JSON.parse(new TextDecoder().decode(value)) as StoredCat), revision }))
    .filter(({ metadata }) => isWanted(metadata.labels ?? {}))
    .map(({ metadata: { namespace, name, uid }, revision }) => `${namespace}/${name} ${uid} ${revision}`)
    .toSorted();
}

/** Starts the informer, and again whenever it gives up, as its documentation has it. Gives how often that was. */
function keepRunning(informer: ListWatch<KubernetesObject>, stopped: AbortSignal): () => number {
  let errors = 0;
  informer.on("error", () => {
    errors++;
    void setTimeout(Math.random() * 300).then(() => (stopped.aborted ? undefined : informer.start()));
  });
  void informer.start();
  return () => errors;
}

async function every(periodMs: number, stopped: AbortSignal, act: () => unknown): Promise<void> {
  while (!stopped.aborted) {
    await setTimeout(periodMs * (0.5 + Math.random()));
    await act();
  }
}

test(
  "informers have exactly what the store has, whatever becomes of their connections and of the history",
  async () => {
    const stopped = new AbortController();
    let relists = 0;
    // Watches that end by themselves, and soon.
    const all = makeInformer(kubeConfig, `${path}?timeoutSeconds=5`, () =>
      list(undefined),
    ) as ListWatch<KubernetesObject>;
    const inBarns = makeInformer(kubeConfig, path, () => list("home=barn"), "home=barn") as ListWatch<KubernetesObject>;
    const witness = new EventWitness();
    const witnessed = new ListWatch<KubernetesObject>(
      `${path}?allowWatchBookmarks=true&timeoutSeconds=3`,
      witness.watchOf(kubeConfig),
      async () => {
        const listed = await list(undefined);
        relists++;
        witness.listed(listed.items, listed.metadata?.resourceVersion ?? "");
        return listed;
      },
      false,
    );
    const informers = [all, inBarns, witnessed];
    const errors = informers.map((informer) => keepRunning(informer, stopped.signal));

    const writing = AbortSignal.timeout(seconds * 1_000);
    let cuts = 0;
    const compact = async (): Promise<void> => storage.compact(await storage.currentRevision());
    const troubles = [
      every(1_500, writing, async () => {
        cuts += proxy.cut();
        // Those who come back later than this are too late to go on from where they were.
        await setTimeout(100);
        await compact();
      }),
      every(700, writing, compact),
    ];
    const writes = await Promise.all(Array.from({ length: writers }, () => writeCats(direct, writing)));
    await Promise.all(troubles);

    const everything = await stored(() => true);
    const barns = await stored(({ home }) => home === "barn");
    const cached = (informer: ListWatch<KubernetesObject>): string[] => informer.list().map(stateOf).toSorted();
    await expect.poll(() => cached(witnessed), { timeout: 20_000 }).toEqual(everything);
    await expect.poll(() => cached(all), { timeout: 20_000 }).toEqual(everything);
    await expect.poll(() => cached(inBarns), { timeout: 20_000 }).toEqual(barns);
    stopped.abort();
    for (const informer of informers) await informer.stop();
    expect(witness.problems).toEqual([]);

    // All of it has happened that was to be tried.
    expect(writes.reduce((sum, count) => sum + count)).toBeGreaterThan(seconds * 20);
    expect(cuts).toBeGreaterThan(seconds / 5);
    expect(errors.every((count) => count() > 0)).toBe(true);
    expect(relists).toBeGreaterThan(1);
    expect([...witness.counts.keys()].toSorted()).toEqual(["ADDED", "BOOKMARK", "DELETED", "ERROR", "MODIFIED"]);
  },
  (seconds + 90) * 1_000,
);
