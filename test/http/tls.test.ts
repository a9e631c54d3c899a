import tls from "node:tls";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { authorizeLocally } from "../../runtime/auth/local-authorizer.ts";
import type { AuthorizationAttributes } from "../../runtime/auth/authorizer.ts";
import type { UserInfo } from "../../runtime/meta/user-info.ts";
import {
  http2Session,
  issueAll,
  listen,
  overHttp1,
  overHttp2,
  type Certificates,
  type Listening,
} from "./tls-fixture.ts";
import { widgetJson, widgets } from "./widget-app.ts";

let certificates: Certificates;
let listening: Listening;
const seen: string[] = [];

function authorizer(user: UserInfo, attributes: AuthorizationAttributes) {
  seen.push(`${user.name} ${user.groups.join(",")}`);
  return user.name === "ann" ? ({ allowed: true } as const) : authorizeLocally(user, attributes);
}

beforeAll(async () => {
  certificates = await issueAll();
  listening = await listen(certificates, { authorizer });
});

afterAll(() => listening.app.close());

async function negotiated(offered: string[] | undefined): Promise<string | false | null> {
  const socket = tls.connect({
    host: "127.0.0.1",
    port: listening.port,
    rejectUnauthorized: false,
    ...(offered === undefined ? {} : { ALPNProtocols: offered }),
  });
  await once(socket, "secureConnect");
  const protocol = socket.alpnProtocol;
  socket.destroy();
  return protocol;
}

test("one port speaks HTTP/2 and HTTP/1.1, as the client prefers", async () => {
  expect(await negotiated(["h2", "http/1.1"])).toBe("h2");
  expect(await negotiated(["http/1.1"])).toBe("http/1.1");
  expect(await negotiated(undefined)).toBe(false);
});

test("a request gets the same answer over both protocols", async () => {
  const { client } = certificates;
  const headers = { "content-type": "application/json", "audit-id": "one" };
  const body = JSON.stringify(widgetJson("both"));
  const created = await overHttp1(listening, widgets, { method: "POST", headers, body }, { client });
  expect(created.status).toBe(201);
  const session = await http2Session(listening, client);
  const again = await overHttp2(session, `${widgets}/both`, { headers: { "audit-id": "one" } });
  expect(again.status).toBe(200);
  expect(again.body).toEqual(created.body);
  const { date: _date, connection: _connection, ...http1 } = created.headers;
  expect(again.headers).toMatchObject(http1);
  session.close();
});

test("a client certificate gives the user by its common name and the groups by its organizations", async () => {
  seen.length = 0;
  const { client } = certificates;
  expect((await overHttp1(listening, widgets, {}, { client })).status).toBe(200);
  const session = await http2Session(listening, client);
  await overHttp2(session, widgets);
  await overHttp2(session, widgets);
  session.close();
  expect(seen).toEqual(Array.from({ length: 3 }, () => "ann dev,system:authenticated"));
});

test("without a certificate the client is anonymous: public paths are open, all else is 403 in the usual words", async () => {
  expect((await overHttp1(listening, "/healthz")).body.toString()).toBe("ok");
  const refused = await overHttp1(listening, widgets);
  expect(refused.status).toBe(403);
  expect(refused.headers["x-content-type-options"]).toBe("nosniff");
  expect(JSON.parse(refused.body.toString())).toMatchObject({
    message:
      'widgets.example.dev is forbidden: User "system:anonymous" cannot list resource "widgets" in API group "example.dev" in the namespace "ns"',
    details: { group: "example.dev", kind: "widgets" },
  });
});

test("a certificate of another authority is 401, even for public paths", async () => {
  const refused = await overHttp1(listening, "/healthz", {}, { client: certificates.stranger });
  expect(refused.status).toBe(401);
  expect(JSON.parse(refused.body.toString())).toMatchObject({ reason: "Unauthorized", message: "Unauthorized" });
});

test("a bearer token that nobody knows is 401", async () => {
  const refused = await overHttp1(listening, "/healthz", { headers: { authorization: "Bearer x" } });
  expect(refused.status).toBe(401);
});

test("an anonymous HTTP/2 connection is closed after its first request, one of a known user is not", async () => {
  const anonymous = await http2Session(listening);
  const gone = once(anonymous, "close");
  expect((await overHttp2(anonymous, "/livez")).status).toBe(200);
  await gone;
  const known = await http2Session(listening, certificates.client);
  await overHttp2(known, "/livez");
  expect((await overHttp2(known, "/livez")).status).toBe(200);
  known.close();
});

test("a body that is refused unread holds neither the stream nor the connection", async () => {
  const session = await http2Session(listening, certificates.client);
  const body = Buffer.alloc(1024 * 1024);
  for (let round = 0; round < 3; round++) {
    const refused = await overHttp2(session, widgets, { method: "PUT", body });
    expect(refused.status).toBe(405);
  }
  const closed = once(session, "close");
  session.close();
  await closed;
});

test("a body over the limit is 413 over both protocols", async () => {
  const { client } = certificates;
  const body = Buffer.alloc(3 * 1024 * 1024 + 1, 32);
  const asked = { method: "POST", headers: { "content-type": "application/json" }, body };
  const session = await http2Session(listening, client);
  for (const refused of [
    await overHttp1(listening, widgets, asked, { client }),
    await overHttp2(session, widgets, asked),
  ]) {
    expect(refused.status).toBe(413);
    expect(JSON.parse(refused.body.toString())).toMatchObject({
      reason: "RequestEntityTooLarge",
      message: "Request entity too large: limit is 3145728",
    });
  }
  session.close();
});
