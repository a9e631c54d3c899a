import { fieldErrorMessage } from "../meta/field-error.ts";
import type { ListOptions } from "../meta/options.ts";
import { expired, failure, internalError, StatusError } from "../meta/status-error.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { StorageCompacted, type Revision } from "../storage/storage.ts";
import { initialEvents } from "./initial-events.ts";
import { LiveWatch } from "./live-watch.ts";
import { parseResourceVersion } from "./resource-version.ts";
import type { PushingIterator, WatchEvent } from "./rest-storage.ts";
import { keyRange } from "./selection.ts";
import { storageFailure } from "./storage-errors.ts";
import type { StoredKind } from "./stored-kind.ts";
import { WatchSelection } from "./watch-events.ts";
import { watchSchedule, type WatchSchedule } from "./watch-schedule.ts";

type Events = readonly WatchEvent[];
type Result = IteratorResult<Events, undefined>;

/**
 * Watches the objects that the selectors choose. Throws at once what is wrong with the options; whatever fails later
 * comes as an ERROR event. A reader that is too slow for the storage sees the watch end, and goes on from what it has.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export function watchObjects(kind: StoredKind, context: RequestContext, options: ListOptions): AsyncIterable<Events> {
  const revision = parseResourceVersion(options.resourceVersion);
  // Not the client's fault by its code, but that is what clients of Kubernetes see.
  if (typeof revision !== "bigint") throw failure(500, "", fieldErrorMessage(revision));
  const selection = new WatchSelection(kind, options, keyRange(kind, context.namespace, options));
  return { [Symbol.asyncIterator]: () => new ObjectWatch(selection, revision, context.signal) };
}

/** One watch: first what leads up to it, then the changes. */
class ObjectWatch implements PushingIterator<Events> {
  readonly #selection: WatchSelection;
  readonly #signal: AbortSignal;
  readonly #ended = new AbortController();
  readonly #schedule: WatchSchedule;
  readonly #initial: AsyncGenerator<Events, Revision, undefined>;
  #live: LiveWatch | undefined;

  /** `signal` ends the watch. */
  constructor(selection: WatchSelection, from: bigint, signal: AbortSignal) {
    const { kind, options } = selection;
    this.#selection = selection;
    this.#signal = signal;
    this.#schedule = watchSchedule(options, kind.bookmarkPeriodMs);
    this.#initial = initialEvents(selection, from, this.#ended.signal);
    if (signal.aborted) this.#end();
    else signal.addEventListener("abort", this.#end, { once: true });
  }

  next(): Promise<Result> {
    return this.#live === undefined ? this.#begin() : this.#live.next();
  }

  pushTo(take: (events: Events) => boolean): Promise<void> {
    return this.#live === undefined ? Promise.resolve() : this.#live.pushTo(take);
  }

  return(): Promise<Result> {
    this.#end();
    return Promise.resolve(over);
  }

  readonly #end = (): void => {
    this.#signal.removeEventListener("abort", this.#end);
    this.#ended.abort();
    this.#live?.stop();
  };

  #isEnded(): boolean {
    return this.#ended.signal.aborted;
  }

  async #begin(): Promise<Result> {
    if (this.#isEnded()) return over;
    try {
      const initial = await this.#initial.next();
      if (initial.done !== true) return initial;
      if (this.#isEnded()) return over;
      this.#live = new LiveWatch({
        selection: this.#selection,
        from: initial.value,
        schedule: this.#schedule,
        errorEvent: (error) => errorEvent(this.#selection.kind, error),
        over: this.#end,
      });
      return await this.#live.next();
    } catch (error) {
      if (this.#isEnded()) return over;
      this.#end();
      return { done: false, value: [errorEvent(this.#selection.kind, error)] };
    }
  }
}

const over: Result = { done: true, value: undefined };

function errorEvent(kind: StoredKind, error: unknown): WatchEvent {
  return { type: "ERROR", object: watchFailure(kind, error).status };
}

function watchFailure(kind: StoredKind, error: unknown): StatusError {
  if (error instanceof StorageCompacted) {
    return expired(`too old resource version: ${error.requested} (${error.oldest})`);
  }
  const known = storageFailure(error, kind.resource, "watch");
  return known instanceof StatusError ? known : internalError("the watch failed", known);
}
