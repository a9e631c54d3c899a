import { describe, expect, test } from "vitest";
import type { KubeList, KubeObject } from "../../runtime/meta/v1.ts";
import { compileJsonPath } from "../../runtime/rest/json-path.ts";
import { partialMetadataListOf, partialMetadataOf } from "../../runtime/rest/partial-metadata.ts";
import { tableOf, type Cell, type TableOptions } from "../../runtime/rest/table.ts";
import type { PrinterColumn, ResourceDescriptor } from "../../runtime/scheme/descriptor.ts";
import { now, refusal } from "./requests.ts";
import { descriptorOf, wardleScheme } from "./wardle.ts";

const object = {
  spec: { lives: 9, weight: 4.5, big: 1.9, fluffy: true, name: "Tom", "a.b": "dotted", none: null },
  lists: {
    toys: [
      { name: "ball", squeaks: 3 },
      { name: "mouse", squeaks: 1 },
    ],
    numbers: [1, 2, 3, 4],
    empty: [],
  },
  map: { b: 1, a: { d: 1, c: 2 } },
  status: {
    conditions: [
      { type: "Ready", status: "True", n: 2 },
      { type: "Fed", status: "False", n: 1, on: true },
    ],
  },
};

test("a path leads to all items of a list, however many a client has sent", () => {
  expect(compileJsonPath(".items[*]")({ items: Array(500_000).fill(0) })).toHaveLength(500_000);
});

describe("a path leads to", () => {
  test.each([
    [".spec.lives", [9]],
    ["$.spec.lives", [9]],
    [".spec.missing", []],
    [".spec.name.deeper", []],
    [".spec.toString", []],
    [".spec.none", [null]],
    [".spec.none.deeper", []],
    [".spec.a\\.b", ["dotted"]],
    [".spec['a.b']", ["dotted"]],
    [".lists.toys[0].name", ["ball"]],
    [".lists.toys[-1].name", ["mouse"]],
    [".lists.toys[*].name", ["ball", "mouse"]],
    [".lists.numbers[1:3]", [2, 3]],
    [".lists.numbers[:2]", [1, 2]],
    [".lists.numbers[2:]", [3, 4]],
    [".lists.numbers[::2]", [1, 3]],
    [".lists.numbers[-2:]", [3, 4]],
    [".lists.empty[*]", []],
    [".map.a.*", [1, 2]],
    ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
    [".status.conditions[?(@.type == 'Fed')].status", ["False"]],
    ['.status.conditions[?(@.type!="Ready")].status', ["False"]],
    [".status.conditions[?(@.n>1)].type", ["Ready"]],
    [".status.conditions[?(@.n>=1)].type", ["Ready", "Fed"]],
    [".status.conditions[?(@.n<2)].type", ["Fed"]],
    [".status.conditions[?(@.n<=1)].type", ["Fed"]],
    [".status.conditions[?(@.on==true)].type", ["Fed"]],
    [".status.conditions[?(@.on)].type", ["Fed"]],
    [".status.conditions[?(@.type==@.status)].type", []],
    ['.status.conditions[?(@.missing=="x")].type', []],
  ])("%s", (path, values) => {
    expect(compileJsonPath(path)(object)).toEqual(values);
  });

  test.each([".spec[0]", ".lists.toys[2]", ".lists.toys[-3]", ".spec[?(@.x)]", '.status.conditions[?(@.n=="1")]'])(
    "nothing where it goes against the object: %s",
    (path) => {
      expect(compileJsonPath(path)(object)).toBeUndefined();
    },
  );

  test.each(["", "spec", ".", "..spec", ".spec[", ".spec[]", ".a[1,2]", "{.spec}", ".a[?(@.x==y)]"])(
    "nowhere, and is refused: %j",
    (path) => {
      expect(() => compileJsonPath(path)).toThrow("is not a path that columns can have");
    },
  );
});

function column(type: PrinterColumn["type"], jsonPath: string, changes: Partial<PrinterColumn> = {}): PrinterColumn {
  return { name: "C", type, jsonPath, description: "", format: "", priority: 0, ...changes };
}

function described(columns: readonly PrinterColumn[]): ResourceDescriptor {
  return descriptorOf(wardleScheme({ columns }), "flunders");
}

const flunder: KubeObject = {
  kind: "Flunder",
  apiVersion: "wardle.example.com/v1alpha1",
  metadata: { name: "a", resourceVersion: "7", creationTimestamp: "2026-01-02T15:00:00Z" },
  ...object,
};

const metadataOnly: TableOptions = { includeObject: "Metadata", headers: true, version: "v1" };

function cell(type: PrinterColumn["type"], path: string): Cell | undefined {
  return tableOf(described([column(type, path)]), flunder, metadataOnly, now).rows[0]?.cells[1];
}

describe("a cell shows", () => {
  test.each([
    ["string", ".spec.name", "Tom"],
    ["string", ".spec.lives", "9"],
    ["string", ".spec.fluffy", "true"],
    ["string", ".map", '{"a":{"c":2,"d":1},"b":1}'],
    ["string", ".lists.toys[*].name", "ball"],
    ["string", ".spec.missing", null],
    ["string", ".spec.none", null],
    ["string", ".lists.toys[5]", null],
    ["integer", ".spec.lives", 9],
    ["integer", ".spec.big", 1],
    ["integer", ".spec.name", null],
    ["number", ".spec.weight", 4.5],
    ["number", ".spec.fluffy", null],
    ["boolean", ".spec.fluffy", true],
    ["boolean", ".spec.name", null],
    ["date", ".metadata.creationTimestamp", "4m5s"],
    ["date", ".spec.name", "<invalid>"],
    ["date", ".spec.lives", null],
    ["date", ".metadata.deletionTimestamp", null],
  ] as const)("%s %s: %j", (type, path, wanted) => {
    expect(cell(type, path)).toBe(wanted);
  });
});

test("columns are told as they are declared, after the name", () => {
  const descriptor = described([
    column("integer", ".spec.lives", { name: "Lives", description: "how many", priority: 1, format: "int32" }),
    column("date", ".metadata.creationTimestamp", { name: "Age" }),
  ]);
  const { columnDefinitions } = tableOf(descriptor, flunder, metadataOnly, now);
  expect(columnDefinitions).toMatchObject([
    { name: "Name", type: "string", format: "name", priority: 0 },
    { name: "Lives", type: "integer", format: "int32", description: "how many", priority: 1 },
    {
      name: "Age",
      type: "date",
      format: "",
      description: "Custom resource definition column (in JSONPath format): .metadata.creationTimestamp",
      priority: 0,
    },
  ]);
});

test("columns are not told again in a watch", () => {
  expect(tableOf(described([]), flunder, { ...metadataOnly, headers: false }, now).columnDefinitions).toBeNull();
});

test("a table of an object tells its version, one of a list where the list stands", () => {
  const list: KubeList = {
    kind: "FlunderList",
    apiVersion: "wardle.example.com/v1alpha1",
    metadata: { resourceVersion: "9", continue: "token", remainingItemCount: 3 },
    items: [flunder],
  };
  expect(tableOf(described([]), flunder, metadataOnly, now).metadata).toEqual({ resourceVersion: "7" });
  const table = tableOf(described([]), list, { ...metadataOnly, includeObject: "Object" }, now);
  expect(table.metadata).toEqual(list.metadata);
  expect(table.rows).toEqual([{ cells: ["a", "2026-01-02T15:00:00Z"], object: flunder }]);
});

test("the end of a watch's initial events is told even to those who want no objects", () => {
  const bookmark = { metadata: { resourceVersion: "9", annotations: { "k8s.io/initial-events-end": "true" } } };
  const { rows } = tableOf(described([]), bookmark, { includeObject: "None", headers: false, version: "v1beta1" }, now);
  expect(rows).toEqual([
    {
      cells: ["", "0001-01-01T00:00:00Z"],
      object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1beta1", metadata: bookmark.metadata },
    },
  ]);
});

describe("partial metadata", () => {
  const descriptor = described([]);
  const list: KubeList = { kind: "FlunderList", metadata: { resourceVersion: "9" }, items: [flunder] };
  const partial = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: flunder.metadata };

  test("of an object, and of the objects of a list", () => {
    expect(partialMetadataOf(descriptor, flunder, "v1")).toEqual(partial);
    expect(partialMetadataListOf(descriptor, list, "v1")).toMatchObject({
      kind: "PartialObjectMetadataList",
      metadata: { resourceVersion: "9" },
      items: [partial],
    });
  });

  test("is of one or of many, as was asked for", async () => {
    expect((await refusal(() => partialMetadataOf(descriptor, list, "v1"))).code).toBe(406);
    expect((await refusal(() => partialMetadataListOf(descriptor, flunder, "v1"))).code).toBe(406);
  });
});
