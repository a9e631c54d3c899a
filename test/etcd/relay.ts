import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";

/** A port of the loopback address that leads to a socket in the file system, and so into another network namespace. */
export interface Relay {
  readonly port: number;
  close(): void;
}

/** Starts a relay. Where nobody listens at the socket, connections are reset. */
export async function startRelay(socketPath: string): Promise<Relay> {
  const clients = new Set<Socket>();
  const relay = net.createServer((client) => {
    const server = net.connect(socketPath);
    clients.add(client);
    client.on("error", () => server.destroy()).once("close", () => clients.delete(client));
    client.once("close", () => server.destroy());
    server.on("error", () => client.resetAndDestroy()).once("close", () => client.destroy());
    client.pipe(server);
    server.pipe(client);
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  return {
    port: (relay.address() as AddressInfo).port,
    close() {
      for (const client of clients) client.destroy();
      relay.close();
    },
  };
}
