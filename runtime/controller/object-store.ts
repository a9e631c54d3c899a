import type { KubeObject } from "../meta/v1.ts";
import { keyOf, type Place } from "./resource.ts";

/** By which values objects can be found; each object may have several of them. */
export type IndexFunctions<T> = Readonly<Record<string, (object: T) => readonly string[]>>;

/** What is known locally of a resource's objects. They are shared and frozen: who wants to change one copies it first. */
export interface Lister<T extends KubeObject> {
  /** The object of a name, if it is known. */
  get(place: Place): Readonly<T> | undefined;
  /** Those of a namespace, or all. */
  list(namespace?: string): readonly Readonly<T>[];
  /** Those with a value in an index. Throws where there is no such index. */
  byIndex(index: string, value: string): readonly Readonly<T>[];
  /** Those that the object of a uid owns. */
  ownedBy(uid: string | undefined): readonly Readonly<T>[];
}

const uidIndex = "metadata.uid";
const ownerIndex = "metadata.ownerReferences.uid";

/** Objects by name and by indexes. */
export class ObjectStore<T extends KubeObject> implements Lister<T> {
  readonly #functions = new Map<string, (object: T) => readonly string[]>();
  readonly #indexes = new Map<string, Map<string, Set<string>>>();
  readonly #objects = new Map<string, T>();

  constructor() {
    this.addIndexes({
      [uidIndex]: ({ metadata: { uid } }) => (uid === undefined ? [] : [uid]),
      [ownerIndex]: ({ metadata: { ownerReferences = [] } }) => ownerReferences.map(({ uid }) => uid),
    });
  }

  /** Adds ways to find objects, of those that are there, too. */
  addIndexes(functions: IndexFunctions<T>): void {
    for (const [name, valuesOf] of Object.entries(functions)) {
      this.#functions.set(name, valuesOf);
      const index = new Map<string, Set<string>>();
      this.#indexes.set(name, index);
      for (const [key, object] of this.#objects) for (const value of valuesOf(object)) note(index, value, key);
    }
  }

  get size(): number {
    return this.#objects.size;
  }

  keys(): readonly string[] {
    return [...this.#objects.keys()];
  }

  get(place: Place): T | undefined {
    return this.#objects.get(keyOf(place));
  }

  list(namespace?: string): readonly T[] {
    const all = [...this.#objects.values()];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (index === undefined)
      throw new Error(`there is no index ${name}; there are ${[...this.#indexes.keys()].join(", ")}`);
    return [...(index.get(value) ?? [])].flatMap((key) => this.#objects.get(key) ?? []);
  }

  ownedBy(uid: string | undefined): readonly T[] {
    return uid === undefined ? [] : this.byIndex(ownerIndex, uid);
  }

  /** The object of a uid, if it is known. */
  byUid(uid: string): T | undefined {
    return this.byIndex(uidIndex, uid)[0];
  }

  /** Takes the state of an object; gives the one before. */
  set(object: T): T | undefined {
    const key = keyOf(object.metadata);
    const before = this.#remove(key);
    this.#objects.set(key, freeze(object));
    for (const [name, valuesOf] of this.#functions) {
      const index = this.#indexes.get(name);
      if (index !== undefined) for (const value of valuesOf(object)) note(index, value, key);
    }
    return before;
  }

  /** Forgets an object; gives what was known of it. */
  delete(key: string): T | undefined {
    return this.#remove(key);
  }

  #remove(key: string): T | undefined {
    const before = this.#objects.get(key);
    if (before === undefined) return undefined;
    this.#objects.delete(key);
    for (const [name, valuesOf] of this.#functions) {
      const index = this.#indexes.get(name);
      if (index !== undefined) for (const value of valuesOf(before)) strike(index, value, key);
    }
    return before;
  }
}

function note(index: Map<string, Set<string>>, value: string, key: string): void {
  const keys = index.get(value);
  if (keys === undefined) index.set(value, new Set([key]));
  else keys.add(key);
}

function strike(index: Map<string, Set<string>>, value: string, key: string): void {
  const keys = index.get(value);
  keys?.delete(key);
  if (keys?.size === 0) index.delete(value);
}

/** Freezes a JSON value and all that is in it. */
function freeze<V>(value: V): V {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
