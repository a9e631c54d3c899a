import type { FastifyInstance } from "fastify";
import { expect, test } from "vitest";
import type { Limits } from "../../runtime/http/limits.ts";
import { ServerMetrics } from "../../runtime/http/metrics/server-metrics.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import type { RestStorage } from "../../runtime/registry/rest-storage.ts";
import { widgetOf, widgetScheme } from "../registry/widget.ts";
import { gate, type Gate } from "./gate.ts";
import { widgetApp, widgetJson, widgets } from "./widget-app.ts";

const widget: KubeObject = { kind: "Widget", apiVersion: "example.dev/v1", metadata: { name: "a" } };

/** A server that serves each request once it is let go, and whose users are named by a header. */
class Server {
  readonly app: FastifyInstance;
  /** Who is being served, in the order of their coming. */
  readonly served: { readonly name: string; readonly gate: Gate }[] = [];

  constructor(limits: Partial<Limits>) {
    const scheme = widgetScheme();
    const hold = async (name: string): Promise<KubeObject> => {
      const held = { name, gate: gate() };
      this.served.push(held);
      await held.gate.opened;
      return widget;
    };
    const storage: RestStorage = {
      get: ({ user }) => hold(user.name),
      create: ({ user }) => hold(user.name),
    };
    const authenticator = async ({ headers }: { readonly headers: { readonly [name: string]: unknown } }) => {
      const name = String(headers["user-agent"]);
      return { name, uid: "", groups: name === "root" ? ["system:masters"] : [], extra: {} };
    };
    const targets = [{ scheme, descriptor: widgetOf(scheme, "v1"), subresource: "", storage }];
    this.app = widgetApp({ scheme, targets, limits, authenticators: [authenticator], metrics: new ServerMetrics() });
  }

  async get(user: string, url = `${widgets}/a`): Promise<number> {
    return (await this.app.inject({ url, headers: { "user-agent": user } })).statusCode;
  }

  create(user: string): Promise<number> {
    const headers = { "user-agent": user, "content-type": "application/json" };
    const answer = this.app.inject({ method: "POST", url: widgets, headers, payload: widgetJson("a") });
    return answer.then(({ statusCode }) => statusCode);
  }

  /** Resolves once so many have come to be served. */
  async serves(count: number): Promise<void> {
    await expect.poll(() => this.served.length, { timeout: 10_000, interval: 2 }).toBe(count);
  }

  finish(index: number): void {
    this.served[index]?.gate.open();
  }

  /** Resolves once so many reading requests wait to be served. */
  async queues(count: number): Promise<void> {
    const headers = { "user-agent": "root" };
    const queued = async (): Promise<number> => {
      const { body } = await this.app.inject({ url: "/metrics", headers });
      return Number(/^apiserver_current_inqueue_requests\{request_kind="readOnly"\} (\d+)$/m.exec(body)?.[1]);
    };
    await expect.poll(queued, { timeout: 10_000, interval: 2 }).toBe(count);
  }

  names(): string {
    return this.served.map(({ name }) => name).join(" ");
  }
}

test("a user who floods the server does not starve another, who has the next turn", async () => {
  const server = new Server({ readingInFlightMax: 2 });
  const flood = Array.from({ length: 20 }, () => server.get("flood"));
  await server.serves(2);
  const other = server.get("other");
  await server.queues(19);
  server.finish(0);
  await server.serves(3);
  expect(server.names()).toBe("flood flood other");
  server.finish(2);
  expect(await other).toBe(200);
  for (const index of [1, ...Array.from({ length: 18 }, (_, rest) => rest + 3)]) {
    await server.serves(Math.max(index + 1, 4));
    server.finish(index);
  }
  expect(new Set(await Promise.all(flood))).toEqual(new Set([200]));
});

test("more than may wait are 429 with a time to come back", async () => {
  const server = new Server({ readingInFlightMax: 1, waitingPerUserMax: 1 });
  const first = [server.get("ann"), server.get("ann")];
  await server.serves(1);
  await server.queues(1);
  const third = await server.app.inject({ url: `${widgets}/a`, headers: { "user-agent": "ann" } });
  expect(third.statusCode).toBe(429);
  expect(third.headers["retry-after"]).toBe("1");
  expect(third.json()).toMatchObject({ reason: "TooManyRequests", details: { retryAfterSeconds: 1 } });
  server.finish(0);
  await server.serves(2);
  server.finish(1);
  expect(await Promise.all(first)).toEqual([200, 200]);
});

test("nobody waits longer than allowed", async () => {
  const server = new Server({ readingInFlightMax: 1, waitMs: 10 });
  const first = server.get("ann");
  await server.serves(1);
  expect(await server.get("ben")).toBe(429);
  server.finish(0);
  expect(await first).toBe(200);
});

test("nobody waits beyond the time of the request", async () => {
  const server = new Server({ readingInFlightMax: 1 });
  const first = server.get("ann");
  await server.serves(1);
  expect(await server.get("ben", `${widgets}/a?timeout=20ms`)).toBe(504);
  server.finish(0);
  expect(await first).toBe(200);
  expect(server.names()).toBe("ann");
});

test("reading and changing do not hold up each other", async () => {
  const server = new Server({ readingInFlightMax: 1, mutatingInFlightMax: 1 });
  const answers = [server.get("ann"), server.create("ann")];
  await server.serves(2);
  server.finish(0);
  server.finish(1);
  expect(await Promise.all(answers)).toEqual([200, 201]);
});

test("administrators and probes get in when the server is full, within a bound", async () => {
  const server = new Server({ readingInFlightMax: 1, exemptInFlightMax: 2, waitingPerUserMax: 0 });
  const answers = [server.get("ann"), server.get("root")];
  await server.serves(2);
  expect(await server.get("ann")).toBe(429);
  expect(await server.get("probe", "/livez")).toBe(200);
  answers.push(server.get("root"));
  await server.serves(3);
  expect(await server.get("root")).toBe(429);
  for (const index of [0, 1, 2]) server.finish(index);
  expect(await Promise.all(answers)).toEqual([200, 200, 200]);
});
