import type { KubeObject } from "../meta/v1.ts";

/**
 * How objects of one version become objects of the version that is stored, and back.
 * Either function gets an object of its own to change or to take apart, and gives a whole object, metadata included.
 */
export interface Conversion<Served extends KubeObject = KubeObject, Stored extends KubeObject = KubeObject> {
  toStorage(served: Served): Stored;
  fromStorage(stored: Stored): Served;
}

/** Gives a conversion its types; the default export of a kind's `…_conversion.ts`. */
export function defineConversion<Served extends KubeObject, Stored extends KubeObject>(
  conversion: Conversion<Served, Stored>,
): Conversion<Served, Stored> {
  return conversion;
}
