import { setImmediate } from "node:timers/promises";
import type { Change, IndexSelection, Revision, WatchBatch } from "./storage.ts";
import { StorageCompacted, StorageOverrun, StorageUnavailable } from "./storage.ts";
import type { GroupReader, WatchGroup } from "./watch-group.ts";

/** What a watch reads of the past. */
export interface ChangeLog {
  /**
   * Changes of keys under `prefix` after one revision and up to another, oldest first; a bounded part of them, up to
   * the revision `reached`. Throws StorageCompacted where they are forgotten.
   */
  read(
    prefix: string,
    after: Revision,
    until: Revision,
  ): { readonly changes: readonly Change[]; readonly reached: Revision };
  /** What read() has forgotten, where that is to be had elsewhere. */
  readonly archive?: ChangeArchive;
}

/** A longer log, which is slower to read. */
interface ChangeArchive {
  /** From here on the log itself remembers. */
  readonly end: Revision;
  /** See Storage.watch. */
  watch(
    prefix: string,
    from: Revision,
    signal: AbortSignal,
    selected: IndexSelection | undefined,
  ): AsyncIterable<WatchBatch>;
}

/** What a watch is of, and from where on; see Storage.watch. */
interface WatchOptions {
  readonly prefix: string;
  readonly from: Revision;
  readonly signal: AbortSignal;
  readonly selected: IndexSelection | undefined;
}

/** The hub, as a watch sees it. */
export interface ReaderHub {
  readonly log: ChangeLog;
  /** Everything up to here has been handed out. */
  readonly revision: Revision;
  /** Set once there is nothing more to come; with the error that ended it, if one did. */
  readonly ended: { readonly error: Error | undefined } | undefined;
  /** Adds a reader that has seen everything up to now to the group of what it watches. */
  join(reader: WatchReader): WatchGroup;
  /** Removes a reader from its group. */
  leave(reader: WatchReader, group: WatchGroup): void;
  /** Calls the reader's resume() once the revision that it stands at is written. */
  expect(reader: WatchReader): void;
  /** Takes back expect(). */
  forget(reader: WatchReader): void;
}

type Result = IteratorResult<WatchBatch, undefined>;

const end: Result = { done: true, value: undefined };

/**
 * One watch. First it reads the log, as fast as it is asked; once it has caught up with the hub it joins the group of
 * those who watch the same, in the same turn of the event loop, so that nothing is missed or seen twice.
 */
export class WatchReader implements AsyncIterableIterator<WatchBatch, undefined>, GroupReader {
  readonly prefix: string;
  readonly selected: IndexSelection | undefined;
  /** The number of its group's changes that it has seen. */
  taken = 0;
  readonly #hub: ReaderHub;
  readonly #from: Revision;
  readonly #signal: AbortSignal;
  /** How far the log is read. */
  #position: Revision;
  #told: Revision;
  #group: WatchGroup | undefined;
  #started = false;
  #replaying = false;
  #finished = false;
  #error: Error | undefined;
  #asked: { resolve(result: Result): void; reject(error: Error): void } | undefined;
  #resume: (() => void) | undefined;
  #archive: { readonly batches: AsyncIterator<WatchBatch, unknown>; readonly abort: AbortController } | undefined;

  constructor(hub: ReaderHub, { prefix, from, signal, selected }: WatchOptions) {
    this.#hub = hub;
    this.prefix = prefix;
    this.selected = selected;
    this.#from = from;
    this.#position = from;
    this.#told = from;
    this.#signal = signal;
  }

  /** The revision that the reader knows the store to have reached. */
  get told(): Revision {
    return this.#told;
  }

  /** How far it has read the past. */
  get position(): Revision {
    return this.#position;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (!this.#started) this.#start();
    if (this.#finished) return this.#last();
    if (this.#asked !== undefined || this.#replaying) return Promise.reject(new Error("next() has not answered yet"));
    return this.#group === undefined ? this.#replay() : this.#live(this.#group);
  }

  return(): Promise<Result> {
    this.#error = undefined;
    this.finish();
    return this.#last();
  }

  /** Answers the reader's next(), which is waiting; `taken` counts the batch. */
  give(result: IteratorYieldResult<WatchBatch>, taken: number): void {
    this.taken = taken;
    this.#told = result.value.revision;
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.resolve(result);
  }

  /** Goes on with a replay that waits for its first revision to be written. */
  resume(): void {
    this.#hub.forget(this);
    this.#resume?.();
  }

  /** Ends the watch because it is too slow. */
  overrun(): void {
    this.finish(new StorageOverrun(`the watch of ${this.prefix} has fallen too far behind`));
  }

  /** Ends the watch. What is left in its buffer is dropped; an error reaches the reader once. */
  finish(error?: Error): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#error = error;
    this.#signal.removeEventListener("abort", this.#abort);
    if (this.#group !== undefined) this.#hub.leave(this, this.#group);
    this.#group = undefined;
    this.#leaveArchive();
    this.resume();
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked === undefined) return;
    this.#error = undefined;
    if (error === undefined) asked.resolve(end);
    else asked.reject(error);
  }

  readonly #abort = (): void => this.finish();

  #start(): void {
    this.#started = true;
    const { ended } = this.#hub;
    if (ended !== undefined) this.finish(ended.error ?? new StorageUnavailable("the store is closed"));
    else if (this.#signal.aborted) this.finish();
    else this.#signal.addEventListener("abort", this.#abort, { once: true });
  }

  #last(): Promise<Result> {
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve(end) : Promise.reject(error);
  }

  #live(group: WatchGroup): Promise<Result> {
    const { revision } = this.#hub;
    const batch = group.take(this, revision) ?? this.#news(revision);
    if (batch !== undefined) return Promise.resolve(this.#answer(batch));
    group.wait(this);
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
    });
  }

  #news(revision: Revision): WatchBatch | undefined {
    return this.#told < revision ? { changes: [], revision } : undefined;
  }

  #answer(batch: WatchBatch): Result {
    this.#told = batch.revision;
    return { done: false, value: batch };
  }

  async #replay(): Promise<Result> {
    this.#replaying = true;
    try {
      while (!this.#finished) {
        const { revision, ended } = this.#hub;
        if (ended !== undefined) {
          this.finish(ended.error);
          break;
        }
        if (this.#position > revision) {
          await this.#written();
          continue;
        }
        if (this.#position === revision) {
          this.#group = this.#hub.join(this);
          this.taken = this.#group.count;
          return await this.#live(this.#group);
        }
        const read = this.#archive === undefined ? this.#readLog(revision) : await this.#readArchive(this.#archive);
        const changes = wantedOf(read, this.selected);
        if (changes.length > 0) return this.#answer({ changes, revision: this.#position });
        if (this.#position < revision) await setImmediate();
      }
      return await this.#last();
    } finally {
      this.#replaying = false;
    }
  }

  #readLog(until: Revision): WatchBatch["changes"] {
    try {
      const { changes, reached } = this.#hub.log.read(this.prefix, this.#position, until);
      this.#position = reached;
      return changes;
    } catch (error) {
      if (error instanceof StorageCompacted && this.#openArchive()) return [];
      throw this.#failed(error);
    }
  }

  #openArchive(): boolean {
    const { archive } = this.#hub.log;
    if (archive === undefined) return false;
    const abort = new AbortController();
    const watch = archive.watch(this.prefix, this.#position, abort.signal, this.selected);
    this.#archive = { batches: watch[Symbol.asyncIterator](), abort };
    return true;
  }

  async #readArchive({ batches }: { batches: AsyncIterator<WatchBatch, unknown> }): Promise<WatchBatch["changes"]> {
    let changes: WatchBatch["changes"] = [];
    try {
      const result = await batches.next();
      if (this.#finished) return [];
      if (result.done === true) {
        this.finish();
        return [];
      }
      ({ changes, revision: this.#position } = result.value);
    } catch (error) {
      throw this.#failed(error);
    }
    if (this.#position >= (this.#hub.log.archive?.end ?? 0)) this.#leaveArchive();
    return changes;
  }

  #leaveArchive(): void {
    const archive = this.#archive;
    this.#archive = undefined;
    archive?.abort.abort();
    // A watch that is a generator does not see the signal while nobody reads from it.
    archive?.batches.return?.().catch(() => {});
  }

  /** Ends the watch because the past cannot be read. */
  #failed(error: unknown): unknown {
    const late = error instanceof StorageCompacted && this.#position > this.#from;
    this.finish();
    if (!late) return error;
    return new StorageOverrun(`the watch of ${this.prefix} was overtaken by compaction`, { cause: error });
  }

  #written(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
      this.#hub.expect(this);
    });
  }
}

/** The changes that a selection concerns: those whose value before or after is selected. */
function wantedOf(changes: readonly Change[], selected: IndexSelection | undefined): readonly Change[] {
  if (selected === undefined || changes.length === 0) return changes;
  const { index } = selected;
  const values = new Set(selected.values);
  const isWanted = (entry: Change["entry"]): boolean => {
    const value = entry === undefined ? undefined : index.valueOf(entry);
    return value !== undefined && values.has(value);
  };
  return changes.filter(({ entry, previous }) => isWanted(entry) || isWanted(previous));
}
