import type { Field, Presence, Type } from "../../model/model.ts";
import { member } from "../code.ts";

/** A value that generated code looks at: how to read it, what it was before, and how errors name it. */
export interface Place {
  readonly type: Type;
  /** An expression for the value. */
  readonly value: string;
  /** An expression for the value in the old object; undefined at run time where there is none. */
  readonly old: string;
  /** What stands between the backticks of a template for the value's path. */
  readonly path: string;
  /** What an absent value means; items of lists and maps are `item`: always there. */
  readonly presence: Presence | "item";
  readonly nullable: boolean;
  /** How many loops deep the value is. */
  readonly depth: number;
}

/** The old value of what is never correlated with one. */
export const nothing = "undefined";

/** The place of a field of the object at a place; `at` is what stands before the name in paths. */
export function fieldPlace(owner: Pick<Place, "value" | "old" | "depth">, at: string, field: Field): Place {
  return {
    type: field.type,
    value: `${owner.value}${member(field.name)}`,
    old: owner.old === nothing ? nothing : `${owner.old}?.${member(field.name).replace(/^\./, "")}`,
    path: `${at}${templateText(field.name)}`,
    presence: field.presence,
    nullable: field.nullable,
    depth: owner.depth,
  };
}

/** A name as it stands between backticks. */
function templateText(name: string): string {
  return name.replace(/[\\`]|\$\{/g, "\\$&");
}

/** An expression for a path. */
export function pathText(path: string): string {
  const alone = /^\$\{([^{}]*)\}$/.exec(path);
  return alone?.[1] ?? (path.includes("${") || path.includes("\\") ? `\`${path}\`` : JSON.stringify(path));
}

/** The path of the object whose fields a function checks; `at` is what stands before their names. */
export const ownPath = "${at.slice(0, -1)}";

/** What stands before the names of fields of the object at a path. */
export function within(path: string): string {
  return path === ownPath ? "${at}" : `${path}.`;
}

/**
 * A condition that holds where a value is set, and that lets the compiler know so: an optional value that is there,
 * a list or map that is not empty, of other values one that is not zero.
 */
export function isSet(place: Place): string {
  return setTerms(place)
    .map(({ set }) => set)
    .join(" && ");
}

/** A condition that holds where a value is not set. */
export function isUnset(place: Place): string {
  return setTerms(place)
    .map(({ unset }) => unset)
    .join(" || ");
}

interface Term {
  readonly set: string;
  readonly unset: string;
}

function setTerms({ type, value, presence, nullable }: Place): Term[] {
  const optional = presence === "optional" ? [differsFrom(value, "undefined")] : [];
  const there = nullable ? [...optional, differsFrom(value, "null")] : optional;
  switch (type.kind) {
    case "array":
      return [...there, notEmpty(`${value}.length`)];
    case "map":
      return [...there, notEmpty(`Object.keys(${value}).length`)];
    case "string":
    case "integer":
    case "number":
    case "boolean": {
      const zeroCounts = type.kind === "string" || presence !== "required";
      if (there.length > 0) return there;
      return [zeroCounts ? { set: value, unset: `!${value}` } : differsFrom(value, "undefined")];
    }
    case "ref":
    case "wellKnown":
      return there.length > 0 ? there : [differsFrom(value, "undefined")];
  }
}

function differsFrom(value: string, other: string): Term {
  return { set: `${value} !== ${other}`, unset: `${value} === ${other}` };
}

function notEmpty(length: string): Term {
  return { set: `${length} > 0`, unset: `${length} === 0` };
}

/** A boolean expression for whether a value is set, of the value itself or of the old one. */
export function setness({ type, presence }: Place, value: string): string {
  if (value === nothing) return "false";
  switch (type.kind) {
    case "array":
      return `(${value}?.length ?? 0) > 0`;
    case "map":
      return `Object.keys(${value} ?? {}).length > 0`;
    case "ref":
    case "wellKnown":
      return `${value} !== undefined`;
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return presence === "optional" ? `${value} !== undefined` : `Boolean(${value})`;
  }
}

/** The opposite of `setness`. */
export function unsetness(place: Place, value: string): string {
  const set = setness(place, value);
  if (set === "false") return "true";
  if (set.endsWith(" > 0")) return set.replace(/ > 0$/, " === 0");
  return set.endsWith(" !== undefined") ? set.replace(/ !== undefined$/, " === undefined") : `!${set}`;
}
