import type { Json } from "../meta/v1.ts";
import { listElement } from "./list-element.ts";
import { elementString, fieldElement, type Path, type PathElement } from "./path-element.ts";
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
import { isObject, member, setMember } from "./value.ts";

/**
 * Merges `patch` onto `base`: nothing is removed; where both have a leaf, the patch's stays; lists keep the order of
 * the base, except where the patch orders shared items otherwise. Throws a TypedError where either does not fit.
 */
export function mergeTyped(schema: SchemaIndex, ref: TypeRef, base: Json, patch: Json): Json {
  const merge = new Merge(schema);
  const merged = merge.values(ref, base, patch, []);
  merge.misfits.throwIfAny();
  return merged ?? null;
}

/** Undefined stands for a side that has nothing there, or a result that is not to be. */
type Side = Json | undefined;

class Merge {
  readonly #schema: SchemaIndex;
  readonly misfits = new Misfits();

  constructor(schema: SchemaIndex) {
    this.#schema = schema;
  }

  values(ref: TypeRef, base: Side, patch: Side, path: Path): Side {
    const atom = this.#schema.resolve(ref);
    if (atom === undefined) {
      this.misfits.add(path, `schema error: no type found matching: ${ref.namedType ?? ""}`);
      return undefined;
    }
    const baseShape = shapeFor(atom, base);
    const patchShape = shapeFor(atom, patch);
    if (patch === undefined) return this.#shaped(baseShape, ref, base, patch, path);
    // The base's shape is walked for its errors alone where the patch is of another one.
    if (base !== undefined && !sameShape(baseShape, patchShape)) this.#shaped(baseShape, ref, base, patch, path);
    return this.#shaped(patchShape, ref, base, patch, path);
  }

  #shaped(shape: ResolvedAtom, ref: TypeRef, base: Side, patch: Side, path: Path): Side {
    return visitShape<Side>(shape, ref, {
      scalar: (scalar) => this.#scalar(scalar, base, patch, path),
      list: (list) => this.#list(list, base, patch, path),
      map: (map) => this.#map(map, base, patch, path),
      broken: (message) => {
        this.misfits.add(path, message);
        return undefined;
      },
    });
  }

  #scalar(scalar: NonNullable<Atom["scalar"]>, base: Side, patch: Side, path: Path): Side {
    const baseProblem = scalarProblem(scalar, base);
    const patchProblem = scalarProblem(scalar, patch);
    if (baseProblem !== undefined && patchProblem !== undefined) {
      this.misfits.add(path, `lhs: ${baseProblem}`);
      this.misfits.add(path, `rhs: ${patchProblem}`);
      return undefined;
    }
    return patch === undefined ? base : patch;
  }

  #map(map: ResolvedMap, base: Side, patch: Side, path: Path): Side {
    const left = isObject(base) ? base : {};
    const right = isObject(patch) ? patch : {};
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    // An empty map is a leaf, so that empty, null and absent stay what they are.
    if (map.atomic || keys.size === 0) return patch === undefined ? base : patch;
    const out: { [key: string]: Json } = {};
    for (const key of keys) {
      const type = typeOfKey(map, key) ?? {};
      const merged = this.values(type, member(left, key), member(right, key), [...path, fieldElement(key)]);
      if (merged !== undefined) setMember(out, key, merged);
    }
    return Object.keys(out).length === 0 ? undefined : out;
  }

  #list(list: ResolvedList, base: Side, patch: Side, path: Path): Side {
    const left: readonly Json[] = Array.isArray(base) ? base : [];
    const right: readonly Json[] = Array.isArray(patch) ? patch : [];
    if (list.atomic || (left.length === 0 && right.length === 0)) return patch === undefined ? base : patch;
    const patched = this.#index(list, right, false, path);
    const based = this.#index(list, left, true, path);
    if (patched === undefined || based === undefined) return undefined;
    const merged = interleave(based, patched).flatMap(([element, baseItem]) => {
      // Misfits inside of items were told when the two were validated.
      const item = new Merge(this.#schema).values(list.elementType, baseItem, patched.items.get(element.text), []);
      return item === undefined ? [] : [item];
    });
    return merged.length === 0 ? undefined : merged;
  }

  #index(list: ResolvedList, items: readonly Json[], allowDuplicates: boolean, path: Path): IndexedList | undefined {
    const out: IndexedList = { order: [], items: new Map() };
    let whole = true;
    for (const [index, item] of items.entries()) {
      const element = listElement(this.#schema, list, item);
      if ("problem" in element) {
        this.misfits.add(path, `element ${index}: ${element.problem}`);
        whole = false;
      } else if (out.items.has(element.text) && !allowDuplicates) {
        this.misfits.add(path, `duplicate entries for key ${elementString(element)}`);
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
function sameShape(a: ResolvedAtom, b: ResolvedAtom): boolean {
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
