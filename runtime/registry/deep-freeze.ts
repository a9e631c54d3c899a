import { isFields } from "../meta/decode.ts";

/** Freezes a JSON value and all that is in it, so that it can be shared; gives the value itself. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) for (const item of value) deepFreeze(item);
  // A list of all values would take longer to make than to go through; what JSON is made of has no inherited names.
  else if (isFields(value)) for (const name in value) deepFreeze(value[name]);
  return Object.freeze(value);
}
