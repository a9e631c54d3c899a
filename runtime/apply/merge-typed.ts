import type { Json } from "../meta/v1.ts";
import { listElement } from "./list-element.ts";
import { elementString, type PathElement, type Step } from "./path-element.ts";
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
import { setMember } from "../meta/set-member.ts";
import { isObject, member } from "./value.ts";

/**
 * Merges `patch` onto `base`: nothing is removed; where both have a leaf, the patch's stays; lists keep the order of
 * the base, except where the patch orders shared items otherwise. Throws a TypedError where either does not fit.
 */
export function mergeTyped(schema: SchemaIndex, ref: TypeRef, base: Json, patch: Json): Json {
  const merge = new Merge(schema);
  const merged = merge.values(ref, base, patch);
  merge.misfits.throwIfAny();
  return merged ?? null;
}

/** Undefined stands for a side that has nothing there, or a result that is not to be. */
type Side = Json | undefined;

class Merge {
  readonly #schema: SchemaIndex;
  readonly misfits = new Misfits();
  /** Where the walk stands. */
  readonly #path: Step[] = [];

  constructor(schema: SchemaIndex) {
    this.#schema = schema;
  }

  values(ref: TypeRef, base: Side, patch: Side): Side {
    const atom = this.#schema.resolve(ref);
    if (atom === undefined) return this.#misfit(`schema error: no type found matching: ${ref.namedType ?? ""}`);
    const baseShape = shapeFor(atom, base);
    const patchShape = shapeFor(atom, patch);
    if (patch === undefined) return this.#shaped(baseShape, ref, base, patch);
    // The base's shape is walked for its errors alone where the patch is of another one.
    if (base !== undefined && !sameShape(baseShape, patchShape)) this.#shaped(baseShape, ref, base, patch);
    return this.#shaped(patchShape, ref, base, patch);
  }

  #misfit(message: string): undefined {
    this.misfits.add(this.#path, message);
  }

  #shaped({ map, scalar, list }: ResolvedShape, ref: TypeRef, base: Side, patch: Side): Side {
    if (map !== undefined) return this.#map(map, base, patch);
    if (scalar !== undefined) return this.#scalar(scalar, base, patch);
    return list === undefined ? this.#misfit(brokenAtom(ref)) : this.#list(list, base, patch);
  }

  #scalar(scalar: NonNullable<Atom["scalar"]>, base: Side, patch: Side): Side {
    const baseProblem = scalarProblem(scalar, base);
    const patchProblem = scalarProblem(scalar, patch);
    if (baseProblem === undefined || patchProblem === undefined) return patch === undefined ? base : patch;
    this.#misfit(`lhs: ${baseProblem}`);
    return this.#misfit(`rhs: ${patchProblem}`);
  }

  #map(map: ResolvedMap, base: Side, patch: Side): Side {
    const left = isObject(base) ? base : {};
    const right = isObject(patch) ? patch : {};
    const leftKeys = Object.keys(left);
    const rightKeys = Object.keys(right);
    // An empty map is a leaf, so that empty, null and absent stay what they are.
    if (map.atomic || (leftKeys.length === 0 && rightKeys.length === 0)) return patch === undefined ? base : patch;
    const out: { [key: string]: Json } = {};
    let whole = false;
    const put = (key: string, ours: Side, theirs: Side): void => {
      this.#path.push(key);
      const merged = this.values(typeOfKey(map, key) ?? noType, ours, theirs);
      this.#path.pop();
      if (merged === undefined) return;
      setMember(out, key, merged);
      whole = true;
    };
    for (const key of leftKeys) put(key, left[key], member(right, key));
    for (const key of rightKeys) if (!Object.hasOwn(left, key)) put(key, undefined, right[key]);
    return whole ? out : undefined;
  }

  #list(list: ResolvedList, base: Side, patch: Side): Side {
    const left: readonly Json[] = Array.isArray(base) ? base : [];
    const right: readonly Json[] = Array.isArray(patch) ? patch : [];
    if (list.atomic || (left.length === 0 && right.length === 0)) return patch === undefined ? base : patch;
    const patched = this.#index(list, right, false);
    const based = this.#index(list, left, true);
    if (patched === undefined || based === undefined) return undefined;
    const merged = interleave(based, patched).flatMap(([element, baseItem]) => {
      // Misfits inside of items were told when the two were validated.
      const item = new Merge(this.#schema).values(list.elementType, baseItem, patched.items.get(element.text));
      return item === undefined ? [] : [item];
    });
    return merged.length === 0 ? undefined : merged;
  }

  #index(list: ResolvedList, items: readonly Json[], allowDuplicates: boolean): IndexedList | undefined {
    const out: IndexedList = { order: [], items: new Map() };
    let whole = true;
    for (const [index, item] of items.entries()) {
      const element = listElement(this.#schema, list, item);
      if ("problem" in element) {
        this.#misfit(`element ${index}: ${element.problem}`);
        whole = false;
      } else if (out.items.has(element.text) && !allowDuplicates) {
        this.#misfit(`duplicate entries for key ${elementString(element)}`);
        whole = false;
      } else {
        // What stands there twice has no one value to merge with.
        out.items.set(element.text, out.items.has(element.text) ? null : item);
        out.order.push({ element, item });
      }
    }
    return whole ? out : undefined;
  }
}

interface IndexedList {
  readonly order: { readonly element: PathElement; readonly item: Json }[];
  readonly items: Map<string, Json>;
}

/** Which shapes there are; both come of one atom, so that is all that can differ. */
function sameShape(a: ResolvedShape, b: ResolvedShape): boolean {
  return a.scalar === b.scalar && a.list === b.list && a.map === b.map;
}

/**
 * The elements of both lists, each with its item of the base: in the base's order, but shared ones in the patch's, and
 * those of the patch alone just before the shared one that they precede there.
 */
function interleave(base: IndexedList, patch: IndexedList): [PathElement, Side][] {
  const out: [PathElement, Side][] = [];
  const shared = patch.order.filter(({ element }) => base.items.has(element.text)).map(({ element }) => element.text);
  const taken = new Set<string>();
  let nextShared = 0;
  let left = 0;
  let right = 0;
  const takePatched = (element: PathElement): void => {
    taken.add(element.text);
    out.push([element, base.items.get(element.text)]);
    right++;
  };
  while (left < base.order.length || right < patch.order.length) {
    const ours = base.order[left];
    const theirs = patch.order[right];
    if (ours !== undefined && theirs !== undefined) {
      if (ours.element.text === theirs.element.text) {
        takePatched(theirs.element);
        left++;
        nextShared++;
        continue;
      }
      const waits = nextShared < shared.length && shared[nextShared] !== ours.element.text;
      if (patch.items.has(ours.element.text) && waits) {
        left++;
        continue;
      }
    }
    if (ours !== undefined) {
      if (!patch.items.has(ours.element.text)) {
        out.push([ours.element, ours.item]);
        left++;
        continue;
      }
      if (taken.has(ours.element.text)) left++;
    }
    if (theirs !== undefined) {
      takePatched(theirs.element);
      if (shared[nextShared] === theirs.element.text) nextShared++;
    }
  }
  return out;
}
