import { setTimeout } from "node:timers/promises";
import type { Revision } from "../../runtime/storage/storage.ts";
import { ApiClient, versionOf, versionsOf, type Answer } from "./api-client.ts";
import type { Operation, Version, Write } from "./history.ts";
import type { ServerProcess } from "./server-process.ts";

/** Few keys, so that clients are often in each other's way. */
const keys = ["ada", "bob", "cleo", "dora", "ed", "finn"] as const;
const padding = "x".repeat(2_000);

/** How many writes were answered with a 5xx status, to all clients together. */
export interface Failures {
  writes: number;
}

interface ClientOptions {
  readonly client: number;
  readonly failures: Failures;
  readonly stopped: AbortSignal;
}

/** Asks at random until it is stopped; gives what it did and was told. */
export async function runClient(
  server: ServerProcess,
  { client, failures, stopped }: ClientOptions,
): Promise<Operation[]> {
  const api = new ApiClient(server);
  const operations: Operation[] = [];
  /** What each key held when this client last heard of it. */
  const known = new Map<string, Version>();
  for (let turn = 0; !stopped.aborted; turn++) {
    const name = `${client}-${turn}`;
    const { operation, answered } = await randomOperation({ api, client, failures, known, name });
    if (operation !== undefined) operations.push(operation);
    // A server that is down answers at once, and has better things to do when it comes back.
    await setTimeout(answered ? Math.random() * 3 : 20);
  }
  api.close();
  return operations;
}

interface Turn {
  readonly api: ApiClient;
  readonly client: number;
  readonly failures: Failures;
  readonly known: Map<string, Version>;
  /** What a write of this turn writes; no other turn has it. */
  readonly name: string;
}

interface Done {
  readonly operation: Operation | undefined;
  readonly answered: boolean;
}

function randomOperation(turn: Turn): Promise<Done> {
  const key = keys[Math.floor(Math.random() * keys.length)] ?? keys[0];
  const dice = Math.random();
  const version = turn.known.get(key);
  if (dice < 0.25) return read(turn, key);
  if (dice < 0.35) return readAll(turn);
  const value = Math.random() < 0.2 ? turn.name + padding : turn.name;
  if (version === undefined) {
    return write(turn, { key, value, expected: undefined }, () => turn.api.create(key, value));
  }
  const expected = version.revision;
  if (dice < 0.5) return write(turn, { key, value: undefined, expected }, () => turn.api.delete(key, expected));
  return write(turn, { key, value, expected }, () => turn.api.update(key, value, expected));
}

async function read({ api, client, known }: Turn, key: string): Promise<Done> {
  const invokedMs = performance.now();
  const { status, body } = await api.get(key);
  const timed = { client, invokedMs, returnedMs: performance.now() };
  if (status !== 200 && status !== 404) return { operation: undefined, answered: status !== 0 };
  const saw = status === 200 ? versionOf(body) : undefined;
  if (saw === undefined) known.delete(key);
  else known.set(key, saw);
  return { operation: { ...timed, kind: "read", key, saw }, answered: true };
}

async function readAll({ api, client }: Turn): Promise<Done> {
  const invokedMs = performance.now();
  const { status, body } = await api.list();
  const timed = { client, invokedMs, returnedMs: performance.now() };
  if (status !== 200) return { operation: undefined, answered: status !== 0 };
  const revision = Number(body.metadata?.resourceVersion);
  return { operation: { ...timed, kind: "read all", revision, saw: versionsOf(body) }, answered: true };
}

async function write(
  { client, failures, known }: Turn,
  asked: Pick<Write, "key" | "value" | "expected">,
  send: () => Promise<Answer>,
): Promise<Done> {
  const { key, value } = asked;
  const invokedMs = performance.now();
  const answer = await send();
  const outcome = outcomeOf(answer.status);
  if (answer.status >= 500) failures.writes++;
  const returnedMs = outcome === "unknown" ? Infinity : performance.now();
  const revision = outcome === "done" && value !== undefined ? versionOf(answer.body).revision : undefined;
  remember(known, key, value, revision);
  const operation: Write = { ...asked, client, kind: "write", outcome, revision, invokedMs, returnedMs };
  return { operation, answered: answer.status !== 0 };
}

// What was refused or has no answer is asked for again before the next try.
function remember(known: Map<string, Version>, key: string, value: string | undefined, revision: Revision | undefined) {
  if (value === undefined || revision === undefined) known.delete(key);
  else known.set(key, { value, revision });
}

function outcomeOf(status: number): Write["outcome"] {
  if (status >= 200 && status < 300) return "done";
  return status === 404 || status === 409 ? "refused" : "unknown";
}
