import type { ArrayType, Type } from "../../../../codegen/model/model.ts";
import { normalizeQuantity } from "../../../../runtime/meta/quantity.ts";
import { items, keysOf, own, typeOf, type Run } from "./run.ts";

/** Whether two values of a type count as the same. */
export function same(run: Run, type: Type, a: unknown, b: unknown): boolean {
  return normal(run, type, a) === normal(run, type, b);
}

/** What tells an item of a list from others. */
export function identity(run: Run, type: ArrayType, item: unknown): string {
  const by = type.identity ?? type.list;
  if (by.kind === "map") return JSON.stringify(by.keys.map((key) => own(item, key) ?? null));
  return normal(run, type.items, item);
}

/** A text that equal values have in common: absent lists and maps are empty, quantities are amounts. */
function normal(run: Run, type: Type, value: unknown): string {
  switch (type.kind) {
    case "array":
      return `[${items(value)
        .map((item) => normal(run, type.items, item))
        .join(",")}]`;
    case "map":
      return `{${keysOf(value)
        .toSorted()
        .map((key) => `${JSON.stringify(key)}:${normal(run, type.values, own(value, key))}`)
        .join(",")}}`;
    case "ref": {
      if (value === undefined) return "nothing";
      const { fields } = typeOf(run, type.name);
      return `(${fields.map((field) => normal(run, field.type, own(value, field.name))).join(";")})`;
    }
    case "string":
      return type.format === "quantity" && typeof value === "string" ? amount(value) : text(value);
    case "integer":
    case "number":
    case "boolean":
    case "wellKnown":
      return text(sorted(value));
  }
}

function text(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}

function amount(quantity: string): string {
  try {
    return normalizeQuantity(quantity);
  } catch {
    return quantity;
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
