import type { Change, Entry, Revision } from "../storage.ts";
import { StorageCompacted } from "../storage.ts";
import type { RecentEntries } from "./recent-entries.ts";
import type { KeyValue, WatchAnswer, WatchEvent } from "./responses.ts";

/**
 * Makes changes of what etcd tells, in whole revisions: where a message ends in the middle of one, its part of the
 * revision is kept back until the rest is there, so that a watch can always go on after what has been delivered.
 */
export class WatchChanges {
  readonly #recent: RecentEntries;
  #held: readonly WatchEvent[] = [];

  constructor(recent: RecentEntries) {
    this.#recent = recent;
  }

  /** The changes after `position`. Throws StorageCompacted where a value before a change is not known any more. */
  take({ events, fragment }: WatchAnswer, position: Revision): Change[] {
    const all = this.#held.length === 0 ? events : [...this.#held, ...events];
    const last = fragment ? all.at(-1)?.kv.revision : undefined;
    const whole = last === undefined ? all : all.filter(({ kv }) => kv.revision < last);
    this.#held = last === undefined ? [] : all.slice(whole.length);
    const changes: Change[] = [];
    for (const event of whole) if (event.kv.revision > position) changes.push(this.#change(event, position));
    return changes;
  }

  /** Forgets what was kept back: the stream that it came by has ended. */
  clear(): void {
    this.#held = [];
  }

  #change({ kv, deleted, previous }: WatchEvent, position: Revision): Change {
    const { key, revision } = kv;
    const isCreation = !deleted && kv.created === revision;
    const before = isCreation ? undefined : this.#before(kv, previous, position);
    return { key, revision, entry: deleted ? undefined : this.#recent.watched(kv), previous: before };
  }

  #before({ revision }: KeyValue, previous: KeyValue | undefined, position: Revision): Entry {
    // etcd leaves the value before out once it is compacted.
    if (previous === undefined) throw new StorageCompacted(position, revision);
    return this.#recent.read(previous);
  }
}
