import { defineStrategy, type FieldError, invalid, pathSegmentName } from "apiserver-ts";
import type { Flunder, FlunderSpec } from "./flunder_types.ts";

/** The rules of the Go sample server, whose words speak of its internal version. */
export default defineStrategy<Flunder>({
  setDefaults({ spec }) {
    if (spec.reference === "") delete spec.reference;
    if ((spec.referenceType ?? "") === "" && spec.reference !== undefined) spec.referenceType = "Flunder";
    if (spec.referenceType === "Flunder" || spec.referenceType === "Fischer") return;
    // A reference of a type that is not known gets lost, as it does on its way to the Go server's internal version.
    delete spec.reference;
    delete spec.referenceType;
  },
  validate: ({ spec }) => validateSpec(spec),
  names: pathSegmentName,
  allowUnconditionalUpdate: false,
});

function validateSpec({ reference = "", referenceType = "" }: FlunderSpec): FieldError[] {
  if (reference !== "" || referenceType === "") return [];
  const field = referenceType === "Fischer" ? "spec.fischerReference" : "spec.flunderReference";
  return [invalid(field, "", `cannot be empty if referenceType is ${referenceType}`)];
}
