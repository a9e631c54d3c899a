import { sameJson } from "../meta/equality.ts";
import type { Json } from "../meta/v1.ts";
import { FieldSetBuilder, filterSet, subtractTree, type FieldMatcher, type FieldSet } from "./field-set.ts";
import { listElement } from "./list-element.ts";
import { fieldElement, type Path, type PathElement } from "./path-element.ts";
import { Misfits } from "./typed-errors.ts";
import {
  shapeFor,
  typeOfKey,
  visitShape,
  type Atom,
  type ResolvedAtom,
  type ResolvedList,
  type ResolvedMap,
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
  walk.values(ref, before, after, []);
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

  constructor(schema: SchemaIndex) {
    this.#schema = schema;
  }

  finish(): Comparison {
    this.#misfits.throwIfAny();
    return { removed: this.#removed.build(), modified: this.#modified.build(), added: this.#added.build() };
  }

  values(ref: TypeRef, before: Side, after: Side, path: Path): void {
    const atom = this.#schema.resolve(ref);
    if (atom === undefined) {
      this.#misfits.add(path, `schema error: no type found matching: ${ref.namedType ?? ""}`);
      return;
    }
    const old = shapeFor(atom, before);
    const now = shapeFor(atom, after);
    if (after === undefined) {
      this.#shaped(old, ref, before, after, path);
      this.#removed.add(path);
      return;
    }
    const changed = before !== undefined && (old.scalar !== now.scalar || old.list !== now.list || old.map !== now.map);
    if (changed) this.#shaped(old, ref, before, after, path);
    this.#shaped(now, ref, before, after, path);
    if (before === undefined) this.#added.add(path);
  }

  #shaped(shape: ResolvedAtom, ref: TypeRef, before: Side, after: Side, path: Path): void {
    visitShape(shape, ref, {
      scalar: (scalar) => this.#scalar(scalar, before, after, path),
      list: (list) => this.#list(list, before, after, path),
      map: (map) => this.#map(map, before, after, path),
      broken: (message) => this.#misfits.add(path, message),
    });
  }

  #leaf(before: Side, after: Side, path: Path): void {
    if (before === undefined) this.#added.add(path);
    else if (after === undefined) this.#removed.add(path);
    else if (!sameJson(before, after)) this.#modified.add(path);
  }

  #scalar(scalar: NonNullable<Atom["scalar"]>, before: Side, after: Side, path: Path): void {
    const oldProblem = scalarProblem(scalar, before);
    const newProblem = scalarProblem(scalar, after);
    if (oldProblem === undefined || newProblem === undefined) return this.#leaf(before, after, path);
    this.#misfits.add(path, `lhs: ${oldProblem}`);
    this.#misfits.add(path, `rhs: ${newProblem}`);
  }

  #map(map: ResolvedMap, before: Side, after: Side, path: Path): void {
    const old = isObject(before) ? before : {};
    const now = isObject(after) ? after : {};
    const keys = new Set([...Object.keys(old), ...Object.keys(now)]);
    if (map.atomic || keys.size === 0) return this.#leaf(before, after, path);
    for (const key of keys) {
      this.values(typeOfKey(map, key) ?? {}, member(old, key), member(now, key), [...path, fieldElement(key)]);
    }
  }

  #list(list: ResolvedList, before: Side, after: Side, path: Path): void {
    const old: readonly Json[] = Array.isArray(before) ? before : [];
    const now: readonly Json[] = Array.isArray(after) ? after : [];
    if (list.atomic || (old.length === 0 && now.length === 0)) return this.#leaf(before, after, path);
    const oldItems = this.#grouped(list, old, path);
    const newItems = this.#grouped(list, now, path);
    for (const [text, { element, items }] of oldItems) {
      this.#items(list, items, newItems.get(text)?.items ?? [], [...path, element]);
    }
    for (const [text, { element, items }] of newItems) {
      if (!oldItems.has(text)) this.#items(list, [], items, [...path, element]);
    }
  }

  /** Items of one element: compared one to one, or, where it stands in a list more than once, as a whole. */
  #items(list: ResolvedList, old: readonly Json[], now: readonly Json[], path: Path): void {
    if (old.length <= 1 && now.length <= 1) return this.values(list.elementType, old[0], now[0], path);
    if (old.length > 1 && now.length > 1) {
      if (!sameJson(old, now)) this.#modified.add(path);
    } else if (old.length > 1) {
      if (now[0] !== undefined) this.values(list.elementType, undefined, now[0], path);
      this.#removed.add(path);
    } else {
      if (old[0] !== undefined) this.values(list.elementType, old[0], undefined, path);
      this.#added.add(path);
    }
  }

  #grouped(
    list: ResolvedList,
    items: readonly Json[],
    path: Path,
  ): Map<string, { element: PathElement; items: Json[] }> {
    const groups = new Map<string, { element: PathElement; items: Json[] }>();
    for (const [index, item] of items.entries()) {
      const element = listElement(this.#schema, list, item);
      if ("problem" in element) {
        this.#misfits.add(path, `element ${index}: ${element.problem}`);
        continue;
      }
      const group = groups.get(element.text);
      if (group === undefined) groups.set(element.text, { element, items: [item] });
      else group.items.push(item);
    }
    return groups;
  }
}
