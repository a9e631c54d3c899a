import { setTimeout } from "node:timers/promises";
import { test } from "vitest";
import { startEtcd, type Etcd, type EtcdOptions } from "../etcd/etcd.ts";
import { tellImpossible } from "../etcd/impossible-tests.ts";
import { canUseNamespaces } from "../etcd/namespaces.ts";
import { expectSound, inFolder, killOften, kills, patienceMs } from "../linearizability/expect-sound.ts";
import { serverProcess, type ServerProcess } from "../linearizability/server-process.ts";
import type { Trial } from "../linearizability/trial.ts";

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

/** Fills etcd's quota but for a little, which the clients fill; then makes room and lifts the alarm, as its manual says. */
async function fillQuota(etcd: Etcd, trial: Trial): Promise<void> {
  const [key, value] = ["filler", "x".repeat(1_000_000)].map((text) => Buffer.from(text).toString("base64"));
  for (let megabyte = 0; megabyte < 3; megabyte++) await ask(etcd, "kv/put", { key, value });
  await trial.checkpoint();
  const before = trial.refusedWrites();
  while (trial.refusedWrites() < before + 20) await setTimeout(50);
  await ask(etcd, "kv/compaction", { revision: String(trial.recorded()), physical: true });
  await ask(etcd, "maintenance/defragment", {});
  const { alarms } = (await ask(etcd, "maintenance/alarm", { action: "GET" })) as { alarms: readonly object[] };
  for (const alarm of alarms) await ask(etcd, "maintenance/alarm", { action: "DEACTIVATE", ...alarm });
  // Clients write again, and fill what is left.
  await setTimeout(2_000);
}

/** Asks etcd's gateway; gives what it answers. https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/ */
async function ask({ endpoints }: Etcd, call: string, body: object): Promise<unknown> {
  const answer = await fetch(`${endpoints[0]}/v3/${call}`, { method: "POST", body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`etcd answered ${call} with ${answer.status}: ${text}`);
  return JSON.parse(text);
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

const hasNamespaces = await canUseNamespaces();
if (!hasNamespaces) tellImpossible("this user may not make network namespaces: no member is cut off");
const possible = etcdTrials.filter(({ etcd }) => etcd.namespaces !== true || hasNamespaces);

for (const { name, etcd: options, disturb } of possible) {
  test(
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
