import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { AdmissionPlugin } from "../../runtime/admission/admission.ts";
import { scaleDescriptor } from "../../runtime/registry/scale-descriptor.ts";
import { newWidget, olderWidget, widgetOf } from "../registry/widget.ts";
import { refusal } from "../rest/requests.ts";
import { Admitted } from "./admitted.ts";
import { patchOf, webhook } from "./webhook-server.ts";

let admitted: Admitted;

beforeAll(async () => {
  admitted = await Admitted.start();
});

beforeEach(() => admitted.reset());

afterAll(() => admitted.close());

function label(name: string, value: string): object {
  return { op: "add", path: "/metadata/labels", value: { [name]: value } };
}

test("a webhook is told all about a write, and its patch is applied with defaults set", async () => {
  const { webhooks } = admitted;
  webhooks.on("/size", { allowed: true, ...patchOf({ op: "remove", path: "/spec/size" }, label("a", "b")) });
  admitted.configure("mutating", [webhook("size.example.dev", webhooks.url("/size"))]);
  const object = newWidget({ name: "w" }, { size: 7 });
  const old = newWidget({ name: "w" }, { size: 8 });
  const user = { name: "ann", uid: "u1", groups: ["dev"], extra: { scope: ["x"] } };
  const changed = await admitted.mutate({ object, old, user });
  expect(changed).toBe(object);
  expect(changed).toEqual(newWidget({ name: "w", labels: { a: "b" } }, { size: 1 }));
  const kind = { group: "example.dev", version: "v1", kind: "Widget" };
  const resource = { group: "example.dev", version: "v1", resource: "widgets" };
  expect(webhooks.asked).toEqual([
    {
      path: "/size",
      query: "?timeout=10s",
      review: {
        kind: "AdmissionReview",
        apiVersion: "admission.k8s.io/v1",
        request: {
          uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
          kind,
          resource,
          requestKind: kind,
          requestResource: resource,
          name: "w",
          namespace: "ns",
          operation: "UPDATE",
          userInfo: { username: "ann", uid: "u1", groups: ["dev"], extra: { scope: ["x"] } },
          object: newWidget({ name: "w" }, { size: 7 }),
          oldObject: old,
          dryRun: false,
          options: { kind: "UpdateOptions", apiVersion: "meta.k8s.io/v1" },
        },
      },
    },
  ]);
});

test("webhooks are asked in the order of their configurations' names, each seeing what those before have made", async () => {
  const { webhooks } = admitted;
  webhooks.on("/blue", { allowed: true, ...patchOf({ op: "replace", path: "/spec/color", value: "blue" }) });
  webhooks.on("/red", { allowed: true, ...patchOf({ op: "replace", path: "/spec/color", value: "red" }) });
  admitted.configure("mutating", [webhook("red", webhooks.url("/red"))], "b");
  admitted.configure("mutating", [webhook("blue", webhooks.url("/blue"))], "a");
  expect(await admitted.mutate()).toEqual(newWidget(undefined, { color: "red" }));
  expect(webhooks.asked.map(({ path, review }) => [path, review.request["object"]])).toEqual([
    ["/blue", newWidget()],
    ["/red", newWidget(undefined, { color: "blue" })],
  ]);
});

test("a webhook for another version of the kind sees the object in that version", async () => {
  const { webhooks } = admitted;
  const rules = [{ apiGroups: ["*"], apiVersions: ["v1beta1"], resources: ["widgets"], operations: ["CREATE"] }];
  webhooks.on("/old", { allowed: true, ...patchOf({ op: "replace", path: "/spec/colour", value: "blue" }) });
  admitted.configure("mutating", [
    webhook("old", webhooks.url("/old"), { rules }),
    webhook("exact", webhooks.url("/none"), { rules, matchPolicy: "Exact" }),
  ]);
  expect(await admitted.mutate()).toEqual(newWidget(undefined, { color: "blue" }));
  const [asked] = webhooks.asked;
  expect(asked?.review.request).toMatchObject({
    kind: { version: "v1beta1" },
    resource: { version: "v1beta1" },
    requestKind: { version: "v1" },
    requestResource: { version: "v1" },
    object: olderWidget(),
    oldObject: null,
  });
  expect(webhooks.asked).toHaveLength(1);
});

test("a webhook sees a subresource of another kind as it is", async () => {
  const { webhooks } = admitted;
  const rules = [{ apiGroups: ["*"], apiVersions: ["v1"], resources: ["widgets/scale"], operations: ["UPDATE"] }];
  webhooks.on("/scale", { allowed: true, ...patchOf({ op: "replace", path: "/spec/replicas", value: 3 }) });
  admitted.configure("mutating", [webhook("scale", webhooks.url("/scale"), { rules })]);
  const scale = { kind: "Scale", apiVersion: "autoscaling/v1", metadata: { name: "w" }, spec: { replicas: 1 } };
  const write = { subresource: "scale", objectKind: scaleDescriptor, old: structuredClone(scale) };
  expect(await admitted.mutate({ ...write, object: scale })).toMatchObject({ spec: { replicas: 3 } });
  expect(webhooks.asked[0]?.review.request).toMatchObject({
    kind: { group: "autoscaling", version: "v1", kind: "Scale" },
    requestKind: { group: "autoscaling", version: "v1", kind: "Scale" },
    resource: { group: "example.dev", version: "v1", resource: "widgets" },
    subResource: "scale",
    requestSubResource: "scale",
  });
});

test("warnings and audit annotations are passed on", async () => {
  const { webhooks } = admitted;
  const operations = [label("a", "b")];
  webhooks.on("/w", {
    allowed: true,
    warnings: ["mind the gap"],
    auditAnnotations: { why: "so" },
    ...patchOf(...operations),
  });
  admitted.configure("mutating", [webhook("w.dev", webhooks.url("/w"))]);
  await admitted.mutate();
  expect(admitted.warnings).toEqual(["mind the gap"]);
  const configuration = { configuration: "configuration", webhook: "w.dev" };
  expect(admitted.annotations.map(([key, value, level]) => [key, level, value])).toEqual([
    ["w.dev/why", "Metadata", "so"],
    [
      "patch.webhook.admission.k8s.io/round_0_index_0",
      "Request",
      JSON.stringify({ ...configuration, patch: operations, patchType: "JSONPatch" }),
    ],
    [
      "mutation.webhook.admission.k8s.io/round_0_index_0",
      "Metadata",
      JSON.stringify({ ...configuration, mutated: true }),
    ],
  ]);
});

test.each([
  ["IfNeeded", ["/first", "/second", "/first"]],
  ["Never", ["/first", "/second"]],
])(
  "a webhook with the reinvocation policy %s is asked again after a later one has changed the object",
  async (reinvocationPolicy, order) => {
    const { webhooks } = admitted;
    const asked: string[] = [];
    const own: AdmissionPlugin = {
      name: "own",
      admit: async ({ reinvocation }) => void asked.push(reinvocation.again ? "again" : "once"),
    };
    webhooks.on("/first", { allowed: true });
    webhooks.on("/second", { allowed: true, ...patchOf(label("a", "b")) });
    admitted.configure(
      "mutating",
      [
        webhook("first", webhooks.url("/first"), { reinvocationPolicy }),
        webhook("second", webhooks.url("/second"), { reinvocationPolicy }),
      ],
      "c",
      [own],
    );
    await admitted.mutate();
    expect(webhooks.asked.map(({ path }) => path)).toEqual(order);
    expect(asked).toEqual(["once", "again"]);
  },
);

test("a webhook is asked again where a plugin between has changed what it left", async () => {
  const { webhooks } = admitted;
  const own: AdmissionPlugin = {
    name: "own",
    admit: async ({ object, reinvocation }) => {
      if (reinvocation.again && object !== undefined) object.metadata.annotations = { again: "yes" };
    },
  };
  webhooks.on("/w", ({ request }) => {
    const { metadata } = request["object"] as ReturnType<typeof newWidget>;
    return metadata.labels === undefined ? { allowed: true, ...patchOf(label("a", "b")) } : { allowed: true };
  });
  admitted.configure("mutating", [webhook("w", webhooks.url("/w"), { reinvocationPolicy: "IfNeeded" })], "c", [own]);
  await admitted.mutate();
  expect(
    webhooks.asked.map(({ review }) => (review.request["object"] as ReturnType<typeof newWidget>).metadata),
  ).toEqual([{ name: "w" }, { name: "w", labels: { a: "b" }, annotations: { again: "yes" } }]);
});

test("what no webhook concerns is not said to change", async () => {
  const { webhooks, cluster } = admitted;
  admitted.configure("mutating", [
    webhook("other", webhooks.url("/w"), { rules: [{ apiGroups: ["*"], apiVersions: ["*"], resources: ["gadgets"] }] }),
  ]);
  const descriptor = widgetOf(admitted.admission.scheme, "v1");
  await admitted.mutate();
  expect(admitted.admission.chain.mayChange?.(descriptor)).toBe(false);
  cluster.putUntold("mutatingwebhookconfigurations", "more", { webhooks: [webhook("w", webhooks.url("/w"))] });
  admitted.reopen({});
  webhooks.on("/w", { allowed: true });
  await admitted.mutate();
  expect(admitted.admission.chain.mayChange?.(descriptor)).toBe(true);
});

test("a changed configuration counts from then on", async () => {
  const { webhooks, cluster } = admitted;
  webhooks.on("/w", { allowed: false });
  await admitted.mutate();
  await expect
    .poll(() => cluster.api.asked.filter((line) => line.includes("watch=true")).length)
    .toBeGreaterThanOrEqual(3);
  cluster.put("mutatingwebhookconfigurations", "late", { webhooks: [webhook("w", webhooks.url("/w"))] });
  await expect.poll(async () => await admitted.mutate().catch((error: unknown) => String(error))).toContain("denied");
  cluster.remove("mutatingwebhookconfigurations", "late");
  await expect.poll(async () => await admitted.mutate().catch((error: unknown) => error)).toEqual(newWidget());
});

test.each<[string, object[], object]>([
  [
    "has no place",
    [{ op: "remove", path: "/spec/nothing/at/all" }],
    {
      code: 500,
      message:
        'Internal error occurred: remove operation does not apply: doc is missing path: "/spec/nothing/at/all": missing value',
    },
  ],
  [
    "fails its test",
    [{ op: "test", path: "/spec/color", value: "no" }],
    { code: 500, message: "Internal error occurred: testing value /spec/color failed: test failed" },
  ],
  [
    "makes a field of a wrong type",
    [{ op: "replace", path: "/spec/color", value: 3 }],
    {
      code: 500,
      message: expect.stringContaining("json: cannot unmarshal number into Go struct field WidgetSpec") as string,
    },
  ],
  ["is of an unknown kind", [{ op: "burn", path: "/spec" }], { code: 500 }],
])("a patch that %s is an error of the server", async (_, operations, expected) => {
  const { webhooks } = admitted;
  webhooks.on("/w", { allowed: true, ...patchOf(...operations) });
  admitted.configure("mutating", [webhook("w", webhooks.url("/w"), { failurePolicy: "Ignore" })]);
  expect(await refusal(() => admitted.mutate())).toMatchObject({ reason: "InternalError", ...expected });
});

test("a patch cannot reach what objects inherit, and fields that the kind does not have are dropped", async () => {
  const { webhooks } = admitted;
  const operations = [
    { op: "add", path: "/__proto__", value: { polluted: true } },
    { op: "add", path: "/metadata/labels", value: {} },
    { op: "add", path: "/metadata/labels/__proto__", value: "x" },
    { op: "add", path: "/nonsense", value: 1 },
  ];
  webhooks.on("/w", { allowed: true, ...patchOf(...operations) });
  admitted.configure("mutating", [webhook("w", webhooks.url("/w"))]);
  const changed = await admitted.mutate();
  expect(Object.keys(changed)).toEqual(["kind", "apiVersion", "metadata", "spec"]);
  expect(Object.getPrototypeOf(changed)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(Object.keys(changed.metadata.labels ?? {})).toEqual(["__proto__"]);
});

test("a deletion has nothing to patch", async () => {
  const { webhooks } = admitted;
  webhooks.on("/w", { allowed: true, ...patchOf(label("a", "b")) });
  admitted.configure("mutating", [webhook("w", webhooks.url("/w"))]);
  expect(await refusal(() => admitted.remove())).toMatchObject({
    code: 500,
    message:
      'Internal error occurred: admission webhook "w" attempted to modify the object, which is not supported for this operation',
  });
  expect(webhooks.asked[0]?.review.request).toMatchObject({
    operation: "DELETE",
    object: null,
    oldObject: newWidget(),
    options: {
      kind: "DeleteOptions",
      apiVersion: "meta.k8s.io/v1",
      gracePeriodSeconds: 5,
      propagationPolicy: "Foreground",
    },
  });
});
