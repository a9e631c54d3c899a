import { expect, test } from "vitest";
import type { AdmissionPlugin } from "../../runtime/admission/admission.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { resourceTargets } from "../../runtime/resource-targets.ts";
import { createObject } from "../../runtime/rest/create.ts";
import { getObject } from "../../runtime/rest/get.ts";
import { parseWriteOptions } from "../../runtime/rest/options.ts";
import type { ResourceTarget } from "../../runtime/rest/target.ts";
import { encodedJson } from "../../runtime/scheme/encoded.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { newWidget, widgetScheme } from "../registry/widget.ts";
import { body, request } from "../rest/requests.ts";

function widgets(storage: Storage, plugins: readonly AdmissionPlugin[] = []): ResourceTarget {
  const targets = resourceTargets({ scheme: widgetScheme(), storage, admission: () => plugins });
  const target = targets.find(({ descriptor, subresource }) => descriptor.gvk.version === "v1" && subresource === "");
  if (target === undefined) throw new Error("no widgets");
  return target;
}

/** What a plugin does to the metadata of objects, and the labels that come of it. */
const plugins: readonly (readonly [string, (metadata: Record<string, unknown>) => void, object | undefined])[] = [
  ["changes nothing", () => undefined, { a: "1" }],
  ["changes a label", (metadata) => (metadata["labels"] = { a: "2" }), { a: "2" }],
  [
    "changes a label in its place",
    (metadata) => Object.assign(metadata["labels"] ?? {}, { b: "3" }),
    { a: "1", b: "3" },
  ],
  ["removes the labels", (metadata) => delete metadata["labels"], undefined],
  ["unsets the labels", (metadata) => (metadata["labels"] = undefined), undefined],
  ["writes to what managedFields share", (metadata) => ((metadata["managedFields"] as object[])[0] = {}), { a: "1" }],
  ["adds what the type does not have", (metadata) => (metadata["unknown"] = true), { a: "1" }],
];

test.each(plugins)("where admission %s, a create answers what is stored", async (_, act, labels) => {
  const storage = memoryStorage();
  const plugin: AdmissionPlugin = {
    name: "test",
    admit: async ({ object }) => act((object as unknown as { metadata: Record<string, unknown> }).metadata),
  };
  const options = parseWriteOptions(new URLSearchParams(), "CreateOptions");
  const sent = body(newWidget({ name: "a", labels: { a: "1" } }));
  const created: KubeObject = await createObject(widgets(storage, [plugin]), request("ns"), sent, options);
  expect(created.metadata.labels).toEqual(labels);
  const stored = await getObject(widgets(storage), request("ns"), "a", { resourceVersion: "" });
  expect(Buffer.from(encodedJson(created)).toString()).toBe(Buffer.from(encodedJson(stored)).toString());
});
