import type { Revision } from "../../runtime/storage/storage.ts";
import type { LogEntry, Version, Write } from "./history.ts";

/** Revisions from one to another, both included. */
export interface Interval {
  readonly from: Revision;
  readonly to: Revision;
}

/** What a key held from a revision on. */
interface Held {
  readonly from: Revision;
  readonly version: Version | undefined;
}

/** The states that a store went through, as its log tells. It begins with nothing at revision 0. */
export class Timeline {
  readonly log: readonly LogEntry[];
  /** What is wrong with the log itself. */
  readonly problems: readonly string[];
  readonly #keys = new Map<string, Held[]>();
  readonly #written = new Map<string, Revision>();
  /** The revision that deleted what was written at a revision. */
  readonly #deleted = new Map<Revision, Revision>();

  constructor(log: readonly LogEntry[]) {
    this.log = log;
    const problems: string[] = [];
    let before = 0;
    for (const { key, revision, value } of log) {
      if (revision <= before) problems.push(`the log has ${revision} after ${before}`);
      before = revision;
      const held = this.#heldBy(key);
      const previous = held.at(-1)?.version;
      if (value === undefined && previous === undefined)
        problems.push(`${key} is deleted at ${revision}, and was not there`);
      if (value === undefined && previous !== undefined) this.#deleted.set(previous.revision, revision);
      if (value !== undefined && this.#written.has(value)) problems.push(`${value} is in the log twice`);
      if (value !== undefined) this.#written.set(value, revision);
      held.push({ from: revision, version: value === undefined ? undefined : { value, revision } });
    }
    this.problems = problems;
  }

  /** Where a write is in the log: by its value, or by the version that it deletes; the condition must have held there. */
  revisionOf({ key, value, expected }: Write): Revision | undefined {
    if (value === undefined) return expected === undefined ? undefined : this.#deleted.get(expected);
    const revision = this.#written.get(value);
    if (revision === undefined) return undefined;
    const held = this.#keys.get(key) ?? [];
    const place = held.findIndex(({ from }) => from === revision);
    return place >= 0 && held[place - 1]?.version?.revision === expected ? revision : undefined;
  }

  /** When a key held what `fits`, rising. */
  intervalsWhere(key: string, fits: (version: Version | undefined) => boolean): Interval[] {
    const held = this.#heldBy(key);
    const intervals: Interval[] = [];
    for (const [place, { from, version }] of held.entries()) {
      if (!fits(version)) continue;
      const next = held[place + 1];
      intervals.push({ from, to: next === undefined ? Infinity : next.from - 1 });
    }
    return intervals;
  }

  /** Whether all keys together held just this at a revision. */
  isStateAt(revision: Revision, state: ReadonlyMap<string, Version>): boolean {
    let present = 0;
    for (const [key, held] of this.#keys) {
      const version = held[placeAt(held, revision, (each) => each.from)]?.version;
      const seen = state.get(key);
      if (version?.revision !== seen?.revision || version?.value !== seen?.value) return false;
      if (version !== undefined) present++;
    }
    return present === state.size;
  }

  /** The revisions around one between which nothing changed. */
  quietAround(revision: Revision): Interval {
    const place = placeAt(this.log, revision, (entry) => entry.revision);
    const next = this.log[place + 1];
    return { from: this.log[place]?.revision ?? 0, to: next === undefined ? Infinity : next.revision - 1 };
  }

  #heldBy(key: string): Held[] {
    let held = this.#keys.get(key);
    if (held === undefined) this.#keys.set(key, (held = [{ from: 0, version: undefined }]));
    return held;
  }
}

/** The place of the last item that is not after a revision; -1 if all are. */
function placeAt<T>(items: readonly T[], revision: Revision, revisionOf: (item: T) => Revision): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && revisionOf(item) <= revision) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
