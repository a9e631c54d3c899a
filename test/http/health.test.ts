import { expect, test } from "vitest";
import { informerSync, ping, type SyncedCopy, type HealthCheck } from "../../runtime/http/health.ts";
import { createServer } from "../../runtime/server.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { widgetScheme } from "../registry/widget.ts";
import { widgetApp } from "./widget-app.ts";

const failing: HealthCheck = {
  name: "store",
  check: () => {
    throw new Error("no disk");
  },
};
const stuck: HealthCheck = { name: "stuck", check: () => new Promise(() => undefined) };

const app = widgetApp({
  health: { healthz: [ping], livez: [ping, failing], readyz: [ping, stuck] },
  limits: { healthCheckTimeoutMs: 10 },
});

test.each([
  ["/healthz", 200, "ok"],
  ["/healthz?verbose", 200, "[+]ping ok\nhealthz check passed\n"],
  ["/healthz?verbose&exclude=ping", 200, "[+]ping excluded: ok\nhealthz check passed\n"],
  [
    "/healthz?verbose&exclude=nope",
    200,
    '[+]ping ok\nwarn: some health checks cannot be excluded: no matches for "nope"\nhealthz check passed\n',
  ],
  ["/livez", 500, "[+]ping ok\n[-]store failed: reason withheld\nlivez check failed\n"],
  ["/livez?exclude=store", 200, "ok"],
  ["/livez/ping", 200, "ok"],
  ["/livez/store", 500, "internal server error: reason withheld\n"],
  ["/readyz", 500, "[+]ping ok\n[-]stuck failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n"],
  ["/readyz/shutdown", 200, "ok"],
])("%s is %i", async (url, status, body) => {
  const answer = await app.inject(url);
  expect(answer.statusCode).toBe(status);
  expect(answer.body).toBe(body);
  expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
});

test("HEAD has the headers and no body", async () => {
  const answer = await app.inject({ method: "HEAD", url: "/healthz" });
  expect(answer.headers["content-length"]).toBe("2");
  expect(answer.body).toBe("");
});

test("a known user is told what is wrong with one check", async () => {
  const known = { name: "ann", uid: "", groups: ["system:authenticated"], extra: {} };
  const health = { healthz: [failing], livez: [], readyz: [] };
  const answer = await widgetApp({ health, authenticators: [async () => known] }).inject("/healthz/store");
  expect(answer.body).toBe("internal server error: no disk\n");
});

test("a copy that is not there yet makes a server unready; one that cannot be had does not", async () => {
  const copies = new Map<string, SyncedCopy>([
    ["namespaces", { hasSynced: false, trouble: undefined }],
    ["webhooks", { hasSynced: false, trouble: "no right to list them" }],
  ]);
  const check = informerSync(copies);
  const ready = { healthz: [], livez: [], readyz: [check] };
  const unready = widgetApp({
    health: ready,
    authenticators: [() => ({ name: "ann", uid: "", groups: ["system:authenticated"], extra: {} })],
  });
  expect((await unready.inject("/readyz")).statusCode).toBe(500);
  const answer = await unready.inject("/readyz/informer-sync");
  expect(answer.body).toBe("internal server error: 1 informers not started yet: namespaces\n");
  copies.set("namespaces", { hasSynced: true, trouble: undefined });
  expect((await unready.inject("/readyz")).body).toBe("ok");
  await unready.close();
});

test("a server is live by its own checks, and ready by those too that only say that", async () => {
  const server = createServer({
    scheme: widgetScheme(),
    storage: memoryStorage(),
    authenticators: [],
    authorizer: () => ({ allowed: true }),
    version: "0.1",
    port: 0,
    checks: [{ name: "log", check: () => undefined }, informerSync(new Map())],
  });
  const port = await server.listen("127.0.0.1", 0);
  const told = async (path: string): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}?verbose`)).text();
  const common = "[+]ping ok\n[+]storage ok\n[+]log ok\n";
  expect(await told("/livez")).toBe(`${common.replace("[+]storage ok\n", "")}livez check passed\n`);
  expect(await told("/healthz")).toBe(`${common}healthz check passed\n`);
  expect(await told("/readyz")).toBe(`${common}[+]informer-sync ok\n[+]shutdown ok\nreadyz check passed\n`);
  expect(await told("/metrics")).toContain('subresource="/livez"');
  await server.close();
});
