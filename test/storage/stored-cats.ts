import type { Storage } from "../../runtime/storage/storage.ts";

/** The key of an object in the namespace "pets". */
export function keyOf(name: string): string {
  return `/registry/example.com/cats/pets/${name}`;
}

/** An object as the server stores it. */
export function objectOf(name: string, spec = "any"): Uint8Array {
  return Buffer.from(JSON.stringify({ kind: "Cat", metadata: { name, namespace: "pets" }, spec }));
}

/** Writes so many objects. */
export async function fill(storage: Storage, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_unset, index) => `cat-${index}`);
  await Promise.all(names.map((name) => storage.put(keyOf(name), objectOf(name), "absent")));
}
