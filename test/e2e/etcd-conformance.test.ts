import { afterAll, beforeAll, test } from "vitest";
import { openEtcdStorage } from "../../runtime/storage/etcd/etcd.ts";
import { storageConformance } from "../../runtime/testing/index.ts";
import { startEtcd, type Etcd } from "../etcd/etcd.ts";

/** Short, so that a reader falls behind without thousands of writes. */
const watchBufferChangesMax = 40;

let etcd: Etcd;

beforeAll(async () => {
  etcd = await startEtcd();
});

afterAll(() => etcd.stop());

storageConformance("etcd", {
  open: () => openEtcdStorage({ endpoints: etcd.endpoints, limits: { watchBufferChangesMax } }),
  test,
  watchBufferChangesMax,
});
