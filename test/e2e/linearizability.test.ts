import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { serverProcess, type ServerProcess } from "../linearizability/server-process.ts";
import { etcdBinary } from "../etcd/binary.ts";
import { startEtcd, type Etcd, type EtcdOptions } from "../etcd/etcd.ts";
import { canUseNamespaces } from "../etcd/namespaces.ts";
import { smallDisk } from "../linearizability/small-disk.ts";
import { runTrial, type Trial } from "../linearizability/trial.ts";

/** How often a server is killed in each of the trials that do so. */
const kills = Number(process.env["E2E_KILLS"] ?? 100);
const patienceMs = 15 * 60_000;

/** Runs a trial on a server with data of its own, prints what came of it, and expects that nothing is wrong. */
async function expectSound(
  name: string,
  server: ServerProcess,
  disturb: (trial: Trial) => Promise<void>,
): Promise<void> {
  await server.start();
  try {
    const { problems, summary } = await runTrial(server, disturb);
    console.log(`${name}: ${summary}`);
    expect(problems).toEqual([]);
  } finally {
    await server.kill();
  }
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "linearizability-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Kills the server, again and again, at moments that nobody knows. */
async function killOften(server: ServerProcess, { checkpoint }: Trial): Promise<void> {
  for (let kill = 1; kill <= kills; kill++) {
    await setTimeout(50 + Math.random() * 400);
    await server.kill();
    await server.start();
    if (kill % 20 === 0) await checkpoint();
  }
}

test(
  "on LMDB, a server that is killed again and again loses and repeats nothing",
  () =>
    inFolder(async (folder) => {
      const server = await serverProcess(folder, []);
      await expectSound(`LMDB, ${kills} kills`, server, (trial) => killOften(server, trial));
    }),
  patienceMs,
);

test(
  "on LMDB, a disk that is full again and again loses and repeats nothing, and writes go on once there is room",
  async ({ skip }) => {
    const disk = await smallDisk(48);
    if (disk === undefined) return skip("this user may not mount file systems");
    try {
      const server = await serverProcess(disk.folder, []);
      let refused = 0;
      await expectSound("LMDB, a full disk", server, async ({ refusedWrites }) => {
        for (let time = 0; time < 5; time++) {
          await setTimeout(1_000);
          disk.fill();
          const before = refusedWrites();
          while (refusedWrites() < before + 20) await setTimeout(50);
          disk.clear();
          refused += refusedWrites() - before;
        }
      });
      console.log(`LMDB, a full disk: ${refused} writes were answered 5xx`);
    } finally {
      await disk.remove();
    }
  },
  patienceMs,
);

/** What an etcd has to go through, and our server with it. */
interface EtcdTrial {
  readonly name: string;
  readonly etcd: EtcdOptions;
  readonly disturb: (etcd: Etcd, server: ServerProcess, trial: Trial) => Promise<void>;
}

const rounds = 4;
/** Longer than a member needs to notice that the leader is gone. */
const troubleMs = 3_000;

/** Makes trouble for a member and ends it, in turn, with some quiet before each. */
async function inTurn(begin: (round: number) => Promise<() => Promise<void> | void>): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await setTimeout(1_000);
    const end = await begin(round);
    await setTimeout(troubleMs);
    await end();
  }
  await setTimeout(1_000);
}

/** The leader, and in every other round one of the others. */
async function victim(etcd: Etcd, round: number): Promise<number> {
  const leader = await etcd.leader();
  return round % 2 === 0 ? leader : (leader + 1) % etcd.members.length;
}

/** Lets etcd fill its quota; then makes room and lifts the alarm, as its manual says. */
async function fillQuota(etcd: Etcd, trial: Trial): Promise<void> {
  for (let time = 0; time < 2; time++) {
    await trial.checkpoint();
    const before = trial.refusedWrites();
    while (trial.refusedWrites() < before + 20) await setTimeout(50);
    await ask(etcd, "kv/compaction", { revision: String(trial.recorded()), physical: true });
    await ask(etcd, "maintenance/defragment", {});
    await ask(etcd, "maintenance/alarm", { action: "DEACTIVATE", memberID: "0", alarm: "NOSPACE" });
  }
}

/** Asks etcd's gateway. https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/ */
async function ask({ endpoints }: Etcd, call: string, body: object): Promise<void> {
  const answer = await fetch(`${endpoints[0]}/v3/${call}`, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`etcd answered ${call} with ${answer.status}: ${await answer.text()}`);
}

const etcdTrials: readonly EtcdTrial[] = [
  { name: `${kills} kills of the server`, etcd: {}, disturb: (_etcd, server, trial) => killOften(server, trial) },
  {
    name: "the leader among three members killed",
    etcd: { members: 3 },
    disturb: (etcd) =>
      inTurn(async () => {
        const member = etcd.members[await etcd.leader()];
        await member?.kill();
        return () => member?.restart();
      }),
  },
  {
    name: "a member of three paused",
    etcd: { members: 3 },
    disturb: (etcd) =>
      inTurn(async (round) => {
        const member = etcd.members[await victim(etcd, round)];
        member?.pause();
        return () => member?.resume();
      }),
  },
  {
    name: "a member of three cut off",
    etcd: { members: 3, namespaces: true },
    disturb: (etcd) =>
      inTurn(async (round) => {
        const member = await victim(etcd, round);
        await etcd.partition(member);
        return () => etcd.heal(member);
      }),
  },
  {
    name: "a full quota",
    etcd: { extraArgs: ["--quota-backend-bytes=6000000"] },
    disturb: (etcd, _server, trial) => fillQuota(etcd, trial),
  },
];

const hasEtcd = (await etcdBinary()) !== undefined;
const hasNamespaces = await canUseNamespaces();

for (const { name, etcd: options, disturb } of etcdTrials) {
  test.skipIf(!hasEtcd || (options.namespaces === true && !hasNamespaces))(
    `on etcd, ${name}: nothing is lost and nothing repeated`,
    () =>
      inFolder(async (folder) => {
        const etcd = await startEtcd(options);
        try {
          const flags = [`--etcd-servers=${etcd.endpoints.join(",")}`, "--etcd-compaction-interval=0"];
          const server = await serverProcess(folder, flags);
          await expectSound(`etcd, ${name}`, server, (trial) => disturb(etcd, server, trial));
        } finally {
          await etcd.stop();
        }
      }),
    patienceMs,
  );
}
