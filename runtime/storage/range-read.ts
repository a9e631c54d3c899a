import { setImmediate } from "node:timers/promises";
import { compareBytes } from "../meta/byte-text.ts";
import type { KeyRange } from "./key-range.ts";
import { prefixRange } from "./key-range.ts";
import type { Entry, Page, RangeOptions, Revision } from "./storage.ts";
import { StorageCompacted } from "./storage.ts";
import type { Head, Tables } from "./tables.ts";
import { requireRow } from "./tables.ts";

/** How many keys are read at most, and for how long, before other work has its turn. */
const turnKeysMax = 1_000;
const turnMs = 5;
/** How many keys are read between two looks at the clock, less one. */
const clockMask = 15;
/** How much may have been written since the revision of a list for its keys to be counted by what was. */
const recentLimit = { rowsMax: 2_000, bytesMax: 4 << 20 };

/**
 * Reads a page as of `at`, turn by turn: what is written meanwhile is undone key by key, by way of the rows before.
 * Throws StorageCompacted if compaction passes `at` while this runs.
 */
export async function readRange(tables: Tables, prefix: string, options: RangeOptions, at: Revision): Promise<Page> {
  const limit = options.limit === undefined || options.limit === 0 ? Infinity : options.limit;
  const range = prefixRange(prefix, options.after);
  const total = limit < Infinity ? countAt(tables, prefix, range, at) : undefined;
  const entries: Entry[] = [];
  let beyond = 0;
  for (let next = range; ; await setImmediate()) {
    const room = limit - entries.length;
    const turn: Turn = room > 0 ? readTurn(tables, next, at, room) : countTurn(tables, next, at);
    for (const entry of turn.entries) entries.push(entry);
    beyond += turn.beyond;
    if (turn.rest === undefined || (entries.length >= limit && total !== undefined)) break;
    next = turn.rest;
  }
  return { entries, revision: at, remaining: total === undefined ? beyond : total - entries.length };
}

/**
 * How many keys a range had at `at`: how many it has now, less what was written since. Undefined if that is so much that
 * the keys are better counted one by one.
 */
function countAt(tables: Tables, prefix: string, range: KeyRange, at: Revision): number | undefined {
  const { revision: newest } = tables.state();
  const { rows, reached } = tables.rows(prefix, at, newest, recentLimit);
  if (reached < newest) return undefined;
  let count = tables.count(range);
  for (const key of new Set(rows.map((row) => row.key))) {
    const head = tables.head(key);
    if (head === undefined || compareBytes(key, range.start) < 0) continue;
    if (!head.deleted) count--;
    if (revisionAt(tables, head, at) !== undefined) count++;
  }
  return count;
}

interface Turn {
  readonly entries: readonly Entry[];
  /** How many keys existed that are not read. */
  readonly beyond: number;
  /** What is left of the range; undefined if nothing. */
  readonly rest: KeyRange | undefined;
}

function readTurn(tables: Tables, range: KeyRange, at: Revision, room: number): Turn {
  const entries: Entry[] = [];
  const rest = eachHead(tables, range, at, { keysMax: Math.min(room, turnKeysMax) }, (found) => {
    const { entry } = requireRow(tables, found);
    if (entry !== undefined) entries.push(entry);
  });
  return { entries, beyond: 0, rest };
}

function countTurn(tables: Tables, range: KeyRange, at: Revision): Turn {
  let beyond = 0;
  const rest = eachHead(tables, range, at, { keysMax: turnKeysMax }, () => beyond++);
  return { entries: [], beyond, rest };
}

/** Visits the values of a range as of `at`, for one turn; gives the rest of the range. */
function eachHead(
  tables: Tables,
  range: KeyRange,
  at: Revision,
  { keysMax }: { readonly keysMax: number },
  visit: (found: Pick<Head, "key" | "revision">) => void,
): KeyRange | undefined {
  // All that a turn reads is of one commit, so rows that are needed are there if this one has not forgotten them.
  const { revision: newest, compacted } = tables.state();
  if (compacted > at) throw new StorageCompacted(at, compacted);
  const heads = tables.heads(range, keysMax, newest === at ? "without deletions" : "with deletions");
  const startMs = performance.now();
  let read = 0;
  for (const head of heads) {
    const revision = revisionAt(tables, head, at);
    if (revision !== undefined) visit({ key: head.key, revision });
    if ((read++ & clockMask) !== clockMask) continue;
    if (performance.now() - startMs > turnMs) return { start: `${head.key}\0`, end: range.end };
  }
  const last = heads.at(-1);
  return last === undefined || heads.length < keysMax ? undefined : { start: `${last.key}\0`, end: range.end };
}

/** The revision of the value that a key had at `at`, which must not be compacted; undefined if it had none. */
export function revisionAt(tables: Tables, head: Head, at: Revision): Revision | undefined {
  let { revision, deleted } = head;
  while (revision > at) {
    const row = tables.rowHead(revision);
    if (row === undefined || row.before === 0) return undefined;
    revision = row.before;
    if (revision > at) continue;
    const found = tables.rowHead(revision);
    deleted = found === undefined || found.deleted;
  }
  return deleted ? undefined : revision;
}
