import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { beforeAll, expect, test } from "vitest";
import { authenticate, type ClientCertificate } from "../../runtime/auth/authenticator.ts";
import { CaBundle } from "../../runtime/auth/ca-bundle.ts";
import { requestHeaderConfig, type RequestHeaderNames } from "../../runtime/auth/request-header-config.ts";
import { requestHeaderAuthenticator } from "../../runtime/auth/request-header.ts";
import { StatusError } from "../../runtime/meta/status-error.ts";
import { issue, issueRoot, presented, type Issued } from "./certificates.ts";

const names: RequestHeaderNames = {
  allowedNames: ["front-proxy"],
  usernameHeaders: ["X-Remote-User", "X-Other-User"],
  uidHeaders: ["X-Remote-Uid"],
  groupHeaders: ["X-Remote-Group", "X-Other-Group"],
  extraPrefixes: ["X-Remote-Extra-"],
};
let authority: Issued;
let proxy: ClientCertificate;
let otherName: ClientCertificate;
let stranger: ClientCertificate;

beforeAll(async () => {
  authority = await issueRoot("proxies");
  const leaf = await issue({ subject: [{ CN: ["front-proxy"] }], issuer: authority });
  proxy = presented(leaf, "front-proxy");
  otherName = presented(leaf, "other");
  const users = await issueRoot("users");
  stranger = presented(await issue({ subject: [{ CN: ["front-proxy"] }], issuer: users }), "front-proxy");
});

async function recognise(
  rawHeaders: readonly string[],
  clientCertificate: ClientCertificate | undefined = proxy,
  more: Partial<RequestHeaderNames> = {},
): Promise<unknown> {
  const config = requestHeaderConfig(new CaBundle(authority.pem), { ...names, ...more });
  const credentials = { clientCertificate, bearerToken: undefined, headers: {}, rawHeaders, receivedAtMs: Date.now() };
  try {
    const { name, uid, groups, extra } = await authenticate(
      [requestHeaderAuthenticator(() => config)],
      credentials,
      new AbortController(),
    );
    return { name, ...(uid === "" ? {} : { uid }), groups: groups.join("|"), extra };
  } catch (error) {
    return error instanceof StatusError ? error.status.code : error;
  }
}

const bytes = (text: string): string => Buffer.from(text).toString("latin1");
const added = "system:authenticated";

test.each<[string, string[], object]>([
  ["a name alone", ["X-Remote-User", "ann"], { name: "ann", groups: added, extra: {} }],
  [
    "all there is",
    ["x-remote-user", "ann", "X-REMOTE-UID", "7", "X-Remote-Group", "a", "X-Remote-Extra-Scopes", "s"],
    { name: "ann", uid: "7", groups: `a|${added}`, extra: { scopes: ["s"] } },
  ],
  [
    "groups in the order of the headers' list, each for itself, commas and all",
    [
      "X-Other-Group",
      "c",
      "X-Remote-Group",
      "a, b",
      "X-Remote-User",
      "ann",
      "X-Remote-Group",
      "",
      "x-remote-group",
      "d",
    ],
    { name: "ann", groups: `a, b|d|c|${added}`, extra: {} },
  ],
  [
    "the first name that is not empty",
    ["X-Other-User", "bob", "X-Remote-User", "", "X-Remote-User", "eve"],
    { name: "bob", groups: added, extra: {} },
  ],
  [
    "extra keys in lower case and unescaped, with all their values",
    ["X-Remote-User", "ann", "X-Remote-Extra-Example.COM%2fA", "1", "X-Remote-Extra-example.com%2Fa", "2"],
    { name: "ann", groups: added, extra: { "example.com/a": ["1", "2"] } },
  ],
  [
    "extra keys that are not well escaped as they are",
    ["X-Remote-User", "ann", "X-Remote-Extra-50%", "1", "X-Remote-Extra-%C3%BC", ""],
    { name: "ann", groups: added, extra: { "50%": ["1"], ü: [""] } },
  ],
  [
    "text as UTF-8",
    ["X-Remote-User", bytes("jürgen €"), "X-Remote-Group", bytes("grün")],
    { name: "jürgen €", groups: `grün|${added}`, extra: {} },
  ],
  [
    "nobody, for whom the proxy spoke",
    ["X-Remote-User", "system:anonymous", "X-Remote-Group", "system:unauthenticated"],
    { name: "system:anonymous", groups: "system:unauthenticated", extra: {} },
  ],
])("a proxy tells %s", async (_what, rawHeaders, expected) => {
  expect(await recognise(rawHeaders)).toEqual(expected);
});

test("extra keys that JavaScript knows are keys like others", async () => {
  const user = (await recognise(["X-Remote-User", "a", "X-Remote-Extra-__proto__", "x"])) as { extra: object };
  expect(Object.entries(user.extra)).toEqual([["__proto__", ["x"]]]);
  expect(Object.getPrototypeOf(user.extra)).toBe(Object.prototype);
});

const forged = ["X-Remote-User", "ann", "X-Remote-Group", "system:masters"];

test("headers count for nothing without a certificate of a proxy: 401", async () => {
  const certificate = (more: object): ClientCertificate => ({ ...proxy, ...more });
  expect(await recognise(forged, certificate({ verified: false }))).toBe(401);
  expect(await recognise(forged, stranger)).toBe(401);
  expect(await recognise(forged, otherName)).toBe(401);
  expect(await recognise(forged, otherName, { allowedNames: [] })).toMatchObject({ name: "ann" });
  expect(await recognise(forged, stranger, { allowedNames: [] })).toBe(401);
  expect(await recognise([], proxy)).toBe(401);
});

test("who is remembered for a proxy is not so for others, and a proxy that is trusted no more is not believed", async () => {
  let config = requestHeaderConfig(new CaBundle(authority.pem), names);
  const authenticator = requestHeaderAuthenticator(() => config);
  const rest = { bearerToken: undefined, headers: {}, rawHeaders: [...forged], receivedAtMs: Date.now() };
  const ask = (clientCertificate: ClientCertificate | undefined): unknown =>
    authenticator({ ...rest, clientCertificate }, new AbortController());
  const user = ask(proxy);
  expect(user).toMatchObject({ name: "ann" });
  expect(ask(proxy)).toBe(user);
  expect(() => ask(stranger)).toThrow("none of a front proxy");
  expect(() => ask(otherName)).toThrow("not in the allowed list");
  expect(() => ask(undefined)).toThrow("no certificate");
  config = requestHeaderConfig(config.authorities, { ...names, usernameHeaders: ["X-Other-User"] });
  expect(ask(proxy)).toBeUndefined();
  config = requestHeaderConfig(new CaBundle((await issueRoot("new")).pem), names);
  expect(() => ask(proxy)).toThrow("none of a front proxy");
});

test("headers without any certificate are 401 too, and without such headers a request is anonymous", async () => {
  const credentials = { clientCertificate: undefined, bearerToken: undefined, headers: {}, receivedAtMs: Date.now() };
  const config = requestHeaderConfig(new CaBundle(authority.pem), names);
  const ask = (rawHeaders: readonly string[]): Promise<{ name: string }> =>
    authenticate([requestHeaderAuthenticator(() => config)], { ...credentials, rawHeaders }, new AbortController());
  await expect(ask(forged)).rejects.toThrow("Unauthorized");
  expect(await ask(["Accept", "*/*"])).toMatchObject({ name: "system:anonymous" });
});

test("somebody known otherwise is not whom the headers tell", async () => {
  const config = requestHeaderConfig(new CaBundle(authority.pem), names);
  const credentials = {
    clientCertificate: stranger,
    bearerToken: "t",
    headers: {},
    rawHeaders: forged,
    receivedAtMs: 0,
  };
  const bob = { name: "bob", uid: "", groups: [], extra: {} };
  const authenticators = [requestHeaderAuthenticator(() => config), () => bob];
  expect(await authenticate(authenticators, credentials, new AbortController())).toMatchObject({ name: "bob" });
});

test("without a configuration headers are not looked at", async () => {
  const credentials = {
    clientCertificate: proxy,
    bearerToken: undefined,
    headers: {},
    rawHeaders: forged,
    receivedAtMs: 0,
  };
  expect(requestHeaderAuthenticator(() => undefined)(credentials, new AbortController())).toBeUndefined();
});

test("Node gives headers that are sent several times one by one, as bytes", async () => {
  const server = createServer((request, response) => response.end(JSON.stringify(request.rawHeaders))).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.write(
    "GET / HTTP/1.1\r\nHost: x\r\nX-Remote-User: jürgen\r\nX-Remote-Group: a, b\r\nX-Remote-Group: c\r\nConnection: close\r\n\r\n",
  );
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  server.close();
  const [, body = ""] = Buffer.concat(chunks).toString().split("\r\n\r\n");
  const rawHeaders: unknown = JSON.parse(/\[.*\]/.exec(body)?.[0] ?? "");
  expect(await recognise(rawHeaders as string[])).toEqual({ name: "jürgen", groups: `a, b|c|${added}`, extra: {} });
});
