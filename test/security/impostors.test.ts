import { once } from "node:events";
import http2, { type IncomingHttpHeaders } from "node:http2";
import https from "node:https";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { issue, issueRoot, type Issued } from "../auth/certificates.ts";
import { startGuardedServer, type GuardedServer } from "./guarded-server.ts";
import { identityOf, issueIdentities, issueTo, type Identities, type Identity } from "./identities.ts";

const cats = "/apis/animal.skai.io/v1alpha1/namespaces/ns/cats";
const dayMs = 24 * 3600 * 1000;

let known: Identities;
let server: GuardedServer;

beforeAll(async () => {
  known = await issueIdentities();
  server = await startGuardedServer({ folder: known.folder, storage: memoryStorage() });
});

beforeEach(() => {
  server.seen.length = 0;
});

afterAll(async () => {
  await server.close();
  await known.remove();
});

type Headers = Readonly<Record<string, string | string[]>>;

const asRoot: Headers = { "X-Remote-User": "root", "X-Remote-Group": "system:masters" };

async function overHttp1(identity: Identity | undefined, headers: Headers, path: string): Promise<number> {
  const request = https.request({
    host: "127.0.0.1",
    port: server.port,
    path,
    headers,
    rejectUnauthorized: false,
    agent: false,
    ...identity,
  });
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  await text(response);
  return response.statusCode ?? 0;
}

async function overHttp2(identity: Identity | undefined, headers: Headers, path: string): Promise<number> {
  const session = http2.connect(`https://127.0.0.1:${server.port}`, { rejectUnauthorized: false, ...identity });
  session.on("error", () => undefined);
  const stream = session.request({ ":path": path, ...headers });
  const [answer] = (await once(stream, "response")) as [IncomingHttpHeaders];
  await text(stream);
  session.destroy();
  return Number(answer[":status"]);
}

/** Whom both protocols take the client for; the status of the refusal where they know nobody. */
async function askAs(identity: Identity | undefined, headers: Headers = {}, path = cats): Promise<unknown> {
  const outcomes: unknown[] = [];
  for (const ask of [overHttp1, overHttp2]) {
    server.seen.length = 0;
    const status = await ask(identity, headers, path);
    const [user] = server.seen.map(({ user: { name, groups } }) => `${name} of ${groups.join(", ")}: ${status}`);
    outcomes.push(user ?? status);
  }
  expect(outcomes[1]).toBe(outcomes[0]);
  return outcomes[0];
}

const anybody = "system:anonymous of system:unauthenticated: 403";
const mallory = "mallory of system:authenticated: 403";

test("who is trusted is known: the front proxy speaks for anybody, users for themselves, and others are nobody", async () => {
  expect(await askAs(known.proxy, asRoot)).toBe("root of system:masters, system:authenticated: 200");
  expect(await askAs(known.mallory)).toBe(mallory);
  expect(await askAs(undefined)).toBe(anybody);
});

/** Certificates that are no front proxy's, each with what it gets for forged headers, and what without. */
const impostors: readonly (readonly [string, () => Promise<Identity | undefined>, unknown, unknown])[] = [
  ["nothing", async () => undefined, 401, anybody],
  ["a user's", async () => known.mallory, mallory, mallory],
  [
    "a user's that is called as the front proxy is",
    () => issueTo("front-proxy", { issuer: known.users }),
    "front-proxy of system:authenticated: 403",
    "front-proxy of system:authenticated: 403",
  ],
  ["that of a proxy whose name is not allowed", () => issueTo("front-proxies", { issuer: known.proxies }), 401, 401],
  ["that of a proxy without a name", () => issueTo("", { issuer: known.proxies }), 401, 401],
  ["one with the proxy's name first and another last", () => issueNames("front-proxy", "eve"), 401, 401],
  [
    "one that has run out",
    () => issueTo("front-proxy", { issuer: known.proxies, notBefore: ago(2), notAfter: ago(1) }),
    401,
    401,
  ],
  [
    "one that is not valid yet",
    () => issueTo("front-proxy", { issuer: known.proxies, notBefore: ago(-1), notAfter: ago(-2) }),
    401,
    401,
  ],
  ["one for servers", () => issueTo("front-proxy", { issuer: known.proxies, usage: "server" }), 401, 401],
  ["one that signs itself", () => issueTo("front-proxy"), 401, 401],
  ["one that signs itself as an authority", () => issueTo("front-proxy", { isAuthority: true }), 401, 401],
  ["one of a stranger", async () => issueTo("front-proxy", { issuer: await issueRoot("strangers") }), 401, 401],
  [
    "one of an authority with the name of the real one",
    async () => issueTo("front-proxy", { issuer: await issueRoot("proxies") }),
    401,
    401,
  ],
  [
    "one of an authority with the name and key id of the real one, which it brings along",
    async () => {
      const twin = await issueRoot("proxies", { pretendedKeyId: known.proxies });
      return identityOf(await issue({ subject: [{ CN: ["front-proxy"] }], issuer: twin }), twin, known.proxies);
    },
    401,
    401,
  ],
  [
    "one that a user has issued, as if that were an authority",
    async () => {
      const leaf = await issue({ subject: [{ CN: ["mallory"] }], issuer: known.users });
      return identityOf(await issue({ subject: [{ CN: ["front-proxy"] }], issuer: leaf }), leaf);
    },
    401,
    401,
  ],
  [
    "one that the front proxy has issued, as if that were an authority",
    async () => {
      const leaf = await issue({ subject: [{ CN: ["front-proxy"] }], issuer: known.proxies });
      return identityOf(await issue({ subject: [{ CN: ["front-proxy"] }], issuer: leaf }), leaf);
    },
    401,
    401,
  ],
  [
    "one of an authority that has run out, of the real one",
    async () => {
      const old = await between({ notBefore: ago(3), notAfter: ago(1) });
      return identityOf(await issue({ subject: [{ CN: ["front-proxy"] }], issuer: old }), old);
    },
    401,
    401,
  ],
];

function ago(days: number): Date {
  return new Date(Date.now() - days * dayMs);
}

function between(validity: { readonly notBefore: Date; readonly notAfter: Date }): Promise<Issued> {
  return issueRoot("between", { issuer: known.proxies, ...validity });
}

async function issueNames(...names: readonly string[]): Promise<Identity> {
  return identityOf(await issue({ subject: names.map((name) => ({ CN: [name] })), issuer: known.proxies }));
}

test.each(impostors)("with %s for a certificate nobody speaks for others", async (_what, identity, forged, plain) => {
  const presented = await identity();
  expect(await askAs(presented, asRoot)).toBe(forged);
  expect(await askAs(presented)).toBe(plain);
  // Nor does it help to say so for what everybody may ask for.
  if (forged === 401) expect(await askAs(presented, asRoot, "/livez")).toBe(401);
});

test.each<[string, string]>([
  ["made up", "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyb290In0.c2lnbmVk"],
  ["unsigned", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290IiwiZ3JvdXBzIjpbInN5c3RlbTptYXN0ZXJzIl19."],
  ["of JavaScript", "Bearer __proto__"],
  ["endless", `Bearer ${"x".repeat(40_000)}`],
  ["followed by another", "Bearer a, Bearer b"],
  ["named in any case", "bEARER root"],
])(
  "a token that is %s is 401, with and without forged headers, and the user of a certificate is not changed",
  async (_what, authorization) => {
    expect(await askAs(undefined, { authorization })).toBe(401);
    expect(await askAs(undefined, { authorization, ...asRoot })).toBe(401);
    expect(await askAs(known.mallory, { authorization, ...asRoot })).toBe(mallory);
  },
);

test.each<[string, string]>([
  ["a password", "Basic cm9vdDpyb290"],
  ["nothing behind the scheme", "Bearer "],
  ["no scheme", "root"],
])("an Authorization header with %s makes nobody of anybody", async (_what, authorization) => {
  expect(await askAs(undefined, { authorization })).toBe(anybody);
  expect(await askAs(undefined, { authorization, ...asRoot })).toBe(401);
});

/** What a client tells the proxy in the hope that it comes through, and what the proxy itself adds. */
test.each<[string, Headers]>([
  ["underscores", { X_Remote_User: "root", X_Remote_Group: "system:masters" }],
  ["a prefix", { "HTTP-X-Remote-User": "root", "Proxy-X-Remote-Group": "system:masters" }],
  ["a suffix", { "X-Remote-Users": "root", "X-Remote-Group-": "system:masters" }],
  ["escapes", { "X%2dRemote-User": "root", "X-Remote%2dGroup": "system:masters" }],
  ["the headers of others", { "X-Forwarded-User": "root", "Remote-User": "root", "X-User": "root" }],
  ["an extra key that looks like a group", { "X-Remote-Extra-Group": "system:masters" }],
  ["an extra key of JavaScript", { "X-Remote-Extra-__proto__": "system:masters" }],
])("of headers with %s the server makes nothing", async (_what, more) => {
  const headers = { "X-Remote-User": "mallory", ...more };
  expect(await askAs(known.proxy, headers)).toBe(mallory);
  expect(await askAs(undefined, more)).toBe(anybody);
});

test("who may not act for others does not, however it is said", async () => {
  for (const headers of [
    { "Impersonate-User": "root" },
    { "Impersonate-User": "root", "Impersonate-Group": "system:masters" },
    { "impersonate-USER": "mallory", "Impersonate-Group": ["dev", "system:masters"] },
  ]) {
    expect(await askAs(known.mallory, headers)).toBe(mallory);
    expect(server.seen.map(({ asked }) => asked.verb)).toEqual(["impersonate"]);
    expect(await askAs(known.mallory, { ...headers, ...asRoot })).toBe(mallory);
  }
  expect(await askAs(known.mallory, { "Impersonate-Group": "system:masters" })).toBe(400);
  expect(await askAs(undefined, { "Impersonate-User": "root" })).toBe(anybody);
});
