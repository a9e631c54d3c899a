import { compareBytes } from "../meta/byte-text.ts";
import { sameJson } from "../meta/equality.ts";
import type { Json } from "../meta/v1.ts";
import { applyFilter, compareTyped, filterComparison, type Comparison, type FieldFilter } from "./compare-typed.ts";
import { ensureNamedFields } from "./ensure-named-fields.ts";
import { emptySet, intersectSets, pathsOf, subtractSet, unionSets, type FieldSet } from "./field-set.ts";
import type { ManagedSet, Managers } from "./managers.ts";
import { mergeTyped } from "./merge-typed.ts";
import { pathString, type Path } from "./path-element.ts";
import { extractItems, removeItems } from "./prune-typed.ts";
import { reconcileSet } from "./reconcile-set.ts";
import type { SchemaIndex, TypeRef } from "./typed-schema.ts";
import { leavesOf } from "./field-set.ts";
import { pathsOfValue } from "./value-paths.ts";

/** A value with its type. */
export interface Typed {
  readonly value: Json;
  readonly schema: SchemaIndex;
  readonly type: TypeRef;
}

/** What applying and updating need beside the objects. */
export interface UpdaterOptions {
  /** The object at another version; undefined where that version is no more. May throw. */
  convert(object: Typed, version: string): Typed | undefined;
  /** Which paths do not count for ownership, by version. */
  readonly ignored: ReadonlyMap<string, FieldFilter>;
}

/** A path that another manager owns with another value. */
export interface Conflict {
  readonly manager: string;
  readonly path: Path;
}

/** An apply that would take from other managers what they own. */
export class ConflictError extends Error {
  override readonly name = "ConflictError";
  readonly conflicts: readonly Conflict[];
  constructor(conflicts: readonly Conflict[]) {
    super(conflicts.map(({ manager, path }) => `conflict with "${manager}": ${pathString(path)}`).join("\n"));
    this.conflicts = conflicts;
  }
}

/** An object and who owns what of it. */
export interface Owned {
  readonly object: Typed;
  readonly managers: Managers;
}

/** Who does it, at which version, and by force or not. */
export interface Act {
  readonly manager: string;
  readonly version: string;
  readonly force: boolean;
}

/**
 * An update by a manager: the new object stays as it is, and the manager comes to own what it changed.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function update(options: UpdaterOptions, live: Owned, changed: Typed, act: Act): Owned {
  const known = reconcileManagers(options, live);
  const { managers, comparison } = reassign(options, { object: live.object, managers: known }, changed, {
    ...act,
    force: true,
  });
  const before = managers.get(act.manager)?.set ?? emptySet;
  const gained = unionSets(comparison.modified, comparison.added);
  const set = applyFilter(options.ignored.get(act.version), unionSets(subtractSet(before, comparison.removed), gained));
  const out = new Map(managers);
  if (set.size === 0) out.delete(act.manager);
  else out.set(act.manager, { set, version: act.version, applied: false });
  return { object: changed, managers: out };
}

/**
 * An apply by a manager: the configuration is merged onto the live object, what the manager applied before but not now
 * is taken out, and it comes to own what it says. Throws a ConflictError unless forced.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function apply(options: UpdaterOptions, live: Owned, configuration: Typed, act: Act): Owned {
  const known = new Map(reconcileManagers(options, live));
  const { schema, type } = live.object;
  const merged = { schema, type, value: mergeTyped(schema, type, live.object.value, configuration.value) };
  const last = known.get(act.manager);
  const said = pathsOfValue(configuration.schema, configuration.type, configuration.value);
  const set = applyFilter(options.ignored.get(act.version), said);
  known.set(act.manager, { set, version: act.version, applied: true });
  const object = last === undefined || last.set.size === 0 ? merged : prune(options, merged, known, act, last);
  const { managers } = reassign(options, { object: live.object, managers: known }, object, act);
  return { object, managers };
}

/** Whether two typed values are the same. */
export function sameTyped(a: Typed, b: Typed): boolean {
  return sameJson(a.value, b.value);
}

/**
 * An apply of what a manager owns already, with the configuration on top: what clients do that read their own fields,
 * change some, and apply them.
 */
export function extractApply(options: UpdaterOptions, live: Owned, configuration: Typed, act: Act): Owned {
  const owned = leavesOf(live.managers.get(act.manager)?.set ?? emptySet);
  const { schema, type, value } = live.object;
  const extracted = extractItems(schema, type, value, owned);
  const merged = mergeTyped(schema, type, extracted, configuration.value);
  return apply(options, live, { ...configuration, value: merged }, { ...act, force: true });
}

/** Gives the managers' sets as the present schema has them; those of versions that are no more are dropped. */
function reconcileManagers(options: UpdaterOptions, { object, managers }: Owned): Managers {
  const out = new Map<string, ManagedSet>();
  for (const [manager, managed] of managers) {
    const typed = options.convert(object, managed.version);
    if (typed === undefined) continue;
    const set = reconcileSet(typed.schema, typed.type, managed.set);
    out.set(manager, set === undefined ? managed : { ...managed, set });
  }
  return out;
}

/** Takes from all other managers what the step from the live object to the changed one took from them. */
function reassign(
  options: UpdaterOptions,
  live: Owned,
  changed: Typed,
  act: Act,
): { managers: Managers; comparison: Comparison } {
  const compare = comparisons(options, live.object, changed, act.version);
  const comparison = compare(act.version);
  if (comparison === undefined) throw new Error("unreachable: the acting version is compared first");
  const out = new Map<string, ManagedSet>();
  const conflicts: Conflict[] = [];
  for (const [manager, managed] of live.managers) {
    if (manager === act.manager) {
      out.set(manager, managed);
      continue;
    }
    const difference = compare(managed.version);
    if (difference === undefined) continue;
    const lost = intersectSets(managed.set, unionSets(difference.modified, difference.added));
    if (!act.force) for (const path of pathsOf(lost)) conflicts.push({ manager, path });
    out.set(manager, { ...managed, set: subtractSet(subtractSet(managed.set, lost), difference.removed) });
  }
  if (conflicts.length > 0) throw new ConflictError(sortedByManager(conflicts));
  for (const [manager, { set }] of out) if (set.size === 0) out.delete(manager);
  return { managers: out, comparison };
}

/** Managers in order, each one's paths in the order of its set. */
function sortedByManager(conflicts: readonly Conflict[]): Conflict[] {
  return [...conflicts].sort((a, b) => compareBytes(a.manager, b.manager));
}

/** What differs between the two objects at a version; each version is compared once. Undefined where one is no more. */
function comparisons(
  options: UpdaterOptions,
  live: Typed,
  changed: Typed,
  version: string,
): (version: string) => Comparison | undefined {
  const known = new Map<string, Comparison | undefined>();
  const compare = (before: Typed, after: Typed, at: string): Comparison =>
    filterComparison(options.ignored.get(at), compareTyped(before.schema, before.type, before.value, after.value));
  known.set(version, compare(live, changed, version));
  return (at) => {
    if (!known.has(at)) {
      const before = options.convert(live, at);
      const after = before === undefined ? undefined : options.convert(changed, at);
      known.set(at, before === undefined || after === undefined ? undefined : compare(before, after, at));
    }
    return known.get(at);
  };
}

/** Takes out what the manager applied last time, does not apply now, and nobody else owns. */
function prune(options: UpdaterOptions, merged: Typed, managers: Managers, act: Act, last: ManagedSet): Typed {
  if (saysAllOf(last, managers, act)) return merged;
  const atLast = options.convert(merged, last.version);
  if (atLast === undefined) return merged;
  const removed = remove(atLast, ensureNamedFields(atLast.schema, atLast.type, last.set));
  const whole: Whole = { object: atLast, paths: namedPaths(atLast, atLast) };
  const owned = addBackOwned(options, whole, removed, managers, last.version);
  const kept = addBackDangling(options, whole, owned, last);
  const pruned = options.convert(kept, managers.get(act.manager)?.version ?? act.version);
  if (pruned === undefined) throw new Error(`failed to prune fields: version ${act.version} is no more`);
  return pruned;
}

/** Whether a manager applies all that it did last time, as it mostly does: nothing is to be taken out then. */
function saysAllOf(last: ManagedSet, managers: Managers, act: Act): boolean {
  // Conversions may lose what is said: that shows only where it is done.
  for (const { version } of managers.values()) if (version !== act.version) return false;
  const set = managers.get(act.manager)?.set ?? emptySet;
  return last.version === act.version && subtractSet(last.set, set).size === 0;
}

/** An object before anything was taken out, and its paths. */
interface Whole {
  readonly object: Typed;
  readonly paths: FieldSet;
}

/** Adds back what was taken out but a manager owns, by version, that of the last apply first. */
function addBackOwned(options: UpdaterOptions, merged: Whole, pruned: Typed, managers: Managers, first: string): Typed {
  const byVersion = new Map<string, FieldSet>();
  for (const { version, set } of managers.values()) {
    byVersion.set(version, unionSets(byVersion.get(version) ?? emptySet, set));
  }
  const versions = [first, ...[...byVersion.keys()].filter((version) => version !== first)];
  let whole = merged.object;
  let out = pruned;
  for (const version of versions) {
    const managed = byVersion.get(version);
    const wholeThere = managed === undefined ? undefined : options.convert(whole, version);
    if (managed === undefined || wholeThere === undefined) continue;
    whole = wholeThere;
    const outThere = options.convert(out, version);
    if (outThere === undefined) continue;
    const keep = unionSets(namedPaths(outThere, whole), ensureNamedFields(whole.schema, whole.type, managed));
    const paths = whole === merged.object ? merged.paths : namedPaths(whole, whole);
    out = remove(whole, subtractSet(paths, keep));
  }
  return out;
}

/** Adds back what was taken out although the manager did not own it. */
function addBackDangling(options: UpdaterOptions, whole: Whole, pruned: Typed, last: ManagedSet): Typed {
  const { object: merged, paths } = whole;
  const prunedThere = options.convert(pruned, last.version);
  if (prunedThere === undefined) return merged;
  const gone = subtractSet(paths, namedPaths(prunedThere, merged));
  return remove(merged, intersectSets(gone, ensureNamedFields(merged.schema, merged.type, last.set)));
}

/** Everything that `object` says, with the fields passed through, by the type of `as`. */
function namedPaths(object: Typed, as: Typed): FieldSet {
  return ensureNamedFields(as.schema, as.type, pathsOfValue(object.schema, object.type, object.value));
}

function remove(object: Typed, items: FieldSet): Typed {
  return { ...object, value: removeItems(object.schema, object.type, object.value, items) };
}
