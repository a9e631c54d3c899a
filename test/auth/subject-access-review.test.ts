import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { AuthorizationAttributes, Authorizer, Decision } from "../../runtime/auth/authorizer.ts";
import {
  subjectAccessReviewAuthorizer,
  type SubjectAccessReviewOptions,
} from "../../runtime/auth/subject-access-review.ts";
import { requestInfo } from "../../runtime/http/request-info.ts";
import type { UserInfo } from "../../runtime/meta/user-info.ts";
import { gate } from "../http/gate.ts";
import { startReviewServer, type ReviewAnswer, type ReviewServer } from "./review-server.ts";

const cats = "/apis/animal.skai.io/v1alpha1/namespaces/ns/cats";
const ann: UserInfo = { name: "ann", uid: "", groups: ["dev"], extra: {} };
const forever = { signal: new AbortController().signal };
const allowAll: ReviewAnswer = { status: { allowed: true } };

let server: ReviewServer;
beforeAll(async () => {
  server = await startReviewServer();
});
beforeEach(() => {
  server.asked.length = 0;
  server.answer = () => allowAll;
});
afterAll(() => server.close());

function authorizer(options: SubjectAccessReviewOptions = {}): Authorizer {
  return subjectAccessReviewAuthorizer(server.client, {
    ...options,
    limits: { retryDelayMs: 1, ...options.limits },
  });
}

async function specOf(method: string, url: string, user = ann): Promise<object | undefined> {
  await authorizer()(user, requestInfo(method, url), forever);
  return server.asked[0]?.body.spec;
}

test("a review is of authorization.k8s.io/v1, with the whole user", async () => {
  const user: UserInfo = {
    name: "system:serviceaccount:a:b",
    uid: "u-1",
    groups: ["g", "system:authenticated"],
    extra: { "authentication.kubernetes.io/pod-name": ["p"], scopes: ["x", "y"] },
  };
  await authorizer()(user, requestInfo("PUT", `${cats}/tom/status`), forever);
  expect(server.asked).toEqual([
    {
      path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        metadata: {},
        spec: {
          user: user.name,
          uid: user.uid,
          groups: user.groups,
          extra: user.extra,
          resourceAttributes: {
            namespace: "ns",
            verb: "update",
            group: "animal.skai.io",
            version: "v1alpha1",
            resource: "cats",
            subresource: "status",
            name: "tom",
          },
        },
      },
    },
  ]);
});

test.each([
  ["GET", "/metrics", { nonResourceAttributes: { path: "/metrics", verb: "get" } }],
  ["POST", "/a%2Fb", { nonResourceAttributes: { path: "/a/b", verb: "post" } }],
  ["GET", "/api/v1/nodes", { resourceAttributes: { verb: "list", version: "v1", resource: "nodes" } }],
])("%s %s is asked about in its terms", async (method, url, spec) => {
  expect(await specOf(method, url)).toEqual({ user: "ann", groups: ["dev"], ...spec });
});

const requirements = (...them: object[]): object => ({ requirements: them });

test.each<[string, object]>([
  ["fieldSelector=metadata.name=tom", { name: "tom", fieldSelector: requirements(is("metadata.name", "tom")) }],
  [
    "fieldSelector=spec.a==x,spec.b!=y",
    { fieldSelector: requirements(is("spec.a", "x"), { key: "spec.b", operator: "NotIn", values: ["y"] }) },
  ],
  ["fieldSelector=nonsense", {}],
  [
    "labelSelector=a=b,c!=d,e in (g,f),h notin (i),j,!k",
    {
      labelSelector: requirements(
        is("a", "b"),
        { key: "c", operator: "NotIn", values: ["d"] },
        { key: "e", operator: "In", values: ["f", "g"] },
        { key: "h", operator: "NotIn", values: ["i"] },
        { key: "j", operator: "Exists" },
        { key: "k", operator: "DoesNotExist" },
      ),
    },
  ],
  ["labelSelector=a>1,b", { labelSelector: requirements({ key: "b", operator: "Exists" }) }],
  ["labelSelector=a>1", {}],
  ["labelSelector=(", {}],
  ["labelSelector=", {}],
])("a list with %s asks for no more than that", async (query, expected) => {
  const url = `${cats}?${query.replaceAll("!", "%21").replaceAll(" ", "%20")}`;
  expect(await specOf("GET", url)).toEqual({
    user: "ann",
    groups: ["dev"],
    resourceAttributes: {
      namespace: "ns",
      verb: "list",
      group: "animal.skai.io",
      version: "v1alpha1",
      resource: "cats",
      ...expected,
    },
  });
});

function is(key: string, value: string): object {
  return { key, operator: "In", values: [value] };
}

test.each<[object, Decision | RegExp]>([
  [{ allowed: true }, { allowed: true }],
  [
    { allowed: true, reason: "by a role" },
    { allowed: true, reason: "by a role" },
  ],
  [{ allowed: false }, { allowed: false, reason: "" }],
  [
    { allowed: false, reason: "no role", evaluationError: "x" },
    { allowed: false, reason: "no role" },
  ],
  [
    { denied: true, reason: "never" },
    { allowed: false, reason: "never" },
  ],
  [{}, { allowed: false, reason: "" }],
  [{ allowed: "true" }, { allowed: false, reason: "" }],
  [{ allowed: true, denied: true }, /both allow and deny/],
])("the status %j is understood", async (status, expected) => {
  server.answer = () => ({ status });
  const decision = authorizer()(ann, requestInfo("GET", cats), forever);
  await (expected instanceof RegExp
    ? expect(decision).rejects.toThrow(expected)
    : expect(decision).resolves.toEqual(expected));
});

test("what was decided is answered at once until its time is up: what was allowed and refused, each its own", async () => {
  let nowMs = 0;
  server.answer = ({ body }) => ({ status: { allowed: body.spec.resourceAttributes?.verb === "get" } });
  const authorize = authorizer({ now: () => nowMs, allowedTtlMs: 20, refusedTtlMs: 10 });
  const ask = (method: string): Decision | Promise<Decision> =>
    authorize({ ...ann }, requestInfo(method, `${cats}/tom`), forever);
  expect(ask("GET")).toBeInstanceOf(Promise);
  for (const method of ["GET", "DELETE"]) await ask(method);
  nowMs = 9;
  expect([ask("GET"), ask("DELETE")]).toMatchObject([{ allowed: true }, { allowed: false }]);
  nowMs = 10;
  expect([ask("GET"), await ask("DELETE")]).toMatchObject([{ allowed: true }, { allowed: false }]);
  expect(server.asked).toHaveLength(3);
  nowMs = 20;
  await ask("GET");
  expect(server.asked).toHaveLength(4);
});

test("with no time to remember every question is asked", async () => {
  const authorize = authorizer({ allowedTtlMs: 0 });
  for (const _ of [1, 2]) await authorize(ann, requestInfo("GET", cats), forever);
  expect(server.asked).toHaveLength(2);
});

const tom = requestInfo("GET", `${cats}/tom`);

test.each<[string, Partial<UserInfo>, Partial<AuthorizationAttributes>]>([
  ["name", { name: "an" }, {}],
  ["uid", { uid: "1" }, {}],
  ["name and uid, cut elsewhere", { name: "an", uid: "n" }, {}],
  ["groups", { groups: [] }, {}],
  ["groups, cut elsewhere", { groups: ["d", "ev"] }, {}],
  ["extra", { extra: { a: ["b"] } }, {}],
  ["extra values", { extra: { a: [] } }, {}],
  ["verb", {}, { verb: "list" }],
  ["group", {}, { apiGroup: "x" }],
  ["version", {}, { apiVersion: "v1" }],
  ["namespace", {}, { namespace: "n" }],
  ["namespace and name, cut elsewhere", {}, { namespace: "n", name: "stom" }],
  ["resource", {}, { resource: "dogs" }],
  ["subresource", {}, { subresource: "status" }],
  ["name of the object", {}, { name: "tim" }],
  ["field selector", {}, { fieldSelector: "a=b" }],
  ["label selector", {}, { labelSelector: "a=b" }],
  ["kind of request", {}, { isResourceRequest: false }],
])("a question that differs in the %s is another one", async (_what, user, attributes) => {
  const authorize = authorizer();
  await authorize(ann, tom, forever);
  await authorize({ ...ann, ...user }, { ...tom, ...attributes }, forever);
  expect(server.asked).toHaveLength(2);
  expect(authorize({ ...ann, ...user }, { ...tom, ...attributes }, forever)).not.toBeInstanceOf(Promise);
});

test("users that are equal are one, frozen or not", async () => {
  const authorize = authorizer();
  await authorize(ann, tom, forever);
  for (const same of [{ ...ann }, Object.freeze({ ...ann }), { ...ann, groups: [...ann.groups] }]) {
    for (const _ of [1, 2]) expect(authorize(same, tom, forever)).toEqual({ allowed: true });
  }
  await authorize(Object.freeze({ ...ann, name: "eve" }), tom, forever);
  expect(server.asked).toHaveLength(2);
});

test("a question of which the client chose very much is not remembered", async () => {
  const authorize = authorizer();
  const long = requestInfo("GET", `/${"a".repeat(10_000)}`);
  for (const _ of [1, 2]) await authorize(ann, long, forever);
  expect(server.asked).toHaveLength(2);
});

test("equal questions at the same time are one review; who gives up leaves the others waiting", async () => {
  const { opened, open } = gate();
  server.answer = () => opened.then(() => allowAll);
  const authorize = authorizer();
  const impatient = new AbortController();
  const gaveUp = Promise.resolve(authorize(ann, tom, impatient));
  const others = [1, 2, 3].map(() => Promise.resolve(authorize({ ...ann }, tom, forever)));
  impatient.abort(new Error("gone"));
  await expect(gaveUp).rejects.toThrow("gone");
  await expect.poll(() => server.asked.length).toBe(1);
  open();
  expect(await Promise.all(others)).toEqual([{ allowed: true }, { allowed: true }, { allowed: true }]);
  expect(server.asked).toHaveLength(1);
});

test("a review for which nobody waits any more is given up, and asked again when somebody does", async () => {
  server.answer = () => undefined;
  const authorize = authorizer();
  const impatient = new AbortController();
  const gaveUp = Promise.resolve(authorize(ann, tom, impatient));
  await expect.poll(() => server.asked.length).toBe(1);
  impatient.abort(new Error("gone"));
  server.answer = () => allowAll;
  const again = authorize(ann, tom, forever);
  await expect(gaveUp).rejects.toThrow("gone");
  expect(await again).toEqual({ allowed: true });
});

test("so many reviews are asked at once, so many wait, and more are refused", async () => {
  const { opened, open } = gate();
  server.answer = () => opened.then(() => allowAll);
  const authorize = authorizer({ limits: { atOnceMax: 2, waitingMax: 1 } });
  const questions = ["a", "b", "c", "d"].map((name) =>
    Promise.resolve(authorize(ann, { ...tom, name }, forever)).then(
      ({ allowed }) => allowed,
      (error: Error) => error.message,
    ),
  );
  expect(await questions[3]).toMatch(/^Internal Server Error: ".*tom": too many reviews are waiting/);
  await expect.poll(() => server.asked.length).toBe(2);
  open();
  expect((await Promise.all(questions)).slice(0, 3)).toEqual([true, true, true]);
  expect(server.asked).toHaveLength(3);
});

test.each<[string, { readonly code: number; readonly headers?: object }, number]>([
  ["a fault", { code: 500 }, 5],
  ["a time-out", { code: 504 }, 5],
  ["too many requests", { code: 429 }, 5],
  ["a wish to be left alone for a while", { code: 503, headers: { "retry-after": "0.001" } }, 5],
  ["a refusal", { code: 403 }, 1],
  ["an unavailable server", { code: 503 }, 1],
  ["a bad request", { code: 400 }, 1],
])("%s is asked again as often as it makes sense", async (_what, answer, times) => {
  server.answer = () => answer;
  const authorize = authorizer();
  const failed = Promise.resolve(authorize(ann, tom, forever));
  await expect(failed).rejects.toMatchObject({
    status: {
      code: 500,
      reason: "InternalError",
      message: `Internal Server Error: "${tom.path}": it is ${answer.code}`,
    },
  });
  expect(server.asked).toHaveLength(times);
});

test("an answer that is no review is an error", async () => {
  server.answer = () => ({ code: 200 });
  await expect(authorizer()(ann, tom, forever)).rejects.toThrow("returned no status");
});

test("a failure that passes is not noticed, and none is remembered", async () => {
  let left = 2;
  server.answer = () => (left-- > 0 ? (left === 0 ? "reset" : { code: 500 }) : allowAll);
  expect(await authorizer()(ann, tom, forever)).toEqual({ allowed: true });
  const once = authorizer({ limits: { attemptsMax: 1 } });
  server.answer = () => ({ code: 500 });
  await expect(once(ann, tom, forever)).rejects.toThrow("it is 500");
  server.answer = () => allowAll;
  expect(await once(ann, tom, forever)).toEqual({ allowed: true });
});

test("an attempt that takes too long is an error", async () => {
  server.answer = () => undefined;
  const authorize = authorizer({ limits: { attemptTimeoutMs: 20 } });
  await expect(authorize(ann, tom, forever)).rejects.toMatchObject({ status: { code: 500, reason: "InternalError" } });
  expect(server.asked.length).toBeLessThanOrEqual(2);
});
