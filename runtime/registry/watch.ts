import { fieldErrorMessage } from "../meta/field-error.ts";
import type { ListOptions } from "../meta/options.ts";
import { expired, failure, internalError, StatusError, tooLargeResourceVersion } from "../meta/status-error.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { StorageCompacted, StorageOverrun, type Change, type Revision, type WatchBatch } from "../storage/storage.ts";
import { parseResourceVersion } from "./resource-version.ts";
import type { WatchEvent } from "./rest-storage.ts";
import { keyRange, selects, selectsAll, type KeyRange } from "./selection.ts";
import { storageFailure } from "./storage-errors.ts";
import type { StoredKind } from "./stored-kind.ts";
import { TickingReader } from "./ticking-reader.ts";
import { watchSchedule } from "./watch-schedule.ts";

/** How many objects of the initial state are read at once. */
const initialChunkKeys = 500;
/** Marks the bookmark that ends the initial events. https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#InitialEventsAnnotationKey */
const initialEventsEnd = "k8s.io/initial-events-end";

type Events = readonly WatchEvent[];

/**
 * Watches the objects that the selectors choose. Throws at once what is wrong with the options; whatever fails later
 * comes as an ERROR event. A reader that is too slow for the storage sees the watch end, and goes on from what it has.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export function watchObjects(kind: StoredKind, context: RequestContext, options: ListOptions): AsyncIterable<Events> {
  const revision = parseResourceVersion(options.resourceVersion);
  // Not the client's fault by its code, but that is what clients of Kubernetes see.
  if (typeof revision !== "bigint") throw failure(500, "", fieldErrorMessage(revision));
  return run({ kind, context, options, range: keyRange(kind, context.namespace, options), from: Number(revision) });
}

/** A watch, its options worked out. */
interface Watch {
  readonly kind: StoredKind;
  readonly context: RequestContext;
  readonly options: ListOptions;
  readonly range: KeyRange;
  /** The resourceVersion asked for; 0 for none in particular. */
  readonly from: Revision;
}

/** One generator does it all, since each further one would cost every event of every watcher. */
async function* run(watch: Watch): AsyncGenerator<Events, void, undefined> {
  const { kind, context, options, range } = watch;
  const ended = new AbortController();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  const schedule = watchSchedule(options, kind.bookmarkPeriodMs);
  let reader: TickingReader<WatchBatch> | undefined;
  try {
    let { from } = watch;
    if (wantsInitialState(watch)) from = yield* initialEvents(watch);
    else if (from === 0) from = await kind.storage.currentRevision();
    const changes = kind.storage.watch(prefixOf(range), from, signal);
    reader = new TickingReader(changes[Symbol.asyncIterator](), schedule.nextTickMs);
    let position = from;
    for (;;) {
      const result = await reader.next();
      if (result === undefined) {
        if (schedule.isOver()) return;
        if (options.allowWatchBookmarks && position > from) yield [bookmarkOf(watch, position)];
      } else {
        if (result.done === true) return;
        position = Math.max(position, result.value.revision);
        const events = eventsOf(watch, result.value, from);
        if (events.length > 0) yield events;
      }
    }
  } catch (error) {
    if (signal.aborted || error instanceof StorageOverrun) return;
    yield [{ type: "ERROR", object: watchFailure(watch, error).status }];
  } finally {
    reader?.stop();
    ended.abort();
  }
}

// Without a version to start at, a watch that does not say otherwise begins with what there is.
function wantsInitialState({ options, from }: Watch): boolean {
  return options.sendInitialEvents ?? from === 0;
}

/** Sends the present state as ADDED events; gives the revision that it is the state of. */
async function* initialEvents(watch: Watch): AsyncGenerator<Events, Revision, undefined> {
  const { kind, options, range, from } = watch;
  const prefix = prefixOf(range);
  let at: Revision | undefined;
  let after: string | undefined;
  for (;;) {
    const limit = range.kind === "key" ? 1 : initialChunkKeys;
    const page = await kind.storage.list(prefix, {
      limit,
      ...(at === undefined ? {} : { at }),
      ...(after === undefined ? {} : { after }),
    });
    if (from > page.revision) throw tooLargeResourceVersion(from, page.revision);
    at ??= page.revision;
    const entries = range.kind === "key" ? page.entries.filter(({ key }) => key === range.key) : page.entries;
    const objects = entries.map((entry) => kind.objects.read(entry)).filter((object) => selects(options, object));
    if (objects.length > 0) yield objects.map((object) => kind.events("ADDED", object));
    after = page.entries.at(-1)?.key;
    if (page.remaining === 0 || range.kind === "key" || after === undefined) break;
  }
  if (options.sendInitialEvents === true && options.allowWatchBookmarks) {
    yield [bookmarkOf(watch, at, { [initialEventsEnd]: "true" })];
  }
  return at;
}

function bookmarkOf({ kind }: Watch, revision: Revision, annotations?: Record<string, string>): WatchEvent {
  return { type: "BOOKMARK", object: kind.objects.bookmark(revision, annotations) };
}

function eventsOf(watch: Watch, { changes }: WatchBatch, from: Revision): WatchEvent[] {
  const events: WatchEvent[] = [];
  const all = selectsAll(watch.options);
  for (const change of changes) {
    // Other keys may start with the one that is watched.
    if (change.revision <= from || (watch.range.kind === "key" && change.key !== watch.range.key)) continue;
    const event = eventOf(watch, change, all);
    if (event !== undefined) events.push(event);
  }
  return events;
}

/** What a change is to this watch: an object that comes into the selection is new to it, one that leaves it is gone. */
function eventOf({ kind, options }: Watch, change: Change, all: boolean): WatchEvent | undefined {
  const { entry, previous } = change;
  const isIn = entry !== undefined && (all || selects(options, kind.objects.read(entry)));
  const wasIn = previous !== undefined && (all || selects(options, kind.objects.read(previous)));
  if (isIn) return kind.events(wasIn ? "MODIFIED" : "ADDED", kind.objects.read(entry));
  if (wasIn) return kind.events("DELETED", kind.objects.readGone(previous, change.revision));
  return undefined;
}

function prefixOf(range: KeyRange): string {
  return range.kind === "key" ? range.key : range.prefix;
}

function watchFailure({ kind }: Watch, error: unknown): StatusError {
  if (error instanceof StorageCompacted) {
    return expired(`too old resource version: ${error.requested} (${error.oldest})`);
  }
  const known = storageFailure(error, kind.resource, "watch");
  return known instanceof StatusError ? known : internalError("the watch failed", known);
}
