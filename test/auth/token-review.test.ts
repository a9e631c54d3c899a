import { afterEach, beforeEach, expect, test } from "vitest";
import { authenticate } from "../../runtime/auth/authenticator.ts";
import { tokenReviewAuthenticator, type TokenReviewOptions } from "../../runtime/auth/token-review.ts";
import { clusterClient, type ClusterClient } from "../../runtime/cluster/client.ts";
import { fieldsOf } from "../../runtime/cluster/cluster-error.ts";
import { StatusError } from "../../runtime/meta/status-error.ts";
import { startKubeApi, status, until, type Asked, type KubeApi } from "../cluster-client/kube-api.ts";

let api: KubeApi;
let client: ClusterClient;
let told: string[];
let nowMs: number;

beforeEach(async () => {
  told = [];
  nowMs = 0;
  api = await startKubeApi(byToken);
  client = clusterClient(api.config);
});

afterEach(async () => {
  client.close();
  await api.close();
});

function tokenOf({ body }: Asked): string {
  return String(fieldsOf(fieldsOf(body)["spec"])["token"]);
}

/** Tokens that begin with `good` are those of a user of that name. */
function byToken(asked: Asked): void {
  const token = tokenOf(asked);
  const user = { username: token, uid: "7", groups: ["dev", "system:authenticated"], extra: { k: ["v"] } };
  reply(asked, token.startsWith("good") ? { authenticated: true, user } : { authenticated: false });
}

function reply({ json, body }: Asked, answer: object): void {
  json(201, { ...fieldsOf(body), status: answer });
}

function recogniser(options: Partial<TokenReviewOptions> = {}): (token: string) => Promise<unknown> {
  const authenticator = tokenReviewAuthenticator(client, {
    ttlMs: 10_000,
    tell: (line) => told.push(line),
    now: () => nowMs,
    limits: { retryDelayMs: 1 },
    ...options,
  });
  const nothing = { clientCertificate: undefined, headers: {}, rawHeaders: [], receivedAtMs: 0 };
  return async (bearerToken) => {
    try {
      return await authenticate([authenticator], { ...nothing, bearerToken }, new AbortController());
    } catch (error) {
      return error instanceof StatusError ? error.status.code : error;
    }
  };
}

test("a good token is the user's that the kube-apiserver names", async () => {
  let question: unknown;
  api.answer = (asked) => {
    question = asked.body;
    byToken(asked);
  };
  expect(await recogniser()("good-ann")).toEqual({
    name: "good-ann",
    uid: "7",
    groups: ["dev", "system:authenticated"],
    extra: { k: ["v"] },
  });
  expect(api.asked).toEqual(["POST /apis/authentication.k8s.io/v1/tokenreviews"]);
  expect(question).toEqual({
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    metadata: {},
    spec: { token: "good-ann" },
  });
});

test.each<[string, (asked: Asked) => void]>([
  ["is no good", byToken],
  ["the kube-apiserver has something against", (asked) => reply(asked, { authenticated: false, error: "expired" })],
  ["is nobody's", (asked) => reply(asked, { authenticated: true, user: {} })],
  ["gets no status", ({ json }) => json(201, {})],
  ["cannot be asked for", ({ json }) => json(403, status(403, "Forbidden", "no"))],
])("a token that %s is 401", async (_what, answer) => {
  api.answer = answer;
  expect(await recogniser()("bad")).toBe(401);
});

test("what was said holds for ten seconds, of good tokens and of bad ones", async () => {
  const recognise = recogniser();
  for (const atMs of [0, 5_000, 9_999]) {
    nowMs = atMs;
    expect(await recognise("good")).toMatchObject({ name: "good" });
    expect(await recognise("bad")).toBe(401);
  }
  expect(api.asked).toHaveLength(2);
  nowMs = 10_000;
  api.answer = (asked) => reply(asked, { authenticated: false });
  expect(await recognise("good")).toBe(401);
  expect(api.asked).toHaveLength(3);
});

test("with a time of 0 every token is asked for", async () => {
  const recognise = recogniser({ ttlMs: 0 });
  await recognise("good");
  await recognise("good");
  expect(api.asked).toHaveLength(2);
});

test("failures are not remembered, and told once, with the right that is missing", async () => {
  const message =
    'tokenreviews.authentication.k8s.io is forbidden: User "system:serviceaccount:default:x" cannot create resource "tokenreviews" in API group "authentication.k8s.io" at the cluster scope';
  api.answer = ({ json }) => json(403, status(403, "Forbidden", message));
  const recognise = recogniser();
  expect(await recognise("good")).toBe(401);
  expect(await recognise("good")).toBe(401);
  const trouble =
    "cannot review tokens: grant create on tokenreviews (authentication.k8s.io) to system:serviceaccount:default:x";
  expect(told).toEqual([trouble]);
  api.answer = byToken;
  expect(await recognise("good")).toMatchObject({ name: "good" });
  expect(told).toEqual([trouble, "tokens can be reviewed again"]);
});

test("a failure that passes is waited out", async () => {
  let failures = 0;
  api.answer = (asked) => {
    if (failures++ < 2) asked.json(500, status(500, "InternalError", "etcd"));
    else byToken(asked);
  };
  expect(await recogniser()("good")).toMatchObject({ name: "good" });
  expect(told).toEqual([]);
});

test("a token of many requests at once is asked for once", async () => {
  const waiting: Asked[] = [];
  api.answer = (asked) => waiting.push(asked);
  const recognise = recogniser();
  const answers = Promise.all([recognise("good"), recognise("good"), recognise("good")]);
  await until(() => waiting.length > 0);
  for (const asked of waiting) byToken(asked);
  expect(await answers).toHaveLength(3);
  expect(api.asked).toHaveLength(1);
});

test("bad tokens do not crowd out good ones", async () => {
  const recognise = recogniser();
  await recognise("good");
  for (let i = 0; i < 50; i++) await recognise(`bad-${i}`);
  const before = api.asked.length;
  await recognise("good");
  expect(api.asked).toHaveLength(before);
});

test.each<[string, string[] | undefined, object]>([
  ["one of ours", ["cats", "others"], { name: "good" }],
  ["others", ["others"], expect.any(Object)],
  ["nobody that is named", undefined, expect.any(Object)],
])("a token for %s, where the audience counts", async (_what, audiences, expected) => {
  let spec: unknown;
  api.answer = (asked) => {
    spec = fieldsOf(asked.body)["spec"];
    reply(asked, {
      authenticated: true,
      user: { username: "good" },
      ...(audiences === undefined ? {} : { audiences }),
    });
  };
  const user = await recogniser({ audiences: ["cats"] })("good");
  expect(spec).toEqual({ token: "good", audiences: ["cats"] });
  if (audiences?.includes("cats") === true) expect(user).toMatchObject(expected);
  else expect(user).toBe(401);
});

test("users and their extra fields cannot be changed, whatever their keys", async () => {
  api.answer = ({ response }) => {
    const text = `{"status":{"authenticated":true,"user":{"username":"a","extra":{"__proto__":["x"]}}}}`;
    response.writeHead(201).end(text);
  };
  const user = (await recogniser()("good")) as { groups: string[]; extra: object };
  expect(Object.entries(user.extra)).toEqual([["__proto__", ["x"]]]);
  expect(Object.isFrozen(user.extra)).toBe(true);
  expect(user.groups).toEqual(["system:authenticated"]);
});
