const max = 2n ** 63n - 1n;

/** The whole number that a text is in decimal, as Go's `strconv.ParseInt` reads it; undefined if it is none of 64 bits. */
export function parseInt64(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  // BigInt takes no plus sign, and its time grows with the square of the digits.
  const digits = text.replace(/^[+-]?0*(?=\d)/, "");
  if (digits.length > 19) return undefined;
  const value = text.startsWith("-") ? -BigInt(digits) : BigInt(digits);
  return value > max || value < -max - 1n ? undefined : value;
}
