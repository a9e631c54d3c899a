import { quoteForTimeError, TimeFormatError } from "./time-format-error.ts";

const nanosecondsOf: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  // The micro sign, and the Greek letter that looks the same.
  ["\u00b5s", 1_000n],
  ["\u03bcs", 1_000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
]);
const second = 1_000_000_000n;
const magnitudeMax = 2n ** 63n;
const digitsMax = 19;

/**
 * The nanoseconds of a Duration in Go's notation, such as `1h30m` or `-1.5s`. Throws a TimeFormatError.
 * https://pkg.go.dev/time#ParseDuration
 */
export function parseDuration(text: string): bigint {
  const negative = text.startsWith("-");
  let rest = negative || text.startsWith("+") ? text.slice(1) : text;
  if (rest === "0") return 0n;
  if (rest === "") fail("invalid duration", text);
  let total = 0n;
  while (rest !== "") {
    const term = termPattern.exec(rest) ?? [];
    total += nanosecondsOfTerm(term, text);
    if (total > magnitudeMax) fail("invalid duration", text);
    rest = rest.slice(term[0]?.length);
  }
  if (!negative && total === magnitudeMax) fail("invalid duration", text);
  return negative ? -total : total;
}

// Matches every text, if only its empty beginning.
const termPattern = /^(\d*)(?:\.(\d*))?([^.\d]*)/;

function nanosecondsOfTerm([, whole = "", fraction = "", unitName = ""]: readonly string[], text: string): bigint {
  const count = whole.replace(/^0+/, "");
  if (whole === "" && fraction === "") fail("invalid duration", text);
  if (count.length > digitsMax || BigInt(count) > magnitudeMax) fail("invalid duration", text);
  if (unitName === "") fail("missing unit in duration", text);
  const unit = nanosecondsOf.get(unitName);
  if (unit === undefined) fail(`unknown unit ${quoteForTimeError(unitName)} in duration`, text);
  return BigInt(count) * unit + fractionOf(fraction, unit);
}

// Go computes fractions in floating point, and cuts off what is below a nanosecond.
function fractionOf(digits: string, unit: bigint): bigint {
  const known = digits.slice(0, digitsMax - 1);
  return BigInt(Math.trunc(Number(known) * (Number(unit) / 10 ** known.length)));
}

function fail(problem: string, text: string): never {
  throw new TimeFormatError(`time: ${problem} ${quoteForTimeError(text)}`);
}

/**
 * A Duration in Go's notation, as Kubernetes writes it: `1h30m0s`, `1.5s`, `100ms`, `0s`.
 * https://pkg.go.dev/time#Duration.String
 */
export function formatDuration(nanosecondCount: bigint): string {
  if (nanosecondCount === 0n) return "0s";
  if (nanosecondCount < 0n) return `-${formatDuration(-nanosecondCount)}`;
  if (nanosecondCount < 1_000n) return `${nanosecondCount}ns`;
  if (nanosecondCount < 1_000_000n) return `${decimal(nanosecondCount, 3)}\u00b5s`;
  if (nanosecondCount < second) return `${decimal(nanosecondCount, 6)}ms`;
  const minutes = nanosecondCount / (60n * second);
  const seconds = `${decimal(nanosecondCount % (60n * second), 9)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** `value` divided by a power of ten, without trailing zeros. */
function decimal(value: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const fraction = String(value % unit)
    .padStart(digits, "0")
    .replace(/0+$/, "");
  return fraction === "" ? String(value / unit) : `${value / unit}.${fraction}`;
}

/**
 * A length of time in milliseconds for people: two or three significant figures, as in the AGE column of `kubectl get`.
 * A second or so before zero is still zero, as clocks differ.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/duration#HumanDuration
 */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return twoUnits(minutes, "m", seconds % 60, "s");
  if (minutes < 3 * 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return twoUnits(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return twoUnits(days, "d", hours % 24, "h");
  if (days < 2 * 365) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? twoUnits(years, "y", days % 365, "d") : `${years}y`;
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}
