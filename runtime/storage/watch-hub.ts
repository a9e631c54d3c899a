import type { StorageLimits } from "./limits.ts";
import type { Change, IndexSelection, Revision, WatchBatch } from "./storage.ts";
import type { GroupLimits, WatchGroup } from "./watch-group.ts";
import type { ChangeLog, ReaderHub } from "./watch-reader.ts";
import { WatchReader } from "./watch-reader.ts";
import { WatchRoutes } from "./watch-routes.ts";

/** What a WatchHub needs. */
interface WatchHubOptions {
  readonly revision: Revision;
  readonly log: ChangeLog;
  readonly limits: GroupLimits & Pick<StorageLimits, "watchProgressMs">;
}

/** How many readers are told of the revision in one turn of the event loop. */
const turnReadersMax = 500;

/**
 * Hands changes to watches. Readers of the same prefix and selection form a group and share its batches: a change costs
 * a few look-ups (see WatchRoutes), one array per group that it concerns, and the promise that a waiting reader of it
 * has asked for.
 */
export class WatchHub implements ReaderHub {
  readonly log: ChangeLog;
  readonly limits: WatchHubOptions["limits"];
  readonly #routes: WatchRoutes;
  /** Readers that wait for a revision that is not written yet. */
  readonly #early = new Set<WatchReader>();
  #revision: Revision;
  #progress: NodeJS.Timeout | undefined;
  #promptProgress: NodeJS.Immediate | undefined;
  /** The next turn of telling the revision to all, while that goes on. */
  #telling: NodeJS.Immediate | undefined;
  #tellAgain = false;
  #ended: { readonly error: Error | undefined } | undefined;

  constructor({ revision, log, limits }: WatchHubOptions) {
    this.#revision = revision;
    this.log = log;
    this.limits = limits;
    this.#routes = new WatchRoutes(limits);
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
  watch(
    prefix: string,
    from: Revision,
    signal: AbortSignal,
    selected: IndexSelection | undefined,
  ): AsyncIterable<WatchBatch> {
    return new WatchReader(this, { prefix, from, signal, selected });
  }

  /** Hands out the changes of one commit, oldest first, of which the newest is at `revision`. */
  publish(changes: readonly Change[], revision: Revision): void {
    this.#revision = revision;
    const touched = new Map<WatchGroup, Change[]>();
    for (const change of changes) this.#routes.route(change, touched);
    for (const [group, fresh] of touched) group.deliver(fresh, revision);
    for (const reader of this.#early) if (reader.position <= revision) reader.resume();
    if (this.#routes.groups.size > 0)
      this.#progress ??= setTimeout(this.#startTelling, this.limits.watchProgressMs).unref();
  }

  /** Soon tells waiting readers the newest revision: somebody waits for them to have seen it. */
  promptProgress(): void {
    if (this.#routes.groups.size > 0) this.#promptProgress ??= setImmediate(this.#startTelling);
  }

  /** Ends every watch: quietly, or with an error. */
  end(error?: Error): void {
    this.#ended ??= { error };
    clearTimeout(this.#progress);
    clearImmediate(this.#promptProgress);
    clearImmediate(this.#telling);
    for (const reader of this.#early) reader.finish(error);
    for (const group of this.#routes.groups) for (const reader of group.readers) reader.finish(error);
  }

  /** Adds a reader that has seen everything up to now. */
  join(reader: WatchReader): WatchGroup {
    const group = this.#routes.groupOf(reader.prefix, reader.selected);
    group.readers.add(reader);
    return group;
  }

  /** Removes a reader from its group. */
  leave(reader: WatchReader, group: WatchGroup): void {
    group.remove(reader);
    if (group.readers.size === 0) this.#routes.drop(group);
  }

  /** Calls the reader's resume() once the revision that it stands at is written. */
  expect(reader: WatchReader): void {
    this.#early.add(reader);
  }

  /** Takes back expect(). */
  forget(reader: WatchReader): void {
    this.#early.delete(reader);
  }

  readonly #startTelling = (): void => {
    clearTimeout(this.#progress);
    clearImmediate(this.#promptProgress);
    this.#progress = undefined;
    this.#promptProgress = undefined;
    // Whoever has been told in this round may have to be told again.
    if (this.#telling !== undefined) this.#tellAgain = true;
    else this.#tellSome(this.#routes.groups.values());
  };

  /** Tells as many readers as one turn of the event loop takes. */
  #tellSome(groups: Iterator<WatchGroup>): void {
    this.#telling = undefined;
    let readers = 0;
    for (let next = groups.next(); next.done !== true; next = groups.next()) {
      next.value.tell(this.#revision);
      readers += next.value.readers.size;
      if (readers < turnReadersMax) continue;
      this.#telling = setImmediate(() => this.#tellSome(groups));
      return;
    }
    if (!this.#tellAgain) return;
    this.#tellAgain = false;
    this.promptProgress();
  }
}
