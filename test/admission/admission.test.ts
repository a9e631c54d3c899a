import { expect, test } from "vitest";
import { admissionChain, type AdmissionPlugin, type Attributes } from "../../runtime/admission/admission.ts";
import { forbiddenRequest } from "../../runtime/meta/status-error.ts";
import { deleteOptions, request, updateOptions } from "../registry/request.ts";
import { newWidget, widgetOf, widgetScheme } from "../registry/widget.ts";

const descriptor = widgetOf(widgetScheme(), "v1");
const write = { descriptor, subresource: "", name: "w", options: updateOptions() };

function recorder(name: string, order: string[], changes: Partial<AdmissionPlugin> = {}): AdmissionPlugin {
  return {
    name,
    admit: async ({ operation }) => void order.push(`${name} admits ${operation}`),
    validate: async ({ operation }) => void order.push(`${name} validates ${operation}`),
    ...changes,
  };
}

test("plugins are asked in their order, first to change a write and then to judge it", async () => {
  const order: string[] = [];
  const chain = admissionChain([
    recorder("a", order, { handles: (operation) => operation !== "DELETE" }),
    { name: "nothing" },
    recorder("b", order),
  ]);
  const object = newWidget();
  expect(await chain.mutate({ ...write, operation: "CREATE", object }, request())).toBe(object);
  await chain.validate({ ...write, operation: "UPDATE", object, old: object }, request());
  await chain.validate({ ...write, operation: "DELETE", old: object, options: deleteOptions() }, request());
  expect(order).toEqual([
    "a admits CREATE",
    "b admits CREATE",
    "a validates UPDATE",
    "b validates UPDATE",
    "b admits DELETE",
    "b validates DELETE",
  ]);
});

test("the first plugin that refuses ends it", async () => {
  const order: string[] = [];
  const refusal = forbiddenRequest({ group: "example.dev", resource: "widgets" }, "w", "no");
  const chain = admissionChain([recorder("a", order, { admit: () => Promise.reject(refusal) }), recorder("b", order)]);
  await expect(chain.mutate({ ...write, operation: "CREATE", object: newWidget() }, request())).rejects.toBe(refusal);
  expect(order).toEqual([]);
});

test.each<[string, Parameters<ReturnType<typeof admissionChain>["validate"]>[0], Partial<Attributes>]>([
  [
    "create",
    { ...write, name: "", operation: "CREATE", object: newWidget() },
    { operation: "CREATE", name: "w", object: newWidget(), oldObject: undefined, dryRun: false },
  ],
  [
    "update",
    { ...write, subresource: "status", operation: "UPDATE", object: newWidget(), old: newWidget({ name: "old" }) },
    { operation: "UPDATE", subresource: "status", object: newWidget(), oldObject: newWidget({ name: "old" }) },
  ],
  [
    "delete",
    { ...write, operation: "DELETE", old: newWidget(), options: deleteOptions({ dryRun: true }) },
    { operation: "DELETE", object: undefined, oldObject: newWidget(), dryRun: true },
  ],
])("a plugin is told all about a %s", async (_, told, expected) => {
  const seen: Attributes[] = [];
  const chain = admissionChain([{ name: "a", validate: async (attributes) => void seen.push(attributes) }]);
  await chain.validate(told, request());
  expect(seen).toMatchObject([
    {
      resource: { group: "example.dev", version: "v1", resource: "widgets" },
      kind: { group: "example.dev", version: "v1", kind: "Widget" },
      namespace: "ns",
      user: { name: "alice" },
      ...expected,
    },
  ]);
});

test("a plugin may change the object that is to be stored", async () => {
  const chain = admissionChain([
    {
      name: "labels",
      admit: async ({ object }) => {
        if (object !== undefined) object.metadata.labels = { by: "plugin" };
      },
    },
  ]);
  const changed = await chain.mutate({ ...write, operation: "CREATE", object: newWidget() }, request());
  expect(changed.metadata.labels).toEqual({ by: "plugin" });
});
