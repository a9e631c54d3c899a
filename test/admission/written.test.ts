import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { resourceTargets } from "../../runtime/resource-targets.ts";
import { createObject } from "../../runtime/rest/create.ts";
import { deleteObject } from "../../runtime/rest/delete.ts";
import { parseWriteOptions } from "../../runtime/rest/options.ts";
import { patchObject } from "../../runtime/rest/patch.ts";
import type { ResourceTarget } from "../../runtime/rest/target.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { deleteOptions, updateOptions } from "../registry/request.ts";
import { newWidget } from "../registry/widget.ts";
import { body, bytesOf, refusal, request } from "../rest/requests.ts";
import { Admitted } from "./admitted.ts";
import { patchOf, webhook } from "./webhook-server.ts";

let admitted: Admitted;

beforeAll(async () => {
  admitted = await Admitted.start();
});

beforeEach(() => admitted.reset());

afterAll(() => admitted.close());

/** The resource of widgets, which a mutating and a validating webhook are asked about. */
function widgets(): ResourceTarget {
  const { webhooks, cluster } = admitted;
  webhooks.on("/v", { allowed: true });
  cluster.putUntold("mutatingwebhookconfigurations", "m", { webhooks: [webhook("m.dev", webhooks.url("/m"))] });
  admitted.configure("validating", [webhook("v.dev", webhooks.url("/v"))]);
  const { scheme, plugins } = admitted.admission;
  const [target] = resourceTargets({ scheme, storage: memoryStorage(), admission: () => plugins.around([]) });
  if (target === undefined) throw new Error("no widgets");
  return target;
}

function create(target: ResourceTarget): Promise<KubeObject> {
  return createObject(
    target,
    request(),
    body(newWidget()),
    parseWriteOptions(new URLSearchParams("fieldManager=me"), "CreateOptions"),
  );
}

test("what webhooks have made of an object is stored, and judged as it is stored", async () => {
  const target = widgets();
  admitted.webhooks.on("/m", {
    allowed: true,
    ...patchOf(
      { op: "add", path: "/metadata/labels", value: { by: "webhook" } },
      { op: "replace", path: "/spec/color", value: "blue" },
      { op: "add", path: "/metadata/managedFields/0/manager", value: "spoilt" },
    ),
  });
  const created = await create(target);
  expect(created).toMatchObject({
    metadata: { name: "w", namespace: "ns", labels: { by: "webhook" } },
    spec: { color: "blue", size: 1 },
  });
  expect(created.metadata.managedFields).toHaveLength(1);
  const judged = admitted.webhooks.asked.find(({ path }) => path === "/v")?.review.request["object"] as KubeObject;
  expect(judged.metadata).toMatchObject({ uid: created.metadata.uid, labels: { by: "webhook" } });
});

test("what webhooks have made of an object must be valid", async () => {
  const target = widgets();
  admitted.webhooks.on("/m", { allowed: true, ...patchOf({ op: "replace", path: "/spec/color", value: "none" }) });
  expect(await refusal(() => create(target))).toMatchObject({
    code: 422,
    reason: "Invalid",
    details: { causes: [{ field: "spec.color" }] },
  });
});

test("each attempt of a patch, and each deletion, is judged with what is stored", async () => {
  const target = widgets();
  admitted.webhooks.on("/m", { allowed: true });
  const { metadata } = await create(target);
  const patch = { type: "merge" as const, bytes: bytesOf({ spec: { size: 9 } }) };
  await patchObject(target, request(), "w", patch, { ...updateOptions(), force: undefined });
  admitted.webhooks.on("/v", { allowed: false, status: { message: "stays" } });
  expect((await refusal(() => deleteObject(target, request(), "w", deleteOptions()))).message).toBe(
    'admission webhook "v.dev" denied the request: stays',
  );
  const asked = admitted.webhooks.asked.filter(({ path }) => path === "/v").map(({ review }) => review.request);
  expect(asked).toMatchObject([
    { operation: "CREATE", oldObject: null },
    { operation: "UPDATE", object: { spec: { size: 9 } }, oldObject: { metadata: { uid: metadata.uid } } },
    { operation: "DELETE", object: null, oldObject: { spec: { size: 9 } } },
  ]);
});

test("where no webhook is asked about a kind, what is stored is what was sent", async () => {
  const { scheme, plugins } = admitted.admission;
  const [target] = resourceTargets({ scheme, storage: memoryStorage(), admission: () => plugins.around([]) });
  if (target === undefined) throw new Error("no widgets");
  expect(await create(target)).toMatchObject({ spec: newWidget().spec });
  expect(admitted.webhooks.asked).toEqual([]);
});
