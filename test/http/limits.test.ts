import { expect, test } from "vitest";
import type { Limits } from "../../runtime/http/limits.ts";
import type { UserInfo } from "../../runtime/meta/user-info.ts";
import type { RestStorage } from "../../runtime/registry/rest-storage.ts";
import { widgetOf, widgetScheme } from "../registry/widget.ts";
import { gate } from "./gate.ts";
import { widgetApp, widgets } from "./widget-app.ts";

/** A server whose widgets are gotten as `get` says. */
function appWith(get: NonNullable<RestStorage["get"]>, limits: Partial<Limits> = {}, user?: UserInfo) {
  const scheme = widgetScheme();
  const targets = [{ scheme, descriptor: widgetOf(scheme, "v1"), subresource: "", storage: { get } }];
  const authenticators = user === undefined ? [] : [async () => user];
  return widgetApp({ scheme, targets, limits, authenticators });
}

const widget = { kind: "Widget", apiVersion: "example.dev/v1", metadata: { name: "a" } };

/** A get that waits to be let go. */
function heldGet() {
  const { opened, open } = gate();
  return { get: () => opened.then(() => widget), release: open };
}

test("a request that takes too long is 504, and whoever works on it is told to stop", async () => {
  let reason: unknown;
  const app = appWith(
    ({ signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject((reason = signal.reason)))),
    { requestTimeoutMs: 20 },
  );
  const answer = await app.inject(`${widgets}/a`);
  expect(answer.statusCode).toBe(504);
  expect(answer.json()).toEqual({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: "Timeout: request did not complete within the allotted timeout",
    reason: "Timeout",
    details: {},
    code: 504,
  });
  expect(reason).toBeInstanceOf(Error);
});

test("each request has its own time, whatever becomes of those before and after it", async () => {
  const { get, release } = heldGet();
  const requestTimeoutMs = 60;
  let asked = 0;
  const app = appWith(() => (asked++ === 1 ? Promise.resolve(widget) : get()), { requestTimeoutMs });
  const statusAndTime = async (): Promise<readonly [number, number]> => {
    const startMs = performance.now();
    const { statusCode } = await app.inject(`${widgets}/a`);
    return [statusCode, performance.now() - startMs];
  };
  const [first, second] = [statusAndTime(), statusAndTime()];
  expect((await second)[0]).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, requestTimeoutMs / 2));
  const third = statusAndTime();
  for (const outcome of [first, third, statusAndTime()]) {
    const [status, tookMs] = await outcome;
    expect(status).toBe(504);
    expect(tookMs).toBeGreaterThanOrEqual(requestTimeoutMs);
  }
  release();
});

test("a client may ask for less time than there is, not for more", async () => {
  const { get, release } = heldGet();
  expect((await appWith(get).inject(`${widgets}/a?timeout=10ms`)).statusCode).toBe(504);
  expect((await appWith(get, { requestTimeoutMs: 20 }).inject(`${widgets}/a?timeout=1h`)).statusCode).toBe(504);
  release();
});

test("a timeout that cannot be read is 400", async () => {
  const answer = await appWith(async () => widget).inject(`${widgets}/a?timeout=soon`);
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({
    reason: "BadRequest",
    message: 'invalid timeout specified in the request URL - time: invalid duration "soon"',
  });
});

test("a URL that is too long is 414", async () => {
  const answer = await appWith(async () => widget, { urlLengthMax: 100 }).inject(`${widgets}/a?x=${"y".repeat(100)}`);
  expect(answer.statusCode).toBe(414);
});

test("what is no StatusError is a 500 that says nothing of the server's insides, and is logged", async () => {
  const lines: string[] = [];
  const scheme = widgetScheme();
  const storage: RestStorage = {
    get: () => {
      throw new TypeError("secret");
    },
  };
  const targets = [{ scheme, descriptor: widgetOf(scheme, "v1"), subresource: "", storage }];
  const app = widgetApp({ scheme, targets, logger: { stream: { write: (line: string) => void lines.push(line) } } });
  const answer = await app.inject({ url: `${widgets}/a`, headers: { "audit-id": "the-id" } });
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toMatchObject({ reason: "InternalError" });
  expect(answer.body).not.toContain("secret");
  expect(lines.join("")).toContain("secret");
  expect(lines.join("")).toContain("the-id");
});

test("requests are logged where the logger is that talkative, credentials never", async () => {
  const lines: string[] = [];
  const app = widgetApp({ logger: { level: "debug", stream: { write: (line: string) => void lines.push(line) } } });
  await app.inject({ url: `${widgets}?limit=1`, headers: { authorization: "Basic secret", "audit-id": "the-id" } });
  const [line = "{}"] = lines.filter((each) => each.includes('"msg":"request"'));
  expect(JSON.parse(line)).toMatchObject({
    auditId: "the-id",
    method: "GET",
    url: `${widgets}?limit=1`,
    verb: "list",
    user: "system:anonymous",
    status: 200,
  });
  expect(lines.join("")).not.toContain("secret");
});
