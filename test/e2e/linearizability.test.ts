import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { serverProcess, type ServerProcess } from "../linearizability/server-process.ts";
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
