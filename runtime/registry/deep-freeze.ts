import { isFields } from "../meta/decode.ts";

/** Freezes a JSON value and all that is in it, so that it can be shared; gives the value itself. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) for (const item of value) deepFreeze(item);
  // A list of all values would take longer to make than to go through; what JSON is made of has no inherited names.
  else if (isFields(value)) for (const name in value) deepFreeze(value[name]);
  return Object.freeze(value);
}

/**
 * Freezes a value of plain objects and lists; tells whether its JSON says all of it. That is not so of what JSON leaves
 * out, such as a field that is undefined, or has no form for, such as a negative zero.
 */
export function freezeJson(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      return value === null || freezeParts(value);
    default:
      return false;
  }
}

function freezeParts(value: object): boolean {
  let whole = true;
  if (Array.isArray(value)) for (const item of value) whole = freezeJson(item) && whole;
  else if (isFields(value)) for (const name in value) whole = freezeJson(value[name]) && whole;
  Object.freeze(value);
  return whole;
}
