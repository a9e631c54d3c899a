import { humanDuration } from "./duration.ts";
import { quoteForTimeError, TimeFormatError } from "./time-format-error.ts";

/** A moment: whole seconds since 1970 in UTC, and the nanoseconds beyond them. */
interface Moment {
  readonly seconds: number;
  readonly nanoseconds: number;
}

const secondsLayout = "2006-01-02T15:04:05Z07:00";
const microsecondsLayout = "2006-01-02T15:04:05.000000Z07:00";

/**
 * Reads a Time as Kubernetes does: RFC 3339, with any zone and any fraction. Throws a TimeFormatError.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#Time
 */
export function parseTime(text: string): Moment {
  return parse(text, secondsLayout);
}

/**
 * Reads a MicroTime as Kubernetes does: RFC 3339 with six digits of fraction. Throws a TimeFormatError.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#MicroTime
 */
export function parseMicroTime(text: string): Moment {
  return parse(text, microsecondsLayout);
}

/** A Time as Kubernetes writes it: in UTC, to the second, cutting off what is beyond. */
export function formatTime(date: Date): string {
  return `${dateAndTime(date)}Z`;
}

/** The text that Kubernetes writes for a Time that it read; empty for its zero. Throws a TimeFormatError. */
export function normalizeTime(text: string): string {
  if (isNormalTime(text)) return text;
  const moment = parseTime(text);
  return isZero(moment) ? "" : formatTime(dateOf(moment));
}

/** Whether a text is surely as Kubernetes writes it, which those in stored objects are: to read such a one takes longer than all its object. */
function isNormalTime(text: string): boolean {
  // The 28th is the last day that every month has. Years before 1000 may be the zero.
  const isDate = text.length === 20 && isNumber(text, 5, 1, 12) && isNumber(text, 8, 1, 28);
  if (!isDate || !isNumber(text, 0, 10, 99) || !isNumber(text, 2, 0, 99)) return false;
  if (!isNumber(text, 11, 0, 23) || !isNumber(text, 14, 0, 59) || !isNumber(text, 17, 0, 59)) return false;
  const isParted = text[4] === "-" && text[7] === "-" && text[10] === "T";
  return isParted && text[13] === ":" && text[16] === ":" && text[19] === "Z";
}

/** Whether two digits stand at a place, and are within bounds. */
function isNumber(text: string, at: number, min: number, max: number): boolean {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return false;
  const number = tens * 10 + ones;
  return number >= min && number <= max;
}

/** The text that Kubernetes writes for a MicroTime that it read; empty for its zero. Throws a TimeFormatError. */
export function normalizeMicroTime(text: string): string {
  const moment = parseMicroTime(text);
  if (isZero(moment)) return "";
  const microseconds = Math.floor(moment.nanoseconds / 1000);
  return `${dateAndTime(dateOf(moment))}.${String(microseconds).padStart(6, "0")}Z`;
}

/** How long ago a time was, as `kubectl get` shows ages; `<unknown>` if there is none, `<invalid>` if it is no time. */
export function humanAge(time: string | null | undefined, now: Date): string {
  if (time === undefined || time === null || time === "") return "<unknown>";
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? "<invalid>" : humanDuration(now.getTime() - ms);
}

function dateOf({ seconds }: Moment): Date {
  return new Date(seconds * 1000);
}

function dateAndTime(date: Date): string {
  const year = String(date.getUTCFullYear()).padStart(4, "0");
  const day = `${year}-${twoDigits(date.getUTCMonth() + 1)}-${twoDigits(date.getUTCDate())}`;
  return `${day}T${twoDigits(date.getUTCHours())}:${twoDigits(date.getUTCMinutes())}:${twoDigits(date.getUTCSeconds())}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

const zeroSeconds = epochSeconds({ year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0 });

function isZero({ seconds, nanoseconds }: Moment): boolean {
  return seconds === zeroSeconds && nanoseconds === 0;
}

interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

// Date.UTC takes years below 100 for those of the twentieth century.
function epochSeconds({ year, month, day, hour, minute, second }: Civil): number {
  const days = new Date(0).setUTCFullYear(year, month - 1, day) / 1000;
  return days + hour * 3600 + minute * 60 + second;
}

function daysIn(year: number, month: number): number {
  return new Date(new Date(0).setUTCFullYear(year, month, 0)).getUTCDate();
}

/** What is being read, and how much of it is left. */
interface Cursor {
  readonly text: string;
  readonly layout: string;
  rest: string;
}

/** A number of a layout: how the layout writes it, whether both digits must stand, and its bounds. */
interface Element {
  readonly layout: string;
  readonly fixed: boolean;
  readonly min: number;
  readonly max: number;
  readonly name: string;
}

const monthElement: Element = { layout: "01", fixed: true, min: 1, max: 12, name: "month" };
// Which days there are depends on the month, so that is looked at last.
const dayElement: Element = { layout: "02", fixed: true, min: 0, max: 99, name: "day" };
const hourElement: Element = { layout: "15", fixed: false, min: 0, max: 23, name: "hour" };
const minuteElement: Element = { layout: "04", fixed: true, min: 0, max: 59, name: "minute" };
const secondElement: Element = { layout: "05", fixed: true, min: 0, max: 59, name: "second" };

function parse(text: string, layout: string): Moment {
  const cursor: Cursor = { text, layout, rest: text };
  const year = takeYear(cursor);
  takeLiteral(cursor, "-");
  const month = takeNumber(cursor, monthElement);
  takeLiteral(cursor, "-");
  const day = takeNumber(cursor, dayElement);
  takeLiteral(cursor, "T");
  const hour = takeNumber(cursor, hourElement);
  takeLiteral(cursor, ":");
  const minute = takeNumber(cursor, minuteElement);
  takeLiteral(cursor, ":");
  const second = takeNumber(cursor, secondElement);
  const nanoseconds = layout === microsecondsLayout ? takeMicroseconds(cursor) : takeFraction(cursor);
  const offset = takeZone(cursor);
  if (cursor.rest !== "") fail(cursor, `extra text: ${quoteForTimeError(cursor.rest)}`);
  if (day < 1 || day > daysIn(year, month)) fail(cursor, "day out of range");
  return { seconds: epochSeconds({ year, month, day, hour, minute, second }) - offset, nanoseconds };
}

function takeYear(cursor: Cursor): number {
  const year = cursor.rest.slice(0, 4);
  if (!/^\d{4}$/.test(year)) failAt(cursor, "2006");
  cursor.rest = cursor.rest.slice(4);
  return Number(year);
}

function takeLiteral(cursor: Cursor, literal: string): void {
  if (!cursor.rest.startsWith(literal)) failAt(cursor, literal);
  cursor.rest = cursor.rest.slice(literal.length);
}

function takeNumber(cursor: Cursor, { layout, fixed, min, max, name }: Element): number {
  const match = /^\d\d?/.exec(cursor.rest)?.[0] ?? "";
  if (match === "" || (fixed && match.length < 2)) failAt(cursor, layout);
  const value = Number(match);
  if (value < min || value > max) fail(cursor, `${name} out of range`);
  cursor.rest = cursor.rest.slice(match.length);
  return value;
}

/** Nanoseconds, of a fraction that the layout does not ask for. */
function takeFraction(cursor: Cursor): number {
  const match = /^[.,](\d+)/.exec(cursor.rest);
  if (match === null) return 0;
  cursor.rest = cursor.rest.slice(match[0].length);
  return Number((match[1] ?? "").slice(0, 9).padEnd(9, "0"));
}

function takeMicroseconds(cursor: Cursor): number {
  const match = /^[.,](\d{6})/.exec(cursor.rest);
  if (match === null) return failAt(cursor, ".000000");
  cursor.rest = cursor.rest.slice(7);
  return Number(match[1]) * 1000;
}

/** Seconds that the zone is ahead of UTC. */
function takeZone(cursor: Cursor): number {
  if (cursor.rest.startsWith("Z")) {
    cursor.rest = cursor.rest.slice(1);
    return 0;
  }
  const match = /^(.)(\d\d):(..)/su.exec(cursor.rest);
  if (match === null) return failAt(cursor, "Z07:00");
  const [, sign, hours, minutes = ""] = match;
  // Go allows offsets of 24 hours and 60 minutes, as some people write them.
  if (/^\d\d$/.test(minutes) && Number(minutes) > 60) fail(cursor, "time zone offset minute out of range");
  if (Number(hours) > 24) fail(cursor, "time zone offset hour out of range");
  if (!/^\d\d$/.test(minutes) || (sign !== "+" && sign !== "-")) failAt(cursor, "Z07:00");
  cursor.rest = cursor.rest.slice(6);
  return (sign === "-" ? -60 : 60) * (Number(hours) * 60 + Number(minutes));
}

function failAt({ text, layout, rest }: Cursor, element: string): never {
  const [value, layoutText, restText, elementText] = [text, layout, rest, element].map(quoteForTimeError);
  throw new TimeFormatError(`parsing time ${value} as ${layoutText}: cannot parse ${restText} as ${elementText}`);
}

function fail({ text }: Cursor, message: string): never {
  throw new TimeFormatError(`parsing time ${quoteForTimeError(text)}: ${message}`);
}
