import type { CompactionGoal } from "./apply-write.ts";
import type { StorageLimits } from "./limits.ts";
import { readRange, revisionAt } from "./range-read.ts";
import type { Change, Entry, Page, PutOptions, RangeOptions } from "./storage.ts";
import type { IndexSelection, Revision, Storage, WatchBatch } from "./storage.ts";
import { StorageCompacted, StorageFutureRevision, StorageTooLarge, StorageUnavailable } from "./storage.ts";
import type { StoreState, Tables } from "./tables.ts";
import { requireRow } from "./tables.ts";
import { ValueSlab } from "./value-slab.ts";
import { WatchHub } from "./watch-hub.ts";
import { WriteQueue } from "./write-queue.ts";

/** How much of the history a watch reads in one turn of the event loop. */
const replayLimit = { rowsMax: 256, bytesMax: 4 << 20 };
/** How many expired values are deleted in one go. */
const sweepMax = 256;

/** What makes a Storage of tables. */
interface RevisionStorageOptions {
  readonly tables: Tables;
  readonly limits: StorageLimits;
  /** Milliseconds since 1970; for tests to set. */
  readonly now: () => number;
}

/** The embedded stores' Storage: revisions, history, watches, expiry and compaction over plain tables. */
export class RevisionStorage implements Storage {
  readonly #tables: Tables;
  readonly #limits: StorageLimits;
  readonly #now: () => number;
  readonly #queue: WriteQueue;
  readonly #hub: WatchHub;
  readonly #values = new ValueSlab();
  /** The revisions that a list is being read at, which compaction leaves alone. */
  readonly #reading = new Map<object, Revision>();
  readonly #timer: NodeJS.Timeout;
  #maintaining = false;
  #closing: Promise<void> | undefined;
  #down: StorageUnavailable | undefined;

  constructor({ tables, limits, now }: RevisionStorageOptions) {
    this.#tables = tables;
    this.#limits = limits;
    this.#now = now;
    this.#queue = new WriteQueue({
      tables,
      limits,
      now,
      committed: (changes, state) => this.#committed(changes, state),
      failed: (error) => this.#fail(error),
    });
    const log = { read: this.#readLog.bind(this) };
    this.#hub = new WatchHub({ revision: this.#queue.state.revision, log, limits });
    this.#timer = setInterval(() => void this.#maintain(), limits.maintenanceMs).unref();
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#requireUp();
    if (!this.#fits(key)) return undefined;
    try {
      const head = this.#tables.head(key);
      // Never newer than what watches and lists have been told of.
      const revision = head === undefined ? undefined : revisionAt(this.#tables, head, this.#queue.state.revision);
      return revision === undefined ? undefined : requireRow(this.#tables, { key, revision }).entry;
    } catch (error) {
      throw readError(error);
    }
  }

  async list(prefix: string, options: RangeOptions = {}): Promise<Page> {
    this.#requireUp();
    const { revision, compacted } = this.#queue.state;
    const at = options.at ?? revision;
    if (at > revision) throw new StorageFutureRevision(at, revision);
    if (at < compacted) throw new StorageCompacted(at, compacted);
    const reading = {};
    this.#reading.set(reading, at);
    try {
      return await readRange(this.#tables, prefix, options, at);
    } catch (error) {
      throw readError(error);
    } finally {
      this.#reading.delete(reading);
    }
  }

  async put(key: string, value: Uint8Array, expected: Revision | "absent", options: PutOptions = {}): Promise<Entry> {
    this.#requireUp();
    const { keyBytesMax, valueBytesMax } = this.#limits;
    if (!this.#fits(key)) throw new StorageTooLarge(`a key has 1 to ${keyBytesMax} bytes: ${key.slice(0, 100)}`);
    if (value.length > valueBytesMax) {
      throw new StorageTooLarge(`the value of ${key} has ${value.length} bytes; at most ${valueBytesMax} are stored`);
    }
    const { ttlSeconds = 0 } = options;
    const expiresMs = ttlSeconds > 0 ? this.#now() + ttlSeconds * 1_000 : undefined;
    // Copied before the first await: the caller may use its buffer for something else.
    const change = await this.#queue.submit({ kind: "put", key, value: this.#values.copy(value), expected, expiresMs });
    if (change?.entry === undefined) throw new Error("a put gave no entry");
    return change.entry;
  }

  async delete(key: string, expected: Revision): Promise<Revision> {
    this.#requireUp();
    const change = await this.#queue.submit({ kind: "delete", key, expected });
    if (change === undefined) throw new Error("a deletion gave no change");
    return change.revision;
  }

  watch(prefix: string, from: Revision, signal: AbortSignal, selected?: IndexSelection): AsyncIterable<WatchBatch> {
    return this.#hub.watch(prefix, from, signal, selected);
  }

  async currentRevision(): Promise<Revision> {
    this.#requireUp();
    // Who asks is likely to wait until a watch has come as far.
    this.#hub.promptProgress();
    return this.#queue.state.revision;
  }

  async compact(revision: Revision): Promise<void> {
    this.#requireUp();
    const current = this.#queue.state.revision;
    if (revision > current) throw new StorageFutureRevision(revision, current);
    while (this.#queue.state.compacted < revision) {
      await this.#compactStep({ revision, beforeMs: 0, changesMax: Infinity, bytesMax: Infinity });
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#down ??= new StorageUnavailable("the store is closed");
    clearInterval(this.#timer);
    this.#hub.end();
    await this.#queue.stop();
    await this.#tables.close();
  }

  /** Stops the store: every call and every watch from now on throws the error. */
  #fail(error: StorageUnavailable): void {
    this.#down ??= error;
    clearInterval(this.#timer);
    this.#hub.end(error);
  }

  #requireUp(): void {
    if (this.#down !== undefined) throw this.#down;
  }

  #fits(key: string): boolean {
    // Three bytes a UTF-16 unit are the most that UTF-8 takes.
    const { keyBytesMax } = this.#limits;
    return key !== "" && (key.length * 3 <= keyBytesMax || Buffer.byteLength(key) <= keyBytesMax);
  }

  #committed(changes: readonly Change[], state: StoreState): void {
    if (changes.length > 0) this.#hub.publish(changes, state.revision);
  }

  #readLog(prefix: string, after: Revision, until: Revision) {
    try {
      // The tables', not the queue's: they may have forgotten rows in a commit of which the queue is yet to hear.
      const { compacted } = this.#tables.state();
      if (after < compacted) throw new StorageCompacted(after, compacted);
      const { rows, reached } = this.#tables.rows(prefix, after, until, replayLimit);
      const changes = rows.map(({ key, revision, entry, before }): Change => {
        const previous = before === 0 ? undefined : this.#tables.row(before)?.entry;
        return { key, revision, entry, previous };
      });
      return { changes, reached };
    } catch (error) {
      throw readError(error);
    }
  }

  async #maintain(): Promise<void> {
    if (this.#maintaining) return;
    this.#maintaining = true;
    try {
      this.#tables.check();
    } catch (error) {
      this.#fail(asUnavailable(error));
      return;
    }
    try {
      await this.#sweep();
      await this.#compactOld();
    } catch {
      // Nobody waits for this. What is left over is tried again at the next tick, and a store that cannot go on has
      // told its watches and callers by itself.
    } finally {
      this.#maintaining = false;
    }
  }

  async #sweep(): Promise<void> {
    for (let more = true; more && this.#down === undefined;) {
      const due = this.#tables.due(this.#now(), sweepMax);
      await Promise.all(due.map((expiry) => this.#queue.submit({ kind: "expire", expiry })));
      more = due.length === sweepMax;
    }
  }

  async #compactOld(): Promise<void> {
    const { historyAgeMaxMs, historyChangesMax: changesMax, historyBytesMax: bytesMax } = this.#limits;
    for (let before = -1; this.#down === undefined && this.#queue.state.compacted > before;) {
      before = this.#queue.state.compacted;
      if (!this.#isCompactionDue()) return;
      await this.#compactStep({ revision: 0, beforeMs: this.#now() - historyAgeMaxMs, changesMax, bytesMax });
    }
  }

  #isCompactionDue(): boolean {
    const { revision, compacted, historyBytes } = this.#queue.state;
    const { historyAgeMaxMs, historyChangesMax, historyBytesMax } = this.#limits;
    if (revision === compacted) return false;
    if (revision - compacted > historyChangesMax || historyBytes > historyBytesMax) return true;
    const oldest = this.#tables.rowHead(compacted + 1);
    return oldest !== undefined && oldest.timeMs < this.#now() - historyAgeMaxMs;
  }

  async #compactStep(goal: Pick<CompactionGoal, "revision" | "beforeMs" | "changesMax" | "bytesMax">): Promise<void> {
    const { compactionStepMax: stepMax, batchBytesMax: stepBytesMax } = this.#limits;
    // A list that starts before this commit is heard of reads at the revision that the queue has now, or at a later one.
    const limit = () => Math.min(this.#queue.state.revision, ...this.#reading.values());
    await this.#queue.submit({ kind: "compact", goal: { ...goal, limit, stepMax, stepBytesMax } });
  }
}

/** What a reader is told: the contract's errors as they are, the engine's own as StorageUnavailable. */
function readError(error: unknown): Error {
  return error instanceof StorageCompacted ? error : asUnavailable(error);
}

function asUnavailable(error: unknown): StorageUnavailable {
  if (error instanceof StorageUnavailable) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageUnavailable(`the store cannot be read: ${reason}`, { cause: error });
}
