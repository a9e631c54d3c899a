import type { StorageLimits } from "./limits.ts";
import type { Change, Revision, WatchBatch } from "./storage.ts";
import { WatchGroup } from "./watch-group.ts";
import type { ChangeLog, ReaderHub } from "./watch-reader.ts";
import { WatchReader } from "./watch-reader.ts";

/** What a WatchHub needs. */
interface WatchHubOptions {
  readonly revision: Revision;
  readonly log: ChangeLog;
  readonly limits: Pick<StorageLimits, "watchBufferChangesMax" | "watchBufferBytesMax" | "watchProgressMs">;
}

/**
 * Hands changes to watches. Readers of the same prefix form a group and share its batches: a change costs one look-up
 * per length of prefix in use, one array per group, and the promise that a waiting reader has asked for.
 */
export class WatchHub implements ReaderHub {
  readonly log: ChangeLog;
  readonly limits: WatchHubOptions["limits"];
  readonly #groups = new Map<string, WatchGroup>();
  /** The lengths of the groups' prefixes, with how many groups have each. */
  readonly #lengths = new Map<number, number>();
  /** Readers that wait for a revision that is not written yet. */
  readonly #early = new Set<WatchReader>();
  #revision: Revision;
  #progress: NodeJS.Timeout | undefined;
  #promptProgress: NodeJS.Immediate | undefined;
  #ended: { readonly error: Error | undefined } | undefined;

  constructor({ revision, log, limits }: WatchHubOptions) {
    this.#revision = revision;
    this.log = log;
    this.limits = limits;
  }

  /** Everything up to here has been handed out. */
  get revision(): Revision {
    return this.#revision;
  }

  /** Set once there is nothing more to come; with the error that ended it, if one did. */
  get ended(): { readonly error: Error | undefined } | undefined {
    return this.#ended;
  }

  /** See Storage.watch. */
  watch(prefix: string, from: Revision, signal: AbortSignal): AsyncIterable<WatchBatch> {
    return new WatchReader(this, prefix, from, signal);
  }

  /** Hands out the changes of one commit, oldest first, of which the newest is at `revision`. */
  publish(changes: readonly Change[], revision: Revision): void {
    this.#revision = revision;
    const touched = new Map<WatchGroup, Change[]>();
    for (const change of changes) this.#route(change, touched);
    for (const [group, fresh] of touched) group.deliver(fresh, revision);
    for (const reader of this.#early) if (reader.from <= revision) reader.resume();
    if (this.#groups.size > 0) this.#progress ??= setTimeout(this.#tellProgress, this.limits.watchProgressMs).unref();
  }

  /** Soon tells waiting readers the newest revision: somebody waits for them to have seen it. */
  promptProgress(): void {
    if (this.#groups.size > 0) this.#promptProgress ??= setImmediate(this.#tellProgress);
  }

  /** Ends every watch: quietly, or with an error. */
  end(error?: Error): void {
    this.#ended ??= { error };
    for (const reader of this.#early) reader.finish(error);
    for (const group of this.#groups.values()) for (const reader of group.readers) reader.finish(error);
  }

  /** Adds a reader that has seen everything up to now. */
  join(reader: WatchReader): WatchGroup {
    let group = this.#groups.get(reader.prefix);
    if (group === undefined) {
      group = new WatchGroup(reader.prefix, this.limits);
      this.#groups.set(reader.prefix, group);
      this.#lengths.set(reader.prefix.length, (this.#lengths.get(reader.prefix.length) ?? 0) + 1);
    }
    group.readers.add(reader);
    return group;
  }

  /** Removes a reader from its group. */
  leave(reader: WatchReader, group: WatchGroup): void {
    group.remove(reader);
    if (group.readers.size > 0) return;
    this.#groups.delete(group.prefix);
    const length = group.prefix.length;
    const others = (this.#lengths.get(length) ?? 1) - 1;
    if (others === 0) this.#lengths.delete(length);
    else this.#lengths.set(length, others);
  }

  /** Calls the reader's resume() once the revision that it starts from is written. */
  expect(reader: WatchReader): void {
    this.#early.add(reader);
  }

  /** Takes back expect(). */
  forget(reader: WatchReader): void {
    this.#early.delete(reader);
  }

  #route(change: Change, touched: Map<WatchGroup, Change[]>): void {
    for (const length of this.#lengths.keys()) {
      if (length > change.key.length) continue;
      const group = this.#groups.get(change.key.slice(0, length));
      if (group === undefined) continue;
      const fresh = touched.get(group);
      if (fresh === undefined) touched.set(group, [change]);
      else fresh.push(change);
    }
  }

  readonly #tellProgress = (): void => {
    clearTimeout(this.#progress);
    clearImmediate(this.#promptProgress);
    this.#progress = undefined;
    this.#promptProgress = undefined;
    for (const group of this.#groups.values()) group.tell(this.#revision);
  };
}
