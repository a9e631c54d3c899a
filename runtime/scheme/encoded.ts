import type { KubeObject } from "../meta/v1.ts";

const encoder = new TextEncoder();

// Keyed by identity: the watch cache hands out one frozen object a revision and version, so its bytes are made once.
const memo = new WeakMap<object, Uint8Array>();

/** Remembers the JSON of a frozen object, from whoever has it already. */
export function rememberJson(object: KubeObject, json: string): void {
  memo.set(object, encoder.encode(`${json}\n`));
}

/**
 * An object's JSON and a newline, which is how an answer has it. Made once for a frozen object and shared by every answer
 * and watch that carries it: never written to.
 */
export function encodedJson(object: KubeObject): Uint8Array {
  const known = memo.get(object);
  if (known !== undefined) return known;
  const bytes = encoder.encode(`${JSON.stringify(object)}\n`);
  if (Object.isFrozen(object)) memo.set(object, bytes);
  return bytes;
}

/** What encodedJson() has been asked for before, or has been told; undefined if the object's bytes are not there. */
export function knownJson(object: KubeObject): Uint8Array | undefined {
  return memo.get(object);
}
