import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { patchOf, startWebhookServer, webhook, type WebhookServer } from "../admission/webhook-server.ts";
import { startAggregatedServer } from "../cluster/aggregated-server.ts";
import { startControlPlane, type ClusterObject, type ControlPlane } from "../cluster/control-plane.ts";
import { poll } from "../cluster/poll.ts";
import { freePort } from "../etcd/etcd.ts";
import { startAdmittingServer, type AdmittingServer } from "./admitting-server.ts";
import { RestClient, type Json, type RestAnswer } from "./rest-client.ts";

/**
 * What webhooks do to a ConfigMap in kube-apiserver and to a cat in our server: the same, to the letter. An object's label
 * `case` chooses the webhook.
 */
let cluster: ControlPlane;
let ours: AdmittingServer;
let theirs: RestClient;
let webhooks: WebhookServer;

const namespace = "hooked";
const inTree = `/api/v1/namespaces/${namespace}/configmaps`;
const cats = `/apis/animal.skai.io/v1alpha1/namespaces/${namespace}/cats`;

beforeAll(async () => {
  cluster = await startControlPlane();
  const user = await cluster.certificateFor({ name: "ann", groups: ["system:masters"] });
  webhooks = await startWebhookServer();
  ours = await startAdmittingServer(cluster, user, cluster.kubeconfig);
  const { authority } = cluster.pki;
  theirs = new RestClient(cluster.port, { ca: authority.certificate, cert: user.certificate, key: user.key });
  await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await cluster.apply(...(await configurations()));
  await bothKnowTheWebhooks();
});

afterAll(async () => {
  await ours.close();
  await webhooks.close();
  await cluster.stop();
});

beforeEach(() => webhooks.reset());

const rules = [
  { apiGroups: ["", "animal.skai.io"], apiVersions: ["*"], resources: ["configmaps", "cats"], operations: ["*"] },
];

/** A webhook about objects with the label `case`, named by it. */
function forCase(name: string, changes: object = {}): object {
  const objectSelector = { matchLabels: { case: name } };
  const namespaceSelector = { matchLabels: { "kubernetes.io/metadata.name": namespace } };
  const defaults = { rules, objectSelector, namespaceSelector };
  return webhook(`${name}.example.dev`, webhooks.url(`/${name}`), { ...defaults, ...changes });
}

async function configurations(): Promise<ClusterObject[]> {
  const nobody = `https://127.0.0.1:${await freePort()}/nobody`;
  const { url } = webhooks.url("/untrusted");
  const apiVersion = "admissionregistration.k8s.io/v1";
  const unmet = [{ name: "other", expression: "object.metadata.name == 'other'" }];
  const broken = [{ name: "broken", expression: "object.metadata.annotations.nothing == 'x'" }];
  const validating = [
    forCase("echo"),
    forCase("deny"),
    forCase("late", { timeoutSeconds: 1 }),
    forCase("dead-fail", { clientConfig: { url: nobody } }),
    forCase("dead-ignore", { clientConfig: { url: nobody }, failurePolicy: "Ignore" }),
    forCase("untrusted", { clientConfig: { url } }),
    forCase("unmet", { matchConditions: unmet }),
    forCase("broken", { matchConditions: broken }),
    forCase("broken-ignore", { matchConditions: broken, failurePolicy: "Ignore" }),
    ...conditionWebhooks(),
  ];
  const mutating = [forCase("change", { reinvocationPolicy: "IfNeeded" }), forCase("change"), forCase("echo")];
  const metadata = { name: "by-case" };
  return [
    { apiVersion, kind: "ValidatingWebhookConfiguration", metadata, webhooks: validating },
    { apiVersion, kind: "MutatingWebhookConfiguration", metadata, webhooks: mutating.map(named) },
  ];
}

/** Conditions, each of a case of its own: `cel-0` and so on. */
const conditions = [
  "request.operation == 'CREATE' && request.namespace == 'hooked'",
  "request.userInfo.username == 'ann' && 'system:masters' in request.userInfo.groups",
  "request.resource.resource in ['cats', 'configmaps'] && request.subResource == ''",
  "!has(request.subResource) && !request.dryRun",
  "has(object.metadata.annotations)",
  "has(object.metadata.labels) && object.metadata.labels['case'].startsWith('cel-')",
  "'case' in object.metadata.labels",
  "object.metadata.?annotations[?'x'].orValue('none') == 'none'",
  "oldObject == null",
  "oldObject.metadata.name == 'x'",
  "object.metadata.name.matches('^cel-[0-9]+$')",
  "object.metadata.labels.all(key, key.size() == 4)",
  "object.metadata.managedFields.exists(one, one.operation == 'Update' && one.time > '2020')",
  "object.metadata.name.split('-')[1] == '13'",
  "object.metadata.name.substring(0, 3).upperAscii() == 'CEL'",
  "object.metadata.name.substring(4) > '1' || object.nothing",
  "object.nothing || object.metadata.name != ''",
  "object.metadata.labels.missing == 'x'",
  "size(object.metadata.managedFields) == 1 ? object.kind != '' : false",
  "timestamp(object.metadata.creationTimestamp) > timestamp('2020-01-01T00:00:00Z')",
  "dyn(1) == 1.0 && 3 / 2 == 1 && 7 % 4 == 3 && -5 / 2 == -2",
  "object.metadata.name.replace('cel', 'x').startsWith('x-')",
  "object.metadata.name.replace('-', '', 1) == 'cel22' && object.metadata.name.charAt(4) == '2'",
  "object.metadata.name.find('[0-9]+') == '23' && object.metadata.name.findAll('[a-z]') == ['c', 'e', 'l']",
];

function conditionWebhooks(): object[] {
  return conditions.map((expression, i) => forCase(`cel-${i}`, { matchConditions: [{ name: "c", expression }] }));
}

/** Names must differ. */
function named(one: object, index: number): object {
  return { ...one, name: `change-${index}.example.dev` };
}

/** Waits until each server has asked each kind of webhook. */
async function bothKnowTheWebhooks(): Promise<void> {
  webhooks.on("/deny", { allowed: false });
  webhooks.on("/change", { allowed: false });
  for (const name of ["deny", "change"]) {
    await poll(
      async () => (await createBoth(name, "?dryRun=All")).every(({ status }) => status === 400),
      async () => `the webhook ${name} is not asked\n${JSON.stringify(await createBoth(name, "?dryRun=All"))}`,
    );
  }
}

function metadataFor(name: string): object {
  return { name, labels: { case: name } };
}

function configMap(name: string): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: metadataFor(name), data: { a: "b" } };
}

function cat(name: string): object {
  return { apiVersion: "animal.skai.io/v1alpha1", kind: "Cat", metadata: metadataFor(name), spec: { name } };
}

/** Creates one of either for a case: first the ConfigMap, then the cat. */
async function createBoth(name: string, query = "", client = ours.client): Promise<readonly [RestAnswer, RestAnswer]> {
  return [
    await theirs.send("POST", inTree + query, { body: configMap(name) }),
    await client.send("POST", cats + query, { body: cat(name) }),
  ];
}

/** What is not the same twice, or for two kinds. */
function comparable(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uid>")
    .replaceAll("cats.animal.skai.io", "configmaps")
    .replaceAll('"group":"animal.skai.io",', "")
    .replaceAll('"kind":"cats"', '"kind":"configmaps"');
  return JSON.parse(text);
}

test.each<[string, Parameters<WebhookServer["on"]>[1], number]>([
  ["nothing", { allowed: false }, 400],
  ["a message", { allowed: false, status: { message: "not on a Monday" } }, 400],
  ["a reason", { allowed: false, status: { reason: "TooBusy" } }, 400],
  ["a code", { allowed: false, status: { message: "teapot", code: 418 } }, 418],
  ["a code that is none of an error", { allowed: false, status: { message: "fine", code: 200 } }, 400],
  [
    "a whole Status",
    {
      allowed: false,
      status: {
        code: 422,
        reason: "Invalid",
        message: "no",
        details: { name: "x", kind: "y", causes: [{ reason: "r", message: "m", field: "f" }], retryAfterSeconds: 2 },
      },
    },
    422,
  ],
  ["an error", { code: 500, text: "oh no" }, 500],
  ["an error in the words of another server", { code: 503, text: "busy" }, 500],
  ["no such path", { code: 404, text: "no" }, 500],
  ["a refusal of the call itself", { code: 403, text: "not you" }, 500],
  ["a wrong uid", { whole: ({ apiVersion, kind }) => ({ apiVersion, kind, response: { uid: "x" } }) }, 500],
  ["no response", { whole: ({ apiVersion, kind }) => ({ apiVersion, kind }) }, 500],
  ["a patch", { allowed: true, ...patchOf({ op: "remove", path: "/a" }) }, 500],
])("a validating webhook that answers %s refuses a cat as it refuses a ConfigMap", async (_, answer, code) => {
  webhooks.on("/deny", answer);
  const [expected, answered] = await createBoth("deny");
  expect(comparable(answered)).toEqual(comparable(expected));
  expect(answered.status).toBe(code);
});

test.each(["dead-fail", "late", "untrusted", "broken"])("the case %s is refused alike", async (name) => {
  webhooks.on("/late", "nothing");
  const [expected, answered] = await createBoth(name);
  expect(comparable(answered)).toEqual(comparable(expected));
  expect(answered.status).toBeGreaterThanOrEqual(400);
});

test.each(["dead-ignore", "unmet", "broken-ignore"])("the case %s passes alike", async (name) => {
  const answers = await createBoth(name, "?dryRun=All");
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  expect(webhooks.asked).toEqual([]);
});

test.each(conditions.map((expression, i) => [expression, `cel-${i}`]))(
  "the condition %s decides alike",
  async (_, name) => {
    webhooks.on(`/${name}`, { allowed: false, status: { message: "the condition is met" } });
    const [expected, answered] = await createBoth(name, "?fieldManager=me");
    // Errors are told in the words of another library.
    const withoutReason = (answer: unknown): unknown =>
      JSON.parse(JSON.stringify(comparable(answer)).replace(/(resulted in error: )[^"]*/, "$1..."));
    const told = (answer: RestAnswer): unknown => (answer.status === 201 ? "passes" : withoutReason(answer));
    expect(told(answered)).toEqual(told(expected));
  },
);

test("a mutating webhook changes a cat as it changes a ConfigMap, and is asked again after another has", async () => {
  let calls = 0;
  webhooks.on("/change", () => ({
    allowed: true,
    ...patchOf({ op: "add", path: "/metadata/annotations", value: { calls: String(++calls % 3) } }),
  }));
  const [expected, answered] = await createBoth("change");
  expect([expected.status, answered.status]).toEqual([201, 201]);
  const annotations = ({ body }: RestAnswer): unknown => (body["metadata"] as Json)["annotations"];
  expect(annotations(answered)).toEqual(annotations(expected));
  // Two webhooks, and the first once more.
  expect(webhooks.asked).toHaveLength(6);
});

test.each<[string, object[]]>([
  ["has no place", [{ op: "replace", path: "/nothing/here", value: 1 }]],
  ["has nothing to remove", [{ op: "remove", path: "/metadata/labels/none" }]],
  ["has no list to add to", [{ op: "add", path: "/nothing/here", value: 1 }]],
  ["fails its test", [{ op: "test", path: "/metadata/name", value: "no" }]],
  ["copies nothing", [{ op: "copy", from: "/nothing/here", path: "/metadata/name" }]],
  ["moves nothing", [{ op: "move", from: "/nothing/here", path: "/metadata/name" }]],
  ["is of an unknown kind", [{ op: "burn", path: "/metadata" }]],
])("a patch that %s is told alike", async (_, operations) => {
  webhooks.on("/change", { allowed: true, ...patchOf(...operations) });
  const [expected, answered] = await createBoth("change");
  expect(comparable(answered)).toEqual(comparable(expected));
  expect(answered.status).toBe(500);
});

/** What webhooks were asked at a path, without what differs between two kinds. */
function reviews(): readonly unknown[] {
  return webhooks.asked.map(({ path, query, review }) => {
    const { request, ...rest } = review;
    const { uid, kind, resource, requestKind, requestResource, object, oldObject, ...same } = request;
    const typed = [uid, kind, resource, requestKind, requestResource].map((value) => typeof value);
    const name = typeof same["name"] === "string" ? same["name"].replace(/^echo-.{5}$/, "<generated>") : undefined;
    return {
      path,
      query,
      ...rest,
      request: { ...same, name },
      typed,
      object: partsOf(object),
      oldObject: partsOf(oldObject),
    };
  });
}

/** Which metadata an object has, or that there is none. */
function partsOf(object: unknown): unknown {
  if (typeof object !== "object" || object === null) return object;
  const { apiVersion, kind, metadata } = object as Json;
  // ConfigMaps have no generation.
  const fields = Object.keys(metadata as Json).filter((name) => name !== "generation");
  return { typed: [typeof apiVersion, typeof kind], metadata: fields.toSorted() };
}

async function allVerbs(client: RestClient, path: string, body: object): Promise<readonly unknown[]> {
  webhooks.reset();
  webhooks.on("/echo", { allowed: true });
  const one = `${path}/echo`;
  const apply = { type: "application/apply-patch+yaml", body };
  const labels = { metadata: { labels: { more: "yes" } } };
  const generated = { ...body, metadata: { generateName: "echo-", labels: { case: "echo" } } };
  const answers = [
    await client.send("POST", `${path}?fieldManager=me&fieldValidation=Strict&dryRun=All`, { body }),
    await client.send("POST", `${path}?dryRun=All`, { body }),
    await client.send("POST", `${path}?dryRun=All`, { body: generated }),
    await client.send("POST", `${path}?fieldManager=me&fieldValidation=Strict`, { body }),
    await client.send("PUT", `${one}?fieldManager=me&fieldValidation=Warn`, { body }),
    await client.send("PATCH", `${one}?fieldManager=me&fieldValidation=Ignore`, {
      type: "application/merge-patch+json",
      body: labels,
    }),
    await client.send("PATCH", `${one}?fieldManager=you&force=true&fieldValidation=Strict`, apply),
    await client.send("DELETE", `${one}?gracePeriodSeconds=0&propagationPolicy=Background`),
    await client.send("PATCH", `${one}?fieldManager=you&fieldValidation=Strict`, apply),
    await client.send("DELETE", `${path}?labelSelector=case%3Decho&propagationPolicy=Orphan`),
  ];
  expect(
    answers.map(({ status }) => status),
    JSON.stringify(answers.at(-1)),
  ).toEqual([201, 201, 201, 201, 200, 200, 200, 200, 201, 200]);
  return reviews();
}

test("webhooks are asked about a cat what they are asked about a ConfigMap", async () => {
  const expected = await allVerbs(theirs, inTree, configMap("echo"));
  expect(await allVerbs(ours.client, cats, cat("echo"))).toEqual(expected);
  expect(expected).toHaveLength(20);
});

test("through kube-apiserver webhooks change, refuse and fail alike", async () => {
  const server = await startAggregatedServer(cluster);
  try {
    webhooks.on("/deny", { allowed: false, status: { message: "not on a Monday", code: 418 } });
    webhooks.on("/change", { allowed: true, ...patchOf({ op: "add", path: "/metadata/labels/more", value: "yes" }) });
    for (const name of ["deny", "dead-fail"]) {
      const [expected, answered] = await createBoth(name, "", theirs);
      expect(comparable(answered)).toEqual(comparable(expected));
    }
    const passed = await createBoth("dead-ignore", "?dryRun=All", theirs);
    expect(passed.map(({ status }) => status)).toEqual([201, 201]);
    const [, changed] = await createBoth("change", "?dryRun=All", theirs);
    expect(changed.body["metadata"]).toMatchObject({ labels: { case: "change", more: "yes" } });
  } finally {
    await server.kill();
  }
});

test("without the rights the server names the rule that it lacks, and once it has them writes pass", async () => {
  const user = await cluster.certificateFor({ name: "ann", groups: ["system:masters"] });
  const kubeconfig = await cluster.kubeconfigFor({ name: "poor" });
  const strict = await startAdmittingServer(cluster, user, kubeconfig);
  const lenient = await startAdmittingServer(cluster, user, kubeconfig, "ignore");
  try {
    const body = cat("poor");
    const advice = "(--admission-lookup-failure=ignore would let such writes pass)";
    const rule = "get, list, watch on namespaces (core)";
    expect(await strict.client.send("POST", cats, { body })).toMatchObject({
      status: 503,
      body: {
        reason: "ServiceUnavailable",
        message: `NamespaceLifecycle cannot judge this write: cannot list namespaces: grant ${rule} to poor ${advice}`,
      },
    });
    expect((await lenient.client.send("POST", cats, { body })).status).toBe(201);
    expect(lenient.told).toContainEqual(
      expect.stringContaining("ValidatingAdmissionWebhook lets writes pass unjudged"),
    );
    await cluster.apply(...rightsOf("poor"));
    await poll(
      async () => (await strict.client.send("POST", cats, { body })).status === 201,
      () => `writes do not pass: ${strict.told.join("\n")}`,
    );
  } finally {
    await strict.close();
    await lenient.close();
  }
});

function rightsOf(name: string): ClusterObject[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const verbs = ["get", "list", "watch"];
  const metadata = { name: `${name}-admission` };
  const resources = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"];
  return [
    {
      apiVersion,
      kind: "ClusterRole",
      metadata,
      rules: [
        { apiGroups: [""], resources: ["namespaces"], verbs },
        { apiGroups: ["admissionregistration.k8s.io"], resources, verbs },
      ],
    },
    {
      apiVersion,
      kind: "ClusterRoleBinding",
      metadata,
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: metadata.name },
    },
  ];
}
