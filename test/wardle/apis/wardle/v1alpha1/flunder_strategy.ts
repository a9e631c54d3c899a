import { defineStrategy, type FieldError, invalid, pathSegmentName } from "apiserver-ts";
import type { Flunder, FlunderSpec } from "./flunder_types.ts";

/** The rules of the Go sample server, whose words speak of its internal version. */
export default defineStrategy<Flunder>({
  setDefaults({ spec }) {
    if ((spec.referenceType ?? "") === "" && (spec.reference ?? "") !== "") spec.referenceType = "Flunder";
  },
  prepareForCreate: normalize,
  prepareForUpdate: normalize,
  validate: ({ spec }) => validateSpec(spec),
  names: pathSegmentName,
  allowUnconditionalUpdate: false,
});

/** A reference of a type that is not known is dropped, as converting to the Go server's internal version drops it. */
function normalize({ spec }: Flunder): void {
  if (spec.reference === "") delete spec.reference;
  if (spec.referenceType === "Flunder" || spec.referenceType === "Fischer") return;
  delete spec.reference;
  delete spec.referenceType;
}

function validateSpec({ reference = "", referenceType = "" }: FlunderSpec): FieldError[] {
  if (reference !== "" || referenceType === "") return [];
  const field = referenceType === "Fischer" ? "spec.fischerReference" : "spec.flunderReference";
  return [invalid(field, "", `cannot be empty if referenceType is ${referenceType}`)];
}
