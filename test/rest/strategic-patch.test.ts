import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { create, ownedWidgets, ownersOf, patch, widget } from "./owned-widgets.ts";
import { refusal, request } from "./requests.ts";

const finalizers = ["example.dev/a", "example.dev/b"];
const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u1" };

async function patched(content: unknown, type: "strategic" | "merge" = "strategic"): Promise<KubeObject> {
  const { main } = ownedWidgets();
  await create(main, widget({ color: "green", tags: ["a", "b"] }, { finalizers, ownerReferences: [owner] }), "ann");
  return (await patch(main, type, content, { fieldManager: "bob" })).object;
}

describe("a strategic merge patch", () => {
  test("merges lists that say so, by value or by key, and keeps track of who owns what", async () => {
    const ownerReferences = [{ ...owner, uid: "u2" }];
    const object = await patched({
      metadata: { finalizers: ["example.dev/c"], ownerReferences },
      spec: { tags: ["c"] },
    });
    expect(object.metadata.finalizers).toEqual(["example.dev/c", ...finalizers]);
    expect(object.metadata.ownerReferences).toEqual([...ownerReferences, owner]);
    expect(object).toMatchObject({ spec: { tags: ["c", "a", "b"], color: "green" } });
    expect(ownersOf(object)["bob Update v1"]).toEqual({
      "f:metadata": {
        "f:finalizers": { 'v:"example.dev/c"': {} },
        "f:ownerReferences": { 'k:{"uid":"u2"}': {} },
      },
      "f:spec": { "f:tags": { 'v:"c"': {} } },
    });
  });

  test("deletes and orders by its directives", async () => {
    const object = await patched({
      metadata: { ownerReferences: [{ uid: "u1", $patch: "delete" }] },
      spec: { "$setElementOrder/tags": ["b", "c", "a"], tags: ["c"], "$deleteFromPrimitiveList/tags": ["a"] },
    });
    expect(object.metadata.ownerReferences).toBeUndefined();
    expect(object).toMatchObject({ spec: { tags: ["b", "c"] } });
  });

  test("stays an object of the version that it is sent to, whatever it says of its type", async () => {
    const object = await patched({ apiVersion: "example.dev/v1beta1", kind: "Gadget", spec: { size: 2 } });
    expect(object).toMatchObject({ apiVersion: "example.dev/v1", kind: "Widget", spec: { size: 2 } });
  });

  test("that is null changes nothing", async () => {
    expect(await patched("null")).toMatchObject({ spec: { color: "green" } });
  });

  test.each<[unknown, string]>([
    ["{", "400 unexpected end of JSON input"],
    ["[]", "400 json: cannot unmarshal array into Go value of type map[string]interface {}"],
    [{ metadata: { $retainKeys: 1 } }, "400 invalid patch format of retainKeys"],
    [{ metadata: { "$setElementOrder-finalizers": [] } }, "400 invalid patch format of setElementOrder list"],
    [{ spec: { tags: [[]] } }, "500 list element types are not identical: [[a b] [[]]]"],
    [{ metadata: { $patch: "merge" } }, "500 unknown patch type: merge in map: map[$patch:merge]"],
    [
      { metadata: { ownerReferences: [{ name: "x" }] } },
      "500 map: map[name:x] does not contain declared merge key: uid",
    ],
    [
      { spec: { color: 7 } },
      '422  "" is invalid: patch: Invalid value: "map[spec:map[color:7]]": cannot convert int64 to string',
    ],
    [
      { metadata: { labels: "x" } },
      '422  "" is invalid: patch: Invalid value: "map[metadata:map[labels:x]]": cannot restore map from string',
    ],
    [
      { metadata: { finalizers: true } },
      '422  "" is invalid: patch: Invalid value: "map[metadata:map[finalizers:true]]": cannot restore slice from bool',
    ],
    [
      { metadata: { generation: "x" } },
      '422  "" is invalid: patch: Invalid value: "map[metadata:map[generation:x]]": unrecognized type: int64',
    ],
    [{ metadata: 1 }, '422  "" is invalid: patch: Invalid value: "map[metadata:1]": cannot restore struct from: int64'],
    [{ metadata: { name: "x" } }, "400 the name of the object (x) does not match the name on the URL (w)"],
    [
      { spec: { color: "pink" } },
      '422 Widget.example.dev "w" is invalid: spec.color: Invalid value: "pink": not a color',
    ],
  ])("%j is refused", async (content, expected) => {
    const { code, message } = await refusal(() => patched(content));
    expect(`${code} ${message}`).toBe(expected);
  });

  test("of what is not there is a 404", async () => {
    expect((await refusal(() => patch(ownedWidgets().main, "strategic", {}))).code).toBe(404);
  });

  test("with unknown or repeated fields is warned of, or refused", async () => {
    const { main } = ownedWidgets();
    await create(main, widget({ color: "green" }), "ann");
    const content = '{"bogus":1,"spec":{"size":2,"size":3}}';
    const context = request();
    expect((await patch(main, "strategic", content, {}, context)).object).toMatchObject({ spec: { size: 3 } });
    expect(context.warnings.toSorted()).toEqual(['duplicate field "spec.size"', 'unknown field "bogus"']);
    const status = await refusal(() => patch(main, "strategic", content, { fieldValidation: "Strict" }));
    expect(status.message).toBe(
      ' "" is invalid: patch: Invalid value: "map[bogus:1 spec:map[size:3]]": strict decoding error: duplicate field "spec.size", unknown field "bogus"',
    );
  });

  test("of the status leaves the rest alone", async () => {
    const { main, status } = ownedWidgets();
    await create(main, widget({ color: "green" }), "ann");
    const content = { spec: { color: "blue" }, status: { phase: "up" } };
    const { object } = await patch(status, "strategic", content, { fieldManager: "kim" });
    expect(object).toMatchObject({ spec: { color: "green" }, status: { phase: "up" } });
    expect(Object.keys(ownersOf(object))).toEqual(["ann Update v1", "kim Update v1/status"]);
  });

  test("differs from a merge patch in lists", async () => {
    expect(await patched({ spec: { tags: ["c"] } }, "merge")).toMatchObject({ spec: { tags: ["c"] } });
  });
});
