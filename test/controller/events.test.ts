import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EventSender } from "../../runtime/controller/event-recorder.ts";
import { kubeClient, type KubeClient } from "../../runtime/controller/kube-client.ts";
import { logTo } from "../../runtime/controller/log.ts";
import { kubeConfigFor } from "../../runtime/controller/kube-config-for.ts";
import { ManualClock } from "./manual-clock.ts";

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

let server: Server;
let requests: Request[];
/** What the next requests are answered with; 201 after those. */
let statuses: number[];
let client: KubeClient;
let clock: ManualClock;
let sender: EventSender;
let lines: string[];

// Servers of this repository serve no events; this one answers as kube-apiserver does.
beforeEach(async () => {
  requests = [];
  statuses = [];
  lines = [];
  server = createServer(async (request, response) => {
    const body = await text(request);
    requests.push({
      method: request.method ?? "",
      path: request.url ?? "",
      body: JSON.parse(body) as Request["body"],
    });
    const code = statuses.shift() ?? 201;
    response.writeHead(code, { "content-type": "application/json" });
    response.end(
      code < 300 ? body : JSON.stringify({ kind: "Status", code, message: `refused with ${code}`, reason: "" }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  client = kubeClient(kubeConfigFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  clock = new ManualClock();
  const log = logTo({ write: (line) => void lines.push(line), now: () => clock.date() });
  sender = new EventSender({ client, clock, log, instance: "host_1" });
});
afterEach(async () => {
  sender.close();
  client.close();
  server.close();
  await once(server, "close");
});

const cat = {
  apiVersion: "animal.skai.io/v1alpha1",
  kind: "Cat",
  metadata: { name: "lucky", namespace: "barn", uid: "u-1", resourceVersion: "7" },
};

test("an event names the object, the controller and what happened", async () => {
  sender.recorder("cat").warning(cat, "Hungry", "there is no food");
  await sender.flush();
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({
    method: "POST",
    path: "/apis/events.k8s.io/v1/namespaces/barn/events?fieldManager=apiserver-ts-events",
    body: {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { namespace: "barn", name: expect.stringMatching(/^lucky\.[0-9a-f]{16}$/) as string },
      type: "Warning",
      reason: "Hungry",
      note: "there is no food",
      action: "Reconcile",
      eventTime: "2026-01-02T03:04:05.000000Z",
      reportingController: "cat",
      reportingInstance: "host_1",
      regarding: { ...cat.metadata, apiVersion: cat.apiVersion, kind: "Cat" },
    },
  });
});

test("what happens again is one event with a count, written at most every ten seconds", async () => {
  const { normal } = sender.recorder("cat");
  for (let time = 0; time < 5; time++) normal(cat, "Fed", "it has eaten");
  await clock.pass(10_000);
  await sender.flush();
  for (let time = 0; time < 3; time++) normal(cat, "Fed", "it has eaten");
  await sender.flush();
  const written = requests.map(({ method, body }) => [
    method,
    (body["series"] as { count?: number } | undefined)?.count,
  ]);
  expect(written).toEqual([
    ["POST", undefined],
    ["PATCH", 5],
    ["PATCH", 8],
  ]);
  const [created] = requests;
  const { name } = (created === undefined ? {} : created.body["metadata"]) as { name: string };
  expect(requests[1]?.path).toContain(`/namespaces/barn/events/${name}?`);
  expect(requests[1]?.body).toEqual({ series: { count: 5, lastObservedTime: "2026-01-02T03:04:15.000000Z" } });
});

test("what happens again after a long time is a new event", async () => {
  const { normal } = sender.recorder("cat");
  normal(cat, "Fed", "it has eaten");
  await clock.pass(6 * 60_000);
  normal(cat, "Fed", "it has eaten");
  await sender.flush();
  expect(requests.map(({ method }) => method)).toEqual(["POST", "POST"]);
});

test("an event whose count is to be written, and which has gone, is made again", async () => {
  const { normal } = sender.recorder("cat");
  normal(cat, "Fed", "it has eaten");
  await sender.flush();
  statuses = [404];
  normal(cat, "Fed", "it has eaten");
  await sender.flush();
  expect(requests.map(({ method }) => method)).toEqual(["POST", "PATCH", "POST"]);
  expect(requests[2]?.body).toMatchObject({ series: { count: 2 } });
});

test("an object has 25 events at once, others are left out", async () => {
  const { normal } = sender.recorder("cat");
  for (let time = 0; time < 40; time++) normal(cat, "Fed", `for the ${time}th time`);
  normal({ ...cat, metadata: { ...cat.metadata, uid: "u-2" } }, "Fed", "another one");
  await sender.flush();
  expect(requests).toHaveLength(26);
});

test("an object outside namespaces has its events in the default namespace, and long notes are cut", async () => {
  sender.recorder("cat").normal({ ...cat, metadata: { name: "x".repeat(253), uid: "u" } }, "Long", "ä".repeat(2000));
  await sender.flush();
  const body = requests[0]?.body ?? {};
  expect(requests[0]?.path).toContain("/namespaces/default/events");
  expect((body["metadata"] as { name: string }).name).toHaveLength(253);
  expect(Buffer.byteLength(String(body["note"]))).toBeLessThanOrEqual(1024);
  expect(String(body["note"])).toMatch(/^ä{500,}…$/);
});

test("what is refused is left out, and said once", async () => {
  statuses = [403, 403];
  const { normal } = sender.recorder("cat");
  normal(cat, "Fed", "one");
  normal(cat, "Fed", "two");
  normal(cat, "Fed", "three");
  await sender.flush();
  expect(requests).toHaveLength(3);
  expect(lines.filter((line) => line.includes("cannot write events"))).toHaveLength(1);
});

test("what has no answer is tried again, three times in all", async () => {
  server.closeAllConnections();
  server.close();
  sender.recorder("cat").normal(cat, "Fed", "it has eaten");
  const flushed = sender.flush();
  await expect.poll(() => clock.nextMs).toBe(5000);
  await clock.pass(5000);
  await expect.poll(() => clock.nextMs).toBe(5000);
  await clock.pass(5000);
  // After the third it is given up, though a fourth would be waited for.
  await expect.poll(() => clock.nextMs).toBe(5000);
  await clock.pass(5000);
  await flushed;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  expect(requests).toEqual([]);
});
