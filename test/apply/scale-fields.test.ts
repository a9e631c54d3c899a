import { expect, test } from "vitest";
import { fieldElement } from "../../runtime/apply/path-element.ts";
import { managedFieldsAfterScale, managedFieldsOfScale } from "../../runtime/apply/scale-fields.ts";
import type { ManagedFieldsEntry, RawExtension } from "../../runtime/meta/v1.ts";

const paths = new Map([
  ["example.dev/v1", [fieldElement("spec"), fieldElement("count")]],
  ["example.dev/v1beta1", [fieldElement("count")]],
]);
const count = { "f:spec": { "f:count": {} } };
const countAndColor = { "f:spec": { "f:color": {}, "f:count": {} } };
const color = { "f:spec": { "f:color": {} } };
const replicas = { "f:spec": { "f:replicas": {} } };

/** An entry as `<manager> <operation> <apiVersion> [<subresource>]` and the fields. */
function entry(text: string, fieldsV1: RawExtension, time?: string): ManagedFieldsEntry {
  const [manager = "", operation = "", apiVersion = "", subresource] = text.split(" ");
  return {
    manager,
    operation: operation as "Apply" | "Update",
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1,
    ...(subresource === undefined ? {} : { subresource }),
  };
}

test("those who own the number own the replicas of the scale, whatever their version, and nobody else does", () => {
  const entries = [
    entry("ann Apply example.dev/v1", countAndColor, "2026-01-02T15:04:05Z"),
    entry("bob Apply example.dev/v1", color),
    entry("cid Apply example.dev/v1beta1", { "f:count": {} }),
    entry("dan Update example.dev/v1", count),
    entry("eve Apply example.dev/v9", count),
    entry("hpa Update example.dev/v1 scale", count),
  ];
  expect(managedFieldsOfScale(entries, paths)).toEqual([
    entry("cid Apply autoscaling/v1", replicas),
    entry("ann Apply autoscaling/v1", replicas, "2026-01-02T15:04:05Z"),
    entry("dan Update autoscaling/v1", replicas),
    entry("hpa Update autoscaling/v1 scale", replicas),
  ]);
});

const taken = [entry("hpa Update autoscaling/v1 scale", replicas, "2026-01-02T15:04:05Z")];
const byHpa = entry("hpa Update example.dev/v1 scale", count, "2026-01-02T15:04:05Z");

test.each([
  [
    "an applier loses the number and keeps the rest",
    [entry("ann Apply example.dev/v1", countAndColor)],
    taken,
    [entry("ann Apply example.dev/v1", color), byHpa],
  ],
  ["an owner of nothing else goes", [entry("ann Update example.dev/v1", count)], taken, [byHpa]],
  [
    "an owner in another version loses it there",
    [entry("ann Update example.dev/v1beta1", { "f:count": {}, "f:color": {} })],
    taken,
    [entry("ann Update example.dev/v1beta1", { "f:color": {} }), byHpa],
  ],
  [
    "who owns it still keeps the entry",
    [entry("ann Update example.dev/v1", countAndColor), entry("bob Apply example.dev/v1", count)],
    [entry("ann Update autoscaling/v1", replicas), entry("bob Apply autoscaling/v1", replicas)],
    [entry("bob Apply example.dev/v1", count), entry("ann Update example.dev/v1", countAndColor)],
  ],
  [
    "the same manager by way of scale is another entry",
    [entry("hpa Update example.dev/v1", countAndColor)],
    taken,
    [entry("hpa Update example.dev/v1", color), byHpa],
  ],
  ["nobody is left where the scale has no owner", [entry("ann Apply example.dev/v1", count)], [], []],
])("after scale was written, %s", (_, entries, scaleEntries, expected) => {
  expect(managedFieldsAfterScale(entries, scaleEntries, paths, "example.dev/v1")).toEqual(expected);
});

test("what is written through another version is owned in that version", () => {
  const entries = [entry("ann Apply example.dev/v1", countAndColor)];
  expect(managedFieldsAfterScale(entries, taken, paths, "example.dev/v1beta1")).toEqual([
    entry("ann Apply example.dev/v1", color),
    entry("hpa Update example.dev/v1beta1 scale", { "f:count": {} }, "2026-01-02T15:04:05Z"),
  ]);
});
