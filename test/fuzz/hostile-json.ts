import fc, { type Arbitrary } from "fast-check";

/** A field of a JSON object as it stands in a text: keys may be there twice, numbers be larger than any double. */
export type FieldText = readonly [key: string, json: string];

/** The text of an object with these fields, in their order. */
export function objectText(fields: readonly FieldText[]): string {
  return `{${fields.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")}}`;
}

/** Keys that mean something to JavaScript, or to those who write paths and tables of fields. */
const hostileKeys = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "__defineGetter__",
  "then",
  "toJSON",
  "length",
  "",
  ".",
  "a.b",
  "a[0]",
  "f:spec",
  'k:{"name":"a"}',
  "$patch",
  "$retainKeys",
  "$deleteFromPrimitiveList/nicknames",
  "$setElementOrder/toys",
  "metadata",
  "spec",
  "name",
  "\u0000",
  "\ud800",
  "ключ",
];

/** What a key of a hostile object may be. */
export const hostileKey: Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...hostileKeys) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12, unit: "binary" }) },
);

const scalarTexts = [
  "null",
  "true",
  "false",
  "0",
  "-0",
  "-1",
  "1.0",
  "1.5",
  "2147483648",
  "9007199254740993",
  "123456789012345678901234567890",
  "1e400",
  "-1e400",
  "1E+2",
  "1e-999",
  '""',
  '"a"',
  '"\\u0000"',
  '"\\ud800"',
  '"\\u2028<script>"',
  '"2026-01-02T03:04:05Z"',
  '"0001-01-01T00:00:00Z"',
  '"99999999999-01-01T00:00:00Z"',
  '"1e1000000000"',
  '"-9999999999999999999Ei"',
  '"merge"',
  '"delete"',
  "[]",
  "{}",
  "[null]",
  "[[]]",
  '{"polluted":true}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
];

const longText = fc.integer({ min: 0, max: 20_000 }).map((length) => JSON.stringify("é".repeat(length)));
const nested = fc
  .record({ depth: fc.constantFrom(5, 900, 999, 1000, 1001, 20_000), brackets: fc.constantFrom("[]", "{}") })
  .map(({ depth, brackets }) =>
    brackets === "[]" ? "[".repeat(depth) + "]".repeat(depth) : `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`,
  );

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    { weight: 12, arbitrary: fc.constantFrom(...scalarTexts) },
    { weight: 1, arbitrary: longText },
    { weight: 1, arbitrary: nested },
    { weight: 3, arbitrary: fc.json({ maxDepth: 2 }) },
    { weight: 3, arbitrary: fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`) },
    { weight: 5, arbitrary: fc.array(fc.tuple(hostileKey, tie("value")), { maxLength: 4 }).map(objectText) },
  ),
}));

/** The text of a JSON value that nobody would send who means well. */
export const hostileJson: Arbitrary<string> = value;
