import { setTimeout } from "node:timers/promises";
import type { Revision } from "../../runtime/storage/storage.ts";
import { ApiClient, versionsOf } from "./api-client.ts";
import type { LogEntry, Version } from "./history.ts";
import type { ServerProcess } from "./server-process.ts";

/** What a watch that goes on after every break has seen: a state, and the changes since. A 410 begins another one. */
export interface Account {
  readonly revision: Revision;
  readonly state: ReadonlyMap<string, Version>;
  readonly changes: LogEntry[];
}

/** A client that watches all the time. */
export interface Witness {
  readonly accounts: readonly Account[];
  /** What the watches that could not go on were told. */
  readonly errors: ReadonlySet<string>;
  /** How often a watch was begun. */
  readonly watches: () => number;
  /** Resolves once it has seen the revision of a change. */
  seen(revision: Revision): Promise<void>;
  /** Resolves once it watches no longer. */
  readonly ended: Promise<void>;
}

/** Watches until it is stopped, and goes on where it was after every break, as informers do. */
export function startWitness(server: ServerProcess, stopped: AbortSignal): Witness {
  const api = new ApiClient(server);
  const accounts: Account[] = [];
  const errors = new Set<string>();
  let watches = 0;
  const lastSeen = (): Revision => accounts.at(-1)?.changes.at(-1)?.revision ?? accounts.at(-1)?.revision ?? 0;
  const run = async (): Promise<void> => {
    let account: Account | undefined;
    while (!stopped.aborted) {
      account ??= await listed(api, accounts);
      if (account === undefined) {
        await setTimeout(20);
        continue;
      }
      watches++;
      const error = await follow(api, account, stopped);
      if (error === undefined) await setTimeout(20);
      else {
        errors.add(error.replaceAll(/\d+/g, "N"));
        account = undefined;
      }
    }
    api.close();
  };
  return {
    accounts,
    errors,
    watches: () => watches,
    async seen(revision) {
      while (lastSeen() < revision) await setTimeout(20);
    },
    ended: run(),
  };
}

async function listed(api: ApiClient, accounts: Account[]): Promise<Account | undefined> {
  const { status, body } = await api.list();
  if (status !== 200) return undefined;
  const account = { revision: Number(body.metadata?.resourceVersion), state: versionsOf(body), changes: [] };
  accounts.push(account);
  return account;
}

/** Adds to the account what a watch tells; gives what it is told if there is no going on from where it stands. */
async function follow(api: ApiClient, account: Account, stopped: AbortSignal): Promise<string | undefined> {
  let position = account.changes.at(-1)?.revision ?? account.revision;
  try {
    for await (const { type, message, key, revision, value } of api.watch(position, stopped)) {
      if (type === "ERROR") return message;
      position = revision;
      if (type !== "BOOKMARK") account.changes.push({ key, revision, value });
    }
  } catch {
    // The server is down, or the watch has been stopped.
  }
  return undefined;
}

/** What an account has that the log does not, or the other way round, or in another order. */
export function accountProblems(account: Account, log: readonly LogEntry[]): string[] {
  const { changes, revision: from } = account;
  const until = changes.at(-1)?.revision ?? from;
  const expected = log.filter(({ revision }) => revision > from && revision <= until);
  const at = expected.findIndex((entry, place) => !same(entry, changes[place]));
  if (at < 0 && expected.length === changes.length) return [];
  const place = at < 0 ? expected.length : at;
  return [`a watch from ${from} has ${tell(changes[place])} where the log has ${tell(expected[place])}`];
}

function same(a: LogEntry, b: LogEntry | undefined): boolean {
  return a.key === b?.key && a.revision === b.revision && a.value === b.value;
}

function tell(entry: LogEntry | undefined): string {
  return entry === undefined ? "nothing" : `${entry.key} at ${entry.revision}`;
}

/** Reads the log after a revision up to the one that wrote `last`. */
export async function readLog(api: ApiClient, from: Revision, last: string): Promise<LogEntry[]> {
  const log: LogEntry[] = [];
  const ended = new AbortController();
  try {
    for await (const line of api.watch(from, ended.signal)) {
      if (line.type === "ERROR") throw new Error(`the log after ${from} is gone`);
      if (line.type !== "BOOKMARK") log.push({ key: line.key, revision: line.revision, value: line.value });
      if (line.value === last) return log;
    }
  } finally {
    ended.abort();
  }
  throw new Error(`the log after ${from} ended before ${last}`);
}
