import { expect } from "vitest";
import type { ListOptions } from "../../runtime/meta/options.ts";
import { StatusError } from "../../runtime/meta/status-error.ts";
import type { KubeObject, Status } from "../../runtime/meta/v1.ts";
import type { WatchEvent } from "../../runtime/registry/rest-storage.ts";
import { statusStore, storeFor, type Store } from "../../runtime/registry/store.ts";
import type { StoreOptions } from "../../runtime/registry/stored-kind.ts";
import type { RequestContext } from "../../runtime/scheme/request-context.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { allow, allowUpdate, listOptions, request, updateOptions } from "./request.ts";
import { newWidget, widgetOf, widgetScheme, type Widget, type WidgetChanges } from "./widget.ts";

/** Stores of widgets over one memory storage. */
export interface Fixture {
  readonly storage: Storage;
  readonly store: Store;
  readonly older: Store;
  readonly status: ReturnType<typeof statusStore>;
}

/** Fresh stores of a kind that a test may change. */
export function fixture(changes: WidgetChanges & Partial<StoreOptions> = {}): Fixture {
  const { storage = memoryStorage(), ...rest } = changes;
  const scheme = widgetScheme(rest);
  const options = { scheme, randomness: countingRandomness(), ...rest, storage };
  const store = storeFor(widgetOf(scheme, "v1"), options);
  return { storage, store, older: storeFor(widgetOf(scheme, "v1beta1"), options), status: statusStore(store) };
}

// Uids and suffixes that can be told apart, and are the same in each run.
function countingRandomness(): StoreOptions["randomness"] & object {
  let count = 0;
  return {
    integer: (max) => count++ % max,
    uuid: () => `00000000-0000-4000-8000-${String(count++).padStart(12, "0")}`,
  };
}

/** A storage of which some methods are others. */
export function storageWith(storage: Storage, methods: Partial<Storage>): Storage {
  return {
    get: (key, options) => storage.get(key, options),
    list: (prefix, options) => storage.list(prefix, options),
    put: (key, value, expected, options) => storage.put(key, value, expected, options),
    delete: (key, expected) => storage.delete(key, expected),
    watch: (prefix, from, signal, selected) => storage.watch(prefix, from, signal, selected),
    currentRevision: () => storage.currentRevision(),
    compact: (revision) => storage.compact(revision),
    close: () => storage.close(),
    ...methods,
  };
}

/** Creates a widget with no one to object. */
export function create(store: Store, object: KubeObject = newWidget(), context = request()): Promise<KubeObject> {
  return store.create(context, object, allow, updateOptions());
}

/** Changes a widget in place, from what is stored. */
export async function change(
  store: Pick<Store, "update">,
  name: string,
  edit: (widget: Widget) => void,
  context: RequestContext = request(),
): Promise<KubeObject> {
  const transform = async (old: KubeObject | undefined): Promise<KubeObject> => {
    const object = structuredClone(old) as Widget;
    edit(object);
    return object;
  };
  return (await store.update(context, name, transform, allowUpdate, updateOptions())).object;
}

/** Replaces a widget by another, whatever is stored. */
export async function replace(store: Pick<Store, "update">, object: KubeObject): Promise<KubeObject> {
  const { name = "" } = object.metadata;
  return (await store.update(request(), name, async () => object, allowUpdate, updateOptions())).object;
}

/** The names of the listed objects. */
export async function names(store: Store, options: Partial<ListOptions> = {}, context = request()): Promise<string[]> {
  const { items } = await store.list(context, listOptions(options));
  return items.map(({ metadata }) => metadata.name ?? "");
}

/** The Status that a call is refused with. */
export async function refusal(call: Promise<unknown>): Promise<Status> {
  try {
    await call;
  } catch (error) {
    if (error instanceof StatusError) return error.status;
    throw error;
  }
  return expect.unreachable("not refused");
}

/** A watch that is under way, and what has come of it. */
export interface Watching {
  readonly events: WatchEvent[];
  /** Events as `ADDED w`, bookmarks and errors without a name. */
  readonly seen: string[];
  /** Resolves once so many events have come, or the watch has ended. */
  readonly count: (events: number) => Promise<void>;
  readonly ended: Promise<void>;
  readonly stop: () => void;
}

/** Starts to watch. */
export function watching(store: Store, options: Partial<ListOptions> = {}, namespace = "ns"): Watching {
  const abort = new AbortController();
  const events: WatchEvent[] = [];
  const seen: string[] = [];
  const state: { over: boolean; wake?: () => void } = { over: false };
  const run = async (): Promise<void> => {
    for await (const batch of store.watch(request({ namespace, signal: abort.signal }), listOptions(options))) {
      for (const event of batch) {
        events.push(event);
        const { name = "" } = event.type === "ERROR" ? {} : event.object.metadata;
        seen.push(`${event.type} ${name}`.trim());
      }
      state.wake?.();
    }
    state.over = true;
    state.wake?.();
  };
  return {
    events,
    seen,
    count: async (wanted) => {
      while (events.length < wanted && !state.over) await new Promise<void>((resolve) => (state.wake = resolve));
    },
    ended: run(),
    stop: () => abort.abort(),
  };
}
