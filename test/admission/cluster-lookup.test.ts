import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { newWidget } from "../registry/widget.ts";
import { refusal } from "../rest/requests.ts";
import { Admitted } from "./admitted.ts";
import type { Collection } from "./cluster.ts";

let admitted: Admitted;

beforeAll(async () => {
  admitted = await Admitted.start();
});

beforeEach(() => admitted.reset());

afterAll(() => admitted.close());

const core = "get, list, watch on namespaces (core)";
const group = "admissionregistration.k8s.io";

/** What may not be read, who says so, and by which rule it could. */
const lacking: [Collection, string, string][] = [
  ["namespaces", "NamespaceLifecycle", core],
  [
    "mutatingwebhookconfigurations",
    "MutatingAdmissionWebhook",
    `get, list, watch on mutatingwebhookconfigurations (${group})`,
  ],
  [
    "validatingwebhookconfigurations",
    "ValidatingAdmissionWebhook",
    `get, list, watch on validatingwebhookconfigurations (${group})`,
  ],
];

/** Creates a widget as far as admission has to do with it. */
async function create(): Promise<void> {
  await admitted.mutate();
  await admitted.validate();
}

test.each(lacking)(
  "without the right to read %s writes are refused, and the rule is named",
  async (what, plugin, rule) => {
    admitted.cluster.forbidden.add(what);
    admitted.reopen({});
    expect(await refusal(create)).toMatchObject({
      code: 503,
      reason: "ServiceUnavailable",
      message: `${plugin} cannot judge this write: cannot list ${what}: grant ${rule} to server (--admission-lookup-failure=ignore would let such writes pass)`,
    });
  },
);

test.each(lacking)(
  "without the right to read %s writes pass where that is wished, and the log says so",
  async (what, plugin, rule) => {
    admitted.cluster.forbidden.add(what);
    admitted.reopen({ lookupFailure: "ignore" });
    await create();
    await create();
    const { told } = admitted.admission;
    const trouble = `cannot list ${what}: grant ${rule} to server`;
    expect(told.filter((line) => line === `${plugin} lets writes pass unjudged: ${trouble}`)).toHaveLength(1);
    expect(told).toContain(trouble);
  },
);

test("what cannot be read does not keep a deletion from the namespace's own end", async () => {
  admitted.cluster.forbidden.add("namespaces");
  admitted.reopen({ enabled: new Set(["NamespaceLifecycle"] as const) });
  await expect(admitted.remove()).resolves.toBeUndefined();
});

test("the first look into the cluster is waited for, but not for ever", async () => {
  admitted.cluster.silent.add("namespaces");
  admitted.reopen({ waitMs: 50 });
  expect(await refusal(create)).toMatchObject({
    code: 403,
    reason: "Forbidden",
    message: 'widgets.example.dev "w" is forbidden: not yet ready to handle request',
  });
  admitted.reopen({ waitMs: 50, lookupFailure: "ignore" });
  await create();
  expect(admitted.admission.told).toContain(
    "NamespaceLifecycle lets writes pass unjudged: not yet ready to handle request",
  );
});

test("plugins that are not enabled read nothing and judge nothing", async () => {
  const { cluster } = admitted;
  cluster.api.asked.length = 0;
  admitted.reopen({ enabled: new Set() });
  expect(await admitted.mutate({ namespace: "nowhere" })).toEqual(newWidget());
  expect(admitted.admission.plugins.around([])).toEqual([]);
});

test("an author's own plugins stand after the lifecycle and before the webhooks", () => {
  const names = admitted.admission.plugins.around([{ name: "own" }]).map(({ name }) => name);
  expect(names).toEqual(["NamespaceLifecycle", "own", "MutatingAdmissionWebhook", "ValidatingAdmissionWebhook"]);
});

test("a server is ready once what writes need is there, and where they need nothing at once", () => {
  const all = ["namespaces", "mutatingwebhookconfigurations", "validatingwebhookconfigurations"];
  expect([...admitted.admission.plugins.copies.keys()]).toEqual(all);
  admitted.reopen({ lookupFailure: "ignore" });
  expect([...admitted.admission.plugins.copies.keys()]).toEqual([]);
});
