import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { namespaceName, objectBytes, readObject, type Case, type StoreKind, type Work } from "./cases.ts";
import { startContender, type ContenderName, type RunningServer, type Surroundings } from "./contenders.ts";
import { flunders } from "./flunders.ts";
import type { Job, Plan, Result } from "./load/job.ts";
import { metricsOf, type Metrics, type Sample } from "./measure.ts";
import { memoryMb, resetPeak } from "./process-stats.ts";

const run = promisify(execFile);

/** How long each case is measured, and where to tell of it. */
export interface Pace {
  readonly warmupMs: number;
  readonly ms: number;
  readonly watchMs: number;
  /** No case begins after this, as `performance.now()` counts. */
  readonly deadlineMs: number;
  readonly tell: (line: string) => void;
}

/** One server on one of its stores, in one round. */
export interface Session {
  readonly contender: ContenderName;
  readonly store: StoreKind;
  readonly round: number;
  readonly cases: readonly Case[];
}

/** What a session gave. A case that failed is told of, and the others go on. */
export interface Outcome {
  readonly samples: readonly Sample[];
  readonly errors: readonly string[];
  /** Cases that the deadline left out. */
  readonly skipped: number;
}

/** Starts the server, runs the cases one after the other, and stops it. */
export async function runSession(session: Session, surroundings: Surroundings, pace: Pace): Promise<Outcome> {
  const { contender, store, round, cases } = session;
  const samples: Sample[] = [];
  const errors: string[] = [];
  const storeName = isSeeded(store) ? store : `${store}-${contender}-${round}`;
  if (performance.now() > pace.deadlineMs) return { samples, errors, skipped: cases.length };
  let server: RunningServer | undefined;
  let skipped = 0;
  try {
    server = await startContender(contender, storeName, surroundings);
    for (const one of cases) {
      if (performance.now() > pace.deadlineMs) {
        skipped++;
        continue;
      }
      try {
        const metrics = await runCase(one, `${contender}-${round}`, { server, surroundings, pace });
        samples.push({ case: one.name, contender, round, metrics });
        pace.tell(`round ${round}  ${contender}  ${one.name}  ${JSON.stringify(rounded(metrics))}`);
      } catch (error) {
        errors.push(`${one.name} on ${contender}: ${messageOf(error)}`);
        pace.tell(`round ${round}  ${contender}  ${one.name}  FAILED: ${messageOf(error)}`);
      }
    }
  } catch (error) {
    errors.push(messageOf(error));
    pace.tell(messageOf(error));
  } finally {
    await server?.stop();
  }
  return { samples, errors, skipped };
}

/** Whether a store is filled once, and then read by all servers of its backend. */
export function isSeeded(store: StoreKind): boolean {
  return store === "10k" || store === "100k";
}

/** Fills a store with the objects that its cases read, through a server. */
export async function seed(
  contender: ContenderName,
  store: StoreKind,
  surroundings: Surroundings,
  tell: Pace["tell"],
): Promise<void> {
  const objects = { "10k": 10_000, "100k": 100_000, empty: 0, writes: 0 }[store];
  if (objects === 0) return;
  tell(`${contender}: creating ${objects} objects`);
  const server = await startContender(contender, store, surroundings);
  try {
    const collections = Array.from({ length: objects / 1000 }, (_, ordinal) => flunders(namespaceName(ordinal)));
    const many: Plan = { kind: "create", collections, prefix: "seeded", bytes: objectBytes };
    const { namespace, prefix, bytes } = readObject;
    const one: Plan = { kind: "create", collections: [flunders(namespace)], prefix, bytes };
    await load(surroundings, createJob(server, many, 64, objects), seedMaxMs);
    await load(surroundings, createJob(server, one, 1, 1));
  } finally {
    await server.stop();
  }
}

function createJob(target: RunningServer, plan: Plan, clients: number, count: number): Job {
  return { kind: "requests", target: targetOf(target), http: "h1", clients, plan, until: { count } };
}

interface Bench {
  readonly server: RunningServer;
  readonly surroundings: Surroundings;
  readonly pace: Pace;
}

async function runCase(one: Case, turn: string, bench: Bench): Promise<Metrics> {
  const { server, surroundings } = bench;
  const { work } = one;
  switch (work.kind) {
    case "start":
      return { value: server.readyMs, cpuMicroseconds: server.readyCpuSeconds * 1e6 };
    case "memory":
      return { value: await settledMemory(one, bench) };
    case "requests":
    case "watch": {
      await server.stallMs();
      resetPeak(server.pid);
      const result = await load(surroundings, jobOf(work, `${one.name}-${turn}`, bench));
      const stallMs = await server.stallMs();
      return metricsOf(result, one.measure, { peakMb: memoryMb(server.pid).peak, stallMs });
    }
  }
}

const settleMs = 2_000;

/** Memory when all that a server keeps has been asked for, and a while has passed. */
async function settledMemory({ store }: Case, { server, surroundings }: Bench): Promise<number> {
  if (store !== "empty") {
    for (const path of [flunders(), `${flunders()}?resourceVersion=0`]) {
      await load(surroundings, {
        kind: "requests",
        target: targetOf(server),
        http: "h1",
        clients: 1,
        plan: { kind: "get", path },
        until: { count: 2 },
      });
    }
  }
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  return memoryMb(server.pid).now;
}

/** `unique` makes the names of what is written differ from those of every other run. */
function jobOf(work: Extract<Work, { kind: "requests" | "watch" }>, unique: string, { server, pace }: Bench): Job {
  const target = targetOf(server);
  const { warmupMs, ms, watchMs } = pace;
  if (work.kind === "watch") {
    const { http, watchers } = work;
    const collection = flunders("watched");
    return {
      kind: "watch",
      target,
      http,
      watchers,
      collection,
      prefix: unique,
      bytes: objectBytes,
      eventsPerSecond: 50,
      ms: watchMs,
    };
  }
  const { http, clients, plan, longer = 1 } = work;
  const own: Plan = plan.kind === "get" || plan.kind === "pages" ? plan : { ...plan, prefix: unique };
  return { kind: "requests", target, http, clients, plan: own, until: { warmupMs, ms: ms * longer } };
}

function targetOf({ port, pid }: RunningServer): Job["target"] {
  return { port, pid };
}

const loadMaxMs = 180_000;
const seedMaxMs = 900_000;

/** Runs the load program; rejects where anything failed, with the first failure. */
async function load({ programs }: Surroundings, job: Job, maxMs = loadMaxMs): Promise<Result> {
  const { stdout } = await runLoad(programs.load, job, maxMs);
  const result = JSON.parse(stdout) as Result;
  const { failures } = result;
  if (failures.count > 0) throw new Error(`${failures.count} failures, the first: ${failures.first ?? ""}`);
  if (result.count === 0) throw new Error("nothing was answered while the clock ran");
  return result;
}

async function runLoad(program: string, job: Job, maxMs: number): Promise<{ readonly stdout: string }> {
  try {
    return await run(process.execPath, [program, JSON.stringify(job)], { timeout: maxMs, killSignal: "SIGKILL" });
  } catch (error) {
    const { stderr, killed } = error as { stderr?: string; killed?: boolean };
    const reason = killed === true ? `the load did not end within ${maxMs / 1000} s` : (stderr ?? String(error));
    throw new Error(reason, { cause: error });
  }
}

function rounded(metrics: Metrics): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [name, Number(Number(value).toPrecision(3))]),
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
