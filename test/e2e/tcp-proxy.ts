import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";

/** Something between clients and a server that can cut their connections. */
export interface TcpProxy {
  readonly port: number;
  /** Cuts every connection without a word, as a failing network does. Gives how many there were. */
  cut(): number;
  close(): Promise<void>;
}

/** Starts a proxy on the loopback address, to a server there. */
export async function startTcpProxy(serverPort: number): Promise<TcpProxy> {
  const clients = new Set<Socket>();
  const proxy = net.createServer((client) => {
    const server = net.connect(serverPort, "127.0.0.1");
    clients.add(client);
    client.on("error", () => server.destroy()).once("close", () => clients.delete(client));
    server.on("error", () => client.destroy()).once("close", () => client.destroy());
    client.once("close", () => server.destroy());
    client.pipe(server);
    server.pipe(client);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const cut = (): number => {
    const { size } = clients;
    for (const client of clients) client.resetAndDestroy();
    return size;
  };
  return {
    port: (proxy.address() as AddressInfo).port,
    cut,
    async close() {
      cut();
      proxy.close();
      await once(proxy, "close");
    },
  };
}
