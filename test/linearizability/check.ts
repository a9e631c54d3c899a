import type { Revision } from "../../runtime/storage/storage.ts";
import type { LogEntry, Operation, Write } from "./history.ts";
import { Timeline, type Interval } from "./timeline.ts";

/** What a check found. */
interface Verdict {
  /** What is wrong, one line each; empty if the history is linearizable. */
  readonly problems: readonly string[];
  readonly acknowledged: number;
  /** Writes without an answer that happened all the same. */
  readonly unacknowledged: number;
  readonly reads: number;
}

/**
 * Checks that a history is linearizable: that all operations could have happened one after the other, each at a moment
 * between its request and its answer. The general question is hard to answer; here each write has a revision, and the
 * log tells which write has which, so the order of the writes is given, and each other operation has intervals of
 * revisions in which it can have happened. See Herlihy and Wing, Linearizability (1990), and Jepsen's checker of etcd.
 */
export function checkHistory(operations: readonly Operation[], log: readonly LogEntry[]): Verdict {
  const problems: string[] = [];
  const timeline = new Timeline(log);
  problems.push(...timeline.problems);
  const claimed = claimWrites(operations, timeline, problems);
  const happened = operations.filter((operation) => operation.kind !== "write" || isSure(operation, claimed));
  problems.push(...orderProblems(happened, (operation) => pointsOf(operation, timeline, claimed)));
  const writes = operations.filter((operation) => operation.kind === "write");
  const acknowledged = writes.filter(({ outcome }) => outcome === "done").length;
  return {
    problems,
    acknowledged,
    unacknowledged: claimed.size - acknowledged,
    reads: operations.length - writes.length,
  };
}

/** Whether anything is known of an operation: that it happened, or that it was refused. */
function isSure(write: Write, claimed: ReadonlyMap<Write, Revision>): boolean {
  return write.outcome !== "unknown" || claimed.has(write);
}

/** Finds each write's entry in the log. Acknowledged writes must have one, and each entry must be somebody's. */
function claimWrites(operations: readonly Operation[], timeline: Timeline, problems: string[]): Map<Write, Revision> {
  const claimed = new Map<Write, Revision>();
  const owners = new Map<Revision, Write>();
  const writes = operations.filter((operation) => operation.kind === "write");
  // Of several deletions without an answer, any may have been the one; the first to be sent fits wherever another does.
  for (const write of writes.toSorted((a, b) => a.invokedMs - b.invokedMs)) {
    const revision = timeline.revisionOf(write);
    if (revision === undefined) {
      if (write.outcome === "done") problems.push(`lost: ${describe(write)} was acknowledged and is not in the log`);
      continue;
    }
    if (write.outcome === "refused") {
      // A version has one deletion in the log, which may well be another client's.
      if (write.value !== undefined) problems.push(`${describe(write)} was refused and is in the log at ${revision}`);
      continue;
    }
    if (write.revision !== undefined && write.revision !== revision) {
      problems.push(`${describe(write)} was told ${write.revision} and is in the log at ${revision}`);
    }
    const owner = owners.get(revision);
    // Two deletions of one version: only one of them can have been told that it was done.
    if (owner !== undefined && (owner.outcome === "done") === (write.outcome === "done")) {
      if (write.outcome === "done") problems.push(`${describe(write)} and ${describe(owner)} are both at ${revision}`);
      continue;
    }
    if (owner !== undefined && write.outcome !== "done") continue;
    if (owner !== undefined) claimed.delete(owner);
    owners.set(revision, write);
    claimed.set(write, revision);
  }
  for (const { revision, key } of timeline.log) {
    if (!owners.has(revision)) problems.push(`nobody wrote what the log has at ${revision} of ${key}`);
  }
  return claimed;
}

/** The revisions at which an operation can have happened, rising. */
function pointsOf(
  operation: Operation,
  timeline: Timeline,
  claimed: ReadonlyMap<Write, Revision>,
): readonly Interval[] {
  switch (operation.kind) {
    case "write": {
      const revision = claimed.get(operation);
      if (revision !== undefined) return [{ from: revision, to: revision }];
      return timeline.intervalsWhere(operation.key, (version) => version?.revision !== operation.expected);
    }
    case "read":
      return timeline.intervalsWhere(
        operation.key,
        (version) => version?.revision === operation.saw?.revision && version?.value === operation.saw?.value,
      );
    case "read all":
      return timeline.isStateAt(operation.revision, operation.saw) ? [timeline.quietAround(operation.revision)] : [];
  }
}

/** Gives every operation, in the order of their answers, the first moment that it can have; says which have none. */
function orderProblems(
  operations: readonly Operation[],
  intervalsOf: (operation: Operation) => readonly Interval[],
): string[] {
  const problems: string[] = [];
  const invoked = operations.toSorted((a, b) => a.invokedMs - b.invokedMs);
  const returned: { readonly returnedMs: number; readonly point: Revision }[] = [];
  /** The latest moment of those that had been answered before the operation was sent. */
  let bound = 0;
  for (const operation of invoked) {
    for (let first = returned[0]; first !== undefined && first.returnedMs < operation.invokedMs; first = returned[0]) {
      bound = Math.max(bound, first.point);
      returned.shift();
    }
    const points = intervalsOf(operation);
    // What had been seen before a write was sent was not yet that write's.
    const earliest = operation.kind === "write" && operation.outcome !== "refused" ? bound + 1 : bound;
    const fitting = points.find(({ to }) => to >= earliest);
    if (fitting === undefined) {
      problems.push(`${describe(operation)} does not fit: it came after revision ${bound}, ${told(points)}`);
      continue;
    }
    insert(returned, { returnedMs: operation.returnedMs, point: Math.max(bound, fitting.from) });
  }
  return problems;
}

function insert<T extends { readonly returnedMs: number }>(sorted: T[], item: T): void {
  let place = sorted.length;
  while (place > 0 && (sorted[place - 1]?.returnedMs ?? 0) > item.returnedMs) place--;
  sorted.splice(place, 0, item);
}

function told(points: readonly Interval[]): string {
  const last = points.at(-1);
  return last === undefined ? "and what it saw never was" : `and what it saw was over at ${last.to}`;
}

function describe(operation: Operation): string {
  const who = `client ${operation.client}'s`;
  switch (operation.kind) {
    case "write": {
      const what = operation.value === undefined ? "deletion" : `write of ${operation.value}`;
      return `${who} ${what} to ${operation.key} (expecting ${operation.expected ?? "nothing"}, ${operation.outcome})`;
    }
    case "read":
      return `${who} read of ${operation.key} (saw ${operation.saw?.revision ?? "nothing"})`;
    case "read all":
      return `${who} list at ${operation.revision}`;
  }
}
