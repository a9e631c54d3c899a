import { once } from "node:events";
import net from "node:net";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { widgetOf, widgetScheme } from "../registry/widget.ts";
import { widgetApp, widgets } from "./widget-app.ts";

async function listening(get: (name: string) => Promise<void>) {
  const scheme = widgetScheme();
  const storage = {
    get: async (_context: unknown, name: string): Promise<KubeObject> => {
      await get(name);
      return { kind: "Widget", apiVersion: "example.dev/v1", metadata: { name } };
    },
  };
  const targets = [{ scheme, descriptor: widgetOf(scheme, "v1"), subresource: "", storage }];
  const app = widgetApp({ scheme, targets, limits: { pipelinedMax: 3 } });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const socket = net.connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  return { app, socket };
}

function requests(...names: string[]): string {
  return names.map((name) => `GET ${widgets}/${name} HTTP/1.1\r\nHost: a\r\n\r\n`).join("");
}

test("requests sent one upon the other are served one after the other, in their order", async () => {
  const running: string[] = [];
  let together = 0;
  const { app, socket } = await listening(async (name) => {
    running.push(name);
    together = Math.max(together, running.length);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running.splice(running.indexOf(name), 1);
  });
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
  socket.write(requests("a", "b", "c"));
  while (received.split("HTTP/1.1 200").length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
  expect([...received.matchAll(/"name":"(.)"/g)].map(([, name]) => name)).toEqual(["a", "b", "c"]);
  expect(together).toBe(1);
  socket.destroy();
  await app.close();
});

test("a client that sends too many without waiting is cut off", async () => {
  const { app, socket } = await listening(() => new Promise(() => undefined));
  socket.on("error", () => undefined);
  socket.resume();
  const closed = once(socket, "close");
  socket.write(requests("a", "b", "c", "d", "e"));
  await closed;
  await app.close();
});
