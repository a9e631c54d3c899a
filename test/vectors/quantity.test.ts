import { expect } from "vitest";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  normalizeQuantity,
  parseQuantity,
  quantityAsInt64,
  QuantityError,
  quantityValue,
  subtractQuantities,
  type ParsedQuantity,
} from "../../runtime/meta/quantity.ts";
import { vectorSuite } from "./suite.ts";

interface Input {
  readonly text: string;
  readonly a: string;
  readonly b: string;
  readonly json: string;
}

interface Expectation {
  readonly error: string | null;
  readonly canonical: string;
  readonly json: string;
  readonly format: string;
  readonly sign: number;
  readonly isZero: boolean;
  readonly value: string | null;
  readonly milliValue: string | null;
  readonly asInt64: string | null;
  readonly decimal: string;
  readonly cmp: number;
  readonly equal: boolean;
}

const checks: Record<string, (input: Input, expected: Expectation) => void> = {
  parse({ text }, expected) {
    if (expected.error !== null) {
      expect(() => parseQuantity(text)).toThrow(new QuantityError(expected.error));
      return;
    }
    const quantity = parseQuantity(text);
    expect(formatQuantity(quantity)).toBe(expected.canonical);
    expect(normalizeQuantity(text)).toBe(expected.json);
    expect(quantity.format).toBe(expected.format);
    expect(compareQuantities(quantity, parseQuantity("0"))).toBe(expected.sign);
    expect(quantity.mantissa === 0n).toBe(expected.isZero);
    expect(compareQuantities(quantity, exactly(expected.decimal))).toBe(0);
    if (expected.value !== null) expect(String(quantityValue(quantity, 0))).toBe(expected.value);
    if (expected.milliValue !== null) expect(String(quantityValue(quantity, -3))).toBe(expected.milliValue);
    expect(quantityAsInt64(quantity)?.toString() ?? null).toBe(expected.asInt64);
  },
  compare({ a, b }, { cmp, equal }) {
    expect(compareQuantities(parseQuantity(a), parseQuantity(b))).toBe(cmp);
    expect(compareQuantities(parseQuantity(b), parseQuantity(a)) === 0).toBe(equal);
  },
  add({ a, b }, { canonical }) {
    expect(formatQuantity(addQuantities(parseQuantity(a), parseQuantity(b)))).toBe(canonical);
  },
  sub({ a, b }, { canonical }) {
    expect(formatQuantity(subtractQuantities(parseQuantity(a), parseQuantity(b)))).toBe(canonical);
  },
  unmarshalJSON({ json }, expected) {
    const value: unknown = JSON.parse(json);
    if (typeof value !== "string" && typeof value !== "number") throw new Error(`${json} is neither text nor number`);
    if (expected.error === null) expect(normalizeQuantity(value)).toBe(expected.json);
    else expect(() => normalizeQuantity(value)).toThrow(QuantityError);
  },
};

/** The number that a plain decimal text says, without the rounding of quantities. */
function exactly(decimal: string): ParsedQuantity {
  const [whole = "", fraction = ""] = decimal.split(".");
  return { ...parseQuantity("0"), mantissa: BigInt(`${whole}${fraction}`), exponent: -fraction.length };
}

vectorSuite("quantity", (vector) => {
  const check = checks[vector.op ?? vector.fn ?? ""];
  if (check === undefined) throw new Error(`no check for ${vector.op}`);
  check(vector["in"] as Input, vector["expect"] as Expectation);
});
