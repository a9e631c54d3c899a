import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  encodeProtobuf,
  encodeProtobufEvent,
  openEnvelope,
  protobufListPieces,
} from "../../runtime/meta/protobuf-envelope.ts";
import { readFields } from "../../runtime/meta/protobuf-fields.ts";
import { deleteOptions } from "../../runtime/meta/protobuf-messages.ts";
import type { KubeList, Status } from "../../runtime/meta/v1.ts";
import { WireError } from "../../runtime/meta/wire-error.ts";
import { readObject, writeMessage } from "./protobuf-schema.ts";

/** An object, and the bytes that k8s.io/apimachinery 0.36 gave for it. */
interface Recorded {
  readonly name: string;
  readonly json: object;
  readonly base64: string;
}

function recordedForms(file: string): Recorded[] {
  return JSON.parse(readFileSync(new URL(`./wire-forms/${file}`, import.meta.url), "utf8"));
}

const recordedForm = (name: string): Recorded => {
  const found = recordedForms("protobuf.json").find((form) => form.name === name);
  if (found === undefined) throw new Error(`${name} was not recorded`);
  return found;
};

const objects = recordedForms("protobuf.json").filter(({ json }) => "kind" in json);

test.each(objects)("$name is the bytes that the Go server writes", ({ json, base64 }) => {
  expect(base64Of(encodeProtobuf(json))).toBe(base64);
});

test("an event of a watch is the frame that the Go server writes", () => {
  const { json, base64 } = recordedForm("a WatchEvent");
  const { object } = json as { object: object };
  expect(base64Of(encodeProtobufEvent("ADDED", object))).toBe(base64);
});

test.each(["a PartialObjectMetadataList", "a PartialObjectMetadataList of v1beta1"])(
  "%s that is written item by item is the same bytes",
  (name) => {
    const { items, ...list } = recordedForm(name).json as KubeList;
    expect(base64Of(Buffer.concat([...protobufListPieces(list, items)]))).toBe(recordedForm(name).base64);
  },
);

test("kinds without a protobuf form are not written", () => {
  expect(() => encodeProtobuf({ kind: "Widget", apiVersion: "example.dev/v1" })).toThrow("has no protobuf form");
});

test.each(recordedForms("protobuf-bodies.json"))("$name are read as the Go client wrote them", ({ json, base64 }) => {
  const { apiVersion, kind, raw } = openEnvelope(Buffer.from(base64, "base64"));
  const type = kind === "" ? {} : { kind, apiVersion };
  expect({ ...type, ...readFields(deleteOptions, raw) }).toEqual(json);
});

test("texts longer than a byte can count, and of any script, are read back by another library", () => {
  const message = `${"é☃😀".repeat(40)}\0`;
  const status: Status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: { remainingItemCount: 2 ** 53 },
    message,
    code: 422,
  };
  expect(readObject(encodeProtobuf(status))).toMatchObject({
    kind: "Status",
    apiVersion: "v1",
    message,
    code: 422,
    metadata: { remainingItemCount: 2 ** 53 },
  });
});

test("a message of many kilobytes is read back by another library", () => {
  const causes = Array.from({ length: 3000 }, (_, index) => ({
    reason: "r",
    message: "m".repeat(index % 300),
    field: "f",
  }));
  const status: Status = { kind: "Status", apiVersion: "v1", metadata: {}, details: { causes } };
  expect(readObject(encodeProtobuf(status))).toMatchObject({ details: { causes } });
});

test.each([0, 1, -1, 127, 128, 2 ** 31 - 1, 2 ** 32, 2 ** 53, -(2 ** 31), -(2 ** 53)])(
  "the whole number %d is written and read as another library does",
  (gracePeriodSeconds) => {
    expect(readFields(deleteOptions, writeMessage("DeleteOptions", { gracePeriodSeconds }))).toEqual({
      gracePeriodSeconds,
    });
    const status: Status = { kind: "Status", apiVersion: "v1", metadata: { remainingItemCount: gracePeriodSeconds } };
    expect(readObject(encodeProtobuf(status))).toMatchObject({
      metadata: { remainingItemCount: gracePeriodSeconds },
    });
  },
);

test("fields of newer clients are passed over, whatever their type", () => {
  const options = { dryRun: ["All"], extra: true, a: 5, b: 6, c: Buffer.from("xyz"), orphanDependents: true };
  expect(readFields(deleteOptions, writeMessage("DeleteOptions", options))).toEqual({
    dryRun: ["All"],
    orphanDependents: true,
  });
});

test("a message that stands twice is one, and of a value that does the last counts", () => {
  const first = writeMessage("DeleteOptions", { preconditions: { uid: "u" }, propagationPolicy: "Orphan" });
  const second = writeMessage("DeleteOptions", {
    preconditions: { resourceVersion: "7" },
    propagationPolicy: "Background",
  });
  expect(readFields(deleteOptions, Buffer.concat([first, second]))).toEqual({
    preconditions: { uid: "u", resourceVersion: "7" },
    propagationPolicy: "Background",
  });
});

test.each([
  ["", "empty data"],
  ["6b3873", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"],
  ["7b7d0000", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"],
  ["6b387300", "empty body"],
  ["6b38730012", "unexpected EOF"],
  ["6b3873001205ff", "unexpected EOF"],
  ["6b38730012ffffffffffffffffff01", "unexpected EOF"],
  ["6b38730012ffffffffffffffffffff01", "proto: integer overflow"],
  ["6b387300ffffffffffffffffffff", "proto: integer overflow"],
  ["6b3873001000", "proto: wrong wireType = 0 for field raw"],
  ["6b387300070000", "proto: illegal tag 0 (wire type 7)"],
  ["6b38730053", "proto: illegal wireType 3"],
  ["6b3873005d0000", "unexpected EOF"],
])("the body %s is refused: %s", (hex, why) => {
  expect(() => openEnvelope(Buffer.from(hex, "hex"))).toThrow(new WireError(why));
});

test("a field's name is never taken from the bytes", () => {
  const fields = readFields(deleteOptions, writeMessage("DeleteOptions", { propagationPolicy: "__proto__" }));
  expect(fields).toEqual({ propagationPolicy: "__proto__" });
});

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
