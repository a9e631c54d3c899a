import { beforeAll, expect, test } from "vitest";
import { parseFieldSelector } from "../../runtime/meta/field-selector.ts";
import { parseLabelSelector } from "../../runtime/meta/label-selector.ts";
import type { ListOptions } from "../../runtime/meta/options.ts";
import { indexSelection } from "../../runtime/registry/selection.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import {
  StorageFutureRevision,
  type Page,
  type RangeOptions,
  type ReadOptions,
  type Storage,
} from "../../runtime/storage/storage.ts";
import { create, fixture, names, refusal, storageWith } from "./fixture.ts";
import { listOptions, request } from "./request.ts";
import { newWidget } from "./widget.ts";

/** What a storage is asked for: how fresh a state, and which of its entries. */

let backing: Storage;

beforeAll(async () => {
  backing = memoryStorage();
  const { store } = fixture({ storage: backing });
  for (const [i, color] of ["red", "green", "green", "blue", "blue", "blue"].entries()) {
    const labels = { parity: i % 2 === 0 ? "even" : "odd", number: String(i) };
    await create(store, newWidget({ name: `w${i}`, labels }, { color, size: i }));
  }
  await create(store, newWidget({ name: "w0", labels: { number: "0" } }), request({ namespace: "other" }));
});

/** A storage that tells what it was asked; as if it had indexes, where it is said to. */
function asked(indexed = false): { storage: Storage; gets: unknown[]; lists: RangeOptions[] } {
  const gets: unknown[] = [];
  const lists: RangeOptions[] = [];
  const list = async (prefix: string, options: RangeOptions = {}): Promise<Page> => {
    const { selected, ...range } = options;
    lists.push(options);
    if (!indexed || selected === undefined) return backing.list(prefix, range);
    const { limit = 0, after, ...state } = range;
    const all = await backing.list(prefix, { ...state, ...(after === undefined ? {} : { after }) });
    const wanted = all.entries.filter((entry) => selected.values.includes(selected.index.valueOf(entry) ?? "\0"));
    const entries = limit === 0 ? wanted : wanted.slice(0, limit);
    // What remains is counted without a look at the index, as a store may.
    const last = entries.at(-1)?.key ?? after ?? "";
    return { ...all, entries, remaining: all.entries.filter((entry) => entry.key > last).length };
  };
  const get = (key: string, options?: ReadOptions) => {
    gets.push(options?.notOlderThan ?? "newest");
    return backing.get(key, options);
  };
  return { storage: storageWith(backing, { get, list }), gets, lists };
}

test.each([
  ["", "newest"],
  ["0", 0],
  ["5", 5],
])("a get of resourceVersion %j wants this state: %j", async (resourceVersion, wanted) => {
  const { storage, gets } = asked();
  await fixture({ storage }).store.get(request(), "w1", { resourceVersion });
  expect(gets).toEqual([wanted]);
});

test.each<[Partial<ListOptions>, RangeOptions]>([
  [{}, {}],
  [{ limit: 2 }, { limit: 2 }],
  [{ resourceVersion: "0" }, { notOlderThan: 0 }],
  [{ resourceVersion: "0", limit: 2 }, { notOlderThan: 0 }],
  [{ resourceVersion: "0", resourceVersionMatch: "NotOlderThan", limit: 2 }, { notOlderThan: 0 }],
  [{ resourceVersion: "5" }, { notOlderThan: 5 }],
  [
    { resourceVersion: "5", resourceVersionMatch: "NotOlderThan", limit: 9 },
    { notOlderThan: 5, limit: 9 },
  ],
  [
    { resourceVersion: "5", limit: 9 },
    { at: 5, limit: 9 },
  ],
  [{ resourceVersion: "5", resourceVersionMatch: "Exact" }, { at: 5 }],
  [
    { resourceVersion: "5", fields: parseFieldSelector("metadata.name=w1") },
    { notOlderThan: 5, limit: 1 },
  ],
  [
    { resourceVersion: "5", resourceVersionMatch: "Exact", fields: parseFieldSelector("metadata.name=w1") },
    { at: 5, limit: 1 },
  ],
])("a list with %j wants %j", async (options, wanted) => {
  const { storage, lists } = asked();
  await fixture({ storage }).store.list(request(), listOptions(options));
  expect(lists[0]).toEqual(wanted);
});

test("the pages after the first are of its state, and a token of no state wants the newest", async () => {
  const { storage, lists } = asked();
  const { store } = fixture({ storage });
  const first = await store.list(request(), listOptions({ limit: 4 }));
  const continued = first.metadata.continue ?? "";
  await store.list(request(), listOptions({ limit: 4, continue: continued }));
  const inconsistent = Buffer.from('{"v":"meta.k8s.io/v1","rv":-1,"start":"/w3"}').toString("base64url");
  await store.list(request(), listOptions({ limit: 4, continue: inconsistent, resourceVersion: "0" }));
  expect(lists.map(({ at, notOlderThan }) => at ?? notOlderThan ?? "newest")).toEqual(["newest", 8, "newest"]);
});

test("a state that the storage does not come to in time is told with 504", async () => {
  const late = async (): Promise<never> => {
    throw new StorageFutureRevision(99, 8);
  };
  const { store } = fixture({ storage: storageWith(backing, { get: late, list: late }) });
  const told = {
    code: 504,
    message: "Timeout: Too large resource version: 99, current: 8",
    details: { retryAfterSeconds: 1 },
  };
  expect(await refusal(store.get(request(), "w1", { resourceVersion: "99" }))).toMatchObject(told);
  expect(await refusal(store.list(request(), listOptions({ resourceVersion: "99" })))).toMatchObject(told);
});

test.each<[string, string, string, readonly string[]]>([
  ["parity=odd", "", "parity", ["odd"]],
  ["parity==odd", "", "parity", ["odd"]],
  ["parity in (odd)", "", "parity", ["odd"]],
  ["parity in (odd, even),number=3", "", "number", ["3"]],
  ["number in (1, 2, 3),parity in (odd, even)", "", "parity", ["even", "odd"]],
  ["parity=odd", "spec.color=blue", "spec.color", ["blue"]],
  ["", "spec.color=blue,metadata.name=w4", "metadata.name", ["w4"]],
  ["", "spec.color!=red,spec.size=2", "spec.size", ["2"]],
])("of the selectors %j and %j, the index of %s is asked for %j", async (labels, fields, by, values) => {
  const { kind } = fixture({ storage: backing }).store;
  const options = listOptions({ labels: parseLabelSelector(labels), fields: parseFieldSelector(fields) });
  const { indexes } = kind;
  const index = by.includes(".") ? indexes.ofField(by) : indexes.ofLabel(by);
  expect(indexSelection(kind, options)).toEqual({ index, values });
  expect(indexSelection(kind, options)?.index).toBe(index);
});

test.each(["parity!=odd", "parity notin (odd)", "parity", "!parity", "number>3", ""])(
  "the selector %j needs a look at everything",
  (labels) => {
    const { kind } = fixture({ storage: backing }).store;
    expect(indexSelection(kind, listOptions({ labels: parseLabelSelector(labels) }))).toBeUndefined();
  },
);

test("an index tells the value of an entry, empty for a field that it does not have, none for a label", async () => {
  const { indexes } = fixture({ storage: backing }).store.kind;
  const entry = await backing.get("/registry/example.dev/widgets/ns/w3");
  if (entry === undefined) throw new Error("no entry");
  expect(["metadata.name", "spec.color", "spec.size"].map((path) => indexes.ofField(path)?.valueOf(entry))).toEqual([
    "w3",
    "blue",
    "3",
  ]);
  expect(["parity", "other", "__proto__"].map((key) => indexes.ofLabel(key).valueOf(entry))).toEqual([
    "odd",
    undefined,
    undefined,
  ]);
  expect(indexes.ofField("spec.tags")).toBeUndefined();
  const broken = { ...entry, value: new TextEncoder().encode("{") };
  expect(indexes.ofField("spec.color")?.valueOf(broken)).toBeUndefined();
});

test("there are only so many indexes by label, those that were asked for last", () => {
  const { indexes } = fixture().store.kind;
  const first = indexes.ofLabel("first");
  const second = indexes.ofLabel("second");
  for (let i = 0; i < 31; i++) {
    indexes.ofLabel(`other${i}`);
    expect(indexes.ofLabel("first")).toBe(first);
  }
  expect(indexes.ofLabel("second")).not.toBe(second);
});

test.each([
  ["parity=odd", "", ["w1", "w3", "w5"]],
  ["parity=odd,number notin (3)", "", ["w1", "w5"]],
  ["number in (0, 4)", "", ["w0", "w4"]],
  ["parity=odd", "spec.color=blue", ["w3", "w5"]],
  ["parity=neither", "", []],
  ["", "spec.color=mauve", []],
])("a storage with indexes and one without list the same, with %j and %j", async (labels, fields, expected) => {
  const selectors = { labels: parseLabelSelector(labels), fields: parseFieldSelector(fields) };
  for (const indexed of [true, false]) {
    const { storage } = asked(indexed);
    const { store } = fixture({ storage });
    expect(await names(store, selectors)).toEqual(expected);
    const paged: string[] = [];
    for (let token = ""; ;) {
      const page = await store.list(request(), listOptions({ ...selectors, limit: 1, continue: token }));
      expect(page.metadata.remainingItemCount).toBeUndefined();
      paged.push(...page.items.map(({ metadata }) => metadata.name ?? ""));
      token = page.metadata.continue ?? "";
      if (token === "") break;
    }
    expect(paged).toEqual(expected);
  }
});

test("a list of all namespaces finds a name by its index", async () => {
  const { storage, lists } = asked(true);
  const { store } = fixture({ storage });
  const fields = parseFieldSelector("metadata.name=w0");
  const { items } = await store.list(request({ namespace: "" }), listOptions({ fields }));
  expect(items.map(({ metadata }) => metadata.namespace)).toEqual(["ns", "other"]);
  expect(lists[0]?.selected?.values).toEqual(["w0"]);
});
