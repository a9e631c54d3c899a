/**
 * What generated `decode` functions need: JSON's types checked where Go's decoder would check them,
 * with the same words, and unknown fields gathered.
 */
export interface DecodeReport {
  /** Paths of fields that the type does not have, such as `spec.toys[0].colour`. */
  readonly unknownFields: string[];
  /** The first value of a wrong type, in the words of Go's JSON decoder; later ones are not told. */
  typeError: string | undefined;
}

/** A report with nothing in it yet. */
export function newDecodeReport(): DecodeReport {
  return { unknownFields: [], typeError: undefined };
}

/**
 * Notes that `value` cannot be a `goType` (such as `string`, `int32`, `[]v1alpha1.Toy`), the way Go says it:
 * `json: cannot unmarshal number into Go struct field CatSpec.spec.name of type string`.
 */
export function reportType(report: DecodeReport, value: unknown, struct: string, path: string, goType: string): void {
  report.typeError ??= `json: cannot unmarshal ${jsonTypeName(value)} into Go struct field ${struct}.${path} of type ${goType}`;
}

function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
      // A number's own text is named where it does not fit an integer type.
      return Number.isInteger(value) ? "number" : `number ${String(value)}`;
    case "string":
      return "string";
    default:
      return "object";
  }
}
