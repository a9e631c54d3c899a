/**
 * What generated `decode` functions need: JSON's types checked where Go's decoder would check them,
 * with the same words, and unknown fields gathered.
 */
export interface DecodeReport {
  /** Paths of fields that the type does not have, such as `spec.toys[0].colour`; at most a hundred are told. */
  readonly unknownFields: string[];
  /** The first value of a wrong type, in the words of Go's JSON decoder; later ones are not told. */
  typeError: string | undefined;
  /** Where decoding stands: the steps from the root to the object whose fields are being read. */
  readonly path: PathStep[];
  /** The name of the type whose fields are being read, as errors tell it. */
  struct: string;
}

/** A step down: a field's name, an index of a list, or a key of a map. */
export type PathStep = string | number | { readonly key: string };

/** The fields of an object as JSON has them. */
export type Fields = Record<string, unknown>;

/** A report with nothing in it yet. */
export function newDecodeReport(): DecodeReport {
  return { unknownFields: [], typeError: undefined, path: [], struct: "" };
}

/** The most unknown fields that one request is told. */
const unknownFieldsMax = 100;

/** Drops a field that the type does not have, and notes where it was. */
export function dropUnknownField(fields: Fields, name: string, report: DecodeReport): void {
  delete fields[name];
  reportUnknownField(report, name);
}

/** Notes a field that the type does not have; `name` continues the report's path. */
export function reportUnknownField(report: DecodeReport, name: string): void {
  if (report.unknownFields.length >= unknownFieldsMax) return;
  let path = "";
  for (const step of report.path) {
    if (typeof step === "number") path += `[${step}]`;
    else path += `${path === "" ? "" : "."}${typeof step === "string" ? step : step.key}`;
  }
  report.unknownFields.push(path === "" ? name : `${path}.${name}`);
}

/** Notes that the field of that name cannot be a `goType`, as `reportType` does, in the object being read. */
export function wrongType(report: DecodeReport, name: string, value: unknown, goType: string): void {
  reportType(report, value, report.struct, name, goType);
}

/**
 * Notes that `value` cannot be a `goType` (such as `string`, `int32`, `[]v1alpha1.Toy`), the way Go says it:
 * `json: cannot unmarshal number into Go struct field CatSpec.spec.name of type string`.
 * `path` continues the report's own, which is told as Go does: by the names of fields alone.
 */
export function reportType(report: DecodeReport, value: unknown, struct: string, path: string, goType: string): void {
  if (report.typeError !== undefined) return;
  const fields = [...report.path.filter((step) => typeof step === "string"), ...(path === "" ? [] : [path])].join(".");
  report.typeError = `json: cannot unmarshal ${typeAndNumber(value, goType)} into Go struct field ${struct}.${fields} of type ${goType}`;
}

/** The number itself is named where it is a number that is wanted, but not this one. */
function typeAndNumber(value: unknown, goType: string): string {
  return typeof value === "number" && /^(int|float)\d\d$/.test(goType) ? `number ${value}` : jsonTypeName(value);
}

/** What Go's decoder calls the type of a JSON value. */
export function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** Whether Go's decoder would take the value as an int32. */
export function isInt32(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= -2_147_483_648 && value <= 2_147_483_647;
}

/** Whether Go's decoder would take the value as an int64. */
export function isInt64(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;
}

/** Whether Go's decoder would take the value as a float32. */
export function isFloat32(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(Math.fround(value));
}

/** Whether Go's decoder would take the value as a float64. */
export function isFloat64(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Whether a JSON value is an object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How values of one type are read where they are not fields of their own: in lists, in maps, as objects. */
export interface Decoder {
  /** What Go calls the type. */
  readonly goType: string;
  /** The value itself, in place or brought into its normal form; notes in the report if it is of a wrong type. */
  decode(value: unknown, report: DecodeReport): unknown;
  /** What stands for null in lists and maps. */
  zero(report: DecodeReport): unknown;
}

/** Decodes the field of that name where it stands; the field is there and not null. */
export function decodeField(fields: Fields, name: string, decoder: Decoder, report: DecodeReport): void {
  report.path.push(name);
  fields[name] = decoder.decode(fields[name], report);
  report.path.pop();
}

/** Decodes values that pass a test and need no more. */
function scalarDecoder(goType: string, zero: unknown, accepts: (value: unknown) => boolean): Decoder {
  return {
    goType,
    decode(value, report) {
      if (!accepts(value)) reportType(report, value, report.struct, "", goType);
      return value;
    },
    zero: () => zero,
  };
}

/** Reads `string`. */
export const stringDecoder = scalarDecoder("string", "", (value) => typeof value === "string");
/** Reads `bool`. */
export const booleanDecoder = scalarDecoder("bool", false, (value) => typeof value === "boolean");
/** Reads `int32`. */
export const int32Decoder = scalarDecoder("int32", 0, isInt32);
/** Reads `int64`. */
export const int64Decoder = scalarDecoder("int64", 0, isInt64);
/** Reads `float32`. */
export const float32Decoder = scalarDecoder("float32", 0, isFloat32);
/** Reads `float64`. */
export const float64Decoder = scalarDecoder("float64", 0, isFloat64);
/** Reads a whole number or a string. */
export const intOrStringDecoder = scalarDecoder("int32", 0, (value) => typeof value === "string" || isInt32(value));

/**
 * Objects and lists in one another, deeper than which nothing is read, in whatever form it comes; Go's decoders go down to
 * 10,000. It keeps every walk by recursion far from the end of the stack, and answers that are indented, by each level
 * and line, within the longest string that there can be.
 */
export const depthMax = 100;

/** Reads objects of one type, in place, by the type's own function; `goType` is such as `v1alpha1.Toy`. */
export function objectDecoder(goType: string, decode: (fields: object, report: DecodeReport) => unknown): Decoder {
  const within = (fields: object, report: DecodeReport): unknown => {
    const outer = report.struct;
    const decoded = decode(fields, report);
    report.struct = outer;
    return decoded;
  };
  return {
    goType,
    decode(value, report) {
      if (!isFields(value)) reportType(report, value, report.struct, "", goType);
      else if (report.path.length > depthMax) report.typeError ??= "json: exceeded max depth";
      else return within(value, report);
      return value;
    },
    zero: (report) => within({}, report),
  };
}

/** Reads lists, item by item, in place. */
export function listDecoder(item: Decoder): Decoder {
  const goType = `[]${item.goType}`;
  return {
    goType,
    decode(value, report) {
      if (!Array.isArray(value)) {
        reportType(report, value, report.struct, "", goType);
        return value;
      }
      const items: unknown[] = value;
      for (let index = 0; index < items.length; index++) {
        report.path.push(index);
        items[index] = items[index] === null ? item.zero(report) : item.decode(items[index], report);
        report.path.pop();
      }
      return items;
    },
    zero: () => [],
  };
}

/** Reads maps, value by value, in place. */
export function mapDecoder(item: Decoder): Decoder {
  const goType = `map[string]${item.goType}`;
  return {
    goType,
    decode(value, report) {
      if (!isFields(value)) {
        reportType(report, value, report.struct, "", goType);
        return value;
      }
      for (const key of Object.keys(value)) {
        report.path.push({ key });
        // The key is the map's own already, so that even `__proto__` is assigned like any other.
        value[key] = value[key] === null ? item.zero(report) : item.decode(value[key], report);
        report.path.pop();
      }
      return value;
    },
    zero: () => ({}),
  };
}
