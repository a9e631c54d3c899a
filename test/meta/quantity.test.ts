import { expect, test } from "vitest";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  normalizeQuantity,
  parseQuantity,
  QuantityError,
  quantityValue,
} from "../../runtime/meta/quantity.ts";

test("exponents that no memory could write out cost nothing to read, compare and write", () => {
  const huge = parseQuantity("1e2147483647");
  const tiny = parseQuantity("1e-2147483648");
  expect(formatQuantity(huge)).toBe("10e2147483646");
  expect(formatQuantity(tiny)).toBe("1e-9");
  expect(compareQuantities(huge, tiny)).toBe(1);
  expect(compareQuantities(tiny, huge)).toBe(-1);
  expect(compareQuantities(parseQuantity("-1e2147483647"), tiny)).toBe(-1);
  expect(quantityValue(huge, 0)).toBeUndefined();
  expect(() => addQuantities(huge, tiny)).toThrow(QuantityError);
});

test("a text longer than any quantity is refused before it is read", () => {
  expect(() => parseQuantity("1".repeat(1_001))).toThrow(QuantityError);
});

test.each([
  [0.1, "100m"],
  [1e21, "1e+21"],
  [" 1.5Gi ", "1536Mi"],
])("%j out of JSON is written %s", (value, text) => {
  expect(normalizeQuantity(value)).toBe(text);
});
