import type { StateDraft, Write } from "./apply-write.ts";
import { applyWrite } from "./apply-write.ts";
import type { StorageLimits } from "./limits.ts";
import type { Change } from "./storage.ts";
import { StorageConflict, StorageUnavailable } from "./storage.ts";
import type { StoreState, Tables } from "./tables.ts";

/** What a WriteQueue works on and whom it tells. */
interface WriteQueueOptions {
  readonly tables: Tables;
  readonly limits: StorageLimits;
  readonly now: () => number;
  /** Called once a commit is durable, before its writers hear of it. */
  readonly committed: (changes: readonly Change[], state: StoreState) => void;
  /** Called when the store cannot go on. */
  readonly failed: (error: StorageUnavailable) => void;
}

interface WaitingWrite {
  readonly write: Write;
  readonly bytes: number;
  readonly resolve: (change: Change | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** What a write came to: a change, nothing that a watch is to see, or a refusal that concerns it alone. */
type Outcome = Change | undefined | StorageConflict | StorageUnavailable;

/** Commits writes in groups: while one commit is on its way to the disk, the next one's writes gather. */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  #waiting: WaitingWrite[] = [];
  #waitingBytes = 0;
  #state: StoreState;
  #running: Promise<void> | undefined;
  #stopped: StorageUnavailable | undefined;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
    this.#state = options.tables.state();
  }

  /** Where the store stands after the newest durable commit. */
  get state(): StoreState {
    return this.#state;
  }

  /** Resolves once the write is durable. Rejects with StorageConflict or StorageUnavailable. */
  submit(write: Write): Promise<Change | undefined> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    const { limits } = this.#options;
    const bytes = write.kind === "put" ? write.value.length : 0;
    if (this.#waiting.length >= limits.writesWaitingMax || this.#waitingBytes > limits.writesWaitingBytesMax) {
      return Promise.reject(new StorageUnavailable("too many writes are waiting for the disk; try again later"));
    }
    this.#waitingBytes += bytes;
    const settled = new Promise<Change | undefined>((resolve, reject) => {
      this.#waiting.push({ write, bytes, resolve, reject });
    });
    this.#running ??= this.#run();
    return settled;
  }

  /** Refuses new writes and resolves once those that wait are settled. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped ??= new StorageUnavailable("the store is closed");
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commit();
    this.#running = undefined;
  }

  async #commit(): Promise<void> {
    const { tables, now } = this.#options;
    const draft: StateDraft = { ...this.#state };
    const outcomes: Outcome[] = [];
    let batch: WaitingWrite[] = [];
    try {
      await tables.transact(() => {
        // Taken only now, so that what came while the transaction was waiting for its turn goes along.
        batch = this.#take();
        const timeMs = now();
        for (const { write } of batch) outcomes.push(outcomeOf(tables, draft, write, timeMs));
        if (draft.revision !== this.#state.revision || draft.compacted !== this.#state.compacted)
          tables.setState(draft);
      });
    } catch (cause) {
      this.#refuse(batch.length === 0 ? this.#take() : batch, cause);
      return;
    }
    this.#state = draft;
    this.#tell(outcomes.filter(isChange), draft);
    for (const [index, { resolve, reject }] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome instanceof Error) reject(outcome);
      else resolve(outcome);
    }
  }

  /** The commit stands whatever happens here; but a store whose watches have missed it must not go on. */
  #tell(changes: readonly Change[], state: StoreState): void {
    try {
      this.#options.committed(changes, state);
    } catch (cause) {
      this.#stop(
        new StorageUnavailable("the store failed to tell its watches and has stopped; restart the server", { cause }),
      );
    }
  }

  #take(): WaitingWrite[] {
    const { batchWritesMax, batchBytesMax } = this.#options.limits;
    let count = 0;
    let bytes = 0;
    for (const waiting of this.#waiting) {
      if (count >= batchWritesMax || (count > 0 && bytes + waiting.bytes > batchBytesMax)) break;
      count++;
      bytes += waiting.bytes;
    }
    this.#waitingBytes -= bytes;
    return this.#waiting.splice(0, count);
  }

  /** A full disk leaves the store as it was, and it goes on when there is room again; anything worse stops it. */
  #refuse(batch: readonly WaitingWrite[], cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const broken = this.#broken(reason);
    const error = broken ?? new StorageUnavailable(`the store did not take the write: ${reason}`, { cause });
    for (const { reject } of batch) reject(error);
    if (broken !== undefined) this.#stop(broken);
  }

  #stop(error: StorageUnavailable): void {
    this.#stopped = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    this.#waitingBytes = 0;
    this.#options.failed(error);
  }

  /** Why the store cannot go on after a transaction failed; undefined if it can. */
  #broken(reason: string): StorageUnavailable | undefined {
    const { tables } = this.#options;
    const message = `the store failed and has stopped: ${reason}; restart the server`;
    try {
      tables.recover();
      if (tables.state().revision === this.#state.revision) return undefined;
      return new StorageUnavailable(message, { uncertain: true });
    } catch (cause) {
      if (cause instanceof StorageUnavailable) return cause;
      return new StorageUnavailable(message, { cause, uncertain: true });
    }
  }
}

function outcomeOf(tables: Tables, draft: StateDraft, write: Write, timeMs: number): Outcome {
  try {
    return applyWrite(tables, draft, write, timeMs);
  } catch (error) {
    if (error instanceof StorageConflict || error instanceof StorageUnavailable) return error;
    throw error;
  }
}

function isChange(outcome: Outcome): outcome is Change {
  return outcome !== undefined && !(outcome instanceof Error);
}
