import fc from "fast-check";
import { expect, test } from "vitest";
import { libraryText, yamlText } from "../../runtime/http/yaml-text.ts";

const words = [
  "y",
  "No",
  "on",
  "NULL",
  "true",
  "~",
  "0",
  "017",
  "1e3",
  "0x1f",
  "1_000",
  "1:30",
  ".5",
  ".",
  "-",
  "<<",
  "=",
];
const kubernetes = [
  "2026-01-02T15:04:05Z",
  "2026-01-02",
  "0b2b6b6c-7a3f-4a7d-9d3a-000000000000",
  "12345678-1234-1234-1234-123456789012",
  "apps/v1",
  "f:metadata",
  'k:{"name":"a"}',
  "kubectl.kubernetes.io/last-applied-configuration",
  "a: b",
  "a #b",
  "line\nline\n",
  "  indented\n\n  text",
  " ",
  "a ",
  "grün",
];
const text = fc.oneof(
  fc.constantFrom(...words, ...kubernetes),
  fc.string({ unit: fc.constantFrom(...Array.from("ab1-:# \n\t'\"/.")) }),
  fc.string({ unit: "binary" }),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    text,
    fc.boolean(),
    fc.constant(null),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(text, tie("value"), { maxKeys: 4 }),
  ),
})).value;

test("what is written without the library is what the library would have written", () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(yamlText(value)).toBe(libraryText(value));
    }),
    { numRuns: 300 },
  );
});

test.each([...words, ...kubernetes])("%j is written as the library writes it, as a text and as a key", (each) => {
  const value = { [each]: each, list: [each, [each], { [each]: [each] }] };
  expect(yamlText(value)).toBe(libraryText(value));
});
