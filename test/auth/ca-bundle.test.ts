import { once } from "node:events";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClientCertificate } from "../../runtime/auth/authenticator.ts";
import { CaBundle } from "../../runtime/auth/ca-bundle.ts";
import { clientCertificateAuthenticator } from "../../runtime/auth/client-certificate.ts";
import { PeerCertificates } from "../../runtime/http/peer-certificates.ts";
import { issue, issueRoot, type Issued } from "./certificates.ts";

let users: Issued;
let proxies: Issued;
let server: http2.Http2SecureServer;
let seen: (ClientCertificate | undefined)[];

beforeAll(async () => {
  // The same name, as authorities of one installation may have.
  users = await issueRoot("authority");
  proxies = await issueRoot("authority");
  const serving = await issue({ subject: [{ CN: ["server"] }], issuer: users, usage: "server" });
  const peers = new PeerCertificates();
  seen = [];
  server = http2.createSecureServer({
    key: serving.keyPem,
    cert: serving.pem,
    ca: users.pem + proxies.pem,
    requestCert: true,
    rejectUnauthorized: false,
    allowHTTP1: true,
  });
  server.on("request", (request, response) => {
    seen.push(peers.of(request, Date.now()));
    response.end("ok");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(() => server.close());

function connect(more: tls.ConnectionOptions): tls.TLSSocket {
  const { port } = server.address() as AddressInfo;
  return tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"], ...more });
}

/** The certificate as the server sees it; the client sends others along. */
async function present(leaf: Issued, sentAlong: readonly Issued[] = []): Promise<ClientCertificate> {
  const cert = [leaf, ...sentAlong].map(({ pem }) => pem).join("");
  return ask(connect({ key: leaf.keyPem, cert }));
}

async function ask(socket: tls.TLSSocket): Promise<ClientCertificate> {
  socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  socket.resume();
  await once(socket, "end");
  socket.end();
  const certificate = seen.at(-1);
  if (certificate === undefined) throw new Error("the server saw no certificate");
  return certificate;
}

function vouching(certificate: ClientCertificate, nowMs = Date.now()): string {
  const names = { users: new CaBundle(users.pem), proxies: new CaBundle(proxies.pem) };
  const by = Object.entries(names).filter(([, bundle]) => bundle.vouchesFor(certificate, nowMs));
  return by.map(([name]) => name).join(",") || "nobody";
}

const leafOf = (issuer: Issued, more: object = {}): Promise<Issued> =>
  issue({ subject: [{ O: ["dev"] }, { CN: ["ann"] }], issuer, ...more });
const past = new Date(Date.now() - 1000);

test.each<[string, () => Promise<ClientCertificate>, string]>([
  ["the users' authority", async () => present(await leafOf(users)), "users"],
  ["the proxies' authority", async () => present(await leafOf(proxies)), "proxies"],
  ["somebody else", async () => present(await leafOf(await issueRoot("authority"))), "nobody"],
  [
    "somebody else, who sends his authority along",
    async () => {
      const stranger = await issueRoot("authority");
      return present(await leafOf(stranger), [stranger]);
    },
    "nobody",
  ],
  [
    "an intermediate that is sent along",
    async () => {
      const middle = await issueRoot("middle", { issuer: users });
      return present(await leafOf(middle), [middle]);
    },
    "users",
  ],
  [
    "two intermediates",
    async () => {
      const upper = await issueRoot("upper", { issuer: proxies });
      const lower = await issueRoot("lower", { issuer: upper });
      return present(await leafOf(lower), [lower, upper]);
    },
    "proxies",
  ],
  [
    "a user who is no authority",
    async () => {
      const user = await leafOf(users);
      return present(await issue({ subject: [{ CN: ["front-proxy"] }], issuer: user }), [user]);
    },
    "nobody",
  ],
  ["an authority, expired", async () => present(await leafOf(users, { notAfter: past })), "nobody"],
  ["an authority, for servers", async () => present(await leafOf(users, { usage: "server" })), "nobody"],
])("a certificate of %s", async (_what, presentIt, expected) => {
  expect(vouching(await presentIt())).toBe(expected);
});

test("a user's certificate does not become a proxy's by a certificate that the user has made up", async () => {
  const forged = await issueRoot("authority", {
    issuer: proxies,
    pretendedKeyId: users,
    keys: (await issueRoot("x")).keys,
  });
  const certificate = await present(await leafOf(users), [forged]);
  expect(certificate.verified).toBe(true);
  expect(vouching(certificate)).toBe("users");
});

test("an authority that has run out vouches for nobody, and one renewed under the same key for all it had issued", async () => {
  const certificate = await present(await leafOf(users, { notAfter: new Date(Date.now() + 10 * 3600_000) }));
  const inTwoHoursMs = Date.now() + 2 * 3600_000;
  expect(vouching(certificate, inTwoHoursMs)).toBe("nobody");
  const renewed = await issueRoot("authority", { keys: users.keys, notAfter: new Date(Date.now() + 10 * 3600_000) });
  for (const pem of [renewed.pem, users.pem + renewed.pem, renewed.pem + users.pem]) {
    expect(new CaBundle(pem).vouchesFor(certificate, inTwoHoursMs)).toBe(true);
  }
});

test("a session that is resumed brings the certificate along, for which the bundle of now decides", async () => {
  const leaf = await leafOf(users);
  const first = connect({ key: leaf.keyPem, cert: leaf.pem });
  const ticket = once(first, "session") as Promise<[Buffer]>;
  expect(vouching(await ask(first))).toBe("users");
  const [session] = await ticket;
  const second = connect({ session });
  const certificate = await ask(second);
  expect(second.isSessionReused()).toBe(true);
  expect(vouching(certificate)).toBe("users");
  const others = await issueRoot("authority");
  expect(new CaBundle(others.pem).vouchesFor(certificate, Date.now())).toBe(false);
});

test("the certificate is the same for all requests of a connection over HTTP/2", async () => {
  const { port } = server.address() as AddressInfo;
  const leaf = await leafOf(proxies);
  const session = http2.connect(`https://127.0.0.1:${port}`, {
    rejectUnauthorized: false,
    key: leaf.keyPem,
    cert: leaf.pem,
  });
  for (let i = 0; i < 2; i++) {
    const stream = session.request({ ":path": "/" });
    stream.resume();
    await once(stream, "end");
  }
  session.close();
  const [a, b] = seen.slice(-2);
  expect(a).toBe(b);
  expect(a === undefined ? "" : vouching(a)).toBe("proxies");
});

test("a user's name, groups, id and credential are in the certificate", async () => {
  const uidType = "1.3.6.1.4.1.57683.2";
  const leaf = await issue({
    subject: [{ O: ["dev"] }, { O: ["ops"] }, { CN: ["ann"] }, { [uidType]: ["u-1"] }],
    issuer: users,
  });
  const certificate = await present(leaf);
  const authenticator = clientCertificateAuthenticator(() => new CaBundle(users.pem));
  const credentials = { bearerToken: undefined, headers: {}, rawHeaders: [], receivedAtMs: Date.now() };
  const waiting = new AbortController();
  expect(authenticator({ ...credentials, clientCertificate: certificate }, waiting)).toEqual({
    name: "ann",
    uid: "u-1",
    groups: ["dev", "ops", "system:authenticated"],
    extra: { "authentication.kubernetes.io/credential-id": [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] },
  });
  const twice = { ...certificate, uids: ["a", "b"] };
  expect(() => authenticator({ ...credentials, clientCertificate: twice }, waiting)).toThrow("no one user id");
  const proxy = await present(await leafOf(proxies));
  expect(() => authenticator({ ...credentials, clientCertificate: proxy }, waiting)).toThrow("not issued by");
  const without = clientCertificateAuthenticator(() => undefined);
  expect(without({ ...credentials, clientCertificate: certificate }, waiting)).toBeUndefined();
});

test.each(["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])(
  "a bundle that is none is refused: %j",
  (pem) => {
    expect(() => new CaBundle(pem)).toThrow();
  },
);
