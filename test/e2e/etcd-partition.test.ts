import { expect, test } from "vitest";
import { openEtcdStorage } from "../../runtime/storage/etcd/etcd.ts";
import { startEtcd } from "../etcd/etcd.ts";
import { canUseNamespaces } from "../etcd/namespaces.ts";
import { startTraffic } from "../etcd/traffic.ts";

const possible = await canUseNamespaces();

test.runIf(possible)("a member that is cut off from the others is left, and no write or event is lost", async () => {
  const etcd = await startEtcd({ members: 3, namespaces: true });
  try {
    for (const cutOff of [0, await etcd.leader()]) {
      const first = etcd.endpoints[cutOff] ?? expect.fail("no such member");
      const others = etcd.endpoints.filter((endpoint) => endpoint !== first);
      const storage = await openEtcdStorage({ endpoints: [first, ...others] });
      const traffic = await startTraffic(storage, `/partition/${cutOff}/${Math.random()}/`);
      await traffic.more(50);
      await etcd.partition(cutOff);
      await traffic.more(50);
      await etcd.heal(cutOff);
      await traffic.more(50);
      await traffic.check();
      await storage.close();
    }
  } finally {
    await etcd.stop();
  }
});
