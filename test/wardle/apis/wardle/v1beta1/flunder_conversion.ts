import { defineConversion } from "apiserver-ts";
import type * as v1alpha1 from "../v1alpha1/flunder_types.ts";
import type { Flunder, FlunderSpec } from "./flunder_types.ts";

/** One reference of two types there, two references here. */
export default defineConversion<Flunder, v1alpha1.Flunder>({
  toStorage: ({ spec, ...rest }) => ({ ...rest, spec: specToStorage(spec) }),
  fromStorage: ({ spec, ...rest }) => ({ ...rest, spec: specFromStorage(spec) }),
});

function specToStorage({ flunderReference, fischerReference, referenceType }: FlunderSpec): v1alpha1.FlunderSpec {
  const reference = referenceType === "Fischer" ? fischerReference : flunderReference;
  return {
    ...(reference === undefined ? {} : { reference }),
    ...(referenceType === undefined ? {} : { referenceType }),
  };
}

function specFromStorage({ reference, referenceType }: v1alpha1.FlunderSpec): FlunderSpec {
  if (referenceType === undefined) return {};
  if (reference === undefined) return { referenceType };
  return referenceType === "Fischer"
    ? { fischerReference: reference, referenceType }
    : { flunderReference: reference, referenceType };
}
