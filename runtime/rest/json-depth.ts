import { depthMax } from "../meta/decode.ts";

/** Whether a JSON value has more values in values than decoding goes down; what patches make can be deeper than any body. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= depthMax; depth++) {
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== "object" || item === null) continue;
      for (const inner of Object.values(item)) if (typeof inner === "object") next.push(inner);
    }
    if (next.length === 0) return false;
    level = next;
  }
  return true;
}
