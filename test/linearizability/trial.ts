import { setTimeout } from "node:timers/promises";
import { ApiClient, versionOf, versionsOf } from "./api-client.ts";
import { checkHistory } from "./check.ts";
import { runClient, type Failures } from "./clients.ts";
import type { LogEntry, Operation } from "./history.ts";
import type { ServerProcess } from "./server-process.ts";
import { accountProblems, readLog, startWitness } from "./witness.ts";

const clients = 6;
const witnesses = 3;

/** What came of a trial. */
export interface TrialResult {
  readonly problems: readonly string[];
  /** One line for people. */
  readonly summary: string;
  readonly acknowledged: number;
}

/** How a trial goes on: what can be done to it from outside. */
export interface Trial {
  /** Reads the history so far into the log, before it is compacted away; the server must be up. */
  readonly checkpoint: () => Promise<void>;
  /** The revision that the log goes up to. */
  readonly recorded: () => number;
  /** How many writes the server has answered with a 5xx status so far. */
  readonly refusedWrites: () => number;
}

/**
 * Lets random clients and watches loose on a server that serves, while `disturb` does to it whatever it is to survive.
 * At the end the server must serve. Checks that what everybody saw is linearizable, and that each watch saw just what
 * the log holds.
 */
export async function runTrial(server: ServerProcess, disturb: (trial: Trial) => Promise<void>): Promise<TrialResult> {
  const stopped = new AbortController();
  const recorder = new Recorder(new ApiClient(server));
  await recorder.begin();
  const failures: Failures = { writes: 0 };
  const running = Array.from({ length: clients }, (_unset, client) =>
    runClient(server, { client, failures, stopped: stopped.signal }),
  );
  const stoppedWatching = new AbortController();
  const watching = Array.from({ length: witnesses }, () => startWitness(server, stoppedWatching.signal));
  await disturb({
    checkpoint: () => recorder.checkpoint(),
    recorded: () => recorder.revision,
    refusedWrites: () => failures.writes,
  });
  stopped.abort();
  const done = (await Promise.all(running)).flat();
  await recorder.checkpoint();
  const operations = [...done, ...recorder.operations, await recorder.readAll()];
  await Promise.all(watching.map((witness) => witness.seen(recorder.revision)));
  stoppedWatching.abort();
  await Promise.all(watching.map(({ ended }) => ended));
  const accounts = watching.flatMap((witness) => witness.accounts);
  const verdict = checkHistory(operations, recorder.log);
  const problems = [...verdict.problems, ...accounts.flatMap((account) => accountProblems(account, recorder.log))];
  const events = accounts.reduce((sum, { changes }) => sum + changes.length, 0);
  const watches = watching.reduce((sum, witness) => sum + witness.watches(), 0);
  const errors = new Set(watching.flatMap((witness) => [...witness.errors]));
  const summary =
    `${verdict.acknowledged} acknowledged writes, ${verdict.unacknowledged} more that happened, ${verdict.reads} reads; ` +
    `${events} watch events in ${watches} watches, ${accounts.length - witnesses} lists begun again${errors.size > 0 ? ` (${[...errors].join("; ")})` : ""}; ` +
    `${problems.length} problems`;
  return { problems, summary, acknowledged: verdict.acknowledged };
}

/** Copies the history out of the server piece by piece. Each piece ends with a write of its own. */
class Recorder {
  readonly log: LogEntry[] = [];
  readonly operations: Operation[] = [];
  readonly #api: ApiClient;
  #begin = 0;
  #marks = 0;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  get revision(): number {
    return this.log.at(-1)?.revision ?? this.#begin;
  }

  async begin(): Promise<void> {
    const { status, body } = await this.#api.list();
    if (status !== 200 || (body.items ?? []).length > 0) throw new Error("a trial begins with an empty server");
    this.#begin = Number(body.metadata?.resourceVersion);
  }

  async checkpoint(): Promise<void> {
    const value = await this.#mark();
    this.log.push(...(await readLog(this.#api, this.revision, value)));
  }

  /** The state after all, as one more operation. */
  async readAll(): Promise<Operation> {
    const invokedMs = performance.now();
    const { status, body } = await this.#api.list();
    if (status !== 200) throw new Error(`the last list was answered ${status}`);
    const saw = versionsOf(body);
    const revision = Number(body.metadata?.resourceVersion);
    return { client: -1, kind: "read all", invokedMs, returnedMs: performance.now(), revision, saw };
  }

  /** Writes something that is seen in the log; tries as often as it takes. */
  async #mark(): Promise<string> {
    for (;;) {
      const name = `mark-${this.#marks++}`;
      const invokedMs = performance.now();
      const { status, body } = await this.#api.create(name, name);
      const done = status === 201;
      this.operations.push({
        client: -1,
        kind: "write",
        key: name,
        value: name,
        expected: undefined,
        outcome: done ? "done" : "unknown",
        revision: done ? versionOf(body).revision : undefined,
        invokedMs,
        returnedMs: done ? performance.now() : Infinity,
      });
      if (done) return name;
      await setTimeout(100);
    }
  }
}
