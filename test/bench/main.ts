import { mkdir, mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { cpus, homedir, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { CommanderError } from "commander";
import { issueAuthority, issueServing } from "../../runtime/start/issue-certificates.ts";
import { startEtcd, type Etcd } from "../etcd/etcd.ts";
import { buildPrograms } from "./build.ts";
import type { StoreKind } from "./cases.ts";
import type { ContenderName, Surroundings } from "./contenders.ts";
import { figures } from "./figures.ts";
import { machineFacts } from "./machine.ts";
import type { Sample } from "./measure.ts";
import { parseOptions, type Options } from "./options.ts";
import { peerBinary } from "./peer.ts";
import { growthTable, mainTable, peerTable } from "./report.ts";
import { rowsOf } from "./rows.ts";
import { isSeeded, runSession, seed, type Pace } from "./session.ts";

// `npm run bench`: progress on standard error, the tables on standard output.

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function bench(options: Options): Promise<void> {
  const folder = await diskFolder();
  let etcd: Etcd | undefined;
  try {
    etcd = await etcdFor(options);
    const surroundings = await surroundingsIn(folder, etcd, options);
    const contenders = options.contenders.filter((name) => canRun(name, surroundings));
    const measured = await Promise.race([measure({ ...options, contenders }, surroundings), interrupted()]);
    await report(options, surroundings, measured);
  } finally {
    await etcd?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Rejects when the person at the keyboard, or the system, wants an end. */
async function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
    }
  });
}

const tmpfsMagic = 0x01021994;

/** A folder on a disk, so that syncing costs what it costs. */
async function diskFolder(): Promise<string> {
  const inMemory = (await statfs(tmpdir())).type === tmpfsMagic;
  const parent = inMemory ? join(homedir(), ".cache") : tmpdir();
  await mkdir(parent, { recursive: true });
  return mkdtemp(join(parent, "bench-"));
}

/** One etcd for all; undefined where no server needs it, or where there is none, which is told. */
async function etcdFor({ contenders }: Options): Promise<Etcd | undefined> {
  if (contenders.every((name) => name === "ts-lmdb")) return undefined;
  try {
    return await startEtcd();
  } catch (error) {
    tell(`skipped: servers on etcd: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function surroundingsIn(folder: string, etcd: Etcd | undefined, { contenders }: Options): Promise<Surroundings> {
  const programs = await buildPrograms(join(folder, "built"));
  const now = new Date();
  const pair = await issueServing(await issueAuthority(now), "127.0.0.1", now);
  const certFile = join(folder, "serving.crt");
  const keyFile = join(folder, "serving.key");
  await writeFile(certFile, pair.certificate);
  await writeFile(keyFile, pair.key, { mode: 0o600 });
  const peer = contenders.includes("go-etcd") ? await peerBinary(tell) : undefined;
  return { programs, peer, etcdServers: etcd?.endpoints.join(","), folder, certFile, keyFile };
}

function canRun(name: ContenderName, { peer, etcdServers }: Surroundings): boolean {
  if (name === "ts-lmdb") return true;
  return etcdServers !== undefined && (name !== "go-etcd" || peer !== undefined);
}

interface Measured {
  readonly contenders: readonly ContenderName[];
  readonly samples: readonly Sample[];
  readonly errors: readonly string[];
  readonly skipped: number;
}

const stores: readonly StoreKind[] = ["empty", "10k", "writes", "100k"];

/** Each round gives every server its turn; the one that begins changes. */
async function measure(options: Options, surroundings: Surroundings): Promise<Measured> {
  const { contenders, rounds, ms, minutesMax } = options;
  const before = loadavg()[0] ?? 0;
  if (before > cpus().length / 2)
    tell(`other programs run here (load average ${before.toFixed(1)}): read processor times rather than rates`);
  const deadlineMs = performance.now() + minutesMax * 60_000;
  const pace: Pace = { warmupMs: Math.min(ms / 4, 500), ms, watchMs: ms * 2.5, deadlineMs, tell };
  const samples: Sample[] = [];
  const errors: string[] = [];
  let skipped = 0;
  const seeded = new Set<string>();
  for (let round = 1; round <= rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(turn + round - 1) % contenders.length];
      if (contender === undefined) continue;
      for (const store of stores) {
        const cases = options.cases.filter((one) => one.store === store);
        // The largest store takes minutes to fill: one round of it says how cost grows.
        if (cases.length === 0 || (store === "100k" && round > 1)) continue;
        const backend = `${store} on ${contender === "ts-lmdb" ? "LMDB" : "etcd"}`;
        if (isSeeded(store) && !seeded.has(backend)) {
          seeded.add(backend);
          await trySeed(contender, store, surroundings, errors);
        }
        const outcome = await runSession({ contender, store, round, cases }, surroundings, pace);
        samples.push(...outcome.samples);
        errors.push(...outcome.errors);
        skipped += outcome.skipped;
      }
    }
  }
  return { contenders, samples, errors, skipped };
}

async function trySeed(
  contender: ContenderName,
  store: StoreKind,
  surroundings: Surroundings,
  errors: string[],
): Promise<void> {
  try {
    await seed(contender, store, surroundings, tell);
  } catch (error) {
    const line = `filling ${store} on ${contender}: ${error instanceof Error ? error.message : String(error)}`;
    errors.push(line);
    tell(line);
  }
}

async function report(
  { out, cases, rounds, ms }: Options,
  { peer }: Surroundings,
  { contenders, samples, errors, skipped }: Measured,
): Promise<void> {
  const rows = rowsOf(cases, contenders, samples, figures);
  const machine = await machineFacts(peer);
  const sections = [
    `${machine.processor}, ${machine.cores} cores shared with the load, Node ${machine.node}, ${rounds} rounds of ${ms / 1000} s\n`,
    mainTable(rows),
    growthTable(rows),
    peerTable(rows, figures),
    ...(skipped === 0 ? [] : [`${skipped} cases were left out: --minutes were over\n`]),
    [...new Set(errors)].map((error) => `FAILED: ${error}\n`).join(""),
  ];
  process.stdout.write(sections.filter((text) => text !== "").join("\n"));
  if (out !== undefined)
    await writeFile(out, `${JSON.stringify({ machine, rounds, ms, skipped, errors, rows, samples }, undefined, 2)}\n`);
  if (errors.length > 0) process.exitCode = 1;
}

try {
  await bench(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    tell(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    // What still runs is not waited for; servers end with this process.
    process.exit(1);
  }
}
