import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { parseLabelSelector } from "../../runtime/meta/label-selector.ts";
import type { ListOptions } from "../../runtime/meta/options.ts";
import type { PushingIterator, WatchEvent } from "../../runtime/registry/rest-storage.ts";
import type { Store } from "../../runtime/registry/store.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { StorageOverrun, type Change, type Storage, type WatchBatch } from "../../runtime/storage/storage.ts";
import { change, create, fixture, storageWith } from "./fixture.ts";
import { listOptions, request } from "./request.ts";
import { newWidget } from "./widget.ts";

afterEach(() => {
  vi.useRealTimers();
});

type Events = readonly WatchEvent[];

/** A watch whose events are pushed, and what has come of it. */
class Pushed {
  readonly batches: Events[] = [];
  /** While true, the watch is told to wait after each batch. */
  isBusy = false;
  over = false;
  readonly #iterator: PushingIterator<Events>;
  readonly #abort = new AbortController();
  #waiting: (() => void) | undefined;

  constructor(store: Store, options: Partial<ListOptions> = {}) {
    const context = request({ signal: this.#abort.signal });
    this.#iterator = pushing(store.watch(context, listOptions(options))[Symbol.asyncIterator]());
    void this.#run();
  }

  get seen(): string[] {
    return this.batches.flat().map(({ type, object }) => {
      if (type === "ERROR") return `${type} ${object.reason}`;
      const { name = "", resourceVersion = "" } = object.metadata;
      return type === "BOOKMARK" ? `${type} ${resourceVersion}` : `${type} ${name} ${resourceVersion}`;
    });
  }

  async has(count: number): Promise<void> {
    await vi.waitFor(() => expect(this.seen.length).toBeGreaterThanOrEqual(count), { timeout: 10_000, interval: 1 });
  }

  async ended(): Promise<void> {
    await vi.waitFor(() => expect(this.over).toBe(true), { timeout: 10_000, interval: 1 });
  }

  /** Goes on after it was busy. */
  resume(): void {
    this.isBusy = false;
    this.#waiting?.();
    this.#waiting = undefined;
  }

  stop(): void {
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    for (let next = await this.#iterator.next(); next.done !== true; next = await this.#iterator.next()) {
      this.batches.push(next.value);
      await this.#rest();
      await this.#iterator.pushTo((events) => {
        this.batches.push(events);
        return !this.isBusy;
      });
      await this.#rest();
    }
    this.over = true;
  }

  async #rest(): Promise<void> {
    if (this.isBusy) await new Promise<void>((resolve) => (this.#waiting = resolve));
  }
}

function pushing(iterator: AsyncIterator<Events>): PushingIterator<Events> {
  if ("pushTo" in iterator) return iterator as PushingIterator<Events>;
  throw new Error("the watch does not push");
}

/** A storage that counts its open watches. */
function counted(): { readonly storage: Storage; readonly open: () => number; readonly selections: unknown[] } {
  const inner = memoryStorage();
  const selections: unknown[] = [];
  let open = 0;
  const storage = storageWith(inner, {
    watch(prefix, from, signal, selected) {
      open++;
      selections.push(selected);
      signal.addEventListener("abort", () => open--, { once: true });
      return inner.watch(prefix, from, signal, selected);
    },
  });
  return { storage, open: () => open, selections };
}

/** Watches that follow: each has got an event. */
async function following(store: Store, count: number, options: Partial<ListOptions> = {}): Promise<Pushed[]> {
  const watches = Array.from({ length: count }, () => new Pushed(store, { resourceVersion: "1", ...options }));
  await create(store, newWidget({ name: "first", labels: { w: "yes" } }));
  for (const watch of watches) await watch.has(1);
  return watches;
}

test("watches that have caught up share one watch of the storage, and the very same batches", async () => {
  const { storage, open } = counted();
  const { store } = fixture({ storage });
  const watches = await following(store, 20);
  expect(open()).toBe(1);
  await create(store, newWidget({ name: "second" }));
  for (const watch of watches) await watch.has(2);
  expect(new Set(watches.map(({ batches }) => batches[1])).size).toBe(1);
  for (const watch of watches) watch.stop();
  for (const watch of watches) await watch.ended();
  expect(open()).toBe(0);
});

test("watches of different selections do not share", async () => {
  const { storage, open } = counted();
  const { store } = fixture({ storage });
  const [all] = await following(store, 1);
  const some = new Pushed(store, { resourceVersion: "2", labels: parseLabelSelector("w=yes") });
  await create(store, newWidget({ name: "other", labels: { w: "no" } }));
  await create(store, newWidget({ name: "wanted", labels: { w: "yes" } }));
  await all?.has(3);
  await some.has(1);
  expect(open()).toBe(2);
  await change(store, "wanted", ({ metadata }) => (metadata.labels = { w: "no" }));
  await some.has(2);
  all?.stop();
  some.stop();
  expect(some.seen).toEqual(["ADDED wanted 4", "DELETED wanted 5"]);
});

test("a storage is told which entries are wanted", async () => {
  const { storage, selections } = counted();
  const { store } = fixture({ storage });
  const [watch] = await following(store, 1, { labels: parseLabelSelector("w in (yes,maybe)") });
  watch?.stop();
  expect(selections.length).toBeGreaterThan(0);
  for (const selected of selections) expect(selected).toMatchObject({ values: ["maybe", "yes"] });
});

test("what happens in one turn comes as one batch", async () => {
  const { store } = fixture();
  const [watch] = await following(store, 1);
  await Promise.all(["a", "b", "c", "d"].map((name) => create(store, newWidget({ name }))));
  await watch?.has(5);
  watch?.stop();
  expect(watch?.batches).toHaveLength(2);
});

test("a watch that cannot take more goes on from where it stands, and then follows again", async () => {
  const { storage, open } = counted();
  const { store } = fixture({ storage });
  const [slow, quick] = await following(store, 2);
  if (slow === undefined || quick === undefined) throw new Error("no watches");
  slow.isBusy = true;
  for (const name of ["a", "b", "c"]) {
    await create(store, newWidget({ name }));
    await quick.has(2);
  }
  await quick.has(4);
  expect(slow.seen).toHaveLength(2);
  slow.resume();
  await slow.has(4);
  await create(store, newWidget({ name: "d" }));
  await slow.has(5);
  expect(open()).toBe(1);
  slow.stop();
  quick.stop();
  expect(slow.seen).toEqual(quick.seen);
  expect(slow.seen.slice(1)).toEqual(["ADDED a 3", "ADDED b 4", "ADDED c 5", "ADDED d 6"]);
});

test("whoever watches, from wherever, and however slowly, sees every change once and in order", async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("write" as const), count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ do: fc.constantFrom("busy" as const, "resume" as const), count: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ do: fc.constant("watch" as const), count: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ do: fc.constant("turn" as const), count: fc.constant(0) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { store } = fixture();
      const watches: { readonly from: number; readonly watch: Pushed }[] = [];
      let written = 1;
      for (const { do: what, count } of [{ do: "watch" as const, count: 0 }, ...steps]) {
        if (what === "write") {
          const names = Array.from({ length: count }, () => `w${++written}`);
          await Promise.all(names.map((name) => create(store, newWidget({ name }))));
        } else if (what === "watch") {
          const from = Math.max(1, written - count);
          watches.push({ from, watch: new Pushed(store, { resourceVersion: String(from) }) });
        } else if (what === "turn") await new Promise((resolve) => setImmediate(resolve));
        else {
          const watch = watches[count % watches.length]?.watch;
          if (what === "resume") watch?.resume();
          else if (watch !== undefined) watch.isBusy = true;
        }
      }
      for (const { from, watch } of watches) {
        watch.resume();
        await watch.has(written - from);
        const expected = Array.from({ length: written - from }, (_, i) => String(from + i + 1));
        expect(watch.seen.map((text) => text.split(" ")[2])).toEqual(expected);
        watch.stop();
      }
    }),
    { numRuns: 60 },
  );
});

test("however many follow, and whoever leaves meanwhile, each of the others gets everything once", async () => {
  const { store } = fixture();
  const watches = await following(store, 700);
  const [leaving, ...staying] = watches;
  const busy = staying.filter((_, index) => index % 7 === 0);
  for (const watch of busy) watch.isBusy = true;
  const names = Array.from({ length: 6 }, (_, i) => `w${i}`);
  for (const name of names) {
    await create(store, newWidget({ name }));
    await new Promise((resolve) => setImmediate(resolve));
    if (name === "w2") leaving?.stop();
    if (name === "w4") for (const watch of busy) watch.resume();
  }
  for (const watch of staying) await watch.has(7);
  for (const watch of watches) watch.stop();
  const expected = ["ADDED first 2", ...names.map((name, index) => `ADDED ${name} ${index + 3}`)];
  for (const { seen } of staying) expect(seen).toEqual(expected);
});

test("a storage that fails while events are handed out ends every watch, and none gets an event twice", async () => {
  const { storage, fail } = breaking(() => new Error("the disk is gone"));
  const { store } = fixture({ storage });
  const watches = await following(store, 700);
  await create(store, newWidget({ name: "a" }));
  await watches[0]?.has(2);
  fail();
  for (const watch of watches) await watch.ended();
  for (const { seen } of watches) {
    expect(seen.at(-1)).toBe("ERROR InternalError");
    expect(["ADDED first 2", "ADDED first 2,ADDED a 3"]).toContain(seen.slice(0, -1).join());
  }
});

test("a watch that follows has its bookmarks, and its end", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  const { store } = fixture({ bookmarkPeriodMs: 1_000 });
  const watch = new Pushed(store, { resourceVersion: "1", allowWatchBookmarks: true, timeoutSeconds: 5 });
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  await create(store, newWidget({ name: "a" }));
  await turns();
  await create(store, newWidget({ name: "b" }));
  await turns();
  expect(watch.seen).toEqual(["ADDED a 2", "ADDED b 3"]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(watch.seen.slice(2)).toEqual(["BOOKMARK 3"]);
  expect(watch.over).toBe(false);
  await vi.advanceTimersByTimeAsync(4_000);
  await turns();
  expect(watch.over).toBe(true);
});

/** A storage whose watches all end, once `fail` is called, as that says. */
function breaking(how: (() => Error) | undefined): { readonly storage: Storage; readonly fail: () => void } {
  const inner = memoryStorage();
  const broken = new AbortController();
  async function* watched(batches: AsyncIterable<WatchBatch>): AsyncGenerator<WatchBatch> {
    yield* batches;
    if (broken.signal.aborted && how !== undefined) throw how();
  }
  const storage = storageWith(inner, {
    watch: (prefix, from, signal) => watched(inner.watch(prefix, from, AbortSignal.any([signal, broken.signal]))),
  });
  return { storage, fail: () => broken.abort() };
}

test.each<[string, (() => Error) | undefined, string[]]>([
  ["that fails ends them with an error", () => new Error("the disk is gone"), ["ERROR InternalError"]],
  ["that is overrun ends them", () => new StorageOverrun("too slow"), []],
  ["that closes ends them", undefined, []],
])("watches that follow a storage %s", async (_text, how, last) => {
  const { storage, fail } = breaking(how);
  const { store } = fixture({ storage });
  const watches = await following(store, 3);
  fail();
  for (const watch of watches) await watch.ended();
  for (const watch of watches) expect(watch.seen.slice(1)).toEqual(last);
});

test("an object that cannot be read ends the watches that should have had it, each with an error", async () => {
  const { store, storage } = fixture();
  const watches = await following(store, 3);
  await storage.put("/registry/example.dev/widgets/ns/bad", Buffer.from("no JSON"), "absent");
  for (const watch of watches) await watch.ended();
  for (const watch of watches) expect(watch.seen.slice(1)).toEqual(["ERROR InternalError"]);
});

test("a storage that tells of what came before the start is not believed", async () => {
  const entry = { key: "/registry/example.dev/widgets/ns/a", value: Buffer.from("{}"), revision: 2 };
  const before: Change = { key: entry.key, revision: 2, entry, previous: undefined };
  const inner = memoryStorage();
  async function* doubled(batches: AsyncIterable<WatchBatch>): AsyncGenerator<WatchBatch> {
    for await (const { changes, revision } of batches) yield { changes: [before, ...changes], revision };
  }
  const storage = storageWith(inner, { watch: (prefix, from, signal) => doubled(inner.watch(prefix, from, signal)) });
  const { store } = fixture({ storage });
  await create(store, newWidget({ name: "x" }));
  const watch = new Pushed(store, { resourceVersion: "2" });
  await create(store, newWidget({ name: "y" }));
  await watch.has(1);
  await create(store, newWidget({ name: "z" }));
  await watch.has(2);
  watch.stop();
  expect(watch.seen).toEqual(["ADDED y 3", "ADDED z 4"]);
});
