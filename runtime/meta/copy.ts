import { setMember } from "./set-member.ts";
import type { Json } from "./v1.ts";

/**
 * What generated `deepCopy` functions need beyond plain assignments.
 * A key such as `__proto__` stays a key like any other: it is defined, since assigning it would set the prototype.
 */

/** A copy of a map whose values are copied by `copyValue`. */
export function copyMap<T>(from: Readonly<Record<string, T>>, copyValue: (value: T) => T): Record<string, T> {
  const to: Record<string, T> = {};
  for (const key of Object.keys(from)) {
    // The key is the map's own, so that there is a value.
    setMember(to, key, copyValue(from[key] as T));
  }
  return to;
}

/** A copy of any JSON value. */
export function copyJson<T extends Json>(from: T): T {
  // Of a JSON value's kinds only these hold others; what a copy holds has the type of what it was copied from.
  if (Array.isArray(from)) return from.map(copyJson) as readonly Json[] as T;
  if (typeof from !== "object" || from === null) return from;
  return copyMap(from as Record<string, Json>, copyJson) as T;
}
