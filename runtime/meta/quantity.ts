import { parseInt64 } from "./int64.ts";

/** How a quantity is written: `12M` (12 × 10^6), `12Mi` (12 × 2^20), or `12e6`. */
type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

/** A quantity, read: `mantissa` × 10^`exponent`, exact. */
export interface ParsedQuantity {
  readonly mantissa: bigint;
  readonly exponent: number;
  readonly format: QuantityFormat;
  /** The text that it was read from, where Kubernetes writes that again instead of the canonical form. */
  readonly text: string | undefined;
  /** Whether Kubernetes keeps it in 64 bits; only such quantities are given out as an int64. */
  readonly small: boolean;
}

/** A text that is no quantity; the message is for the client. */
export class QuantityError extends Error {
  override readonly name = "QuantityError";
}

const wrongForm = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

// Stricter than the expression in the message about dots; laxer in that there need be no digit.
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;

/** The longest text that is taken for a quantity; upstream knows no limit, but no right one comes near. */
const textLengthMax = 1_000;
/** Powers of ten that are computed at most; a sum of quantities further apart is refused. */
const exponentRangeMax = 10_000;

const decimalExponents: ReadonlyMap<string, number> = new Map(
  ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"].map((suffix, i) => [suffix, 3 * i - 9]),
);
const decimalSuffixes = new Map([...decimalExponents].map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

const smallestExponent = -9;
const decimalDigitsMax = 18;
const int64Max = 2n ** 63n - 1n;

/**
 * Reads a quantity such as `100m`, `1.5Gi` or `12e6`. Throws a QuantityError.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseQuantity(text: string): ParsedQuantity {
  const match = text === "" || text.length > textLengthMax ? null : pattern.exec(text);
  if (match === null) throw new QuantityError(wrongForm);
  const [, sign, whole = "", fraction = "", suffix = ""] = match;
  const unit = unitOf(suffix);
  const number: Digits = {
    negative: sign === "-",
    // Upstream counts one digit where there are zeros alone.
    whole: whole.replace(/^0+/, "") || "0",
    fraction,
  };
  const kept = small(text, number, unit);
  if (kept !== undefined) return kept;
  // Upstream misses the digits only here; elsewhere there being none is zero.
  if (whole === "" && fraction === "") throw new QuantityError("unable to parse numeric part of quantity");
  return exact(number, unit);
}

interface Digits {
  readonly negative: boolean;
  readonly whole: string;
  readonly fraction: string;
}

interface Unit {
  readonly base: 2 | 10;
  readonly exponent: number;
  readonly format: QuantityFormat;
}

function unitOf(suffix: string): Unit {
  const decimal = decimalExponents.get(suffix);
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: "DecimalSI" };
  const binary = binarySuffixes.indexOf(suffix);
  if (binary > 0) return { base: 2, exponent: 10 * binary, format: "BinarySI" };
  const exponent = /^[eE](.+)$/.exec(suffix)?.[1];
  const parsed = exponent === undefined ? undefined : parseInt64(exponent);
  if (parsed === undefined) throw new QuantityError("unable to parse quantity's suffix");
  return { base: 10, exponent: Number(BigInt.asIntN(32, parsed)), format: "DecimalExponent" };
}

/**
 * The quantity, if Kubernetes keeps it in 64 bits, going by its number of digits. Such a quantity is written as it was
 * read, if that looks canonical enough.
 */
function small(text: string, { negative, whole, fraction }: Digits, unit: Unit): ParsedQuantity | undefined {
  const { base, exponent, format } = unit;
  const binary = base === 2;
  if (binary && (fraction !== "" || whole.length > 14 - Math.floor((exponent * 3) / 10))) return undefined;
  const scale = (binary ? 0 : exponent) - fraction.length;
  const digits = `${whole}${fraction}`;
  if (!binary && (digits.length > decimalDigitsMax || scale < smallestExponent)) return undefined;
  const magnitude = BigInt(digits) * (binary ? 2n ** BigInt(exponent) : 1n);
  if (magnitude > int64Max) return undefined;
  const asRead = binary
    ? (BigInt(digits) & 7n) !== 0n
    : scale % 3 === 0 && !digits.endsWith("000") && !digits.startsWith("0");
  const mantissa = negative ? -magnitude : magnitude;
  return { mantissa, exponent: scale, format, text: asRead || text === "0" ? text : undefined, small: true };
}

/** The quantity as an exact decimal: not finer than a billionth, and not beyond 64 bits where it is binary. */
function exact({ negative, whole, fraction }: Digits, { base, exponent, format }: Unit): ParsedQuantity {
  const digits = BigInt(`${whole}${fraction}`);
  const value =
    base === 2
      ? { mantissa: digits * 2n ** BigInt(exponent), exponent: -fraction.length }
      : { mantissa: digits, exponent: exponent - fraction.length };
  let rounded = value.exponent < smallestExponent ? roundedUp(value, smallestExponent) : value;
  let shown = format;
  if (format === "BinarySI") {
    if (compareDecimals(rounded, { mantissa: int64Max, exponent: 0 }) > 0)
      rounded = { mantissa: int64Max, exponent: 0 };
    // Binary units have no fractions.
    if (rounded.mantissa > 0n && compareDecimals(rounded, { mantissa: 1n, exponent: 0 }) < 0) shown = "DecimalSI";
  }
  const mantissa = negative ? -rounded.mantissa : rounded.mantissa;
  return { mantissa, exponent: rounded.exponent, format: shown, text: undefined, small: false };
}

/** A number: mantissa × 10^exponent. */
interface Decimal {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** The number in units of 10^`exponent`, which is greater than its own, rounded away from zero. */
function roundedUp(value: Decimal, exponent: number): Decimal {
  const { mantissa } = value;
  const dropped = exponent - value.exponent;
  if (mantissa === 0n) return { mantissa, exponent };
  const unit = mantissa < 0n ? -1n : 1n;
  // Nothing is left of the digits: no need for a power that large.
  if (dropped >= digitCount(mantissa)) return { mantissa: unit, exponent };
  const divisor = 10n ** BigInt(dropped);
  return { mantissa: mantissa / divisor + (mantissa % divisor === 0n ? 0n : unit), exponent };
}

function digitCount(mantissa: bigint): number {
  return String(mantissa < 0n ? -mantissa : mantissa).length;
}

function compareDecimals(a: Decimal, b: Decimal): number {
  const signs = signOf(a.mantissa) - signOf(b.mantissa);
  if (signs !== 0 || a.mantissa === 0n) return Math.sign(signs);
  // Numbers of different orders of magnitude need no power of ten.
  const orders = digitCount(a.mantissa) + a.exponent - digitCount(b.mantissa) - b.exponent;
  if (orders !== 0) return Math.sign(orders) * signOf(a.mantissa);
  const [left, right] = aligned(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function signOf(mantissa: bigint): number {
  return mantissa < 0n ? -1 : mantissa > 0n ? 1 : 0;
}

/** Both mantissas at the smaller of the exponents. */
function aligned(a: Decimal, b: Decimal): [bigint, bigint] {
  const exponent = Math.min(a.exponent, b.exponent);
  return [scaled(a, exponent), scaled(b, exponent)];
}

function scaled({ mantissa, exponent }: Decimal, to: number): bigint {
  if (mantissa === 0n || exponent === to) return mantissa;
  if (exponent - to > exponentRangeMax) throw new QuantityError("quantity out of range");
  return mantissa * 10n ** BigInt(exponent - to);
}

/** -1, 0 or 1 as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: ParsedQuantity, b: ParsedQuantity): number {
  return compareDecimals(a, b);
}

/** The sum, in the format of `a`, or of `b` if `a` is zero. Throws a QuantityError where it has too many digits. */
export function addQuantities(a: ParsedQuantity, b: ParsedQuantity): ParsedQuantity {
  const [left, right] = aligned(a, b);
  return combined(a, b, left + right);
}

/** The difference, in the format of `a`, or of `b` if `a` is zero. Throws a QuantityError where it has too many digits. */
export function subtractQuantities(a: ParsedQuantity, b: ParsedQuantity): ParsedQuantity {
  const [left, right] = aligned(a, b);
  return combined(a, b, left - right);
}

function combined(a: ParsedQuantity, b: ParsedQuantity, mantissa: bigint): ParsedQuantity {
  return {
    mantissa,
    exponent: Math.min(a.exponent, b.exponent),
    format: a.mantissa === 0n ? b.format : a.format,
    text: undefined,
    small: a.small && b.small && isInt64(mantissa),
  };
}

function isInt64(value: bigint): boolean {
  return value <= int64Max && value >= -int64Max - 1n;
}

/** The whole number that the quantity is, if Kubernetes would give it out as an int64 without computing. */
export function quantityAsInt64({ mantissa, exponent, small: fits }: ParsedQuantity): bigint | undefined {
  return fits && exponent >= 0 ? scaledToInt64({ mantissa, exponent }, 0) : undefined;
}

/**
 * The quantity in whole numbers (`exponent` 0) or thousandths (-3), rounded away from zero; undefined beyond 64 bits.
 * Negative quantities that Kubernetes does not keep in 64 bits come out as Kubernetes has them, which is wrong.
 */
export function quantityValue(quantity: ParsedQuantity, exponent: 0 | -3): bigint | undefined {
  if (!quantity.small) return exactValue(quantity, exponent);
  return scaledToInt64(quantity.exponent < exponent ? roundedUp(quantity, exponent) : quantity, exponent);
}

// Upstream rounds up whatever the sign, and lets negative numbers of billionths overflow.
function exactValue(quantity: ParsedQuantity, exponent: 0 | -3): bigint | undefined {
  if (quantity.mantissa !== 0n && digitCount(quantity.mantissa) + quantity.exponent - exponent > 19) return undefined;
  const billionths = scaled(quantity, smallestExponent);
  const kept = billionths < int64Max ? BigInt.asIntN(64, billionths) : billionths;
  const divisor = 10n ** BigInt(exponent - smallestExponent);
  const value = kept / divisor + (kept % divisor === 0n ? 0n : 1n);
  return isInt64(value) ? value : undefined;
}

function scaledToInt64(value: Decimal, exponent: number): bigint | undefined {
  if (digitCount(value.mantissa) + value.exponent - exponent > 19 && value.mantissa !== 0n) return undefined;
  const whole = scaled(value, exponent);
  return isInt64(whole) ? whole : undefined;
}

/**
 * The text of a quantity: what it was read from, or the canonical form, with the largest suffix that leaves no fraction.
 */
export function formatQuantity(quantity: ParsedQuantity): string {
  if (quantity.text !== undefined) return quantity.text;
  if (quantity.mantissa === 0n) return "0";
  const whole = quantity.format === "BinarySI" ? binaryValue(quantity) : undefined;
  return whole === undefined ? formatDecimal(quantity) : formatBinary(whole);
}

/** The whole number to write with a binary suffix; undefined where that would lose or hide something. */
function binaryValue(value: Decimal): bigint | undefined {
  const magnitude = { ...value, mantissa: value.mantissa < 0n ? -value.mantissa : value.mantissa };
  if (compareDecimals(magnitude, { mantissa: 1024n, exponent: 0 }) < 0) return undefined;
  if (value.exponent >= 0) return scaled(value, 0);
  const divisor = 10n ** BigInt(-value.exponent);
  return value.mantissa % divisor === 0n ? value.mantissa / divisor : undefined;
}

function formatBinary(whole: bigint): string {
  let amount = whole;
  let times = 0;
  for (; amount % 1024n === 0n; times++) amount /= 1024n;
  // Upstream has no suffix beyond Ei, and writes none.
  return `${amount}${binarySuffixes[times] ?? ""}`;
}

function formatDecimal({ mantissa, exponent, format }: ParsedQuantity): string {
  const digits = String(mantissa);
  const significant = digits.replace(/0+$/, "");
  const power = exponent + digits.length - significant.length;
  // Exponents are multiples of three.
  const padding = ((power % 3) + 3) % 3;
  const amount = `${significant}${"0".repeat(padding)}`;
  const shown = power - padding;
  if (format === "DecimalExponent") return shown === 0 ? amount : `${amount}e${shown}`;
  // Upstream has no suffix beyond E, and writes none.
  return `${amount}${decimalSuffixes.get(shown) ?? ""}`;
}

/** The text that Kubernetes writes for a quantity that it read out of JSON. Throws a QuantityError. */
export function normalizeQuantity(value: string | number): string {
  return formatQuantity(parseQuantity(String(value).trim()));
}
