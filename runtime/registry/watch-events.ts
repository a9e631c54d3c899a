import type { ListOptions } from "../meta/options.ts";
import type { Change, Revision } from "../storage/storage.ts";
import type { ChangeRange } from "./batch-reader.ts";
import type { Followed } from "./broadcast.ts";
import type { WatchEvent } from "./rest-storage.ts";
import { indexSelection, selects, selectsAll, type KeyRange } from "./selection.ts";
import type { StoredKind } from "./stored-kind.ts";

/** Which objects a watch is about, and what changes are to it. */
export class WatchSelection implements Followed {
  readonly kind: StoredKind;
  readonly options: ListOptions;
  readonly range: KeyRange;
  readonly changes: ChangeRange;
  /** Whether every object in the range is selected. */
  readonly all: boolean;
  readonly text: string;

  /** The objects in a range that the options select. */
  constructor(kind: StoredKind, options: ListOptions, range: KeyRange) {
    const { labels, fields } = options;
    const prefix = range.kind === "key" ? range.key : range.prefix;
    this.kind = kind;
    this.options = options;
    this.range = range;
    this.changes = { storage: kind.storage, prefix, selected: indexSelection(kind, options) };
    this.all = selectsAll(options);
    this.text = JSON.stringify([range, labels, fields]);
  }

  /** What changes are to the watch, of those after a revision. The same changes give the very same events, which are frozen. */
  eventsOf(changes: readonly Change[], after: Revision): readonly WatchEvent[] {
    const [first] = changes;
    // A store leaves out what comes before; this is for those that begin in the middle.
    if (first !== undefined && first.revision <= after) return this.#made(changes, after);
    const { events: shared } = this.kind;
    const known = shared.ofChanges(changes, this.text);
    if (known !== undefined) return known;
    const events = Object.freeze(this.#made(changes, after));
    shared.remember(changes, this.text, events);
    return events;
  }

  #made(changes: readonly Change[], after: Revision): readonly WatchEvent[] {
    const { range } = this;
    const events: WatchEvent[] = [];
    for (const change of changes) {
      // Other keys may start with the one that is watched.
      if (change.revision <= after || (range.kind === "key" && change.key !== range.key)) continue;
      const event = this.#eventOf(change);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  /** An object that comes into the selection is new to it, one that leaves it is gone. */
  #eventOf({ entry, previous, revision }: Change): WatchEvent | undefined {
    const { kind, options, all } = this;
    const isIn = entry !== undefined && (all || selects(options, kind.objects.read(entry)));
    const wasIn = previous !== undefined && (all || selects(options, kind.objects.read(previous)));
    if (isIn) return kind.events.of(wasIn ? "MODIFIED" : "ADDED", kind.objects.read(entry));
    if (wasIn) return kind.events.of("DELETED", kind.objects.readGone(previous, revision));
    return undefined;
  }
}
