import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cborToJson } from "../../runtime/meta/cbor-reader.ts";
import { encodeCbor } from "../../runtime/meta/cbor-writer.ts";
import { WireError } from "../../runtime/meta/wire-error.ts";

/** A value, and the bytes that k8s.io/apimachinery 0.36 gave for it; `text` where its numbers are beyond JavaScript's. */
interface Recorded {
  readonly name: string;
  readonly json?: object;
  readonly text?: string;
  readonly base64: string;
}

const recordedForms: readonly Recorded[] = JSON.parse(
  readFileSync(new URL("./wire-forms/cbor.json", import.meta.url), "utf8"),
);

test.each(recordedForms)("$name that the Go server wrote is read, digit by digit", ({ json, text, base64 }) => {
  const read = cborToJson(Buffer.from(base64, "base64"));
  if (text === undefined) expect(JSON.parse(read)).toEqual(json);
  else expect(read).toBe(text);
});

const recordedBytes: [value: unknown, hex: string][] = [
  [0, "00"],
  [23, "17"],
  [24, "1818"],
  [255, "18ff"],
  [256, "190100"],
  [65_535, "19ffff"],
  [65_536, "1a00010000"],
  [2 ** 32 - 1, "1affffffff"],
  [2 ** 32, "1b0000000100000000"],
  [2 ** 62, "1b4000000000000000"],
  [-1, "20"],
  [-24, "37"],
  [-25, "3818"],
  [-256, "38ff"],
  [-257, "390100"],
  [-(2 ** 62), "3b3fffffffffffffff"],
  [-(2 ** 63), "3b7fffffffffffffff"],
  [1.5, "fa3fc00000"],
  [0.1, "fb3fb999999999999a"],
  [2 ** 63, "fa5f000000"],
  [1e300, "fb7e37e43c8800759c"],
  [true, "f5"],
  [false, "f4"],
  [null, "f6"],
  ["", "40"],
  ["é☃😀", "49c3a9e29883f09f9880"],
  [[], "80"],
  [{}, "a0"],
  [{ a: [1, { b: "c" }] }, "a141618201a141624163"],
  [{ a: undefined, b: 1 }, "a1416201"],
  [[undefined, NaN, Infinity], "83f6f6f6"],
];

test.each(recordedBytes)("%j is written as Kubernetes writes it, texts as bytes", (value, hex) => {
  expect(Buffer.from(encodeCbor(value)).toString("hex")).toBe(`d9d9f7${hex}`);
});

test("what is written is read again as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(cborToJson(encodeCbor(value)))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

const read: [name: string, hex: string, json: string][] = [
  ["a document without the tag that tells what it is", "a1616101", '{"a":1}'],
  ["the tag in the middle", "81d9d9f701", "[1]"],
  ["a key and a text as texts", "a161616162", '{"a":"b"}'],
  ["the largest whole number", "1b7fffffffffffffff", "9223372036854775807"],
  ["the smallest whole number", "3b7fffffffffffffff", "-9223372036854775808"],
  ["a whole number in more bytes than it needs", "1b0000000000000001", "1"],
  ["a whole float, which stays one", "fa3f800000", "1.0"],
  ["half precision", "f93e00", "1.5"],
  ["the smallest number of half precision", "f90001", "5.960464477539063e-8"],
  ["the largest number of half precision", "f97bff", "65504.0"],
  ["a negative number of half precision", "f9c400", "-4.0"],
  ["a list whose end is marked", "9f0102ff", "[1,2]"],
  ["a map whose end is marked", "bf616101ff", '{"a":1}'],
  ["a text in pieces", "7f61616162ff", '"ab"'],
  ["bytes in pieces", "5f41614162ff", '"ab"'],
  ["bytes that become base64", "d64401020304", '"AQIDBA=="'],
  ["bytes that become base64url", "d543fbeffe", '"--_-"'],
  ["bytes that become hexadecimal", "d743fbeffe", '"fbeffe"'],
  ["bytes within what is to become base64", "d6814101", '["AQ=="]'],
  ["bytes that are no UTF-8", "42c328", '"\ufffd("'],
  ["a time in words", "c074323032362d30312d30325430333a30343a30355a", '"2026-01-02T03:04:05Z"'],
  ["a time in seconds", "c11a695735a5", '"2026-01-02T03:04:05Z"'],
  ["a tag that means nothing here", "d8646161", '"a"'],
  ["a key of its own meaning in JavaScript", "a1495f5f70726f746f5f5f01", '{"__proto__":1}'],
];

test.each(read)("%s is read: %s", (_name, hex, json) => {
  expect(cborToJson(Buffer.from(hex, "hex"))).toBe(json);
});

const refused: [name: string, hex: string, why: string][] = [
  ["nothing", "", "EOF"],
  ["an end that comes too soon", "1b00", "unexpected EOF"],
  ["a text that is longer than all", "7bffffffffffffffff61", "unexpected EOF"],
  ["a list that is longer than all", "9bffffffffffffffff00", "unexpected EOF"],
  ["something after the end", "0001", "cbor: 1 bytes of extraneous data starting at index 1"],
  ["a key that stands twice", "a2416101416102", 'cbor: found duplicate map key "a" at map element index 1'],
  ["a key that stands twice, as bytes and text", "a2416101616102", 'cbor: found duplicate map key "a"'],
  ["a key that is a number", "a10102", "cbor: a map key must be a string"],
  ["a number beyond 64 bits", "1b8000000000000000", "9223372036854775808 into Go value of type int64"],
  ["a negative number beyond 64 bits", "3b8000000000000000", "-9223372036854775809 into Go value of type int64"],
  ["a big number", "c249010000000000000000", "cbor: numbers beyond 64 bits are not taken"],
  ["no number", "f97e00", "cbor: NaN is no number that JSON has"],
  ["infinity", "fa7f800000", "cbor: Infinity is no number that JSON has"],
  ["undefined", "f7", "cbor: simple value 23 is not recognized"],
  ["a simple value of its own", "f8ff", "cbor: simple value 255 is not recognized"],
  ["a text that is no UTF-8", "62c328", "cbor: invalid UTF-8 string"],
  ["an end without a beginning", "ff", "cbor: invalid additional information 31 for type 7"],
  ["a number whose length is unknown", "1f", "cbor: invalid additional information 31 for type 0"],
  ["a length that does not exist", "5c", "cbor: invalid additional information 28 for type 2"],
  ["pieces of another type", "7f4161ff", "cbor: wrong element type 2 for indefinite-length string"],
  ["pieces in pieces", "5f5f4161ffff", "cbor: wrong element type 2 for indefinite-length string"],
  ["a time that is a list", "c180", "cbor: a time must be a number of seconds"],
  ["lists in lists without end", "81".repeat(100_000), "cbor: exceeded max nested level 100"],
  ["tags on tags without end", "d6".repeat(100_000), "cbor: exceeded max nested level 100"],
];

test.each(refused)("%s is refused", (_name, hex, why) => {
  const reading = (): string => cborToJson(Buffer.from(hex, "hex"));
  expect(reading).toThrow(WireError);
  expect(reading).toThrow(why);
});

test("whatever the bytes, they are JSON or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        JSON.parse(cborToJson(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
    { numRuns: 2000 },
  );
});
