import { expect, test } from "vitest";
import { openEtcdStorage } from "../../runtime/storage/etcd/etcd.ts";
import { startEtcd, type Etcd } from "../etcd/etcd.ts";
import { startTraffic } from "../etcd/traffic.ts";

const limits = { openTimeoutMs: 1_000 };

async function withEtcd(mutual: boolean, run: (etcd: Etcd) => Promise<void>): Promise<void> {
  const etcd = await startEtcd({ tls: { mutual } });
  try {
    await run(etcd);
  } finally {
    await etcd.stop();
  }
}

test("with TLS the server is verified, and a certificate of the client is not needed", async () => {
  await withEtcd(false, async ({ endpoints, tls }) => {
    const storage = await openEtcdStorage({ endpoints, tls: { ca: tls?.ca ?? "" } });
    const entry = await storage.put("/tls/a", new Uint8Array(1_000_000), "absent");
    expect((await storage.get("/tls/a"))?.revision).toBe(entry.revision);
    await storage.close();
    await expect(openEtcdStorage({ endpoints, limits })).rejects.toThrow(/certificate/);
    const plain = endpoints.map((endpoint) => endpoint.replace("https:", "http:"));
    await expect(openEtcdStorage({ endpoints: plain, limits })).rejects.toThrow(/cannot open etcd/);
  });
});

test("with mutual TLS a client needs a certificate; with one, reads, writes and watches work", async () => {
  await withEtcd(true, async ({ endpoints, tls }) => {
    const { ca = "", cert = "", key = "" } = tls ?? {};
    const storage = await openEtcdStorage({ endpoints, tls: { ca, cert, key } });
    const traffic = await startTraffic(storage, "/tls/");
    await traffic.more(100);
    await traffic.check();
    await storage.close();
    await expect(openEtcdStorage({ endpoints, tls: { ca }, limits })).rejects.toThrow(/certificate/i);
  });
});
