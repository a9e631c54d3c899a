import { once } from "node:events";
import http, { IncomingMessage, ServerResponse } from "node:http";
import { Socket, type AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { undecided, type AuthorizationAttributes } from "../../runtime/auth/authorizer.ts";
import type { Status } from "../../runtime/meta/v1.ts";
import type { UserInfo } from "../../runtime/meta/user-info.ts";
import { impersonate } from "../../runtime/http/impersonation.ts";
import { newRequestState } from "../../runtime/http/request-state.ts";
import { http2Session, issueAll, listen, overHttp2 } from "./tls-fixture.ts";
import { widgetApp, widgets } from "./widget-app.ts";

const ann: UserInfo = { name: "ann", uid: "", groups: ["ops", "system:authenticated"], extra: {} };

/** What was asked, as `user verb resource group/version namespace name`, and what is refused of it. */
const asked: string[] = [];
let refused: RegExp | undefined;
/** Whom the request was made as. */
let served: UserInfo | undefined;

const options = {
  authenticators: [(): UserInfo => ann],
  authorizer: (user: UserInfo, attributes: AuthorizationAttributes) => {
    if (attributes.verb !== "impersonate") {
      served = user;
      return { allowed: true as const };
    }
    const { resource, subresource, apiGroup, apiVersion, namespace, name } = attributes;
    const what = subresource === "" ? resource : `${resource}/${subresource}`;
    const question = `${user.name}: ${what} ${apiGroup}/${apiVersion} ${namespace}/${name}`;
    asked.push(question);
    if (name === "nobody-knows") throw undecided(attributes, new Error("no answer"));
    if (refused?.test(question) !== true) return { allowed: true as const };
    return { allowed: false as const, reason: "no rule" };
  },
};
const app = widgetApp(options);
let port: number;

beforeAll(async () => {
  await app.listen({ host: "127.0.0.1", port: 0 });
  ({ port } = app.server.address() as AddressInfo);
});
beforeEach(() => {
  asked.length = 0;
  refused = undefined;
  served = undefined;
});
afterAll(() => app.close());

/** Header names and values, one pair after the other. */
type Headers = readonly (readonly [string, string])[];

async function send(headers: Headers): Promise<{ readonly code: number; readonly status: Status }> {
  const raw = [["Host", "localhost"], ...headers].flat();
  const request = http.request({ port, path: widgets, agent: false, headers: raw });
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return { code: response.statusCode ?? 0, status: (await json(response)) as Status };
}

const user = ["Impersonate-User", "bob"] as const;
const bob = { name: "bob", uid: "", groups: ["system:authenticated"], extra: {} };
const account = "system:serviceaccount:default:robot";
const accountGroups = ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"];

test.each<[string, Headers, Partial<UserInfo>, readonly string[]]>([
  ["nobody", [], ann, []],
  ["a user", [user], {}, ["users /v1 /bob"]],
  ["a user, in other case", [["IMPERSONATE-user", "bob"]], {}, ["users /v1 /bob"]],
  ["a user of another tongue", [["Impersonate-User", "j\u00c3\u00bcrgen"]], { name: "jürgen" }, ["users /v1 /jürgen"]],
  [
    "a user with a UID",
    [["Impersonate-Uid", "u-1"], user],
    { uid: "u-1" },
    ["users /v1 /bob", "uids authentication.k8s.io/v1 /u-1"],
  ],
  [
    "groups, of which one has a comma in it",
    [user, ["Impersonate-Group", "a,b"], ["impersonate-group", "c"]],
    { groups: ["a,b", "c", "system:authenticated"] },
    ["users /v1 /bob", "groups /v1 /a,b", "groups /v1 /c"],
  ],
  [
    "the group of all that are known",
    [user, ["Impersonate-Group", "system:authenticated"]],
    {},
    ["users /v1 /bob", "groups /v1 /system:authenticated"],
  ],
  [
    "the group of all that are not",
    [user, ["Impersonate-Group", "system:unauthenticated"]],
    { groups: ["system:unauthenticated"] },
    ["users /v1 /bob", "groups /v1 /system:unauthenticated"],
  ],
  [
    "the anonymous user",
    [["Impersonate-User", "system:anonymous"]],
    { name: "system:anonymous", groups: ["system:unauthenticated"] },
    ["users /v1 /system:anonymous"],
  ],
  [
    "extra values",
    [
      user,
      ["Impersonate-Extra-Scopes", "x"],
      ["Impersonate-Extra-scopes", "y, z"],
      ["Impersonate-Extra-Example.com%2fA%c3%a9", "v"],
      ["Impersonate-Extra-50%zz", "w"],
    ],
    { extra: { scopes: ["x", "y, z"], "example.com/aé": ["v"], "50%zz": ["w"] } },
    [
      "users /v1 /bob",
      "userextras/scopes authentication.k8s.io/v1 /x",
      "userextras/scopes authentication.k8s.io/v1 /y, z",
      "userextras/example.com/aé authentication.k8s.io/v1 /v",
      "userextras/50%zz authentication.k8s.io/v1 /w",
    ],
  ],
  [
    "a service account",
    [["Impersonate-User", account]],
    { name: account, groups: accountGroups },
    ["serviceaccounts /v1 default/robot"],
  ],
  [
    "a service account with other groups",
    [
      ["Impersonate-User", account],
      ["Impersonate-Group", "g"],
    ],
    { name: account, groups: ["g", "system:authenticated"] },
    ["serviceaccounts /v1 default/robot", "groups /v1 /g"],
  ],
  ...["a:b:c", "a", "A:b", "a:B", ":b", "a:"].map((rest): [string, Headers, Partial<UserInfo>, readonly string[]] => [
    `what is no service account: ${rest}`,
    [["Impersonate-User", `system:serviceaccount:${rest}`]],
    { name: `system:serviceaccount:${rest}` },
    [`users /v1 /system:serviceaccount:${rest}`],
  ]),
  ["the first of two users", [user, ["Impersonate-User", "eve"]], {}, ["users /v1 /bob"]],
])("to act for %s takes the right to each part of it", async (_what, headers, expected, questions) => {
  expect((await send(headers)).code).toBe(200);
  expect(served).toEqual({ ...bob, ...expected });
  expect(asked).toEqual(questions.map((question) => `ann: ${question}`));
});

test("extra values of any name are no more than that", async () => {
  expect((await send([user, ["Impersonate-Extra-__proto__", "x"], ["Impersonate-Extra-constructor", "y"]])).code).toBe(
    200,
  );
  expect(Object.entries(served?.extra ?? {})).toEqual([
    ["__proto__", ["x"]],
    ["constructor", ["y"]],
  ]);
  expect(Object.getPrototypeOf(served?.extra)).toBe(Object.prototype);
});

test.each<[string, string, object]>([
  [
    "users",
    'users "bob" is forbidden: User "ann" cannot impersonate resource "users" in API group "" at the cluster scope',
    { name: "bob", kind: "users" },
  ],
  [
    "groups /v1 /b",
    'groups "b" is forbidden: User "ann" cannot impersonate resource "groups" in API group "" at the cluster scope',
    { name: "b", kind: "groups" },
  ],
  [
    "uids",
    'uids.authentication.k8s.io "u-1" is forbidden: User "ann" cannot impersonate resource "uids" in API group "authentication.k8s.io" at the cluster scope',
    { name: "u-1", group: "authentication.k8s.io", kind: "uids" },
  ],
  [
    "userextras",
    'userextras.authentication.k8s.io "x" is forbidden: User "ann" cannot impersonate resource "userextras/scopes" in API group "authentication.k8s.io" at the cluster scope',
    { name: "x", group: "authentication.k8s.io", kind: "userextras" },
  ],
])("without the right to impersonate %s it is 403, and nothing is done", async (part, message, details) => {
  refused = new RegExp(part);
  const { code, status } = await send([
    user,
    ["Impersonate-Uid", "u-1"],
    ["Impersonate-Group", "a"],
    ["Impersonate-Group", "b"],
    ["Impersonate-Extra-Scopes", "x"],
  ]);
  expect(code).toBe(403);
  expect(status).toMatchObject({ reason: "Forbidden", message: `${message}: no rule`, details });
  expect(asked.at(-1)).toMatch(refused);
  expect(served).toBeUndefined();
});

test("without the right to impersonate a service account it is 403 in its namespace", async () => {
  refused = /serviceaccounts/;
  const { status } = await send([["Impersonate-User", account]]);
  expect(status.message).toBe(
    'serviceaccounts "robot" is forbidden: User "ann" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "default": no rule',
  );
});

test("where nobody can tell whether it is allowed it is 500", async () => {
  const { code, status } = await send([["Impersonate-User", "nobody-knows"]]);
  expect(code).toBe(500);
  expect(status.message).toBe(`Internal Server Error: "${widgets}": no answer`);
});

test.each<[Headers, string]>([
  [[["Impersonate-Group", "g"]], "requested impersonate-group without impersonating a user name"],
  [[["Impersonate-Uid", "u"]], "requested impersonate-uid without impersonating a user name"],
  [[["Impersonate-Extra-Scopes", "x"]], "requested impersonate-extra-scopes without impersonating a user name"],
  [[["Impersonate-User", ""]], "requested impersonate-user without impersonating a user name"],
  [[user, ["Impersonate-Role", "r"]], "the header impersonate-role is not understood"],
  [[["Impersonate-User", "j\u00fcrgen"]], "the value of the header impersonate-user is not UTF-8"],
])("%j is 400, never done with one's own rights", async (headers, message) => {
  const { code, status } = await send(headers);
  expect([code, status.message]).toEqual([400, message]);
  expect([asked, served]).toEqual([[], undefined]);
});

test("over HTTP/2 it is the same", async () => {
  const listening = await listen(await issueAll(), options);
  const session = await http2Session(listening);
  const headers = { "impersonate-user": "bob", "impersonate-group": ["a,b", "c"] };
  const { status } = await overHttp2(session, widgets, { headers });
  session.close();
  await listening.app.close();
  expect(status).toBe(200);
  expect(served).toEqual({ ...bob, groups: ["a,b", "c", "system:authenticated"] });
});

test("who asked is known to what comes after, and the headers are not", async () => {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, { host: "x", "impersonate-user": "bob", "impersonate-extra-scopes": "y" });
  request.rawHeaders.push("Host", "x", "Impersonate-User", "bob", "Impersonate-Extra-Scopes", "y");
  const state = newRequestState(request, new ServerResponse(request), "", app.log, 0);
  state.user = ann;
  await impersonate(options, state);
  expect(state).toMatchObject({ user: { name: "bob" }, impersonator: ann, request: { headers: { host: "x" } } });
  expect(Object.keys(request.headers)).toEqual(["host"]);
});
