import { expect, test } from "vitest";
import { openEtcdStorage } from "../../runtime/storage/etcd/etcd.ts";
import { StorageUnavailable } from "../../runtime/storage/storage.ts";
import { startEtcd } from "../etcd/etcd.ts";

test("when etcd is out of space, writes are refused for certain and told what to do, and reads go on", async () => {
  const etcd = await startEtcd({ extraArgs: ["--quota-backend-bytes=2000000"] });
  try {
    const storage = await openEtcdStorage({ endpoints: etcd.endpoints });
    const value = new Uint8Array(200_000);
    let stored = 0;
    const full = await (async () => {
      for (; stored < 100; stored++) await storage.put(`/full/${stored}`, value, "absent");
      return undefined;
    })().catch((error: unknown) => error);
    expect(full).toBeInstanceOf(StorageUnavailable);
    expect(full).toMatchObject({
      uncertain: false,
      message: expect.stringMatching(/space exceeded; compact and defragment/),
    });
    expect((await storage.list("/full/")).entries).toHaveLength(stored);
    expect(await storage.get(`/full/${stored}`)).toBeUndefined();
    await storage.close();
  } finally {
    await etcd.stop();
  }
});
