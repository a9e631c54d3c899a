import type { Change, Revision, WatchBatch } from "../storage/storage.ts";
import { BatchReader, type BatchTaker, type ChangeRange } from "./batch-reader.ts";
import type { WatchEvent } from "./rest-storage.ts";

type Events = readonly WatchEvent[];

/** How many watches are handed events before other requests have their turn. */
const followersPerTurn = 250;
/** Which part of the time that handing out has taken is left to others before it begins again, and how much of it at most. */
const pausePart = 1 / 3;
const pauseMsMax = 20;
/** How many changes are read ahead of what is handed out. */
const gatheredChangesMax = 1_000;

/** What watches follow together. */
export interface Followed {
  /** The same text where the same changes are the same events. */
  readonly text: string;
  readonly changes: ChangeRange;
  /** The events that changes after a revision are. Throws where an object cannot be read. */
  eventsOf(changes: readonly Change[], after: Revision): Events;
}

/** A watch that has caught up with others of its selection. */
export interface Follower {
  /** Everything up to here has been handed to it. */
  readonly position: Revision;
  /** Hands over the events up to a revision; there may be none. */
  follow(events: Events, position: Revision): void;
  /** Told when there is nothing more to follow: the storage has ended its watch, or failed. */
  unfollow(ended: boolean): void;
}

/** One change after another, handed to all that follow them. */
interface Round {
  readonly followers: readonly Follower[];
  readonly batches: readonly WatchBatch[];
  readonly events: Events;
  readonly from: Revision;
  readonly to: Revision;
}

/**
 * Hands the events of one selection to all its watches, in one go: what has come in one turn of the event loop is read,
 * selected and put together once, and is one call for each watch, with the very same events.
 */
class Broadcast implements BatchTaker {
  readonly #selection: Followed;
  readonly #reader: BatchReader;
  readonly #over: () => void;
  readonly #followers = new Set<Follower>();
  #listed: readonly Follower[] | undefined;
  #gathered: WatchBatch[] = [];
  #gatheredChanges = 0;
  #scheduled = false;
  /** How long handing out the last round has taken, and when the next may begin. */
  #busyMs = 0;
  #readyMs = 0;
  /** Everything up to here has been handed out, or is about to be. */
  #position: Revision;

  /** `over` is called when nobody follows any more. */
  constructor(selection: Followed, from: Revision, over: () => void) {
    this.#selection = selection;
    this.#position = from;
    this.#over = over;
    this.#reader = new BatchReader(selection.changes, from, this);
    this.#reader.read();
  }

  /** Hands events to the watch from its position on; false where those that come next have been handed out. */
  add(follower: Follower): boolean {
    if (follower.position < this.#position) return false;
    this.#followers.add(follower);
    this.#listed = undefined;
    return true;
  }

  remove(follower: Follower): void {
    this.#listed = undefined;
    if (!this.#followers.delete(follower) || this.#followers.size > 0) return;
    this.#reader.stop();
    this.#over();
  }

  takeBatch(batch: WatchBatch): void {
    this.#gathered.push(batch);
    this.#gatheredChanges += batch.changes.length;
    this.#schedule();
    if (this.#gatheredChanges < gatheredChangesMax) this.#reader.read();
  }

  // Each finds out by itself why, and what to tell of it: it reads on from where it stands.
  endBatches(failure: { readonly error: unknown } | undefined): void {
    this.#reader.stop();
    this.#over();
    const followers = [...this.#followers];
    this.#followers.clear();
    this.#listed = undefined;
    for (const follower of followers) follower.unfollow(failure === undefined);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // With more watches and changes than there is time for, what comes in the meantime goes out in one.
    const pauseMs = this.#readyMs - performance.now();
    if (pauseMs < 1) setImmediate(this.#start);
    else setTimeout(this.#start, pauseMs);
  }

  readonly #start = (): void => {
    const batches = this.#gathered;
    this.#gathered = [];
    this.#gatheredChanges = 0;
    const from = this.#position;
    const to = batches.reduce((most, { revision }) => Math.max(most, revision), from);
    this.#position = to;
    this.#busyMs = 0;
    try {
      const events = this.#eventsOf(batches, from);
      this.#listed ??= [...this.#followers];
      this.#handOut({ followers: this.#listed, batches, events, from, to }, 0);
      this.#reader.read();
    } catch (error) {
      this.endBatches({ error });
    }
  };

  #handOut(round: Round, start: number): void {
    const { followers } = round;
    const startMs = performance.now();
    const end = Math.min(followers.length, start + followersPerTurn);
    for (let index = start; index < end; index++) {
      const follower = followers[index];
      // As long as nobody has left, all of them are still there.
      const isThere = this.#listed === followers || (follower !== undefined && this.#followers.has(follower));
      if (follower !== undefined && isThere) this.#hand(round, follower);
    }
    const endMs = performance.now();
    this.#busyMs += endMs - startMs;
    if (end < followers.length) {
      setImmediate(() => this.#handOut(round, end));
      return;
    }
    this.#readyMs = endMs + Math.min(this.#busyMs * pausePart, pauseMsMax);
    this.#scheduled = false;
    if (this.#gathered.length > 0) this.#schedule();
  }

  #hand({ events, from, to, batches }: Round, follower: Follower): void {
    const { position } = follower;
    if (position === from) follower.follow(events, to);
    else if (position < to) this.#handPart(batches, follower, to);
  }

  // It had come further by itself before it began to follow.
  #handPart(batches: readonly WatchBatch[], follower: Follower, to: Revision): void {
    let events: Events;
    try {
      events = this.#eventsOf(batches, follower.position);
    } catch {
      this.remove(follower);
      follower.unfollow(false);
      return;
    }
    follower.follow(events, to);
  }

  #eventsOf(batches: readonly WatchBatch[], after: Revision): Events {
    const [only] = batches;
    if (batches.length === 1 && only !== undefined) return this.#selection.eventsOf(only.changes, after);
    return Object.freeze(batches.flatMap(({ changes }) => this.#selection.eventsOf(changes, after)));
  }
}

/** The broadcasts of one version of a kind: one for each selection that somebody follows. */
export class Broadcasts {
  readonly #bySelection = new Map<string, Broadcast>();

  /** Has a watch follow its selection from its position on; undefined where it is too far behind for now. Gives what ends that. */
  follow(selection: Followed, follower: Follower): (() => void) | undefined {
    const { text } = selection;
    let broadcast = this.#bySelection.get(text);
    if (broadcast === undefined) {
      const made = new Broadcast(selection, follower.position, () => {
        if (this.#bySelection.get(text) === made) this.#bySelection.delete(text);
      });
      broadcast = made;
      this.#bySelection.set(text, made);
    }
    const joined = broadcast;
    return joined.add(follower) ? () => joined.remove(follower) : undefined;
  }
}
