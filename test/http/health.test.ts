import { expect, test } from "vitest";
import { ping, type HealthCheck } from "../../runtime/http/health.ts";
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
