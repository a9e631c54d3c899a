import { sameJson } from "../meta/equality.ts";
import type { Json } from "../meta/v1.ts";
import { FieldSetBuilder, filterSet, subtractTree, type FieldMatcher, type FieldSet } from "./field-set.ts";
import { hasElement, listElement } from "./list-element.ts";
import type { PathElement, Step } from "./path-element.ts";
import { Misfits } from "./typed-errors.ts";
import {
  brokenAtom,
  noType,
  shapeFor,
  typeOfKey,
  type Atom,
  type ResolvedList,
  type ResolvedMap,
  type ResolvedShape,
  type SchemaIndex,
  type TypeRef,
} from "./typed-schema.ts";
import { scalarProblem } from "./validate-typed.ts";
import { isObject, member } from "./value.ts";

/** What differs between two values of a type; no path is in more than one of the three. */
export interface Comparison {
  readonly removed: FieldSet;
  readonly modified: FieldSet;
  readonly added: FieldSet;
}

/** Which paths do not count for ownership: those of a set and all below them, or all but those that match. */
export type FieldFilter = { readonly exclude: FieldSet } | { readonly include: FieldMatcher };

/** The paths that the filter leaves; all of them where there is none. */
export function applyFilter(filter: FieldFilter | undefined, set: FieldSet): FieldSet {
  if (filter === undefined) return set;
  return "exclude" in filter ? subtractTree(set, filter.exclude) : filterSet(set, filter.include);
}

/** The comparison with all three sets filtered. */
export function filterComparison(filter: FieldFilter | undefined, comparison: Comparison): Comparison {
  return {
    removed: applyFilter(filter, comparison.removed),
    modified: applyFilter(filter, comparison.modified),
    added: applyFilter(filter, comparison.added),
  };
}

/** Compares two values of a type. Throws a TypedError where both misfit. */
export function compareTyped(schema: SchemaIndex, ref: TypeRef, before: Json, after: Json): Comparison {
  const walk = new ComparisonWalk(schema);
  walk.values(ref, before, after);
  return walk.finish();
}

/** Undefined stands for a side that has nothing there. */
type Side = Json | undefined;

class ComparisonWalk {
  readonly #schema: SchemaIndex;
  readonly #removed = new FieldSetBuilder();
  readonly #modified = new FieldSetBuilder();
  readonly #added = new FieldSetBuilder();
  readonly #misfits = new Misfits();
  /** Where the walk stands. */
  readonly #path: Step[] = [];

  constructor(schema: SchemaIndex) {
    this.#schema = schema;
  }

  finish(): Comparison {
    this.#misfits.throwIfAny();
    return { removed: this.#removed.build(), modified: this.#modified.build(), added: this.#added.build() };
  }

  values(ref: TypeRef, before: Side, after: Side): void {
    const atom = this.#schema.resolve(ref);
    if (atom === undefined) {
      this.#misfit(`schema error: no type found matching: ${ref.namedType ?? ""}`);
      return;
    }
    const old = shapeFor(atom, before);
    const now = shapeFor(atom, after);
    if (after === undefined) {
      this.#shaped(old, ref, before, after);
      this.#removed.add(this.#path);
      return;
    }
    const changed = before !== undefined && (old.scalar !== now.scalar || old.list !== now.list || old.map !== now.map);
    if (changed) this.#shaped(old, ref, before, after);
    this.#shaped(now, ref, before, after);
    if (before === undefined) this.#added.add(this.#path);
  }

  #misfit(message: string): void {
    this.#misfits.add(this.#path, message);
  }

  #below(step: Step, ref: TypeRef, before: Side, after: Side): void {
    this.#path.push(step);
    this.values(ref, before, after);
    this.#path.pop();
  }

  #shaped({ map, scalar, list }: ResolvedShape, ref: TypeRef, before: Side, after: Side): void {
    if (map !== undefined) this.#map(map, before, after);
    else if (scalar !== undefined) this.#scalar(scalar, before, after);
    else if (list !== undefined) this.#list(list, before, after);
    else this.#misfit(brokenAtom(ref));
  }

  #leaf(before: Side, after: Side): void {
    if (before === undefined) this.#added.add(this.#path);
    else if (after === undefined) this.#removed.add(this.#path);
    else if (!sameJson(before, after)) this.#modified.add(this.#path);
  }

  #scalar(scalar: NonNullable<Atom["scalar"]>, before: Side, after: Side): void {
    const oldProblem = scalarProblem(scalar, before);
    const newProblem = scalarProblem(scalar, after);
    if (oldProblem === undefined || newProblem === undefined) return this.#leaf(before, after);
    this.#misfit(`lhs: ${oldProblem}`);
    this.#misfit(`rhs: ${newProblem}`);
  }

  #map(map: ResolvedMap, before: Side, after: Side): void {
    const old = isObject(before) ? before : {};
    const now = isObject(after) ? after : {};
    const oldKeys = Object.keys(old);
    const newKeys = Object.keys(now);
    if (map.atomic || (oldKeys.length === 0 && newKeys.length === 0)) return this.#leaf(before, after);
    for (const key of oldKeys) this.#below(key, typeOfKey(map, key) ?? noType, old[key], member(now, key));
    for (const key of newKeys) {
      if (!Object.hasOwn(old, key)) this.#below(key, typeOfKey(map, key) ?? noType, undefined, now[key]);
    }
  }

  #list(list: ResolvedList, before: Side, after: Side): void {
    const old: readonly Json[] = Array.isArray(before) ? before : [];
    const now: readonly Json[] = Array.isArray(after) ? after : [];
    if (list.atomic || (old.length === 0 && now.length === 0)) return this.#leaf(before, after);
    // Items that cannot be told apart are to be found, however alike the lists are.
    if (sameJson(old, now) && old.every((item) => hasElement(list, item))) return;
    const oldItems = this.#grouped(list, old);
    const newItems = this.#grouped(list, now);
    for (const [text, { element, items }] of oldItems) {
      this.#items(list, element, items, newItems.get(text)?.items ?? []);
    }
    for (const [text, { element, items }] of newItems) {
      if (!oldItems.has(text)) this.#items(list, element, [], items);
    }
  }

  /** Items of one element: compared one to one, or, where it stands in a list more than once, as a whole. */
  #items(list: ResolvedList, element: PathElement, old: readonly Json[], now: readonly Json[]): void {
    const { elementType } = list;
    this.#path.push(element);
    if (old.length <= 1 && now.length <= 1) {
      this.values(elementType, old[0], now[0]);
    } else if (old.length > 1 && now.length > 1) {
      if (!sameJson(old, now)) this.#modified.add(this.#path);
    } else if (old.length > 1) {
      if (now[0] !== undefined) this.values(elementType, undefined, now[0]);
      this.#removed.add(this.#path);
    } else {
      if (old[0] !== undefined) this.values(elementType, old[0], undefined);
      this.#added.add(this.#path);
    }
    this.#path.pop();
  }

  #grouped(list: ResolvedList, items: readonly Json[]): Map<string, { element: PathElement; items: Json[] }> {
    const groups = new Map<string, { element: PathElement; items: Json[] }>();
    for (const [index, item] of items.entries()) {
      const element = listElement(this.#schema, list, item);
      if ("problem" in element) {
        this.#misfit(`element ${index}: ${element.problem}`);
        continue;
      }
      const group = groups.get(element.text);
      if (group === undefined) groups.set(element.text, { element, items: [item] });
      else group.items.push(item);
    }
    return groups;
  }
}
