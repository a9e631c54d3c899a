import type { GroupVersion, ObjectType, Rule } from "../../model/model.ts";
import type { Check } from "./check.ts";
import type { Place } from "./place.ts";

/** What the emitted functions of one group version share: the types they check, and the constants they make. */
export interface Scope {
  readonly groupVersion: GroupVersion;
  /** The object type of that name. */
  type(name: string): ObjectType;
  /** What rules on one value come to. */
  checks(rules: readonly Rule[], place: Place): Check[];
  /** Makes a constant of the file, or finds the one with the same text; gives its name. `text` begins with its type, or with `=`. */
  constant(name: string, text: string): string;
  /** Adds a function to the end of the file, once; `text` is called when it is new. */
  helper(name: string, text: () => string): string;
  /** A name that is not in use yet in the block being written. */
  fresh(name: string): string;
  /** Writes a block: the names made in it are free again after it. */
  block(write: () => string): string;
  readonly constants: ReadonlyMap<string, string>;
  readonly helpers: ReadonlyMap<string, string>;
}

/** Finds out what rules on one value come to. */
export type ReadRules = (scope: Scope, rules: readonly Rule[], place: Place) => Check[];

/** A scope with no constants yet. */
export function newScope(groupVersion: GroupVersion, readRules: ReadRules): Scope {
  const constants = new Map<string, string>();
  const helpers = new Map<string, string>();
  const used = new Set<string>();
  const scope: Scope = {
    groupVersion,
    constants,
    helpers,
    checks: (rules, place) => readRules(scope, rules, place),
    type(name) {
      const found = groupVersion.types.find((type) => type.name === name);
      if (found === undefined) throw new Error(`${name} is not among the types of ${groupVersion.folder}`);
      return found;
    },
    constant(name, text) {
      for (const [known, knownText] of constants) if (knownText === text) return known;
      const free = unused(constants, name);
      constants.set(free, text);
      return free;
    },
    helper(name, text) {
      if (!helpers.has(name)) {
        helpers.set(name, "");
        helpers.set(name, text());
      }
      return name;
    },
    fresh(name) {
      const free = unused(used, name);
      used.add(free);
      return free;
    },
    block(write) {
      const outer = new Set(used);
      const text = write();
      used.clear();
      for (const name of outer) used.add(name);
      return text;
    },
  };
  return scope;
}

function unused(taken: { has(name: string): boolean }, name: string): string {
  let candidate = name;
  for (let n = 2; taken.has(candidate); n++) candidate = `${name}${n}`;
  return candidate;
}
