import { Buffer } from "node:buffer";
import { BodyError } from "./body-error.ts";

/** What a scalar of YAML stands for: whole numbers are bigints, other numbers are numbers. */
export type ScalarValue = null | boolean | bigint | number | string;

const words: ReadonlyMap<string, ScalarValue> = new Map<string, ScalarValue>([
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, NaN] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word) => [word, Infinity] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, -Infinity] as const),
]);

const coreTag = "tag:yaml.org,2002:";

/**
 * What a scalar stands for by the rules of YAML 1.1 as Kubernetes has them: `yes` is true, `017` is 15, a date is text.
 * `tag` is the tag that is written before it; undefined if there is none. Throws a BodyError where the two disagree.
 * https://pkg.go.dev/sigs.k8s.io/yaml
 */
export function scalarValue(text: string, plain: boolean, tag: string | undefined): ScalarValue {
  if (tag === undefined) return plain ? resolve(text) : text;
  switch (tag) {
    case `${coreTag}bool`:
      return agreeing(text, "bool", (value) => typeof value === "boolean");
    case `${coreTag}null`:
      return agreeing(text, "null", (value) => value === null);
    case `${coreTag}int`:
      return agreeing(text, "int", (value) => typeof value === "bigint");
    case `${coreTag}float`: {
      const value = agreeing(text, "float", (found) => typeof found === "number" || typeof found === "bigint");
      return typeof value === "bigint" ? Number(value) : value;
    }
    case `${coreTag}binary`:
      return Buffer.from(text, "base64").toString();
    default:
      return text;
  }
}

function agreeing(text: string, name: string, agrees: (value: ScalarValue) => boolean): ScalarValue {
  const value = resolve(text);
  if (agrees(value)) return value;
  throw new BodyError(`yaml: cannot decode !!${nameOf(value)} \`${text}\` as a !!${name}`);
}

function nameOf(value: ScalarValue): string {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "float";
    case "string":
      return "str";
    default:
      return "null";
  }
}

function resolve(text: string): ScalarValue {
  const word = words.get(text);
  if (word !== undefined) return word;
  const first = text.charAt(0);
  if (first === ".") return floatOf(text) ?? text;
  if (!/[-+\d]/.test(first)) return text;
  const digits = text.replaceAll("_", "");
  return integerOf(digits) ?? floatOf(digits) ?? text;
}

/** The longest text of 64 bits is in base 2. */
const integerCharactersMax = 67;
const uint64Max = 2n ** 64n - 1n;
const int64Min = -(2n ** 63n);

function integerOf(text: string): bigint | undefined {
  if (text.length > integerCharactersMax) return undefined;
  const match = /^([-+]?)(?:(0[xX][\da-fA-F]+|0[bB][01]+)|0[oO]?([0-7]+)|(0|[1-9]\d*))$/.exec(text);
  if (match === null) return undefined;
  const [, sign, prefixed, octal, decimal] = match;
  const magnitude = BigInt(prefixed ?? (octal === undefined ? (decimal ?? "0") : `0o${octal}`));
  const value = sign === "-" ? -magnitude : magnitude;
  return value > uint64Max || value < int64Min ? undefined : value;
}

function floatOf(text: string): number | undefined {
  if (!/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
