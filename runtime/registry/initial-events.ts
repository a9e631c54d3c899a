import { setImmediate } from "node:timers/promises";
import type { ListOptions } from "../meta/options.ts";
import { tooLargeResourceVersion } from "../meta/status-error.ts";
import type { Entry, RangeOptions, ReadOptions, Revision } from "../storage/storage.ts";
import { freshnessOf } from "./resource-version.ts";
import type { WatchEvent } from "./rest-storage.ts";
import { selects } from "./selection.ts";
import type { WatchSelection } from "./watch-events.ts";

/** How many objects of the initial state come at once, at most. */
const eventsAtOnceMax = 500;
/** How long objects are decoded before other requests have their turn. */
const turnMs = 5;
/** Marks the bookmark that ends the initial events. https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#InitialEventsAnnotationKey */
const initialEventsEnd = "k8s.io/initial-events-end";

/**
 * What a watch begins with: the present state as ADDED events, where it is wanted. Gives the revision after which its
 * changes come. `asked` is the resourceVersion asked for, 0 for none in particular.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-watch
 */
export async function* initialEvents(
  selection: WatchSelection,
  asked: bigint,
  signal: AbortSignal,
): AsyncGenerator<readonly WatchEvent[], Revision, undefined> {
  const { kind, options } = selection;
  if (!wantsInitialState(options, asked)) return asked === 0n ? await kind.storage.currentRevision() : Number(asked);
  const { entries, revision } = await present(selection, freshnessOf(options.resourceVersion, asked));
  if (asked > BigInt(revision)) throw tooLargeResourceVersion(Number(asked), revision);
  let events: WatchEvent[] = [];
  let turnStart = performance.now();
  for (const entry of entries) {
    const object = kind.objects.read(entry);
    if (selection.all || selects(options, object)) events.push(kind.events.of("ADDED", object));
    const full = events.length >= eventsAtOnceMax;
    if (!full && performance.now() - turnStart <= turnMs) continue;
    if (events.length > 0) yield events;
    events = [];
    await setImmediate();
    if (signal.aborted) return revision;
    turnStart = performance.now();
  }
  if (events.length > 0) yield events;
  if (options.sendInitialEvents === true && options.allowWatchBookmarks) {
    const object = kind.objects.bookmark(revision, { [initialEventsEnd]: "true" });
    yield [{ type: "BOOKMARK", object }];
  }
  return revision;
}

// Without a version to start at, a watch that does not say otherwise begins with what there is.
function wantsInitialState({ sendInitialEvents }: ListOptions, asked: bigint): boolean {
  return sendInitialEvents ?? asked === 0n;
}

/** All that may be selected, in one piece: were it read in pages of one revision, that might be compacted in between. */
async function present(
  { kind, range, changes: { prefix, selected } }: WatchSelection,
  freshness: ReadOptions,
): Promise<{ readonly entries: readonly Entry[]; readonly revision: Revision }> {
  const { storage } = kind;
  if (range.kind === "key") {
    const { entries, revision } = await storage.list(range.key, { ...freshness, limit: 1 });
    return { entries: entries.filter(({ key }) => key === range.key), revision };
  }
  const wanted: RangeOptions = selected === undefined ? freshness : { ...freshness, selected };
  return storage.list(prefix, wanted);
}
