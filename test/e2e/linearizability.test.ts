import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { serverProcess } from "../linearizability/server-process.ts";
import { runTrial } from "../linearizability/trial.ts";

/** How often a server is killed in each of the trials that do so. */
const kills = Number(process.env["E2E_KILLS"] ?? 50);

test("a server on LMDB that is killed again and again stays linearizable, and its watches miss nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "linearizability-"));
  const server = await serverProcess(folder, []);
  await server.start();
  const { problems, summary } = await runTrial(server, async ({ checkpoint }) => {
    for (let kill = 0; kill < kills; kill++) {
      await setTimeout(100 + Math.random() * 500);
      await server.kill();
      await server.start();
      if (kill % 20 === 19) await checkpoint();
    }
  });
  await server.kill();
  await rm(folder, { recursive: true });
  console.log(`LMDB, ${kills} kills: ${summary}`);
  expect(problems).toEqual([]);
}, 600_000);
