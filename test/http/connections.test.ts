import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { expect, test } from "vitest";
import { widgetApp } from "./widget-app.ts";

test("the machines of silent clients are asked whether they are still there", async () => {
  const app = widgetApp({ limits: { tcpKeepAliveMs: 7_000 } });
  const asked: unknown[][] = [];
  app.server.prependListener("connection", (socket: Socket) => {
    socket.setKeepAlive = (...settings) => {
      asked.push(settings);
      return socket;
    };
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const client = net.connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  await once(client, "connect");
  await expect.poll(() => asked).toEqual([[true, 7_000]]);
  client.destroy();
  await app.close();
});
