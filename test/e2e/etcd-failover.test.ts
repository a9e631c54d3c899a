import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from "vitest";
import { openEtcdStorage } from "../../runtime/storage/etcd/etcd.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { StorageUnavailable } from "../../runtime/storage/storage.ts";
import { startEtcd, type Etcd, type EtcdMember } from "../etcd/etcd.ts";
import { startTraffic } from "../etcd/traffic.ts";

let etcd: Etcd;
let storage: Storage;
let prefix: string;
let count = 0;

beforeAll(async () => {
  etcd = await startEtcd({ members: 3 });
});

beforeEach(async () => {
  await etcd.healthy();
  prefix = `/failover/${count++}/`;
  storage = await openEtcdStorage({ endpoints: etcd.endpoints });
});

afterEach(async () => {
  await storage.close();
});

afterAll(() => etcd.stop());

/** The first endpoint is the one that a new store connects to. */
function connected(): EtcdMember {
  return etcd.members[0] ?? expect.fail("no members");
}

/** The others would not elect the member that has just come back, so this moves nothing but the leader. */
async function leader(): Promise<EtcdMember> {
  return etcd.members[await etcd.leader()] ?? expect.fail("no leader");
}

test("when the member that serves us is killed, reads go on elsewhere and no write or event is lost", async () => {
  const traffic = await startTraffic(storage, prefix);
  await traffic.more(50);
  await connected().kill();
  await traffic.more(50);
  await connected().restart();
  await traffic.more(50);
  await traffic.check();
});

test("when the leader is killed, no write or event is lost", async () => {
  const traffic = await startTraffic(storage, prefix);
  await traffic.more(50);
  const first = await leader();
  await first.kill();
  await traffic.more(50);
  await first.restart();
  await traffic.more(50);
  await traffic.check();
});

test("when the member that serves us stops in its tracks, it is noticed, and the work goes on elsewhere", async () => {
  const traffic = await startTraffic(storage, prefix);
  await traffic.more(50);
  const member = connected();
  member.pause();
  try {
    await traffic.more(50);
  } finally {
    member.resume();
  }
  await traffic.more(50);
  await traffic.check();
});

test("a read of a member that has stopped is answered by another one", async () => {
  const entry = await storage.put(`${prefix}a`, Buffer.from("1"), "absent");
  const member = connected();
  member.pause();
  try {
    expect((await storage.get(`${prefix}a`))?.revision).toBe(entry.revision);
    expect(await storage.currentRevision()).toBe(entry.revision);
  } finally {
    member.resume();
  }
});

test("a write that a stopped member has got is reported as uncertain, and not made again", async () => {
  const first = await storage.put(`${prefix}a`, Buffer.from("1"), "absent");
  const member = connected();
  member.pause();
  try {
    await expect(storage.put(`${prefix}a`, Buffer.from("2"), first.revision)).rejects.toMatchObject({
      name: "StorageUnavailable",
      uncertain: true,
    });
  } finally {
    member.resume();
  }
});

test("without a majority writes fail in time, and work again once there is one", async () => {
  const [, second, third] = etcd.members;
  if (second === undefined || third === undefined) throw new Error("there are three members");
  await second.kill();
  await third.kill();
  const writing = Promise.allSettled([
    storage.put(`${prefix}a`, Buffer.from("1"), "absent"),
    storage.put(`${prefix}b`, Buffer.from("1"), "absent"),
  ]);
  for (const result of await writing) {
    expect(result.status === "rejected" && result.reason).toBeInstanceOf(StorageUnavailable);
  }
  await second.restart();
  await third.restart();
  await etcd.healthy();
  const traffic = await startTraffic(storage, prefix);
  await traffic.more(20);
  await traffic.check();
});
