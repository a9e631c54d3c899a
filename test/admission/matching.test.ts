import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { newWidget } from "../registry/widget.ts";
import { refusal } from "../rest/requests.ts";
import { Admitted, type Write } from "./admitted.ts";
import { namespace, watched } from "./cluster.ts";
import { webhook } from "./webhook-server.ts";

let admitted: Admitted;

beforeAll(async () => {
  admitted = await Admitted.start();
});

beforeEach(() => admitted.reset());

afterAll(() => admitted.close());

const all = { apiGroups: ["*"], apiVersions: ["*"], resources: ["*"], operations: ["*"], scope: "*" };
const old = newWidget({ name: "w", labels: { old: "yes" } });

/** Whether a webhook is asked about a write; CREATE of a widget in `ns`, of the version v1, unless it says otherwise. */
async function isAsked(changes: object, write: Write & { readonly remove?: true } = {}): Promise<boolean> {
  const { webhooks } = admitted;
  webhooks.on("/w", { allowed: true });
  admitted.configure("validating", [webhook("w.dev", webhooks.url("/w"), changes)]);
  await (write.remove === true ? admitted.remove(write) : admitted.validate(write));
  return webhooks.asked.length > 0;
}

test.each<[string, object, Write & { readonly remove?: true }, boolean]>([
  ["everything", all, {}, true],
  ["its group", { ...all, apiGroups: ["other", "example.dev"] }, {}, true],
  ["another group", { ...all, apiGroups: ["other", ""] }, {}, false],
  ["its version", { ...all, apiVersions: ["v1"] }, {}, true],
  ["an equivalent version", { ...all, apiVersions: ["v1beta1"] }, {}, true],
  ["a version that is not served", { ...all, apiVersions: ["v2"] }, {}, false],
  ["its resource", { ...all, resources: ["gadgets", "widgets"] }, {}, true],
  ["another resource", { ...all, resources: ["gadgets"] }, {}, false],
  ["all subresources and not the resource", { ...all, resources: ["widgets/status"] }, {}, false],
  ["its subresource", { ...all, resources: ["widgets/status"] }, { subresource: "status", old }, true],
  ["any resource, which includes no subresource", all, { subresource: "status", old }, false],
  ["all of a resource", { ...all, resources: ["widgets/*"] }, { subresource: "status", old }, true],
  ["all of all resources", { ...all, resources: ["*/*"] }, { subresource: "status", old }, true],
  ["a subresource of all resources", { ...all, resources: ["*/status"] }, { subresource: "status", old }, true],
  ["another subresource", { ...all, resources: ["*/scale"] }, { subresource: "status", old }, false],
  ["its operation", { ...all, operations: ["UPDATE", "CREATE"] }, {}, true],
  ["another operation", { ...all, operations: ["UPDATE", "DELETE", "CONNECT"] }, {}, false],
  ["updates", { ...all, operations: ["UPDATE"] }, { old }, true],
  ["deletions", { ...all, operations: ["DELETE"] }, { remove: true }, true],
  ["what is in namespaces", { ...all, scope: "Namespaced" }, {}, true],
  ["what is in no namespace", { ...all, scope: "Cluster" }, {}, false],
])("a rule about %s", async (_, rule, write, expected) => {
  expect(await isAsked({ rules: [{ ...all, operations: [] }, rule] }, write)).toBe(expected);
});

test("with the match policy Exact an equivalent version does not count", async () => {
  const rules = [{ ...all, apiVersions: ["v1beta1"] }];
  expect(await isAsked({ rules, matchPolicy: "Exact" })).toBe(false);
  expect(await isAsked({ rules, matchPolicy: "Exact" }, { version: "v1beta1" })).toBe(true);
});

const labelled = newWidget({ name: "w", labels: { a: "b" } });

test.each<[string, object, Write & { readonly remove?: true }, boolean]>([
  ["the new object", { matchLabels: { a: "b" } }, { object: labelled }, true],
  ["neither", { matchLabels: { a: "b" } }, { old }, false],
  ["the old object", { matchLabels: { old: "yes" } }, { object: labelled, old }, true],
  ["what goes", { matchExpressions: [{ key: "old", operator: "Exists" }] }, { old, remove: true }, true],
  ["what has no labels", { matchExpressions: [{ key: "old", operator: "DoesNotExist" }] }, {}, true],
])("an object selector that matches %s", async (_, objectSelector, write, expected) => {
  expect(await isAsked({ objectSelector }, write)).toBe(expected);
});

test.each([
  ["dev", true],
  ["ns", false],
])("a namespace selector goes by the labels of the namespace %s", async (where, expected) => {
  admitted.cluster.putUntold("namespaces", "dev", namespace("Active", { tier: "dev" }));
  expect(await isAsked({ namespaceSelector: { matchLabels: { tier: "dev" } } }, { namespace: where })).toBe(expected);
});

test("a namespace that the copy has not is asked for; one that is not there is 404, for webhooks whose rules match", async () => {
  const { webhooks, cluster } = admitted;
  webhooks.on("/w", { allowed: true });
  const namespaceSelector = { matchLabels: { tier: "dev" } };
  const other = webhook("other.dev", webhooks.url("/w"), { namespaceSelector, rules: [{ ...all, operations: [] }] });
  admitted.configure("validating", [other, webhook("w.dev", webhooks.url("/w"), { namespaceSelector })]);
  await admitted.validate();
  await watched(cluster);
  cluster.putUntold("namespaces", "new", namespace("Active", { tier: "dev" }));
  await admitted.validate({ namespace: "new" });
  expect(webhooks.asked).toHaveLength(1);
  expect(await refusal(() => admitted.validate({ namespace: "nowhere" }))).toMatchObject({
    code: 404,
    message: 'namespaces "nowhere" not found',
  });
});

test("a selector that is none is an error of the server", async () => {
  const namespaceSelector = { matchExpressions: [{ key: "a", operator: "Likes" }] };
  expect(await refusal(() => isAsked({ namespaceSelector }))).toMatchObject({
    code: 500,
    message: 'Internal error occurred: "Likes" is not a valid label selector operator',
  });
});

test("conditions see the object in the version that the rule names", async () => {
  const rules = [{ ...all, apiVersions: ["v1beta1"] }];
  const matchConditions = [{ name: "c", expression: "object.spec.colour == 'green' && oldObject == null" }];
  expect(await isAsked({ rules, matchConditions })).toBe(true);
});

test("an error in a condition refuses the write, or passes the webhook over where failures are ignored", async () => {
  const matchConditions = [{ name: "c", expression: "object.spec.nothing == 'x'" }];
  expect(await refusal(() => isAsked({ matchConditions }))).toMatchObject({
    code: 403,
    reason: "Forbidden",
    message:
      "widgets.example.dev \"w\" is forbidden: expression 'object.spec.nothing == 'x'' resulted in error: no such key: nothing",
  });
  expect(await isAsked({ matchConditions, failurePolicy: "Ignore" })).toBe(false);
});

test("a webhook behind a Service is reached by the Service's name, which its certificate must have", async () => {
  const { webhooks, cluster } = admitted;
  const lookups: string[] = [];
  const service = { name: "hook", namespace: "prod", path: "/w", port: webhooks.port };
  cluster.putUntold("validatingwebhookconfigurations", "c", {
    webhooks: [webhook("w.dev", { service, caBundle: webhooks.caBundle })],
  });
  admitted.reopen({
    lookup: (host, options, done) => {
      lookups.push(host);
      if (options.all === true) done(null, [{ address: "127.0.0.1", family: 4 }]);
      else done(null, "127.0.0.1", 4);
    },
  });
  const { message = "" } = await refusal(() => admitted.validate());
  expect(lookups).toEqual(["hook.prod.svc"]);
  // The certificate of this server is for its address alone.
  expect(message).toContain(
    `failed calling webhook "w.dev": failed to call webhook: Post "https://hook.prod.svc:${webhooks.port}/w?timeout=10s": tls: failed to verify certificate: x509: `,
  );
});
