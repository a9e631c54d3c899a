import { KeyOrder } from "../key-order.ts";
import { prefixRange } from "../key-range.ts";
import type { Change, Entry, EntryIndex, IndexSelection } from "../storage.ts";
import type { Page, RangeOptions, Revision, WatchBatch } from "../storage.ts";
import { StorageCompacted } from "../storage.ts";
import { WatchHub } from "../watch-hub.ts";
import type { ChangeLog } from "../watch-reader.ts";
import { EventWindow } from "./event-window.ts";
import type { CacheLimits } from "./limits.ts";
import { PastView } from "./past-view.ts";
import { RangeIndexes } from "./range-indexes.ts";
import type { ValueIndex } from "./value-index.ts";

/** What contents begin with, and where they look for what they have forgotten. */
interface RangeContentsOptions {
  /** In the order of their keys. */
  readonly entries: Iterable<Entry>;
  readonly revision: Revision;
  readonly limits: CacheLimits;
  /** Milliseconds, rising. */
  readonly now: () => number;
  /** The watch of the store beneath. */
  readonly watchStore: NonNullable<ChangeLog["archive"]>["watch"];
}

/** The entries of a range since it was filled: as they are, as they were, by the values of indexes, and for watches. */
export class RangeContents {
  readonly #limits: CacheLimits;
  readonly #now: () => number;
  readonly #byKey = new Map<string, Entry>();
  readonly #entries = new KeyOrder<Entry>();
  readonly #window: EventWindow;
  readonly #indexes: RangeIndexes;
  readonly #hub: WatchHub;
  /** In the order of their last use. */
  readonly #views = new Map<Revision, PastView>();
  #bytes = 0;
  #promptedMs = -Infinity;
  /** Whether the next revision is to be told of at once. */
  #promptDue = false;
  #promptTimer: NodeJS.Timeout | undefined;
  #forgetTo: Revision = 0;

  constructor({ entries, revision, limits, now, watchStore }: RangeContentsOptions) {
    this.#limits = limits;
    this.#now = now;
    for (const entry of entries) {
      this.#byKey.set(entry.key, entry);
      this.#entries.append(entry);
      this.#bytes += entry.value.length;
    }
    const window = new EventWindow(revision, limits);
    this.#window = window;
    this.#indexes = new RangeIndexes(this.#entries, limits);
    const log: ChangeLog = {
      read: (prefix, after, until) => {
        if (after < window.oldest) throw new StorageCompacted(after, window.oldest);
        return window.read(prefix, after, until);
      },
      archive: {
        get end() {
          return window.oldest;
        },
        watch: watchStore,
      },
    };
    this.#hub = new WatchHub({ revision, log, limits });
  }

  /** The revision that the contents are of. */
  get revision(): Revision {
    return this.#hub.revision;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The bytes of all values. */
  get bytes(): number {
    return this.#bytes;
  }

  get indexCount(): number {
    return this.#indexes.size;
  }

  get window(): Pick<EventWindow, "oldest" | "size" | "bytes"> {
    return this.#window;
  }

  get(key: string): Entry | undefined {
    return this.#byKey.get(key);
  }

  /** The entry that a write has made, if it is still remembered. */
  entryOf(key: string, revision: Revision): Entry | undefined {
    const newest = this.#byKey.get(key);
    return newest?.revision === revision ? newest : this.#window.entryOf(key, revision);
  }

  /** Follows the store, whose changes come in order, to a revision. Entries are taken as they are. */
  apply(changes: readonly Change[], revision: Revision): void {
    const nowMs = this.#now();
    const applied = changes.map((change) => this.#apply(change, nowMs));
    this.#hub.publish(applied, revision);
    if (this.#window.oldest < this.#forgetTo) this.#window.forget(Math.min(this.#forgetTo, revision));
    if (this.#promptDue) this.#prompt();
  }

  /** A page as of a revision that has been reached; undefined if that is forgotten. */
  page(prefix: string, { limit, after, selected }: RangeOptions, at: Revision): Page | undefined {
    const view = at === this.revision ? undefined : this.#viewOf(at);
    if (view === undefined && at < this.revision) return undefined;
    const range = prefixRange(prefix, after);
    const limited = limit === undefined || limit === 0 ? Infinity : limit;
    const index = selected === undefined ? undefined : this.#indexes.find(selected.index, this.#now());
    const source = selected === undefined || index === undefined ? this.#entries : index.entriesOf(selected.values);
    if (view === undefined) {
      const entries = source.slice(range, limited);
      return { entries, revision: at, remaining: limited === Infinity ? 0 : source.count(range) - entries.length };
    }
    if (selected === undefined || index === undefined) {
      const entries = view.slice(source, range, limited);
      return {
        entries,
        revision: at,
        remaining: limited === Infinity ? 0 : view.count(source, range) - entries.length,
      };
    }
    const all = selectedThen(view.slice(source, range, Infinity), index, selected);
    const entries = all.slice(0, limited);
    return { entries, revision: at, remaining: all.length - entries.length };
  }

  /** Has an index built, unless a list of the prefix is short enough to be looked through; undefined if nothing is to do. */
  prepare(prefix: string, index: EntryIndex): Promise<void> | undefined {
    const nowMs = this.#now();
    if (this.#indexes.find(index, nowMs) !== undefined) return undefined;
    if (this.#entries.count(prefixRange(prefix, undefined)) <= this.#limits.unindexedKeysMax) return undefined;
    return this.#indexes.build(index, nowMs);
  }

  /** See Storage.watch. */
  watch(
    prefix: string,
    from: Revision,
    signal: AbortSignal,
    selected: IndexSelection | undefined,
  ): AsyncIterable<WatchBatch> {
    return this.#hub.watch(prefix, from, signal, selected);
  }

  /** Tells watches with nothing to deliver how far the store is, once that is reached, but not all the time. */
  tell(revision: Revision): void {
    if (this.revision < revision) this.#promptDue = true;
    else this.#prompt();
  }

  /** Forgets the changes up to a revision, as the store has. */
  forget(revision: Revision): void {
    this.#forgetTo = Math.max(this.#forgetTo, revision);
    this.#window.forget(Math.min(revision, this.revision));
  }

  /** Forgets what is old or unused. */
  maintain(): void {
    const nowMs = this.#now();
    this.#window.expire(nowMs);
    this.#indexes.dropIdle(nowMs);
    for (const at of this.#views.keys()) if (at < this.#window.oldest) this.#views.delete(at);
  }

  /** Ends the watches. */
  end(error?: Error): void {
    clearTimeout(this.#promptTimer);
    this.#hub.end(error);
    this.#indexes.dropAll();
  }

  #prompt(): void {
    this.#promptDue = false;
    const nowMs = this.#now();
    const waitMs = this.#promptedMs + this.#limits.promptGapMs - nowMs;
    if (waitMs > 0) {
      this.#promptTimer ??= setTimeout(this.#promptLate, waitMs).unref();
      return;
    }
    this.#promptedMs = nowMs;
    this.#hub.promptProgress();
  }

  readonly #promptLate = (): void => {
    this.#promptTimer = undefined;
    this.#promptedMs = this.#now();
    this.#hub.promptProgress();
  };

  #apply(change: Change, nowMs: number): Change {
    const { key, entry, revision } = change;
    const before = entry === undefined ? this.#entries.delete(key) : this.#entries.set(entry);
    if (entry === undefined) this.#byKey.delete(key);
    else this.#byKey.set(key, entry);
    this.#bytes += (entry?.value.length ?? 0) - (before?.value.length ?? 0);
    // The entry that everybody has seen before, not one that has the same bytes.
    const previous = before ?? change.previous;
    const applied = previous === change.previous ? change : { key, revision, entry, previous };
    this.#window.add(applied, nowMs);
    this.#indexes.change(applied);
    return applied;
  }

  /** The range as of an older revision; undefined if what has changed since is forgotten. */
  #viewOf(at: Revision): PastView | undefined {
    const view = this.#views.get(at) ?? new PastView(at);
    this.#views.delete(at);
    if (at < this.#window.oldest) return undefined;
    this.#views.set(at, view);
    this.#window.eachAfter(view.undoneTo, (change) => view.undo(change));
    view.undoneTo = this.revision;
    for (const [oldest] of this.#views) {
      if (this.#views.size <= this.#limits.pastViewsMax) break;
      this.#views.delete(oldest);
    }
    return view;
  }
}

/** Those of the entries of then that were selected then. */
function selectedThen(entries: readonly Entry[], index: ValueIndex, { values }: IndexSelection): Entry[] {
  return entries.filter((entry) => index.selects(entry, values));
}
