import type { Json } from "./v1.ts";

/**
 * What generated `deepCopy` functions need beyond plain assignments.
 * A key such as `__proto__` stays a key like any other: spreading makes own properties and never sets a prototype.
 */

/** A copy of a map whose values are copied by `copyValue`. */
export function copyMap<T>(from: Readonly<Record<string, T>>, copyValue: (value: T) => T): Record<string, T> {
  const to: Record<string, T> = { ...from };
  for (const [key, value] of Object.entries(from)) to[key] = copyValue(value);
  return to;
}

/** A copy of any JSON value. */
export function copyJson<T extends Json>(from: T): T {
  // Of a JSON value's kinds only these hold others; what a copy holds has the type of what it was copied from.
  if (Array.isArray(from)) return from.map(copyJson) as readonly Json[] as T;
  if (typeof from !== "object" || from === null) return from;
  return copyMap(from as Record<string, Json>, copyJson) as T;
}
