import { defineStrategy, type FieldError, invalid, pathSegmentName } from "apiserver-ts";
import type { Flunder, FlunderSpec } from "./flunder_types.ts";

/** The rules of the Go sample server. */
export default defineStrategy<Flunder>({
  names: pathSegmentName,
  validate: ({ spec }) => [...validateReferences(spec), ...validateType(spec)],
});

function validateReferences(spec: FlunderSpec): FieldError[] {
  const { flunderReference = "", fischerReference = "", referenceType = "" } = spec;
  if (flunderReference !== "" && fischerReference !== "") {
    const detail = "cannot be set with flunderReference at the same time";
    return [invalid("spec.fischerReference", fischerReference, detail)];
  }
  if (flunderReference !== "" && referenceType !== "Flunder") {
    return [invalid("spec.flunderReference", flunderReference, "cannot be set if referenceType is not Flunder")];
  }
  if (fischerReference !== "" && referenceType !== "Fischer") {
    return [invalid("spec.fischerReference", fischerReference, "cannot be set if referenceType is not Fischer")];
  }
  if (fischerReference === "" && referenceType === "Fischer") {
    return [invalid("spec.fischerReference", fischerReference, "cannot be empty if referenceType is Fischer")];
  }
  if (flunderReference === "" && referenceType === "Flunder") {
    return [invalid("spec.flunderReference", flunderReference, "cannot be empty if referenceType is Flunder")];
  }
  return [];
}

function validateType({ referenceType = "" }: FlunderSpec): FieldError[] {
  if (referenceType === "" || referenceType === "Fischer" || referenceType === "Flunder") return [];
  return [invalid("spec.referenceType", referenceType, "must be Flunder or Fischer")];
}
