import { afterAll, beforeAll, test } from "vitest";
import { cachedStorage } from "../../runtime/storage/cache/cached-storage.ts";
import { openEtcdStorage } from "../../runtime/storage/etcd/etcd.ts";
import { storageConformance } from "../../runtime/testing/storage-conformance.ts";
import { startEtcd, type Etcd } from "../etcd/etcd.ts";

let etcd: Etcd;

beforeAll(async () => {
  etcd = await startEtcd();
});

afterAll(() => etcd.stop());

storageConformance("cache around etcd", {
  open: async () => {
    const storage = await openEtcdStorage({ endpoints: etcd.endpoints });
    const limits = { watchBufferChangesMax: 100, unindexedKeysMax: 0 };
    const cache = cachedStorage(storage, { prefixes: ["/conformance/", "/other/"], limits });
    await cache.ready();
    return cache;
  },
  test,
  watchBufferChangesMax: 100,
});
