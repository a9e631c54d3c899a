import { StorageOverrun, type Revision, type WatchBatch } from "../storage/storage.ts";
import { BatchReader, type BatchTaker } from "./batch-reader.ts";
import type { Follower } from "./broadcast.ts";
import type { WatchEvent } from "./rest-storage.ts";
import type { WatchSelection } from "./watch-events.ts";
import type { WatchSchedule } from "./watch-schedule.ts";

type Events = readonly WatchEvent[];
type Result = IteratorResult<Events, undefined>;
type Take = (events: Events) => boolean;

/** What a LiveWatch is told about its surroundings. */
interface LiveWatchOptions {
  readonly selection: WatchSelection;
  readonly from: Revision;
  readonly schedule: WatchSchedule;
  /** The last event of a watch that fails. */
  readonly errorEvent: (error: unknown) => WatchEvent;
  /** Called once when the watch is over, however it ends. */
  readonly over: () => void;
}

/**
 * The changes of one watch, and its bookmarks. Who asks with next() has them read from the storage as fast as he asks;
 * who has them pushed follows, once he has caught up, what is handed to all watches of the selection.
 */
export class LiveWatch implements BatchTaker, Follower {
  readonly #options: LiveWatchOptions;
  #position: Revision;
  #reader: BatchReader | undefined;
  #leave: (() => void) | undefined;
  /** What came while nobody asked. */
  #held: Events | undefined;
  #answer: ((result: Result) => void) | undefined;
  #take: Take | undefined;
  #paused: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticking = false;
  #due = false;
  #over = false;

  constructor(options: LiveWatchOptions) {
    this.#options = options;
    this.#position = options.from;
  }

  /** Everything up to here has been handed over. */
  get position(): Revision {
    return this.#position;
  }

  /** The next events. Never rejects; not to be called again, nor pushTo(), before it has answered. */
  next(): Promise<Result> {
    const held = this.#held;
    if (held !== undefined) {
      this.#held = undefined;
      return Promise.resolve({ done: false, value: held });
    }
    return new Promise((answer) => {
      this.#answer = answer;
      this.#goOn();
    });
  }

  /** See PushingIterator. */
  pushTo(take: Take): Promise<void> {
    return new Promise((paused) => {
      this.#take = take;
      this.#paused = paused;
      const held = this.#held;
      this.#held = undefined;
      if (held !== undefined) this.#give(held);
      this.#goOn();
    });
  }

  /** Ends the watch; whoever waits hears of it. */
  stop(): void {
    const wasOver = this.#over;
    this.#over = true;
    this.#pause();
    this.#answer?.({ done: true, value: undefined });
    this.#answer = undefined;
    if (wasOver) return;
    clearTimeout(this.#timer);
    this.#reader?.stop();
    this.#reader = undefined;
    this.#options.over();
  }

  takeBatch({ changes, revision }: WatchBatch): void {
    try {
      this.follow(this.#options.selection.eventsOf(changes, this.#position), revision);
      if (this.#isWanted()) this.#goOn();
    } catch (error) {
      this.endBatches({ error });
    }
  }

  endBatches(failure: { readonly error: unknown } | undefined): void {
    if (failure !== undefined && !(failure.error instanceof StorageOverrun)) {
      this.#give([this.#options.errorEvent(failure.error)]);
    }
    this.stop();
  }

  follow(events: Events, position: Revision): void {
    if (position > this.#position) this.#position = position;
    if (events.length > 0) this.#give(events);
  }

  unfollow(ended: boolean): void {
    this.#leave = undefined;
    if (ended) this.stop();
    else this.#readAlone();
  }

  #isWanted(): boolean {
    return this.#answer !== undefined || this.#take !== undefined;
  }

  /** Sees to it that whoever waits gets something. */
  #goOn(): void {
    if (this.#over) {
      this.stop();
      return;
    }
    if (this.#due && this.#isWanted()) this.#giveTick();
    if (this.#over || !this.#isWanted()) return;
    if (!this.#ticking) this.#startTimer();
    if (this.#leave === undefined && !this.#follows()) this.#readAlone();
  }

  #readAlone(): void {
    const { selection } = this.#options;
    this.#reader ??= new BatchReader(selection.changes, this.#position, this);
    this.#reader.read();
  }

  #follows(): boolean {
    if (this.#take === undefined) return false;
    const { selection } = this.#options;
    this.#leave = selection.kind.broadcasts.follow(selection, this);
    if (this.#leave === undefined) return false;
    // What it was about to give comes again.
    this.#reader?.stop();
    this.#reader = undefined;
    return true;
  }

  #give(events: Events): void {
    const take = this.#take;
    if (take !== undefined) {
      if (!take(events)) this.#pause();
      return;
    }
    const answer = this.#answer;
    this.#answer = undefined;
    if (answer === undefined) this.#held = events;
    else answer({ done: false, value: events });
  }

  /** Ends the pushing: what comes from now on is read when it is asked for. */
  #pause(): void {
    this.#take = undefined;
    this.#leave?.();
    this.#leave = undefined;
    this.#paused?.();
    this.#paused = undefined;
  }

  #giveTick(): void {
    this.#due = false;
    const { schedule, selection, from } = this.#options;
    if (schedule.isOver()) {
      this.stop();
      return;
    }
    const { kind, options } = selection;
    if (!options.allowWatchBookmarks || this.#position <= from) return;
    this.#give([{ type: "BOOKMARK", object: kind.objects.bookmark(this.#position) }]);
  }

  #startTimer(): void {
    this.#ticking = true;
    const afterMs = this.#options.schedule.nextTickMs();
    if (afterMs === undefined) return;
    // What waits for a tick alone must not keep the process alive.
    this.#timer = setTimeout(this.#ticked, afterMs).unref();
  }

  readonly #ticked = (): void => {
    this.#ticking = false;
    this.#due = true;
    if (this.#isWanted()) this.#goOn();
  };
}
