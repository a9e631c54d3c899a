import { equalSets, subtractSet, unionSets, type FieldSet } from "./field-set.ts";

/** What one field manager owns, and at which version its paths are to be read. */
export interface ManagedSet {
  readonly set: FieldSet;
  readonly version: string;
  /** Whether it came to own them by apply; else by update. */
  readonly applied: boolean;
}

/** Who owns what: by manager. */
export type Managers = ReadonlyMap<string, ManagedSet>;

/** Whether the same managers own the same. */
export function equalManagers(a: Managers, b: Managers): boolean {
  if (a.size !== b.size) return false;
  for (const [manager, left] of a) {
    const right = b.get(manager);
    if (right === undefined || left.version !== right.version || left.applied !== right.applied) return false;
    if (!equalSets(left.set, right.set)) return false;
  }
  return true;
}

/** What differs between the two, from either side; the whole of the new set where the version has changed. */
export function managersDifference(a: Managers, b: Managers): Managers {
  const out = new Map<string, ManagedSet>();
  for (const [manager, left] of a) {
    const right = b.get(manager);
    if (right === undefined) {
      if (left.set.size > 0) out.set(manager, left);
    } else if (left.version !== right.version) {
      out.set(manager, right);
    } else {
      const set = unionSets(subtractSet(left.set, right.set), subtractSet(right.set, left.set));
      if (set.size > 0) out.set(manager, { set, version: right.version, applied: false });
    }
  }
  for (const [manager, right] of b) if (!a.has(manager) && right.set.size > 0) out.set(manager, right);
  return out;
}
