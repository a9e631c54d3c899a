// One round through the API of cats with @kubernetes/client-node: its object API, its custom objects API and an informer.
import { isDeepStrictEqual } from "node:util";
import {
  ApiException,
  ApisApi,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type KubernetesListObject,
  type KubernetesObject,
} from "@kubernetes/client-node";

interface Cat extends KubernetesObject {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly [field: string]: unknown };
  readonly spec: Record<string, unknown>;
  readonly status?: Record<string, unknown>;
}

/** A list as it comes; the type of the library has another name for the token. */
interface Page {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly Cat[];
}

const patienceMs = 30_000;
const apiVersion = "animal.skai.io/v1alpha1";
const [namespace] = process.argv.slice(2);
if (namespace === undefined) throw new Error("usage: KUBECONFIG=file round.ts namespace");
const cats = { group: "animal.skai.io", version: "v1alpha1", plural: "cats", namespace };
const kubeConfig = new KubeConfig();
// It finds KUBECONFIG by itself.
kubeConfig.loadFromDefault();
const objects = KubernetesObjectApi.makeApiClient(kubeConfig);
const custom = kubeConfig.makeApiClient(CustomObjectsApi);

async function step(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.log(`failed: ${what}: ${String(error)}`);
    process.exit(1);
  }
  console.log(`ok: ${what}`);
}

function equal(what: string, got: unknown, wanted: unknown): void {
  if (isDeepStrictEqual(got, wanted)) return;
  throw new Error(`${what} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
}

interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly words: string;
}

/** Checks that a request is refused, and gives the fields among the causes. */
async function refused(request: Promise<unknown>, { code, reason, words }: Refusal): Promise<string[]> {
  const error = await request.then(
    () => undefined,
    (rejection: unknown) => rejection,
  );
  if (!(error instanceof ApiException)) throw new Error(`was not refused as ${reason}: ${String(error)}`);
  // Some of its APIs give the text.
  const body: unknown = typeof error.body === "string" ? JSON.parse(error.body) : error.body;
  const status = body as { reason?: string; message?: string; details?: { causes?: { field?: string }[] } };
  if (error.code !== code || status.reason !== reason || status.message?.includes(words) !== true) {
    throw new Error(`was refused with ${error.code} ${JSON.stringify(status)}, not with ${code} ${reason} ${words}`);
  }
  return (status.details?.causes ?? []).map(({ field }) => field ?? "");
}

async function eventually(check: () => void): Promise<void> {
  const deadlineMs = Date.now() + patienceMs;
  for (;;) {
    try {
      check();
      return;
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function cat(name: string, spec: Record<string, unknown> = { name }): Cat {
  return { apiVersion, kind: "Cat", metadata: { name, namespace: cats.namespace, labels: { round: "node" } }, spec };
}

const read = (name: string): Promise<Cat> => objects.read<Cat>(cat(name));
const list = async (): Promise<KubernetesListObject<Cat>> =>
  (await custom.listNamespacedCustomObject(cats)) as KubernetesListObject<Cat>;

const path = `/apis/${apiVersion}/namespaces/${cats.namespace}/cats`;
const informer = makeInformer<Cat>(kubeConfig, path, list);
const seen = new Set<string>();
for (const event of ["add", "update", "delete"] as const) {
  informer.on(event, ({ metadata }) => seen.add(`${event} ${metadata.name}`));
}

await step("discovery has the group and its preferred version", async () => {
  const { groups } = await kubeConfig.makeApiClient(ApisApi).getAPIVersions();
  const group = groups.find(({ name }) => name === cats.group);
  equal("preferred version", group?.preferredVersion?.groupVersion, apiVersion);
});
await step("an informer starts", () => informer.start());

await step("create defaults, and gives uid, generation and resourceVersion", async () => {
  const { spec, metadata } = await objects.create(cat("tom"));
  equal("spec", spec, { name: "tom", lives: 9, mode: "Indoor" });
  equal("generation", metadata["generation"], 1);
  equal("has uid and version", [typeof metadata["uid"], typeof metadata["resourceVersion"]], ["string", "string"]);
});
await step("create of the same name is refused", async () => {
  const words = 'cats.animal.skai.io "tom" already exists';
  await refused(objects.create(cat("tom")), { code: 409, reason: "AlreadyExists", words });
});
await step("create of what is invalid is refused, with every field as a cause", async () => {
  const request = objects.create(cat("bad", { name: "bad", lives: 10, mode: "Orbital" }));
  const words = 'Cat.animal.skai.io "bad" is invalid';
  const causes = await refused(request, { code: 422, reason: "Invalid", words });
  equal("causes", causes.toSorted(), ["spec.lives", "spec.mode"]);
});
await step("an unknown field is refused where validation is strict", async () => {
  const request = custom.createNamespacedCustomObject({
    ...cats,
    body: cat("odd", { name: "odd", colour: "red" }),
    fieldValidation: "Strict",
  });
  await refused(request, { code: 400, reason: "BadRequest", words: 'unknown field "spec.colour"' });
});
await step("read of what is not there is refused", async () => {
  const words = 'cats.animal.skai.io "nobody" not found';
  await refused(read("nobody"), { code: 404, reason: "NotFound", words });
});

await step("a list in pages of two has every cat once, of one resourceVersion", async () => {
  for (const number of [0, 1, 2, 3]) await objects.create(cat(`cat-${number}`));
  const names: string[] = [];
  const pages: (string | undefined)[] = [];
  let token: string | undefined;
  do {
    const query = { ...cats, limit: 2, ...(token === undefined ? {} : { _continue: token }) };
    const page = (await custom.listNamespacedCustomObject(query)) as Page;
    names.push(...page.items.map(({ metadata }) => metadata.name));
    pages.push(page.metadata?.resourceVersion);
    token = page.metadata?.continue;
  } while (token !== undefined && token !== "");
  equal("names", names, ["cat-0", "cat-1", "cat-2", "cat-3", "tom"]);
  equal("pages", [pages.length, new Set(pages).size], [3, 1]);
});
await step("selectors by label and by field choose", async () => {
  const selected = await objects.list<Cat>(
    apiVersion,
    "Cat",
    namespace,
    undefined,
    undefined,
    undefined,
    "metadata.name!=tom",
    "round=node",
  );
  equal("selected", selected.items.length, 4);
});

await step("replace with a stale resourceVersion is refused", async () => {
  const stale = await read("tom");
  const replaced = await objects.replace({ ...stale, spec: { ...stale.spec, lives: 8 } });
  equal("generation", replaced.metadata["generation"], 2);
  await refused(objects.replace(stale), { code: 409, reason: "Conflict", words: "the object has been modified" });
});
await step("replace of the status changes nothing else", async () => {
  const current = await read("tom");
  const body = { ...current, spec: { name: "nobody" }, status: { observedGeneration: 2 } };
  const replaced = (await custom.replaceNamespacedCustomObjectStatus({ ...cats, name: "tom", body })) as Cat;
  equal("name", replaced.spec["name"], "tom");
  equal("status", replaced.status, { observedGeneration: 2 });
});

const patch = async (strategy: PatchStrategy, body: unknown): Promise<Cat> => {
  const options = setHeaderOptions("Content-Type", strategy);
  return (await custom.patchNamespacedCustomObject({ ...cats, name: "tom", body }, options)) as Cat;
};
await step("merge patch sets one field and removes another", async () => {
  const { spec } = await patch(PatchStrategy.MergePatch, { spec: { toys: [{ name: "mouse" }], lives: null } });
  equal("toys and lives", [spec["toys"], spec["lives"]], [[{ name: "mouse", squeaks: 1 }], 9]);
});
await step("JSON patch adds, and is refused when its test fails", async () => {
  const { spec } = await patch(PatchStrategy.JsonPatch, [{ op: "add", path: "/spec/nicknames", value: ["tommy"] }]);
  equal("nicknames", spec["nicknames"], ["tommy"]);
  const failing = patch(PatchStrategy.JsonPatch, [{ op: "test", path: "/spec/lives", value: 1 }]);
  await refused(failing, { code: 422, reason: "Invalid", words: "" });
});
await step("strategic merge patch merges the toys by their name", async () => {
  const body = { ...cat("tom"), spec: { toys: [{ name: "ball" }] } };
  const { spec } = await objects.patch(body);
  equal("toys", (spec["toys"] as unknown[]).length, 2);
});

await step("apply creates, and is refused another's field until it has force", async () => {
  const send = (manager: string, name: string, force: boolean): Promise<Cat> =>
    objects.patch(cat("felix", { name }), undefined, undefined, manager, force, PatchStrategy.ServerSideApply);
  await send("first", "Felix", false);
  const words = 'conflict with "first": .spec.name';
  const causes = await refused(send("second", "Felicitas", false), { code: 409, reason: "Conflict", words });
  equal("causes", causes, [".spec.name"]);
  equal("name", (await send("second", "Felicitas", true)).spec["name"], "Felicitas");
});

await step("the informer's cache has what the server has", async () => {
  const versions = (items: readonly Cat[]): unknown[] =>
    items.map(({ metadata }) => `${metadata.name} ${String(metadata["resourceVersion"])}`).toSorted();
  const wanted = versions((await list()).items);
  await eventually(() => equal("versions", versions(informer.list()), wanted));
});

await step("delete with a stale resourceVersion is refused", async () => {
  const body = { preconditions: { resourceVersion: "1" } };
  const request = custom.deleteNamespacedCustomObject({ ...cats, name: "tom", body });
  const words = "the ResourceVersion in the precondition (1) does not match";
  await refused(request, { code: 409, reason: "Conflict", words });
});
await step("delete removes, and removes once", async () => {
  equal("status", (await objects.delete(cat("tom"))).status, "Success");
  const words = 'cats.animal.skai.io "tom" not found';
  await refused(objects.delete(cat("tom")), { code: 404, reason: "NotFound", words });
});
await step("delete of a collection removes what the selector chooses", async () => {
  await custom.deleteCollectionNamespacedCustomObject({ ...cats, labelSelector: "round=node" });
  equal("left", (await list()).items.length, 0);
});
await step("the informer saw every cat come, change and go", async () => {
  await eventually(() => {
    for (const line of ["add tom", "update tom", "delete tom", "delete felix", "delete cat-3"]) {
      equal(line, seen.has(line), true);
    }
  });
  await informer.stop();
});
// Connections that it keeps alive do not keep this program.
process.exit(0);
