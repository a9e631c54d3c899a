import { compareBytes } from "../meta/byte-text.ts";
import type { Json } from "../meta/v1.ts";
import { goQuote } from "../meta/field-error.ts";
import { pathString, type Step } from "./path-element.ts";
import { isObject } from "./value.ts";

/** A value that does not fit its schema. The message lists every misfit with its path. */
export class TypedError extends Error {
  override readonly name = "TypedError";
}

/** Gathers misfits on a walk. */
export class Misfits {
  readonly #messages: string[] = [];

  /** Notes one, at a path. */
  add(path: readonly Step[], message: string): void {
    const where = pathString(path);
    this.#messages.push(where === "" ? message : `${where}: ${message}`);
  }

  /** Whether there is any. */
  get any(): boolean {
    return this.#messages.length > 0;
  }

  /** Throws a TypedError if there is any. */
  throwIfAny(): void {
    if (this.#messages.length === 1) throw new TypedError(this.#messages[0]);
    if (this.any) throw new TypedError(["errors:", ...this.#messages.map((message) => `  ${message}`)].join("\n"));
  }
}

/** A value as Go's `%v` prints the library's wrapper of it. */
export function goWrapped(value: Json): string {
  return `&{${goPlain(value)}}`;
}

/** A value as Go's `%v` prints it. */
export function goPlain(value: Json): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goPlain).join(" ")}]`;
  if (typeof value === "number") return goNumber(value);
  if (!isObject(value)) return String(value);
  const keys = Object.keys(value).sort(compareBytes);
  return `map[${keys.map((key) => `${key}:${goPlain(value[key] ?? null)}`).join(" ")}]`;
}

/** Whole numbers in full; others with an exponent from a million on, and below a ten-thousandth. */
function goNumber(value: number): string {
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const size = Number(exponent);
  if (Number.isInteger(value) || (size >= -4 && size < 6)) return String(value);
  return `${mantissa}e${size < 0 ? "-" : "+"}${String(Math.abs(size)).padStart(2, "0")}`;
}

/** A value as Go's `%#v` prints the library's wrapper of it. */
export function goSyntax(value: Json): string {
  return `&value.valueUnstructured{Value:${goLiteral(value)}}`;
}

function goLiteral(value: Json): string {
  if (value === null) return "interface {}(nil)";
  if (typeof value === "string") return goQuote(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goLiteral).join(", ")}}`;
  if (!isObject(value)) return String(value);
  const keys = Object.keys(value).sort(compareBytes);
  return `map[string]interface {}{${keys.map((key) => `${goQuote(key)}:${goLiteral(value[key] ?? null)}`).join(", ")}}`;
}

/** The Go type that JSON of this kind decodes to. */
export function goTypeName(value: Json): string {
  if (Array.isArray(value)) return "[]interface {}";
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "number":
      return Number.isInteger(value) ? "int64" : "float64";
    default:
      return value === null ? "<nil>" : "map[string]interface {}";
  }
}
