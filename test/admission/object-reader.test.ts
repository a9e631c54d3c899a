import { expect, test } from "vitest";
import type { ObjectReader } from "../../runtime/admission/object-reader.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { resourceTargets, type ResourceOptions } from "../../runtime/resource-targets.ts";
import { createObject } from "../../runtime/rest/create.ts";
import { parseDeleteOptions } from "../../runtime/rest/delete-options.ts";
import { deleteObject } from "../../runtime/rest/delete.ts";
import { parseWriteOptions } from "../../runtime/rest/options.ts";
import type { ResourceTarget } from "../../runtime/rest/target.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { storageWith } from "../registry/fixture.ts";
import { newWidget, widgetScheme } from "../registry/widget.ts";
import { body, flunder, refusal, request } from "../rest/requests.ts";
import { banFlunder } from "../wardle/ban-flunder.ts";
import { scheme } from "../wardle/generated/index.ts";

const options = parseWriteOptions(new URLSearchParams(), "CreateOptions");
const deletion = parseDeleteOptions(new URLSearchParams(), undefined, widgetScheme());

/** The resources of a server, and what its plugins read objects with. */
function served({ admission, ...changes }: Pick<ResourceOptions, "scheme"> & Partial<ResourceOptions>): {
  targets: ResourceTarget[];
  objects: ObjectReader;
} {
  const readers: ObjectReader[] = [];
  const targets = resourceTargets({
    storage: memoryStorage(),
    admission: (objects) => {
      readers.push(objects);
      return admission?.(objects) ?? [];
    },
    ...changes,
  });
  const [objects] = readers;
  if (objects === undefined) throw new Error("no plugins were made");
  return { targets, objects };
}

function create(
  targets: readonly ResourceTarget[],
  path: string,
  object: object,
  namespace = "ns",
): Promise<KubeObject> {
  const target = targets.find(({ descriptor: { gvk, names } }) => `${gvk.version}/${names.plural}` === path);
  if (target === undefined) throw new Error(`no ${path}`);
  return createObject(target, request(namespace), body(object), options);
}

function namesOf(objects: readonly KubeObject[]): string[] {
  return objects.map(({ metadata, apiVersion }) => `${apiVersion} ${metadata.namespace}/${metadata.name}`);
}

test("a plugin reads the objects of all namespaces, in the version that is stored", async () => {
  const { targets, objects } = served({ scheme: widgetScheme() });
  await create(targets, "v1/widgets", newWidget({ name: "a" }), "one");
  await create(targets, "v1/widgets", newWidget({ name: "b" }), "two");
  const all = await objects.list("widgets.example.dev", request("one"));
  expect(namesOf(all)).toEqual(["example.dev/v1 one/a", "example.dev/v1 two/b"]);
  expect(all.every((object) => Object.isFrozen(object))).toBe(true);
});

test("what is not there, or cannot be listed, cannot be read", async () => {
  const { objects } = served({ scheme: widgetScheme() });
  await expect(objects.list("gadgets.example.dev", request())).rejects.toThrow(
    "no resource gadgets.example.dev can be listed; there are widgets.example.dev",
  );
  const own = served({ scheme: widgetScheme(), resources: { "widgets.example.dev": {} } }).objects;
  await expect(own.list("widgets.example.dev", request())).rejects.toThrow("no resource widgets.example.dev");
});

test("a plugin reads what an author's own storage lists", async () => {
  const items = [newWidget({ name: "own" })];
  const list = async () => ({ kind: "WidgetList", apiVersion: "example.dev/v1", metadata: {}, items });
  const { objects } = served({ scheme: widgetScheme(), resources: { "widgets.example.dev": { list } } });
  expect(await objects.list("widgets.example.dev", request())).toEqual(items);
});

test("what this server has written is always seen, without asking the store how new it is", async () => {
  const backing = memoryStorage();
  const freshness: (number | undefined)[] = [];
  const storage = storageWith(backing, {
    list: (prefix, listOptions) => {
      freshness.push(listOptions?.notOlderThan);
      return backing.list(prefix, listOptions);
    },
  });
  const { targets, objects } = served({ scheme: widgetScheme(), storage });
  await objects.list("widgets.example.dev", request());
  const { metadata } = await create(targets, "v1/widgets", newWidget({ name: "a" }));
  await objects.list("widgets.example.dev", request());
  const [widgets] = targets;
  if (widgets === undefined) throw new Error("no widgets");
  await deleteObject(widgets, request(), "a", deletion);
  await objects.list("widgets.example.dev", request());
  const written = Number(metadata.resourceVersion);
  expect(freshness).toEqual([0, written, written + 1]);
});

const fischer = {
  apiVersion: "wardle.example.com/v1alpha1",
  kind: "Fischer",
  metadata: { name: "fish" },
  disallowedFlunders: ["banned", "also"],
};

test.each([
  ["v1alpha1/flunders", flunder("banned")],
  ["v1beta1/flunders", { ...flunder("banned"), apiVersion: "wardle.example.com/v1beta1" }],
])("a name that stands in another object is forbidden to %s", async (path, object) => {
  const { targets } = served({ scheme, admission: (objects) => [banFlunder(objects)] });
  expect(await create(targets, path, object, "before")).toMatchObject({ metadata: { name: "banned" } });
  await create(targets, "v1alpha1/fischers", fischer, "");
  expect(await refusal(() => create(targets, path, object))).toMatchObject({
    code: 403,
    reason: "Forbidden",
    message:
      'flunders.wardle.example.com "banned" is forbidden: this name may not be used, please change the resource name',
    details: { name: "banned", group: "wardle.example.com", kind: "flunders" },
  });
  expect(await create(targets, "v1alpha1/flunders", flunder("fine"))).toMatchObject({ metadata: { name: "fine" } });
});
