import { depthMax, isFields } from "./decode.ts";

/** Whether a JSON value has objects and lists in one another beyond what is read; patches can make what no body may hold. */
export function isTooDeep(value: unknown): boolean {
  let level = [value].filter(holdsValues);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > depthMax) return true;
    level = level.flatMap(innerOf);
  }
  return false;
}

function holdsValues(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function innerOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value.filter(holdsValues);
  const inner: unknown[] = [];
  // There may be very many names: a list of them would take longer to make than they take to go through.
  if (isFields(value)) for (const name in value) if (holdsValues(value[name])) inner.push(value[name]);
  return inner;
}
