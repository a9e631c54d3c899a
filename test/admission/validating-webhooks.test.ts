import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { newWidget } from "../registry/widget.ts";
import { refusal } from "../rest/requests.ts";
import { Admitted } from "./admitted.ts";
import { patchOf, webhook, type WebhookAnswer } from "./webhook-server.ts";

let admitted: Admitted;

beforeAll(async () => {
  admitted = await Admitted.start();
});

beforeEach(() => admitted.reset());

afterAll(() => admitted.close());

const denied = 'admission webhook "w.dev" denied the request';

test.each<[string, object, object]>([
  ["nothing", {}, { code: 400, message: `${denied} without explanation` }],
  ["a message", { status: { message: "no" } }, { code: 400, message: `${denied}: no` }],
  ["a reason", { status: { reason: "Why" } }, { code: 400, message: `${denied}: Why`, reason: "Why" }],
  [
    "a whole Status",
    {
      status: {
        code: 422,
        reason: "Invalid",
        message: "no",
        status: "Success",
        details: { name: "w", causes: [{ reason: "r", message: "m", field: "spec" }], retryAfterSeconds: 3 },
      },
    },
    {
      status: "Failure",
      code: 422,
      reason: "Invalid",
      message: `${denied}: no`,
      details: { name: "w", causes: [{ reason: "r", message: "m", field: "spec" }], retryAfterSeconds: 3 },
    },
  ],
  ["a code that is none of an error", { status: { code: 200, message: "no" } }, { code: 400 }],
])("a refusal with %s", async (_, response, expected) => {
  const { webhooks } = admitted;
  webhooks.on("/w", { allowed: false, ...response });
  // The failure policy is about failures, not about refusals.
  admitted.configure("validating", [webhook("w.dev", webhooks.url("/w"), { failurePolicy: "Ignore" })]);
  expect(await refusal(() => admitted.validate())).toMatchObject(expected);
});

test("all webhooks are asked at once, and of several refusals the first in their order is told", async () => {
  const { webhooks } = admitted;
  for (const path of ["/a", "/b", "/c"]) {
    webhooks.on(path, { allowed: path === "/a", status: { message: path }, warnings: [path] });
  }
  admitted.configure(
    "validating",
    ["/a", "/b", "/c"].map((path) => webhook(path, webhooks.url(path))),
  );
  expect(await refusal(() => admitted.validate())).toMatchObject({
    message: 'admission webhook "/b" denied the request: /b',
  });
  expect(admitted.warnings.toSorted()).toEqual(["/a", "/b", "/c"]);
});

test("what is judged is what mutating webhooks have left", async () => {
  const { webhooks, cluster } = admitted;
  webhooks.on("/m", { allowed: true, ...patchOf({ op: "replace", path: "/spec/color", value: "blue" }) });
  webhooks.on("/v", { allowed: true });
  cluster.putUntold("mutatingwebhookconfigurations", "m", { webhooks: [webhook("m", webhooks.url("/m"))] });
  admitted.configure("validating", [webhook("v", webhooks.url("/v"))]);
  const object = await admitted.mutate();
  await admitted.validate({ object });
  expect(webhooks.asked.at(-1)?.review.request).toMatchObject({ object: { spec: { color: "blue" } } });
});

const failing = 'Internal error occurred: failed calling webhook "w.dev": ';

/** Answers that are none, and what is said of them. */
const failures: [string, WebhookAnswer, string | RegExp][] = [
  [
    "an error",
    { code: 500, text: "oh no\n" },
    'failed to call webhook: an error on the server ("oh no") has prevented the request from succeeding',
  ],
  ["no such path", { code: 404, text: "" }, "failed to call webhook: the server could not find the requested resource"],
  [
    "a redirect",
    { code: 302, text: "", headers: { location: "https://127.0.0.1:1/elsewhere" } },
    "failed to call webhook: the server responded with the status code 302 but did not return more information",
  ],
  ["no JSON", { whole: () => "hello" }, /^failed to call webhook: /],
  ["nothing in it", { whole: () => ({}) }, "received invalid webhook response: webhook response was absent"],
  [
    "another uid",
    { whole: ({ apiVersion, kind }) => ({ apiVersion, kind, response: { uid: "x", allowed: true } }) },
    /^received invalid webhook response: expected response.uid="[0-9a-f-]{36}", got "x"$/,
  ],
  [
    "another version",
    {
      whole: ({ kind, request: { uid } }) => ({ apiVersion: "v1", kind, response: { uid, allowed: true } }),
    },
    "received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got v1, Kind=AdmissionReview",
  ],
  [
    "a patch",
    { allowed: true, ...patchOf({ op: "remove", path: "/spec" }) },
    "received invalid webhook response: validating webhook may not return response.patch",
  ],
  [
    "a type of patch",
    { allowed: true, patchType: "JSONPatch" },
    "received invalid webhook response: validating webhook may not return response.patchType",
  ],
];

test.each(failures)("an answer with %s is a failure", async (_, answer, expected) => {
  const { webhooks } = admitted;
  webhooks.on("/w", answer);
  admitted.configure("validating", [webhook("w.dev", webhooks.url("/w"))]);
  const { message = "", code, reason } = await refusal(() => admitted.validate());
  expect({ code, reason }).toEqual({ code: 500, reason: "InternalError" });
  expect(message.startsWith(failing)).toBe(true);
  if (typeof expected === "string") expect(message).toBe(failing + expected);
  else expect(message.slice(failing.length)).toMatch(expected);
});

test.each(failures)("an answer with %s passes where failures are ignored", async (_, answer) => {
  const { webhooks } = admitted;
  webhooks.on("/w", answer);
  admitted.configure("validating", [webhook("w.dev", webhooks.url("/w"), { failurePolicy: "Ignore" })]);
  await admitted.validate();
  expect(admitted.annotations).toEqual([
    ["failed-open.validating.webhook.admission.k8s.io/round_0_index_0", "w.dev", "Metadata"],
  ]);
  expect(admitted.admission.told).toEqual([
    expect.stringContaining('ValidatingAdmissionWebhook: failed calling webhook "w.dev": '),
  ]);
});

test("answers of mutating webhooks with half a patch are failures", async () => {
  const { webhooks } = admitted;
  const { patch, patchType } = patchOf({ op: "remove", path: "/spec/size" });
  admitted.configure("mutating", [webhook("w.dev", webhooks.url("/w"))]);
  for (const [response, why] of [
    [{ patch }, "webhook returned response.patch but not response.patchType"],
    [{ patchType }, "webhook returned response.patchType but not response.patch"],
    [{ patch, patchType: "" }, 'webhook returned invalid response.patchType of ""'],
  ] as const) {
    webhooks.on("/w", { allowed: true, ...response });
    expect((await refusal(() => admitted.mutate())).message).toBe(
      `${failing}received invalid webhook response: ${why}`,
    );
  }
  webhooks.on("/w", { allowed: true, patchType: "Merge", patch });
  expect((await refusal(() => admitted.mutate())).message).toBe(`${failing}unsupported patch type "Merge"`);
  webhooks.on("/w", { allowed: true, patchType, patch: Buffer.from("{}").toString("base64") });
  expect((await refusal(() => admitted.mutate())).message).toContain("received undecodable patch in webhook response");
});

test("a webhook that takes the older AdmissionReview is asked with that", async () => {
  const { webhooks } = admitted;
  webhooks.on("/w", { whole: () => ({ response: { allowed: false } }) });
  admitted.configure("validating", [
    webhook("w.dev", webhooks.url("/w"), { admissionReviewVersions: ["v2", "v1beta1"] }),
  ]);
  expect(await refusal(() => admitted.validate())).toMatchObject({ message: `${denied} without explanation` });
  expect(webhooks.asked[0]?.review.apiVersion).toBe("admission.k8s.io/v1beta1");
});

test("a webhook that takes no known AdmissionReview cannot be asked", async () => {
  const { webhooks } = admitted;
  admitted.configure("validating", [webhook("w.dev", webhooks.url("/w"), { admissionReviewVersions: ["v2"] })]);
  expect((await refusal(() => admitted.validate())).message).toBe(
    `${failing}could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)`,
  );
});

test.each([
  ["None", true],
  ["NoneOnDryRun", true],
  ["Some", false],
  ["Unknown", false],
])("with side effects %s it is asked about a dry run: %s", async (sideEffects, isAsked) => {
  const { webhooks } = admitted;
  webhooks.on("/w", { allowed: true });
  admitted.configure("validating", [webhook("w.dev", webhooks.url("/w"), { sideEffects, failurePolicy: "Ignore" })]);
  if (isAsked) {
    await admitted.validate({ dryRun: true });
    expect(webhooks.asked[0]?.review.request).toMatchObject({ dryRun: true, options: { dryRun: ["All"] } });
    return;
  }
  expect(await refusal(() => admitted.validate({ dryRun: true }))).toMatchObject({
    code: 400,
    reason: "BadRequest",
    message: 'admission webhook "w.dev" does not support dry run',
  });
  expect(webhooks.asked).toEqual([]);
});

test("a webhook that takes too long is a failure, and so is one that is not there", async () => {
  const { webhooks } = admitted;
  webhooks.on("/w", "nothing");
  admitted.configure("validating", [webhook("w.dev", webhooks.url("/w"), { timeoutSeconds: 1 })]);
  const { url } = webhooks.url("/w");
  expect((await refusal(() => admitted.validate())).message).toBe(
    `${failing}failed to call webhook: Post "${url}?timeout=1s": context deadline exceeded`,
  );
  admitted.configure("validating", [webhook("w.dev", { url: "https://127.0.0.1:1/w" })]);
  expect((await refusal(() => admitted.validate())).message).toBe(
    `${failing}failed to call webhook: Post "https://127.0.0.1:1/w?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused`,
  );
});

test("a webhook whose certificate nobody trusts is a failure", async () => {
  const { webhooks } = admitted;
  admitted.configure("validating", [webhook("w.dev", { url: webhooks.url("/w").url })]);
  expect((await refusal(() => admitted.validate())).message).toContain(
    "tls: failed to verify certificate: x509: certificate signed by unknown authority",
  );
  expect(webhooks.asked).toEqual([]);
});

test("a request that is over does not wait for webhooks", async () => {
  const { webhooks } = admitted;
  webhooks.on("/w", "nothing");
  const over = new AbortController();
  admitted.configure("validating", [webhook("w.dev", webhooks.url("/w"), { failurePolicy: "Ignore" })]);
  const judged = refusal(() => admitted.validate({ signal: over.signal }));
  await expect.poll(() => webhooks.asked.length).toBe(1);
  over.abort();
  expect(await judged).toMatchObject({
    code: 504,
    message: "Timeout: request did not complete within requested timeout",
  });
});

test("connections are used again", async () => {
  const { webhooks } = admitted;
  webhooks.on("/w", { allowed: true });
  admitted.configure("validating", [webhook("w.dev", webhooks.url("/w"))]);
  const before = webhooks.connections;
  for (let i = 0; i < 5; i++) await admitted.validate({ object: newWidget({ name: `w${i}` }) });
  expect(webhooks.connections - before).toBe(1);
});

test("a call that finds an idle connection closed is made on another; one that closes a new one is a failure", async () => {
  const { webhooks } = admitted;
  const answers: WebhookAnswer[] = [{ allowed: true }, "hang up", { allowed: true }];
  webhooks.on("/w", () => answers.shift() ?? "hang up");
  admitted.configure("validating", [webhook("w.dev", webhooks.url("/w"))]);
  await admitted.validate();
  await admitted.validate();
  expect(webhooks.asked).toHaveLength(3);
  const { url } = webhooks.url("/w");
  expect((await refusal(() => admitted.validate())).message).toBe(
    `${failing}failed to call webhook: Post "${url}?timeout=10s": EOF`,
  );
});
