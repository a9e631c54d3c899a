import type { Change, Entry, EntryIndex, IndexSelection } from "./storage.ts";
import { WatchGroup } from "./watch-group.ts";
import type { GroupLimits } from "./watch-group.ts";

/** The groups of one prefix. */
interface PrefixRoutes {
  /** Those that want every change. */
  everything: WatchGroup | undefined;
  readonly indexes: Map<EntryIndex, IndexRoutes>;
}

/** The groups of one prefix that select by one index. */
interface IndexRoutes {
  /** By the values that they select, in one text. */
  readonly groups: Map<string, WatchGroup>;
  readonly byValue: Map<string, Set<WatchGroup>>;
}

/** The values that an index has for both sides of a change. */
interface ChangedValue {
  readonly now: string | undefined;
  readonly before: string | undefined;
}

/**
 * Which groups a change goes to. It costs one look-up for every length of prefix in use, and for every index in use
 * there one value of each side and one look-up of it: groups that it does not concern cost nothing.
 */
export class WatchRoutes {
  readonly #limits: GroupLimits;
  readonly #prefixes = new Map<string, PrefixRoutes>();
  /** The lengths of the prefixes, with how many have each. */
  readonly #lengths = new Map<number, number>();
  readonly #groups = new Set<WatchGroup>();

  constructor(limits: GroupLimits) {
    this.#limits = limits;
  }

  get groups(): ReadonlySet<WatchGroup> {
    return this.#groups;
  }

  /** The group of all who watch the same. */
  groupOf(prefix: string, selected: IndexSelection | undefined): WatchGroup {
    const routes = this.#routesOf(prefix);
    const found =
      selected === undefined
        ? routes.everything
        : routes.indexes.get(selected.index)?.groups.get(valuesText(selected.values));
    if (found !== undefined) return found;
    const group = new WatchGroup(prefix, selected, this.#limits);
    this.#groups.add(group);
    if (selected === undefined) routes.everything = group;
    else addToIndex(routes, group, selected);
    return group;
  }

  /** Forgets a group that has no readers any more. */
  drop(group: WatchGroup): void {
    const { prefix, selected } = group;
    const routes = this.#prefixes.get(prefix);
    if (routes === undefined || !this.#groups.delete(group)) return;
    if (selected === undefined) routes.everything = undefined;
    else removeFromIndex(routes, group, selected);
    if (routes.everything !== undefined || routes.indexes.size > 0) return;
    this.#prefixes.delete(prefix);
    const others = (this.#lengths.get(prefix.length) ?? 1) - 1;
    if (others === 0) this.#lengths.delete(prefix.length);
    else this.#lengths.set(prefix.length, others);
  }

  /** Adds a change to what each group that it concerns is to be told. */
  route(change: Change, touched: Map<WatchGroup, Change[]>): void {
    const { key } = change;
    let values: Map<EntryIndex, ChangedValue> | undefined;
    for (const length of this.#lengths.keys()) {
      if (length > key.length) continue;
      const routes = this.#prefixes.get(length === key.length ? key : key.slice(0, length));
      if (routes === undefined) continue;
      if (routes.everything !== undefined) add(touched, routes.everything, change);
      for (const [index, { byValue }] of routes.indexes) {
        values ??= new Map();
        let value = values.get(index);
        if (value === undefined) values.set(index, (value = valueOfChange(index, change)));
        const { now, before } = value;
        for (const group of groupsOf(byValue, now)) add(touched, group, change);
        if (before === now) continue;
        for (const group of groupsOf(byValue, before)) add(touched, group, change);
      }
    }
  }

  #routesOf(prefix: string): PrefixRoutes {
    let routes = this.#prefixes.get(prefix);
    if (routes === undefined) {
      routes = { everything: undefined, indexes: new Map() };
      this.#prefixes.set(prefix, routes);
      this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1);
    }
    return routes;
  }
}

const noGroups: ReadonlySet<WatchGroup> = new Set();

function groupsOf(byValue: IndexRoutes["byValue"], value: string | undefined): ReadonlySet<WatchGroup> {
  return (value === undefined ? undefined : byValue.get(value)) ?? noGroups;
}

function add(touched: Map<WatchGroup, Change[]>, group: WatchGroup, change: Change): void {
  const fresh = touched.get(group);
  if (fresh === undefined) touched.set(group, [change]);
  // A group that selects both values of a change hears of it once.
  else if (fresh[fresh.length - 1] !== change) fresh.push(change);
}

function addToIndex(routes: PrefixRoutes, group: WatchGroup, { index, values }: IndexSelection): void {
  let routesOfIndex = routes.indexes.get(index);
  if (routesOfIndex === undefined) {
    routesOfIndex = { groups: new Map(), byValue: new Map() };
    routes.indexes.set(index, routesOfIndex);
  }
  routesOfIndex.groups.set(valuesText(values), group);
  for (const value of values) {
    const others = routesOfIndex.byValue.get(value);
    if (others === undefined) routesOfIndex.byValue.set(value, new Set([group]));
    else others.add(group);
  }
}

function removeFromIndex(routes: PrefixRoutes, group: WatchGroup, { index, values }: IndexSelection): void {
  const routesOfIndex = routes.indexes.get(index);
  if (routesOfIndex === undefined) return;
  routesOfIndex.groups.delete(valuesText(values));
  for (const value of values) {
    const others = routesOfIndex.byValue.get(value);
    others?.delete(group);
    if (others?.size === 0) routesOfIndex.byValue.delete(value);
  }
  if (routesOfIndex.groups.size === 0) routes.indexes.delete(index);
}

function valueOfChange(index: EntryIndex, { entry, previous }: Change): ChangedValue {
  return { now: valueIn(index, entry), before: valueIn(index, previous) };
}

function valueIn(index: EntryIndex, entry: Entry | undefined): string | undefined {
  return entry === undefined ? undefined : index.valueOf(entry);
}

/** The same text for the same set of values. */
function valuesText(values: readonly string[]): string {
  return values.length === 1 ? JSON.stringify(values[0]) : JSON.stringify([...new Set(values)].toSorted());
}
