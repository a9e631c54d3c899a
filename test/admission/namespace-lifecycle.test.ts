import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { namespaceLifecycle } from "../../runtime/admission/namespace-lifecycle.ts";
import { clusterLookup } from "../../runtime/admission/cluster-lookup.ts";
import { clusterNamespaces } from "../../runtime/admission/namespaces.ts";
import type { Attributes } from "../../runtime/admission/admission.ts";
import { status, until } from "../cluster-client/kube-api.ts";
import { deleteOptions, request, updateOptions } from "../registry/request.ts";
import { newWidget, widgetOf, widgetScheme } from "../registry/widget.ts";
import { refusal } from "../rest/requests.ts";
import { namespace, openAdmission, startCluster, watched, type ClusterAdmission, type TestCluster } from "./cluster.ts";

const descriptor = widgetOf(widgetScheme(), "v1");
let cluster: TestCluster;
let admission: ClusterAdmission;

beforeAll(async () => {
  cluster = await startCluster();
});

beforeEach(() => {
  cluster.reset();
  cluster.putUntold("namespaces", "going", namespace("Terminating"));
  admission = openAdmission(cluster);
});

afterEach(() => admission.plugins.close());

afterAll(() => cluster.close());

function create(where: string, metadata: object = { name: "w" }): Promise<unknown> {
  const write = { descriptor, subresource: "", options: updateOptions(), name: "name" in metadata ? "w" : "" };
  return admission.chain.mutate(
    { ...write, operation: "CREATE", object: newWidget(metadata) },
    request({ namespace: where }),
  );
}

function update(where: string): Promise<unknown> {
  const write = { descriptor, subresource: "", options: updateOptions(), name: "w" };
  const objects = { object: newWidget(), old: newWidget() };
  return admission.chain.mutate({ ...write, ...objects, operation: "UPDATE" }, request({ namespace: where }));
}

function remove(where: string): Promise<void> {
  const write = { descriptor, subresource: "", options: deleteOptions(), name: "w" };
  return admission.chain.validate({ ...write, operation: "DELETE", old: newWidget() }, request({ namespace: where }));
}

const missing = {
  code: 404,
  reason: "NotFound",
  message: 'namespaces "nowhere" not found',
  details: { name: "nowhere", kind: "namespaces" },
};

test("nothing can be created or changed in a namespace that is not there", async () => {
  expect(await refusal(() => create("nowhere"))).toMatchObject(missing);
  expect(await refusal(() => update("nowhere"))).toMatchObject(missing);
});

test("nothing new comes into a namespace that is being deleted", async () => {
  expect(await refusal(() => create("going"))).toMatchObject({
    code: 403,
    reason: "Forbidden",
    message:
      'widgets.example.dev "w" is forbidden: unable to create new content in namespace going because it is being terminated',
    details: {
      name: "w",
      group: "example.dev",
      kind: "widgets",
      causes: [
        {
          reason: "NamespaceTerminating",
          message: "namespace going is being terminated",
          field: "metadata.namespace",
        },
      ],
    },
  });
  expect(await refusal(() => create("going", { generateName: "w-" }))).toMatchObject({
    message: expect.stringContaining('widgets.example.dev "w-" is forbidden') as string,
  });
  await update("going");
});

test.each(["ns", "going", "nowhere"])("what is in the namespace %s can be deleted", async (where) => {
  await expect(remove(where)).resolves.toBeUndefined();
});

test("what is in a namespace can be created and changed", async () => {
  await expect(create("ns")).resolves.toEqual(newWidget());
  await expect(update("ns")).resolves.toEqual(newWidget());
});

test("a namespace that the copy has not yet is asked for", async () => {
  await watched(cluster);
  cluster.putUntold("namespaces", "new");
  await expect(create("new")).resolves.toEqual(newWidget());
  expect(cluster.api.asked.filter((line) => line.endsWith("/namespaces/new"))).toHaveLength(1);
});

test("a namespace that comes to the copy while it is waited for is not asked for", async () => {
  await watched(cluster);
  const created = create("new");
  cluster.put("namespaces", "new");
  await expect(created).resolves.toEqual(newWidget());
});

test("a namespace that cannot be asked for is an internal error, or passes where that is wished", async () => {
  await watched(cluster);
  const { answer } = cluster.api;
  cluster.api.answer = (asked) => {
    if (asked.url.pathname.endsWith("/nowhere")) asked.json(500, status(500, "InternalError", "no store"));
    else answer(asked);
  };
  expect(await refusal(() => create("nowhere"))).toMatchObject({
    code: 500,
    message: "Internal error occurred: no store",
  });
  admission.plugins.close();
  admission = openAdmission(cluster, { lookupFailure: "ignore" });
  await expect(create("nowhere")).resolves.toEqual(newWidget());
  expect(admission.told).toEqual(["NamespaceLifecycle lets writes pass unjudged: no store"]);
});

test("cluster-scoped objects are in no namespace", async () => {
  const scoped = widgetOf(widgetScheme({ scope: "Cluster" }), "v1");
  const write = { descriptor: scoped, subresource: "", options: updateOptions(), name: "w" };
  const object = newWidget();
  const created = admission.chain.mutate({ ...write, operation: "CREATE", object }, request({ namespace: "" }));
  await expect(created).resolves.toBe(object);
});

const attributes = {
  operation: "DELETE",
  resource: { group: "", version: "v1", resource: "namespaces" },
  kind: { group: "", version: "v1", kind: "Namespace" },
  subresource: "",
  namespace: "",
} as unknown as Attributes;

test("a namespace that was deleted here is asked for, as long as the copy has it as it was", async () => {
  const namespaces = clusterNamespaces(cluster.client, () => undefined);
  const lookup = clusterLookup({ failure: "fail", tell: () => undefined });
  const plugin = namespaceLifecycle({ namespaces, lookup });
  await namespaces.copy.synced;
  await until(() => cluster.api.asked.filter((line) => line.includes("namespaces?watch=true")).length >= 1);
  cluster.putUntold("namespaces", "ns", namespace("Terminating"));
  const widget = { ...attributes, kind: descriptor.gvk, resource: { ...attributes.resource, resource: "widgets" } };
  const creation: Attributes = { ...widget, operation: "CREATE", namespace: "ns", name: "w" };
  await plugin.admit?.(creation, request());
  await plugin.admit?.({ ...attributes, name: "ns" }, request());
  await expect(plugin.admit?.(creation, request())).rejects.toThrow("because it is being terminated");
  namespaces.copy.close();
});

test.each(["default", "kube-system", "kube-public"])("the namespace %s is not deleted", async (name) => {
  const namespaces = clusterNamespaces(cluster.client, () => undefined);
  const lookup = clusterLookup({ failure: "fail", tell: () => undefined });
  const refused = await refusal(() =>
    namespaceLifecycle({ namespaces, lookup }).admit?.({ ...attributes, name }, request()),
  );
  expect(refused.message).toBe(`namespaces "${name}" is forbidden: this namespace may not be deleted`);
  namespaces.copy.close();
});
