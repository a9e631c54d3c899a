import { beforeEach, expect, test } from "vitest";
import type { AdmissionPlugin, Attributes } from "../../runtime/admission/admission.ts";
import { resourceTargets } from "../../runtime/resource-targets.ts";
import { createObject } from "../../runtime/rest/create.ts";
import { getObject } from "../../runtime/rest/get.ts";
import { parsePatchOptions, parseWriteOptions } from "../../runtime/rest/options.ts";
import { patchObject } from "../../runtime/rest/patch.ts";
import { tableOf } from "../../runtime/rest/table.ts";
import { bodyKindOf, type PatchType, type ResourceTarget } from "../../runtime/rest/target.ts";
import { updateObject } from "../../runtime/rest/update.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { newWidget, widgetScheme } from "../registry/widget.ts";
import { body, bytesOf, now, refusal, request } from "./requests.ts";

const scale = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };

let targets: readonly ResourceTarget[];
let asked: Attributes[];

beforeEach(async () => {
  asked = [];
  const listening: AdmissionPlugin = { name: "listening", admit: async (attributes) => void asked.push(attributes) };
  const options = { scheme: widgetScheme({ scale }), storage: memoryStorage() };
  targets = resourceTargets({ ...options, admission: () => [listening] });
  const createOptions = parseWriteOptions(new URLSearchParams(), "CreateOptions");
  await createObject(target(""), request(), body(newWidget({ name: "w" }, { replicas: 3 } as object)), createOptions);
  asked = [];
});

function target(subresource: string): ResourceTarget {
  const found = targets.find((each) => each.descriptor.gvk.version === "v1" && each.subresource === subresource);
  if (found === undefined) throw new Error(`no ${subresource}`);
  return found;
}

async function put(content: unknown, query = ""): Promise<object> {
  const options = parseWriteOptions(new URLSearchParams(query), "UpdateOptions");
  return (await updateObject(target("scale"), request(), "w", body(content), options)).object;
}

async function patch(type: PatchType, content: unknown, query = ""): Promise<object> {
  const options = parsePatchOptions(new URLSearchParams(query), type);
  return (await patchObject(target("scale"), request(), "w", { type, bytes: bytesOf(content) }, options)).object;
}

const sent = { kind: "Scale", apiVersion: "autoscaling/v1", metadata: { name: "w" }, spec: { replicas: 5 } };

test("each version of a kind with a scale has that beside its status", () => {
  const names = targets.map(({ descriptor, subresource }) => `${descriptor.gvk.version} ${subresource}`.trim());
  expect(names).toEqual(["v1", "v1 status", "v1 scale", "v1beta1", "v1beta1 status", "v1beta1 scale"]);
});

test.each<[string, () => Promise<object>, object]>([
  ["a scale that is put", () => put(sent), { replicas: 5 }],
  ["a scale that tells no kind", () => put({ metadata: { name: "w" }, spec: { replicas: 6 } }), { replicas: 6 }],
  ["a merge patch, as kubectl sends it", () => patch("merge", { spec: { replicas: 7 } }), { replicas: 7 }],
  ["a patch of nothing", () => patch("merge", {}), { replicas: 3 }],
  ["a JSON patch", () => patch("json", [{ op: "replace", path: "/spec/replicas", value: 8 }]), { replicas: 8 }],
])("%s changes the number of replicas", async (_, write, spec) => {
  expect(await write()).toMatchObject({ kind: "Scale", apiVersion: "autoscaling/v1", metadata: { name: "w" }, spec });
  expect(await getObject(target(""), request(), "w", { resourceVersion: "" })).toMatchObject({
    kind: "Widget",
    spec: { color: "green", ...spec },
  });
});

test.each<[string, () => Promise<object>, number, string]>([
  [
    "an object of the kind itself",
    () => put(newWidget()),
    400,
    'Widget in version "v1" cannot be handled as a Scale: no kind "Widget" is registered for version "example.dev/v1" in scheme "apiserver-ts"',
  ],
  [
    "a scale of another group",
    () => put({ ...sent, apiVersion: "apps/v1beta1" }),
    400,
    'Scale in version "v1beta1" cannot be handled as a Scale: no kind "Scale" is registered for version "apps/v1beta1" in scheme "apiserver-ts"',
  ],
  [
    "a number that is none",
    () => put({ ...sent, spec: { replicas: "5" } }),
    400,
    'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32',
  ],
  [
    "a field that a scale does not have, where none may be",
    () => put({ ...sent, spec: { replicas: 5, color: "red" } }, "fieldValidation=Strict"),
    400,
    'Scale in version "v1" cannot be handled as a Scale: strict decoding error: unknown field "spec.color"',
  ],
  [
    "a scale of another name",
    () => put({ ...sent, metadata: { name: "x" } }),
    400,
    "the name of the object (x) does not match the name on the URL (w)",
  ],
  [
    "a scale in another namespace",
    () => put({ ...sent, metadata: { name: "w", namespace: "elsewhere" } }),
    400,
    "the namespace of the provided object does not match the namespace sent on the request",
  ],
  [
    "too few replicas",
    () => patch("merge", { spec: { replicas: -1 } }),
    422,
    'Widget.example.dev "w" is invalid: .spec.replicas: Invalid value: -1: should be a non-negative integer',
  ],
])("%s is refused", async (_, write, code, message) => {
  expect(await refusal(write)).toMatchObject({ code, message });
});

test("admission is told of a scale of the resource", async () => {
  await put(sent);
  expect(asked).toMatchObject([
    {
      operation: "UPDATE",
      resource: { group: "example.dev", version: "v1", resource: "widgets" },
      subresource: "scale",
      kind: { group: "autoscaling", version: "v1", kind: "Scale" },
      namespace: "ns",
      name: "w",
      object: { kind: "Scale", spec: { replicas: 5 } },
      oldObject: { kind: "Scale", spec: { replicas: 3 } },
    },
  ]);
});

test("a scale as a table shows how many there are, and are to be", async () => {
  const object = await getObject(target("scale"), request(), "w", { resourceVersion: "" });
  const { descriptor } = bodyKindOf(target("scale"));
  const table = tableOf(descriptor, object, { includeObject: "None", headers: true, version: "v1" }, now);
  expect(table.columnDefinitions?.map(({ name }) => name)).toEqual(["Name", "Desired", "Available", "Age"]);
  expect(table.rows).toEqual([{ cells: ["w", 3, 0, expect.stringMatching(/s$/)], object: null }]);
});
