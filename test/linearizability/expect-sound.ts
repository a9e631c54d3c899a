import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import type { ServerProcess } from "./server-process.ts";
import { runTrial, type Trial } from "./trial.ts";

/** How often a server is killed in each of the trials that do so. */
export const kills = Number(process.env["E2E_KILLS"] ?? 100);
/** How long a trial may take before something must be wrong. */
export const patienceMs = 15 * 60_000;

/** Runs a trial on a server with data of its own, prints what came of it, and expects that nothing is wrong. */
export async function expectSound(
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

/** Does something in a folder that is gone afterwards. */
export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "linearizability-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Kills the server, again and again, at moments that nobody knows. */
export async function killOften(server: ServerProcess, { checkpoint }: Trial): Promise<void> {
  for (let kill = 1; kill <= kills; kill++) {
    await setTimeout(50 + Math.random() * 400);
    await server.kill();
    await server.start();
    if (kill % 20 === 0) await checkpoint();
  }
}
